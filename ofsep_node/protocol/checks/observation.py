"""What a check is asked about, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from ofsep_node.domain.completeness import Completeness
from ofsep_node.domain.series import SeriesFacts, SeriesIdentity
from ofsep_node.domain.study import Study
from ofsep_node.domain.verdict import (
    Measured,
    Message,
    Outcome,
    RequirementStatus,
    Severity,
    Value,
)

Key = tuple[str, int]
"""Series Instance UID, and which of the things that the series holds."""


@dataclass(frozen=True, slots=True)
class JudgedSeries:
    """A series with everything that checks look at, computed once."""

    facts: SeriesFacts
    identity: SeriesIdentity
    measured: Measured
    completeness: Completeness
    pinned: frozenset[str] = frozenset()  # attributes of the identity that an operator said
    maps: tuple[JudgedSeries, ...] = ()  # other things that the series holds, judged like series
    part: int = 0  # which of them this is; 0 is the series itself

    @property
    def key(self) -> Key:
        """Of the things that an examination holds, this one; a map has its series' UID."""
        return (self.facts.series_instance_uid, self.part)

    @property
    def name(self) -> str:
        """Number and description, as people call a series."""
        acquisition = self.facts.acquisition
        described = acquisition.series_description or acquisition.protocol_name
        number = "?" if acquisition.series_number is None else str(acquisition.series_number)
        return f"{number} ({described})" if described else number


TWO_FRAMES = Message(
    fr="FrameOfReferenceUID différents (patient déplacé ou repéré de nouveau)",
    en="different FrameOfReferenceUID (the patient was moved, or landmarked anew)",
)
NO_FRAME = Message(
    fr="FrameOfReferenceUID absent de l'en-tête, ou multiple dans une série",
    en="FrameOfReferenceUID not in the header, or several in a series",
)


def unframed(series: Iterable[JudgedSeries]) -> Message:
    """Why positions of these series, of several frames of reference, cannot be compared."""
    return TWO_FRAMES if all(s.facts.frame_of_reference_uid for s in series) else NO_FRAME


def in_frames(series: Iterable[JudgedSeries]) -> list[list[JudgedSeries]]:
    """Series whose positions can be compared with each other, group by group.

    One that names no frame of reference, or several, can be compared with none.
    """
    groups: dict[str, list[JudgedSeries]] = {}
    for one in series:
        frame = one.facts.frame_of_reference_uid or one.facts.series_instance_uid
        groups.setdefault(frame, []).append(one)
    return [*groups.values()]


@dataclass(frozen=True, slots=True)
class JudgedStudy:
    """The examination, its series and the maps within them, and which requirements they meet."""

    study: Study
    series: tuple[JudgedSeries, ...]
    requirements: tuple[RequirementStatus, ...]
    indication: str = "unknown"
    suggested: frozenset[str] = frozenset()  # conditional requirements that the indication suggests


@dataclass(frozen=True, slots=True)
class Observation:
    """What a check saw.

    `severity` is set only where it differs from the rule's own, `sentence` only where another
    sentence than the one the rule stands under says it, `series` where a check of the whole study
    speaks of one series of it, `likeness` where it says what series of it are like: that is not
    held against series that the protocol does not ask for.
    """

    outcome: Outcome
    message: Message
    measured: Value = None
    expected: Value = None
    unit: str | None = None
    severity: Severity | None = None
    sentence: str | None = None
    series: str | None = None
    likeness: frozenset[Key] = frozenset()


class CheckNumbers(BaseModel):
    """Base of the check kinds: unknown keys in an edition are errors, values never change.

    Each number has bounds: a limit that nothing exceeds would pass everything, and a tolerance
    below zero would pass nothing. Whoever does not want a rule lowers its severity.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    mended_by_more_images: ClassVar[bool] = False
    """Whether a failure is pending while the study is still being received."""

    def asks(self, identity: SeriesIdentity) -> Message | None:  # noqa: ARG002 - kinds that tell series apart look at it
        """What is asked of series of an identity, in a few words for people; None: the label tells.

        `{indications}` in it stands for those that the check speaks of, in words.
        """
        return None

    def sentences_cited(self) -> tuple[str, ...]:
        """Sentences that the check quotes beside the one its rule stands under."""
        return ()

    def indications_named(self) -> tuple[str, ...]:
        """Indications that the check speaks of."""
        return ()

    def severity_for(self, identity: SeriesIdentity) -> Severity | None:  # noqa: ARG002 - as above
        """The severity for series of an identity, where it differs from the rule's own."""
        return None


def not_in_the_header(*attributes: str) -> Message:
    """Which attributes a header does not have."""
    named, plural = ", ".join(attributes), "s" if len(attributes) > 1 else ""
    return Message(fr=f"{named} absent{plural} de l'en-tête", en=f"{named} not in the header")


def absent(
    what: Message, *attributes: str, expected: Value = None, unit: str | None = None
) -> Observation:
    """The header does not say: undetermined, never a pass. Names just what is not there."""
    unsaid = not_in_the_header(*attributes)
    return Observation(
        outcome="undetermined",
        message=Message(
            fr=f"{what.fr} : {unsaid.fr}, non vérifiable",
            en=f"{what.en}: {unsaid.en}, cannot be checked",
        ),
        expected=expected,
        unit=unit,
    )


def mm(value: float) -> str:
    """A length for people: two decimals at most, no trailing zeros, no minus before a zero."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def bilingual(*, fr: str, en: str) -> Message:
    """A message with numbers in it: French writes them with a comma."""
    return Message(fr=re.sub(r"(?<=\d)\.(?=\d)", ",", fr), en=en)
