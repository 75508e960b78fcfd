"""A study's life as a table: what may happen in each state, what is done then, what comes next.

Whoever works on a study asks `after`, does what the step says, and writes the step's state down.
docs/reference/lifecycle.md is drawn from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import get_args

from ofsep_node.domain.verdict import State


class Occurrence(Enum):
    """What can happen to a study."""

    IMAGE = "an object comes that is new to it"
    COPY = "an object comes that it has already"
    ASSOCIATION_ENDED = "an association that brought objects of it ends"
    TURN = "it has waited long enough to be judged"
    RULES_CHANGED = "the node reads another edition or site file"
    STEP_TOLD = "its scanner tells of a performed procedure step"
    PROCEDURE_COMPLETED = "the procedure step is completed, and every image it announces is in"
    QUIET = "no association is open for it, and its quiet period is over"
    CAPPED = "it has been received for longer than any examination takes"
    REVIEWED = "a person corrects it, or has it judged again"
    REVISED = "a review, or a step told of late, comes to another verdict"
    DELIVERED = "every report that was due is delivered"


class Act(Enum):
    """What is done about it."""

    JUDGE_IN_TURN = "judge it when its turn comes"
    JUDGE = "judge it"
    REOPEN = "say that it is received again"
    SETTLE = "say that it is settled"
    FREEZE = "freeze the version of its verdict"
    TELL_ASSOCIATION = "tell the verdict to whoever watches the association"
    TELL_VERDICT = "tell the verdict"
    REPORT_PROVISIONALLY = "queue the provisional reports that are due"
    REPORT = "queue the reports that are due"


ENDINGS = (Occurrence.PROCEDURE_COMPLETED, Occurrence.QUIET, Occurrence.CAPPED)
"""What settles a study."""


@dataclass(frozen=True, slots=True)
class Step:
    """The state that follows, and what is done on the way, in this order."""

    state: State
    acts: tuple[Act, ...] = ()


_SETTLING = Step("settled", (Act.SETTLE, Act.JUDGE, Act.FREEZE, Act.TELL_VERDICT, Act.REPORT))


def _at_rest(state: State) -> dict[Occurrence, Step]:
    """A study that is over, whether or not its reports are delivered."""
    return {
        Occurrence.IMAGE: Step("receiving", (Act.REOPEN, Act.JUDGE_IN_TURN)),
        Occurrence.COPY: Step(state),
        Occurrence.ASSOCIATION_ENDED: Step(state, (Act.TELL_ASSOCIATION,)),
        Occurrence.TURN: Step(state),
        # What was told stands until a person asks for it to be judged by the new rules.
        Occurrence.RULES_CHANGED: Step(state),
        Occurrence.STEP_TOLD: Step(state, (Act.JUDGE,)),
        **dict.fromkeys(ENDINGS, Step(state)),
        Occurrence.REVIEWED: Step(state, (Act.JUDGE,)),
        Occurrence.REVISED: Step("settled", (Act.FREEZE, Act.TELL_VERDICT, Act.REPORT)),
        Occurrence.DELIVERED: Step("reported"),
    }


TABLE: Mapping[State, Mapping[Occurrence, Step]] = {
    "receiving": {
        Occurrence.IMAGE: Step("receiving", (Act.JUDGE_IN_TURN,)),
        Occurrence.COPY: Step("receiving"),
        Occurrence.ASSOCIATION_ENDED: Step(
            "receiving", (Act.JUDGE, Act.TELL_ASSOCIATION, Act.REPORT_PROVISIONALLY)
        ),
        Occurrence.TURN: Step("receiving", (Act.JUDGE,)),
        Occurrence.RULES_CHANGED: Step("receiving", (Act.JUDGE_IN_TURN,)),
        Occurrence.STEP_TOLD: Step("receiving", (Act.JUDGE_IN_TURN,)),
        **dict.fromkeys(ENDINGS, _SETTLING),
        Occurrence.REVIEWED: Step("receiving", (Act.JUDGE,)),
        Occurrence.REVISED: Step("receiving", (Act.FREEZE, Act.TELL_VERDICT)),
        # Reports on what it was: more has come since.
        Occurrence.DELIVERED: Step("receiving"),
    },
    "settled": _at_rest("settled"),
    "reported": _at_rest("reported"),
}
"""Closed: every occurrence has a step in every state."""

STATES: tuple[State, ...] = get_args(State)
FIRST: State = "receiving"
"""The state of a study of which the first image has just come."""


def after(state: State, occurrence: Occurrence) -> Step:
    """What follows when something happens to a study in some state."""
    return TABLE[state][occurrence]


def states_where(occurrence: Occurrence, act: Act) -> tuple[State, ...]:
    """The states in which something is done when something happens."""
    return tuple(state for state in STATES if act in after(state, occurrence).acts)


def judged_as(state: State) -> State:
    """The state that a verdict is made in: delivering it does not change what it says."""
    return "receiving" if state == "receiving" else "settled"


@dataclass(frozen=True, slots=True)
class Coming:
    """How a study comes in, as far as it is recorded.

    `since` is when its first image came, or the one that reopened it. `completed_at` is when a
    modality performed procedure step that announced its images was recorded as COMPLETED; None as
    long as there is none, or not all of them are in.
    """

    since: datetime
    last_received_at: datetime
    being_sent: bool
    completed_at: datetime | None = None


def ending(
    coming: Coming, *, known_until: datetime, quiet_since: datetime, capped_since: datetime
) -> Occurrence | None:
    """What makes a study that is being received settle now, if anything does.

    All that came before `known_until` is recorded. What came before `quiet_since` has been followed
    by a whole quiet period; a study received since before `capped_since` is not waited for any
    longer.
    """
    if coming.completed_at is not None and coming.completed_at <= known_until:
        return Occurrence.PROCEDURE_COMPLETED
    if not coming.being_sent and coming.last_received_at <= quiet_since:
        return Occurrence.QUIET
    if coming.since <= capped_since:
        return Occurrence.CAPPED
    return None
