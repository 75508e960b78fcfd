"""What can be measured of a series: lengths in mm, times in ms, the field in tesla."""

from __future__ import annotations

from ofsep_node.domain.geometry import Vector, dot, normal
from ofsep_node.domain.instance import Acquisition, Stack
from ofsep_node.domain.series import SeriesFacts, SeriesVolume
from ofsep_node.domain.verdict import Measured

COLLINEAR_COSINE = 0.999
"""Two diffusion gradients closer than about 2.5 degrees, or opposite, sample one direction."""

DIFFUSION_WEIGHTED_FROM = 50.0
"""b-values below this (s/mm2) are b0 images, as far as directions are counted."""

TENSOR_FROM = 6
"""A tensor has six independent elements: fewer directions make a DWI, not a DTI."""


def measure(series: SeriesFacts) -> Measured:
    """All that the verdict shows of a series; None (or empty) where the header does not say."""
    volume = series.main_volume
    stack = volume.stack if volume else Stack()
    acquisition = series.acquisition
    spacing = spacing_mm(volume)
    thickness = stack.slice_thickness_mm
    pixel = stack.pixel_spacing_mm
    return Measured(
        field_t=acquisition.magnetic_field_strength_t,
        slice_thickness_mm=thickness,
        spacing_mm=_rounded(spacing),
        gap_mm=None if spacing is None or thickness is None else _rounded(spacing - thickness),
        pixel_mm=pixel,
        acquired_pixel_mm=acquired_pixel_mm(acquisition, stack),
        voxel_mm3=_rounded(pixel[0] * pixel[1] * thickness) if pixel and thickness else None,
        echo_time_ms=next(iter(series.echo_times_ms), None),
        repetition_time_ms=acquisition.repetition_time_ms,
        inversion_time_ms=acquisition.inversion_time_ms,
        b_values=series.b_values,
        directions=distinct_directions(series) if series.b_values else None,
        extent_mm=_rounded(extent_mm(volume)),
    )


def spacing_mm(volume: SeriesVolume | None) -> float | None:
    """Distance from centre to centre of neighbouring planes, measured from their positions, in mm.

    The median step, so that a missing slice is not taken for a gap; None below two planes.
    """
    return volume.step_mm if volume else None


def extent_mm(volume: SeriesVolume | None) -> float | None:
    """How far a volume reaches along its normal, from edge to edge, in mm."""
    offsets = volume.offsets_mm() if volume else []
    if volume is None or not offsets:
        return None
    return offsets[-1] - offsets[0] + (volume.stack.slice_thickness_mm or 0.0)


def acquired_pixel_mm(acquisition: Acquisition, stack: Stack) -> tuple[float, float] | None:
    """In-plane size of the voxel as acquired (rows, columns), before any interpolation, in mm.

    Field of view divided by the acquired matrix. Never finer than the reconstructed pixel:
    a matrix acquired with oversampling is cropped, not kept.
    """
    matrix, pixel = acquisition.acquisition_matrix, stack.pixel_spacing_mm
    if matrix is None or pixel is None or stack.rows is None or stack.columns is None:
        return None
    if not all(matrix):
        return None
    extent = (pixel[0] * stack.rows, pixel[1] * stack.columns)
    return (
        round(max(extent[0] / matrix[0], pixel[0]), 4),
        round(max(extent[1] / matrix[1], pixel[1]), 4),
    )


def distinct_directions(series: SeriesFacts) -> int:
    """Diffusion directions that differ; antipodal ones count once, b0 and trace not at all."""
    distinct: list[Vector] = []
    for volume in series.volumes:
        direction = volume.direction
        if direction is None or (volume.b_value or 0.0) < DIFFUSION_WEIGHTED_FROM:
            continue
        if all(abs(dot(direction, other)) < COLLINEAR_COSINE for other in distinct):
            distinct.append(direction)
    return len(distinct)


def hidden_directions(volume: SeriesVolume) -> int:
    """How many diffusion directions a volume may hold without saying so."""
    if volume.directionality in ("ISOTROPIC", "NONE"):
        return 0
    if volume.b_value is not None and volume.b_value < DIFFUSION_WEIGHTED_FROM:
        return 0
    if volume.direction is not None and volume.b_value is not None:
        return 0
    return volume.frames // (len(volume.offsets_mm()) or volume.announced_planes or 1)


def head_foot_span_mm(volume: SeriesVolume) -> tuple[float, float] | None:
    """How far a volume reaches to the feet and to the head, in mm; None without geometry."""
    corners = _head_foot_corners_mm(volume)
    if not corners or volume.stack.orientation is None:
        return None
    thickness = volume.stack.slice_thickness_mm or 0.0
    half = abs(normal(volume.stack.orientation)[2]) * thickness / 2
    return min(corners) - half, max(corners) + half


def head_foot_extent_mm(volume: SeriesVolume) -> float | None:
    """How far a volume reaches along the patient's long axis, in mm; None without geometry."""
    corners = _head_foot_corners_mm(volume)
    if not corners or volume.stack.orientation is None:
        return None
    thickness = volume.stack.slice_thickness_mm or 0.0
    return max(corners) - min(corners) + abs(normal(volume.stack.orientation)[2]) * thickness


def head_foot_centre_mm(volume: SeriesVolume | None) -> float | None:
    """Where the middle of a volume lies on the patient's long axis, in mm."""
    corners = _head_foot_corners_mm(volume) if volume else []
    return (max(corners) + min(corners)) / 2 if corners else None


def _head_foot_corners_mm(volume: SeriesVolume) -> list[float]:
    stack = volume.stack
    if stack.orientation is None or stack.pixel_spacing_mm is None:
        return []
    if stack.rows is None or stack.columns is None:
        return []
    row, column = stack.orientation[2], stack.orientation[5]
    across = row * stack.pixel_spacing_mm[1] * stack.columns
    down = column * stack.pixel_spacing_mm[0] * stack.rows
    return [p[2] + a + d for p in stack.positions_mm for a in (0.0, across) for d in (0.0, down)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
