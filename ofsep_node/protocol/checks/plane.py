"""The plane that the table gives a sequence (SQ-1 to SQ-5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from ofsep_node.domain.geometry import Plane
from ofsep_node.domain.verdict import Message, Outcome, Severity
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
)
from ofsep_node.protocol.selector import Selector

_WORDS: dict[str, Message] = {
    "axial": Message(fr="axial", en="axial"),
    "sagittal": Message(fr="sagittal", en="sagittal"),
    "coronal": Message(fr="coronal", en="coronal"),
    "oblique": Message(fr="oblique", en="oblique"),
    "unknown": Message(
        fr="inconnu (ImageOrientationPatient)", en="unknown (ImageOrientationPatient)"
    ),
}


class PlaneOfAcquisition(CheckNumbers):
    """Each sequence of `series` was acquired in `plane`; those of `offered` have a severity of their own.

    Sites add planes of their own to the table's: once a sequence is there in its plane, others
    of its kind are not looked at. A plane further than 44 degrees from every anatomical one is
    oblique, and stays open.
    """

    kind: Literal["plane"]
    plane: Plane
    series: tuple[Selector, ...] = Field(min_length=1)
    offered: tuple[Selector, ...] = ()
    offered_severity: Severity = "info"

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """One observation for each series of a sequence that is there."""
        for selector in self.series:
            yield from self._of_one(selector, study, None)
        for selector in self.offered:
            yield from self._of_one(selector, study, self.offered_severity)

    def _of_one(
        self, selector: Selector, study: JudgedStudy, severity: Severity | None
    ) -> Iterator[Observation]:
        found = [s for s in study.series if selector.accepts(s.identity)]
        good = [s for s in found if s.identity.plane == self.plane]
        open_ones = any(s.identity.plane in ("unknown", "oblique") for s in found)
        outcome: Outcome = "undetermined" if open_ones else "fail"
        for series in good or found:
            yield self._observation(series, "pass" if good else outcome, severity)

    def _observation(
        self, series: JudgedSeries, outcome: Outcome, severity: Severity | None
    ) -> Observation:
        seen, wanted = _WORDS[series.identity.plane], _WORDS[self.plane]
        return Observation(
            outcome=outcome,
            severity=severity,
            series=series.facts.series_instance_uid,
            likeness=frozenset({series.key}),
            measured=series.identity.plane,
            expected=self.plane,
            message=Message(
                fr=f"Série {series.name} : plan {seen.fr}, attendu {wanted.fr}",
                en=f"Series {series.name}: {seen.en} plane, expected {wanted.en}",
            ),
        )
