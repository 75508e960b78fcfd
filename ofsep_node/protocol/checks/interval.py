"""Months since the patient's previous brain or whole-cord examination (FU-1, FU-4)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from ofsep_node.domain.measurement import head_foot_span_mm
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Outcome, Part
from ofsep_node.protocol.checks.injection import pictures
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
    absent,
    bilingual,
    in_frames,
)

DAYS_IN_A_MONTH = 365.25 / 12

HOLE_MM = 1.0
"""Stations further apart than this leave a part of the cord out."""


class Interval(CheckNumbers):
    """At most `at_most_months` since the last, and whole cords not every `not_within_months`.

    The tolerance widens both: a yearly appointment falls a little before the year, or after it.
    Only examinations that this node has seen are known: none of them proves no interval.
    """

    kind: Literal["interval"]
    part: Part
    at_most_months: Annotated[float, Field(ge=1, le=120)]
    tolerance_months: Annotated[float, Field(ge=0, le=12)]
    not_within_months: Annotated[float, Field(ge=0, le=120)] = 0.0
    not_within_sentence: str | None = None
    whole_cord_mm: Annotated[float, Field(ge=100, le=1000)] = (
        400.0  # how far a cord reaches that is imaged from end to end
    )

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing for an examination of neither brain nor cord."""
        if not any(s.identity.organ in ("brain", "cord") for s in study.series):
            return
        dates = [d for d in self._earlier(study) if d is not None]
        now = _day(study.study.study_date)
        if not study.study.previous or (now and not any(d < now for d in dates)):
            yield Observation(
                "not_applicable", _NONE_KNOWN[self.part], expected=self.at_most_months
            )
        elif now is None:
            yield absent(_WHAT[self.part], "StudyDate", expected=self.at_most_months, unit="mo")
        else:
            yield self._observation(study, (now - max(d for d in dates if d < now)).days)

    def sentences_cited(self) -> tuple[str, ...]:
        return (self.not_within_sentence,) if self.not_within_sentence else ()

    def asks(self, _: SeriesIdentity) -> Message:
        often = f"{self.at_most_months:g}"
        if self.part == "brain":
            return bilingual(
                fr=f"IRM cérébrale au moins tous les {often} mois",
                en=f"MRI of the brain at least every {often} months",
            )
        seldom = f"{self.not_within_months:g}"
        return bilingual(
            fr=f"IRM médullaire totale au moins tous les {often} mois, pas tous les {seldom} mois",
            en=f"MRI of the whole cord at least every {often} months, not every {seldom} months",
        )

    def _earlier(self, study: JudgedStudy) -> Iterator[date | None]:
        for earlier in study.study.previous:
            if earlier.whole_cord if self.part == "cord" else "brain" in earlier.parts:
                yield _day(earlier.study_date)

    def _observation(self, study: JudgedStudy, days: int) -> Observation:
        months = days / DAYS_IN_A_MONTH
        late = months > self.at_most_months + self.tolerance_months
        early = months <= self.not_within_months + self.tolerance_months
        too_often = early and self.part == "cord" and self._whole_cord(study)
        outcome: Outcome = "fail" if late or too_often else "pass"
        return Observation(
            outcome=outcome,
            measured=round(months, 1),
            expected=self.at_most_months,
            unit="mo",
            sentence=self.not_within_sentence if too_often else None,
            message=self._message(months, too_often=too_often),
        )

    def _message(self, months: float, *, too_often: bool) -> Message:
        what, since = _WHAT[self.part], f"{round(months, 1):g}"
        if too_often:
            return bilingual(
                fr=f"{what.fr} : {since} mois depuis la précédente, une moelle totale tous les ans "
                "n'est pas recommandée",
                en=f"{what.en}: {since} months since the last, a whole cord every year is not "
                "recommended",
            )
        return bilingual(
            fr=f"{what.fr} : {since} mois depuis la précédente, {self.at_most_months:g} au plus",
            en=f"{what.en}: {since} months since the last, {self.at_most_months:g} at most",
        )

    def _whole_cord(self, study: JudgedStudy) -> bool:
        """Whether series of this examination show a whole cord, head to foot, without a hole."""
        groups = in_frames(pictures(study, "cord"))
        return max(map(_longest_mm, map(_spans_mm, groups)), default=0.0) >= self.whole_cord_mm


def _spans_mm(series: Sequence[JudgedSeries]) -> list[tuple[float, float]]:
    volumes = [s.facts.main_volume for s in series]
    spans = [head_foot_span_mm(v) for v in volumes if v is not None]
    return [s for s in spans if s is not None]


def _longest_mm(spans: Iterable[tuple[float, float]]) -> float:
    """The longest stretch that spans cover without a hole between them."""
    longest, foot, head = 0.0, math.inf, -math.inf
    for low, high in sorted(spans):
        foot, head = (low, high) if low > head + HOLE_MM else (foot, max(head, high))
        longest = max(longest, head - foot)
    return longest


def _day(written: str | None) -> date | None:
    try:
        return date(int(str(written)[:4]), int(str(written)[4:6]), int(str(written)[6:8]))
    except ValueError:
        return None


_WHAT: dict[Part, Message] = {
    "brain": Message(fr="IRM cérébrale", en="Brain MRI"),
    "cord": Message(fr="IRM de la moelle totale", en="Whole-cord MRI"),
}

_NONE_KNOWN: dict[Part, Message] = {
    "brain": Message(
        fr="Aucune IRM cérébrale antérieure de ce patient n'est connue de ce nœud",
        en="No earlier brain MRI of this patient is known to this node",
    ),
    "cord": Message(
        fr="Aucune IRM antérieure de la moelle totale de ce patient n'est connue de ce nœud",
        en="No earlier whole-cord MRI of this patient is known to this node",
    ),
}
