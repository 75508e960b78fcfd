"""The ADC map that belongs to the DWI (SQ-1: "dADC")."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ofsep_node.domain.geometry import dot, normal
from ofsep_node.domain.measurement import TENSOR_FROM, hidden_directions
from ofsep_node.domain.series import SeriesIdentity, SeriesVolume
from ofsep_node.domain.verdict import Message, Severity
from ofsep_node.protocol.checks.observation import (
    TWO_FRAMES,
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
    unframed,
)
from ofsep_node.protocol.selector import Selector

_ORIENTATION = Message(fr="orientation", en="orientation")
_POSITIONS = Message(fr="positions des coupes", en="slice positions")
_EXTENT = Message(fr="champ de vue", en="field of view")


class AdcPairsWithDwi(CheckNumbers):
    """An ADC map is there, with the orientation, slices and field of view of a DWI.

    Vendors send the map as a series of its own, or in the series of the trace. One pair is what
    the table asks for: a map that was computed from another diffusion series is not looked at
    once a pair is found.
    """

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["adc-pairs-with-dwi"]
    dwi: Selector
    adc: Selector
    orientation_deg: Annotated[float, Field(ge=0, le=20)]
    position_mm: Annotated[float, Field(ge=0, le=20)]
    extent_mm: Annotated[float, Field(ge=0, le=50)]
    geometry_severity: Severity

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(
            fr="dADC calculée à partir de la DWI : mêmes coupes, même champ de vue",
            en="ADC map computed from the DWI: its slices, its field of view",
        )

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Nothing without a DWI: its own requirement says that it is missing."""
        weighted = [s for s in study.series if self.dwi.accepts(s.identity)]
        maps = [s for s in study.series if self.adc.accepts(s.identity)]
        if not weighted:
            return
        if not maps:
            yield self._without_a_map(weighted, study)
            return
        certain = [d for d in weighted if not _may_be_tensor(d)]
        pairs = [(a, d, self._differences(a, d)) for a in maps for d in certain]
        good = [pair for pair in pairs if pair[2] == []]
        known = [pair for pair in pairs if pair[2] is not None]
        # What cannot be compared may be the pair.
        chosen = good or ([] if len(known) < len(pairs) else known)
        if not good and len(certain) < len(weighted):
            yield _unproven(next(d for d in weighted if _may_be_tensor(d)))
        elif chosen:
            yield self._compared(*min(chosen, key=lambda pair: len(pair[2] or ())))
        else:
            yield self._incomparable(*next(pair[:2] for pair in pairs if pair[2] is None))

    def _without_a_map(self, weighted: Sequence[JudgedSeries], study: JudgedStudy) -> Observation:
        possible = any(self.adc.allows(s.identity) for s in study.series)
        return Observation(
            outcome="undetermined" if possible else "fail",
            expected="ADC",
            message=Message(
                fr=f"Aucune carte ADC reconnue pour la DWI {weighted[0].name}",
                en=f"No ADC map recognised for the DWI {weighted[0].name}",
            ),
        )

    def _differences(self, adc: JudgedSeries, dwi: JudgedSeries) -> list[Message] | None:
        """What separates two geometries; None when a header does not give its own."""
        first, second = adc.facts.main_volume, dwi.facts.main_volume
        if first is None or second is None or not adc.facts.shares_frame_with(dwi.facts):
            return None
        turned, shifted = _angle_deg(first, second), _shift_mm(first, second)
        wider = _extent_difference_mm(first, second)
        if turned is None or shifted is None or wider is None:
            return None
        seen = (
            (_ORIENTATION, turned > self.orientation_deg),
            (_POSITIONS, shifted > self.position_mm),
            (_EXTENT, wider > self.extent_mm),
        )
        return [what for what, differs in seen if differs]

    def _compared(
        self, adc: JudgedSeries, dwi: JudgedSeries, differences: list[Message] | None
    ) -> Observation:
        fr = ", ".join(d.fr for d in differences or ())
        en = ", ".join(d.en for d in differences or ())
        return Observation(
            outcome="fail" if differences else "pass",
            severity=self.geometry_severity if differences else None,
            series=adc.facts.series_instance_uid,
            measured=en or None,
            expected="ADC",
            message=Message(
                fr=f"La carte ADC {adc.name} "
                + (
                    f"diffère de la DWI {dwi.name} : {fr}"
                    if fr
                    else f"a la géométrie de la DWI {dwi.name}"
                ),
                en=f"ADC map {adc.name} "
                + (
                    f"differs from DWI {dwi.name}: {en}"
                    if en
                    else f"has the geometry of DWI {dwi.name}"
                ),
            ),
        )

    def _incomparable(self, adc: JudgedSeries, dwi: JudgedSeries) -> Observation:
        why = _why_incomparable(adc, dwi)
        return Observation(
            outcome="undetermined",
            severity=self.geometry_severity,
            series=adc.facts.series_instance_uid,
            expected="ADC",
            message=Message(
                fr=f"Carte ADC {adc.name} et DWI {dwi.name} : {why.fr}, géométries non comparables",
                en=f"ADC map {adc.name} and DWI {dwi.name}: {why.en}, "
                "their geometries cannot be compared",
            ),
        )


def _why_incomparable(adc: JudgedSeries, dwi: JudgedSeries) -> Message:
    if not adc.facts.shares_frame_with(dwi.facts) and unframed([adc, dwi]) is TWO_FRAMES:
        return TWO_FRAMES
    needed = (
        "ImagePositionPatient, ImageOrientationPatient, PixelSpacing, Rows, Columns, "
        "FrameOfReferenceUID"
    )
    return Message(
        fr=f"un attribut parmi {needed} est absent de l'en-tête",
        en=f"one of {needed} is not in the header",
    )


def _may_be_tensor(series: JudgedSeries) -> bool:
    hidden = sum(map(hidden_directions, series.facts.volumes))
    return "weighting" not in series.pinned and hidden >= TENSOR_FROM


def _unproven(dwi: JudgedSeries) -> Observation:
    return Observation(
        outcome="undetermined",
        expected="ADC",
        message=Message(
            fr=f"Carte ADC : valeur de b ou direction (0018,9089) absente de l'en-tête de la série {dwi.name}, "
            "peut-être une DTI",
            en=f"ADC map: b or direction (0018,9089) not in the header of series {dwi.name}, "
            "which may be a DTI",
        ),
    )


def _angle_deg(a: SeriesVolume, b: SeriesVolume) -> float | None:
    if a.stack.orientation is None or b.stack.orientation is None:
        return None
    cosine = abs(dot(normal(a.stack.orientation), normal(b.stack.orientation)))
    return math.degrees(math.acos(min(1.0, cosine)))


def _shift_mm(a: SeriesVolume, b: SeriesVolume) -> float | None:
    """The largest distance between planes that should coincide; infinite for other numbers."""
    one, other = _centres_mm(a), _centres_mm(b)
    if not one or not other:
        return None
    if len(one) != len(other):
        return math.inf
    return max(math.dist(p, q) for p, q in zip(one, other, strict=True))


def _centres_mm(volume: SeriesVolume) -> list[tuple[float, float, float]]:
    """The middle of each distinct plane, from foot to head."""
    stack = volume.stack
    if stack.orientation is None or stack.pixel_spacing_mm is None:
        return []
    if stack.rows is None or stack.columns is None:
        return []
    row, column = stack.orientation[:3], stack.orientation[3:]
    across = stack.pixel_spacing_mm[1] * (stack.columns - 1) / 2
    down = stack.pixel_spacing_mm[0] * (stack.rows - 1) / 2
    middles = {
        tuple(
            round(p + across * r + down * c, 1) for p, r, c in zip(place, row, column, strict=True)
        )
        for place in stack.positions_mm
    }
    return sorted(((x, y, z) for x, y, z in middles), key=lambda p: (p[2], p[1], p[0]))


def _extent_difference_mm(a: SeriesVolume, b: SeriesVolume) -> float | None:
    one, other = _extents_mm(a), _extents_mm(b)
    if one is None or other is None:
        return None
    return max(abs(p - q) for p, q in zip(sorted(one), sorted(other), strict=True))


def _extents_mm(volume: SeriesVolume) -> tuple[float, float] | None:
    stack = volume.stack
    if stack.pixel_spacing_mm is None or stack.rows is None or stack.columns is None:
        return None
    return stack.pixel_spacing_mm[0] * stack.rows, stack.pixel_spacing_mm[1] * stack.columns
