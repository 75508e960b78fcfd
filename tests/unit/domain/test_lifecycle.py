"""The table of a study's life: closed, and with no way past what it promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofsep_node.domain.lifecycle import (
    ENDINGS,
    FIRST,
    STATES,
    TABLE,
    Act,
    Coming,
    Occurrence,
    after,
    ending,
    judged_as,
    states_where,
)
from ofsep_node.domain.verdict import State

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def test_every_occurrence_has_a_step_in_every_state() -> None:
    assert set(TABLE) == set(STATES)
    for state in STATES:
        assert set(TABLE[state]) == set(Occurrence)


@pytest.mark.parametrize("state", STATES)
def test_a_new_image_is_judged_whatever_was_said_before(state: State) -> None:
    step = after(state, Occurrence.IMAGE)
    assert step.state == "receiving"
    assert Act.JUDGE_IN_TURN in step.acts
    assert (Act.REOPEN in step.acts) == (state != "receiving")


@pytest.mark.parametrize("state", STATES)
def test_a_copy_changes_nothing(state: State) -> None:
    assert after(state, Occurrence.COPY) == after(state, Occurrence.COPY).__class__(state)


@pytest.mark.parametrize("state", STATES)
def test_an_association_is_told_its_verdict_whatever_the_state(state: State) -> None:
    step = after(state, Occurrence.ASSOCIATION_ENDED)
    assert step.state == state
    assert Act.TELL_ASSOCIATION in step.acts


@pytest.mark.parametrize("ends", ENDINGS)
def test_what_ends_a_study_has_it_judged_frozen_and_told_in_this_order(ends: Occurrence) -> None:
    step = after("receiving", ends)
    assert step.state == "settled"
    order = [step.acts.index(a) for a in (Act.SETTLE, Act.JUDGE, Act.FREEZE, Act.TELL_VERDICT)]
    assert order == sorted(order)


def test_other_rules_are_for_what_is_still_being_received() -> None:
    assert states_where(Occurrence.RULES_CHANGED, Act.JUDGE_IN_TURN) == ("receiving",)


@given(st.lists(st.sampled_from(Occurrence)))
def test_a_study_is_reported_only_while_nothing_was_added_to_what_was_delivered(
    life: list[Occurrence],
) -> None:
    """Any life at all: the state is what the occurrences that matter say of it."""
    state: State = FIRST
    expected: State = "receiving"
    for occurrence in life:
        state = after(state, occurrence).state
        if occurrence is Occurrence.IMAGE:
            expected = "receiving"
        elif expected == "receiving":
            expected = "settled" if occurrence in ENDINGS else "receiving"
        elif occurrence is Occurrence.DELIVERED:
            expected = "reported"
        elif occurrence is Occurrence.REVISED:
            expected = "settled"
        assert state == expected
        assert judged_as(state) == ("receiving" if state == "receiving" else "settled")


@pytest.mark.parametrize(
    ("coming", "because"),
    [
        (Coming(since=ago(9), last_received_at=ago(2), being_sent=False), Occurrence.QUIET),
        (Coming(since=ago(9), last_received_at=ago(1), being_sent=False), Occurrence.QUIET),
        (Coming(since=ago(9), last_received_at=ago(0.9), being_sent=False), None),
        (Coming(since=ago(9), last_received_at=ago(2), being_sent=True), None),
        (Coming(since=ago(240), last_received_at=ago(0), being_sent=True), Occurrence.CAPPED),
        (Coming(since=ago(239), last_received_at=ago(0), being_sent=True), None),
        (Coming(since=ago(240), last_received_at=ago(2), being_sent=False), Occurrence.QUIET),
        (
            Coming(since=ago(1), last_received_at=ago(0), being_sent=True, completed_at=ago(0.1)),
            Occurrence.PROCEDURE_COMPLETED,
        ),
        (Coming(since=ago(1), last_received_at=ago(0), being_sent=True, completed_at=ago(0)), None),
    ],
)
def test_why_a_study_is_over(coming: Coming, because: Occurrence | None) -> None:
    """By a quiet period of one minute, and four hours at most; the last seconds are not known yet."""
    over = ending(coming, known_until=ago(0.1), quiet_since=ago(1), capped_since=ago(240))
    assert over is because
