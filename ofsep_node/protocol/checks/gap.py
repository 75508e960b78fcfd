"""Space between the slices of a volume (AQ-1, AQ-3)."""

from __future__ import annotations

from typing import Literal

from pydantic import NonNegativeFloat

from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    Observation,
    absent,
    mm,
)


class Gap(CheckNumbers):
    """The gap, measured from ImagePositionPatient, is at most `gap_mm`.

    A negative gap is an overlap made by interpolation, and passes. SpacingBetweenSlices is not
    asked: vendors write into it what they like.
    """

    kind: Literal["gap"]
    gap_mm: NonNegativeFloat

    def observe(self, series: JudgedSeries) -> Observation:
        """Judge one series."""
        gap = series.measured.gap_mm
        if gap is None:
            what = Message(
                fr="Espace entre les coupes (ImagePositionPatient, SliceThickness)",
                en="Gap between slices (ImagePositionPatient, SliceThickness)",
            )
            return absent(what, expected=self.gap_mm, unit="mm")
        return Observation(
            outcome="pass" if gap <= self.gap_mm else "fail",
            measured=round(gap, 3),
            expected=self.gap_mm,
            unit="mm",
            message=Message(
                fr=f"Espace de {mm(gap)} mm entre les coupes, attendu aucun",
                en=f"Gap of {mm(gap)} mm between slices, expected none",
            ),
        )
