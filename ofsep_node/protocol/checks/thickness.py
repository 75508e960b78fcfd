"""Slice thickness (AQ-2, AQ-4)."""

from __future__ import annotations

from typing import Annotated, Literal

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
from ofsep_node.protocol.selector import Selector

WRITTEN_DIGITS_MM = 0.005
"""Vendors write 3 mm as 2.9999 or 3.0000001."""


class Thickness(CheckNumbers):
    """SliceThickness is at most `thickness_mm`, or `exception_mm` for the series of `exception`."""

    kind: Literal["thickness"]
    thickness_mm: Annotated[float, Field(ge=0.1, le=20)]
    exception: Selector | None = None
    exception_mm: Annotated[float, Field(ge=0.1, le=20)] | None = None

    def observe(self, series: JudgedSeries) -> Observation:
        """Judge one series."""
        limit = self.limit_for(series.identity)
        thickness = series.measured.slice_thickness_mm
        if thickness is None:
            what = Message(fr="Épaisseur de coupe", en="Slice thickness")
            return absent(what, "SliceThickness", expected=limit, unit="mm")
        return Observation(
            outcome="pass" if thickness <= limit + WRITTEN_DIGITS_MM else "fail",
            measured=round(thickness, 3),
            expected=limit,
            unit="mm",
            message=bilingual(
                fr=f"Coupes de {mm(thickness)} mm, attendu {mm(limit)} mm au plus",
                en=f"Slices of {mm(thickness)} mm, expected at most {mm(limit)} mm",
            ),
        )

    def asks(self, identity: SeriesIdentity) -> Message:
        limit = mm(self.limit_for(identity))
        return bilingual(fr=f"coupes ≤ {limit} mm", en=f"slices ≤ {limit} mm")

    def limit_for(self, identity: SeriesIdentity) -> float:
        """The greatest thickness allowed for series of an identity, in mm."""
        if self.exception and self.exception_mm and self.exception.accepts(identity):
            return self.exception_mm
        return self.thickness_mm
