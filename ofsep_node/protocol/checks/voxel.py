"""Voxel size of a 3D series (AQ-1)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message, Severity
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    Observation,
    absent,
    bilingual,
    mm,
)


class Voxel(CheckNumbers):
    """Every edge at most `edge_mm`; an edge above in a volume within `volume_mm3` is weighed apart.

    In-plane edges are those acquired where the header gives the acquired matrix. Where it does
    not, reconstructed edges can show a voxel too large, never one small enough.
    """

    kind: Literal["voxel"]
    edge_mm: Annotated[float, Field(ge=0.1, le=10)]
    edge_tolerance_mm: Annotated[float, Field(ge=0, le=1)]
    # The second reading; none: edges alone.
    volume_mm3: Annotated[float, Field(ge=0.001, le=1000)] | None = None
    volume_tolerance_percent: Annotated[float, Field(ge=0, le=50)] = 0.0
    volume_severity: Severity = "warning"

    def observe(self, series: JudgedSeries) -> Observation:
        """Judge one 3D series."""
        measured = series.measured
        edges = measured.acquired_pixel_mm or measured.pixel_mm
        thickness = measured.slice_thickness_mm
        if edges is None or thickness is None:
            needed = {"PixelSpacing": edges, "SliceThickness": thickness}
            return absent(
                Message(fr="Taille du voxel", en="Voxel size"),
                *(name for name, value in needed.items() if value is None),
                expected=self.edge_mm,
                unit="mm",
            )
        return self._judge((edges[0], edges[1], thickness), series)

    def asks(self, _: SeriesIdentity) -> Message:
        edge = mm(self.edge_mm)
        return bilingual(fr=f"voxel ≤ {edge} mm de côté", en=f"voxel ≤ {edge} mm a side")

    def _judge(self, edges: tuple[float, float, float], series: JudgedSeries) -> Observation:
        volume = edges[0] * edges[1] * edges[2]
        size = " x ".join(mm(e) for e in edges)
        fits = max(edges) <= self.edge_mm + self.edge_tolerance_mm
        allowed = (self.volume_mm3 or 0.0) * (1 + self.volume_tolerance_percent / 100)
        small = volume <= allowed
        if (fits or small) and series.measured.acquired_pixel_mm is None:
            return _reconstructed_only(size, self.edge_mm)
        return Observation(
            outcome="pass" if fits else "fail",
            severity=self.volume_severity if small and not fits else None,
            measured=round(max(edges), 3),
            expected=self.edge_mm,
            unit="mm",
            message=bilingual(
                fr=f"Voxel de {size} mm{_reconstructed(series, 'fr')}, attendu {mm(self.edge_mm)} mm au plus",
                en=f"Voxel {size} mm{_reconstructed(series, 'en')}, expected at most {mm(self.edge_mm)} mm",
            ),
        )


def _reconstructed(series: JudgedSeries, language: str) -> str:
    """Say the reconstructed pixel beside the acquired one where interpolation made it finer."""
    pixel, acquired = series.measured.pixel_mm, series.measured.acquired_pixel_mm
    if pixel is None or acquired is None or max(acquired) <= max(pixel) * 1.02:
        return ""
    size = f"{mm(pixel[0])} x {mm(pixel[1])} mm"
    word = "reconstruit à" if language == "fr" else "reconstructed to"
    return f" ({word} {size})"


def _reconstructed_only(size: str, expected: float) -> Observation:
    return Observation(
        outcome="undetermined",
        expected=expected,
        unit="mm",
        message=bilingual(
            fr=f"Voxel reconstruit {size} mm ; matrice acquise (0018,1310) absente de l'en-tête",
            en=f"Voxel reconstructed to {size} mm; acquired matrix (0018,1310) not in the header",
        ),
    )
