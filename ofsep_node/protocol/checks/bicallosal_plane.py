"""The plane of the axial 2D series (AQ-2): one for all, and along the bi-callosal line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field

from ofsep_node.domain.geometry import Vector, dot, normal
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.study import ImagingMeasurement
from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
    bilingual,
    in_frames,
    unframed,
)
from ofsep_node.protocol.selector import Selector


class BicallosalPlane(CheckNumbers):
    """The axial series share one plane within `shared_deg`; measured ones keep to `angle_deg`.

    Headers show that the axial series share a plane, and how it is tilted; whether that is the
    bi-callosal plane shows only in the images, once they are measured.
    """

    kind: Literal["bicallosal-plane"]
    series: Selector
    shared_deg: Annotated[float, Field(ge=0.1, le=45)]
    angle_deg: Annotated[float, Field(ge=0.1, le=45)]

    def asks(self, _: SeriesIdentity) -> Message:
        shared = f"{self.shared_deg:g}°"
        return bilingual(
            fr=f"2D axiales : plan bi-calleux, le même pour toutes à {shared} près",
            en=f"axial 2D: bi-callosal plane, the same for all within {shared}",
        )

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """One observation of the shared plane, one for each series that was measured."""
        axial = [s for s in study.series if self.series.accepts(s.identity)]
        normals = [n for s in axial if (n := _normal(s)) is not None]
        if len(normals) < len(axial):
            yield self._unsaid()
        elif normals:
            yield self._shared(axial, normals)
        for measured in study.study.imaging:
            if measured.quantity == "bicallosal-angle":
                yield self._measured(measured, study.series)

    def _shared(self, axial: Sequence[JudgedSeries], normals: Sequence[Vector]) -> Observation:
        groups = in_frames(axial)
        apart = max(map(_apart_deg, groups))
        if len(groups) > 1 and apart <= self.shared_deg:
            return self._in_frames(axial)
        tilt = f"{_tilt_deg(normals[0]):+.1f}°"
        if len(normals) == 1:
            return Observation(
                outcome="not_applicable",
                measured=round(_tilt_deg(normals[0]), 1),
                expected=self.shared_deg,
                unit="deg",
                message=bilingual(
                    fr=f"Une seule série axiale, inclinée de {tilt} par rapport à l'axial de l'appareil",
                    en=f"One axial series only, tilted by {tilt} from the scanner's axial",
                ),
            )
        limit = f"{self.shared_deg:g}°"
        return Observation(
            outcome="pass" if apart <= self.shared_deg else "fail",
            measured=round(apart, 1),
            expected=self.shared_deg,
            unit="deg",
            message=bilingual(
                fr=f"Les {len(normals)} séries axiales diffèrent de {apart:.1f}° au plus "
                f"(attendu {limit}) ; la première est inclinée de {tilt}",
                en=f"The {len(normals)} axial series differ by {apart:.1f}° at most "
                f"(expected {limit}); the first is tilted by {tilt}",
            ),
        )

    def _in_frames(self, axial: Sequence[JudgedSeries]) -> Observation:
        why = unframed(axial)
        return Observation(
            outcome="undetermined",
            expected=self.shared_deg,
            unit="deg",
            message=Message(
                fr=f"Plan commun des séries axiales : {why.fr}, non vérifiable",
                en=f"Shared plane of the axial series: {why.en}, cannot be checked",
            ),
        )

    def _unsaid(self) -> Observation:
        return Observation(
            outcome="undetermined",
            expected=self.shared_deg,
            unit="deg",
            message=Message(
                fr="Plan commun des séries axiales : ImageOrientationPatient absent de l'en-tête "
                "d'au moins une série, non vérifiable",
                en="Shared plane of the axial series: ImageOrientationPatient not in the header "
                "of at least one series, cannot be checked",
            ),
        )

    def _measured(
        self, measured: ImagingMeasurement, series: Sequence[JudgedSeries]
    ) -> Observation:
        angle = abs(measured.value)
        pair = [
            s
            for s in series
            if s.facts.series_instance_uid
            in (measured.series_instance_uid, measured.reference_series_instance_uid)
        ]
        if len(in_frames(pair)) > 1:
            return self._measured_elsewhere(measured, pair)
        return Observation(
            outcome="pass" if angle <= self.angle_deg else "fail",
            series=measured.series_instance_uid,
            measured=round(angle, 1),
            expected=f"bicallosal {self.angle_deg:g}",
            unit="deg",
            message=bilingual(
                fr=f"Angle de {angle:.1f}° avec le plan bi-calleux, attendu {self.angle_deg:g}° au plus "
                f"({measured.method})",
                en=f"Angle of {angle:.1f}° to the bi-callosal plane, expected at most "
                f"{self.angle_deg:g}° ({measured.method})",
            ),
        )

    def _measured_elsewhere(
        self, measured: ImagingMeasurement, pair: Sequence[JudgedSeries]
    ) -> Observation:
        """The T1 that was registered tells nothing of a series in another frame of reference."""
        why = unframed(pair)
        return Observation(
            outcome="undetermined",
            series=measured.series_instance_uid,
            expected=f"bicallosal {self.angle_deg:g}",
            unit="deg",
            message=Message(
                fr=f"Angle avec le plan bi-calleux : {why.fr} entre la série et la 3D T1 recalée, "
                "non vérifiable",
                en=f"Angle to the bi-callosal plane: {why.en}, of the series and of the 3D T1 that "
                "was registered, cannot be checked",
            ),
        )


def _apart_deg(series: Sequence[JudgedSeries]) -> float:
    normals = [n for s in series if (n := _normal(s)) is not None]
    return max((_between_deg(a, b) for a, b in combinations(normals, 2)), default=0.0)


def _normal(series: JudgedSeries) -> Vector | None:
    """The normal, towards the head."""
    volume = series.facts.main_volume
    if volume is None or volume.stack.orientation is None:
        return None
    x, y, z = normal(volume.stack.orientation)
    return (x, y, z) if z >= 0 else (-x, -y, -z)


def _between_deg(a: Vector, b: Vector) -> float:
    return math.degrees(math.acos(max(-1.0, min(1.0, dot(a, b)))))


def _tilt_deg(towards_head: Vector) -> float:
    """About the left-right axis; positive when the anterior edge lies towards the head."""
    return math.degrees(math.atan2(towards_head[1], towards_head[2]))
