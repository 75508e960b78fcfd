"""Space between the slices of a volume (AQ-1, AQ-3)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    Observation,
    absent,
    bilingual,
    mm,
)

WRITTEN_DIGITS_MM = 0.05
"""Positions and thicknesses are written with so few digits that no less can be told from none."""


class Gap(CheckNumbers):
    """The gap, measured from ImagePositionPatient, is at most `gap_mm`.

    A negative gap is an overlap made by interpolation, and passes. SpacingBetweenSlices is not
    asked: vendors write into it what they like.
    """

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["gap"]
    gap_mm: Annotated[float, Field(ge=0, le=10)]

    def observe(self, series: JudgedSeries) -> Observation:
        """Judge one series."""
        gap = series.measured.gap_mm
        if gap is None:
            return self._unmeasured(series)
        return Observation(
            outcome="pass" if gap <= self.gap_mm else "fail",
            measured=round(gap, 3),
            expected=self.gap_mm,
            unit="mm",
            message=bilingual(
                fr=f"Espace inter-coupes de {mm(gap)} mm, aucun attendu",
                en=f"Gap of {mm(gap)} mm between slices, expected none",
            ),
        )

    def asks(self, _: SeriesIdentity) -> Message:
        if self.gap_mm <= WRITTEN_DIGITS_MM:
            return Message(fr="coupes jointives", en="no gap")
        gap = mm(self.gap_mm)
        return bilingual(fr=f"espace inter-coupes ≤ {gap} mm", en=f"gap ≤ {gap} mm")

    def _unmeasured(self, series: JudgedSeries) -> Observation:
        volume = series.facts.main_volume
        located = volume is not None and bool(volume.offsets_mm())
        needed = {
            "ImagePositionPatient, ImageOrientationPatient": located,
            "SliceThickness": series.measured.slice_thickness_mm is not None,
        }
        missing = [name for name, there in needed.items() if not there]
        if missing:
            what = Message(fr="Espace inter-coupes", en="Gap between slices")
            return absent(what, *missing, expected=self.gap_mm, unit="mm")
        return Observation(
            outcome="undetermined",
            message=Message(
                fr="Espace inter-coupes : une seule coupe, rien à mesurer",
                en="Gap between slices: one slice only, nothing to measure",
            ),
            expected=self.gap_mm,
            unit="mm",
        )
