"""In-plane resolution of a 2D series (AQ-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from ofsep_node.domain.series import SeriesIdentity, Weighting
from ofsep_node.domain.verdict import Message, Severity
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    Observation,
    absent,
    bilingual,
    mm,
)


class InPlane(CheckNumbers):
    """The larger edge of the acquired pixel is at most `edge_mm`.

    `lenient_for` lists weightings that seldom reach it, whose failure has severity `lenient`.
    """

    kind: Literal["in-plane"]
    edge_mm: Annotated[float, Field(ge=0.1, le=10)]
    tolerance_mm: Annotated[float, Field(ge=0, le=1)]
    lenient_for: tuple[Weighting, ...] = ()
    lenient: Severity = "warning"

    def observe(self, series: JudgedSeries) -> Observation:
        """Judge one 2D series."""
        severity = self.severity_for(series.identity)
        acquired, pixel = series.measured.acquired_pixel_mm, series.measured.pixel_mm
        if acquired is None and (pixel is None or max(pixel) <= self.edge_mm + self.tolerance_mm):
            what = Message(fr="Résolution dans le plan", en="In-plane resolution")
            seen = absent(what, *_absent(series), expected=self.edge_mm, unit="mm")
            return Observation(seen.outcome, seen.message, None, self.edge_mm, "mm", severity)
        edges = acquired or pixel or (0.0, 0.0)
        size = f"{mm(edges[0])} x {mm(edges[1])}"
        return Observation(
            outcome="pass" if max(edges) <= self.edge_mm + self.tolerance_mm else "fail",
            severity=severity,
            measured=round(max(edges), 3),
            expected=self.edge_mm,
            unit="mm",
            message=bilingual(
                fr=f"Résolution dans le plan {size} mm, attendu {mm(self.edge_mm)} mm au plus",
                en=f"In-plane resolution {size} mm, expected at most {mm(self.edge_mm)} mm",
            ),
        )

    def asks(self, _: SeriesIdentity) -> Message:
        edge = mm(self.edge_mm)
        return bilingual(fr=f"≤ {edge} mm dans le plan", en=f"≤ {edge} mm in plane")

    def severity_for(self, identity: SeriesIdentity) -> Severity | None:
        return self.lenient if identity.weighting in self.lenient_for else None


def _absent(series: JudgedSeries) -> Iterator[str]:
    if series.measured.pixel_mm is None:
        yield "PixelSpacing"
    if series.facts.acquisition.acquisition_matrix is None:
        yield "AcquisitionMatrix (0018,1310)"
    volume = series.facts.main_volume
    if volume is None or None in (volume.stack.rows, volume.stack.columns):
        yield "Rows, Columns"
