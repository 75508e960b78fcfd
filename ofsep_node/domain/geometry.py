"""Planes in space, in the patient coordinate system (mm; +x left, +y posterior, +z head).

Source: PS3.3 C.7.6.2 (Image Plane Module).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

Vector = tuple[float, float, float]
"""A point or a direction: x, y, z; points in mm."""

Orientation = tuple[float, float, float, float, float, float]
"""Direction cosines of the row, then of the column (ImageOrientationPatient)."""

Plane = Literal["axial", "sagittal", "coronal", "oblique", "unknown"]

OBLIQUE_BEYOND_DEG = 44.0
"""A plane further than this from every anatomical plane is called oblique."""

PARALLEL_COSINE = 0.9998
"""Planes whose normals differ by more than about one degree do not belong to one volume."""

SAME_POSITION_MM = 0.01
"""Two planes nearer than this along their normal are one plane acquired twice."""


def dot(a: Vector, b: Vector) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def normal(orientation: Orientation) -> Vector:
    """The unit normal of a plane: row x column."""
    rx, ry, rz, cx, cy, cz = orientation
    n = (ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx)
    length = math.sqrt(dot(n, n)) or 1.0
    return (n[0] / length, n[1] / length, n[2] / length)


def parallel(a: Orientation, b: Orientation) -> bool:
    """Whether two planes face the same way, nearly enough to belong to one volume."""
    return dot(normal(a), normal(b)) > PARALLEL_COSINE


def plane_of(orientation: Orientation | None) -> Plane:
    """The anatomical plane that the normal is nearest to."""
    if orientation is None:
        return "unknown"
    components = [abs(c) for c in normal(orientation)]
    largest = max(components)
    if math.degrees(math.acos(min(1.0, largest))) > OBLIQUE_BEYOND_DEG:
        return "oblique"
    planes: tuple[Plane, Plane, Plane] = ("sagittal", "coronal", "axial")
    return planes[components.index(largest)]


def offsets_mm(orientation: Orientation, positions: Iterable[Vector]) -> list[float]:
    """Distinct distances of the planes from the origin along their normal, sorted, in mm."""
    n = normal(orientation)
    distinct: list[float] = []
    for offset in sorted(dot(n, p) for p in positions):
        if not distinct or offset - distinct[-1] > SAME_POSITION_MM:
            distinct.append(offset)
    return distinct


def steps_mm(offsets: Sequence[float]) -> list[float]:
    """Distances between neighbouring planes, in mm."""
    return [b - a for a, b in zip(offsets, offsets[1:], strict=False)]
