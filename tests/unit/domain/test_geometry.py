"""Planes in the patient coordinate system, against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

from ofsep_node.domain.geometry import Orientation, normal, offsets_mm, plane_of, steps_mm
from tests.unit.domain.made import AXIAL, CORONAL, SAGITTAL


def tilted(degrees: float) -> Orientation:
    """Axial, turned about the left-right axis."""
    angle = math.radians(degrees)
    return (1.0, 0.0, 0.0, 0.0, math.cos(angle), math.sin(angle))


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [(AXIAL, (0.0, 0.0, 1.0)), (SAGITTAL, (-1.0, 0.0, 0.0)), (CORONAL, (0.0, 1.0, 0.0))],
)
def test_normal_is_row_by_column(orientation: Orientation, expected: tuple[float, ...]) -> None:
    assert normal(orientation) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("orientation", "plane"),
    [
        (AXIAL, "axial"),
        (SAGITTAL, "sagittal"),
        (CORONAL, "coronal"),
        (tilted(43.0), "axial"),
        (tilted(45.0), "oblique"),
        (tilted(47.0), "coronal"),
        (tilted(180.0), "axial"),
        (None, "unknown"),
    ],
)
def test_the_plane_is_the_nearest_anatomical_one(
    orientation: Orientation | None, plane: str
) -> None:
    assert plane_of(orientation) == plane


def test_offsets_are_along_the_normal_sorted_and_distinct() -> None:
    positions = [(0.0, 9.0, 6.0), (5.0, 0.0, 0.0), (0.0, 0.0, 3.0), (7.0, 0.0, 3.009)]
    assert offsets_mm(AXIAL, positions) == [0.0, 3.0, 6.0]
    tilt = offsets_mm(tilted(30.0), [(0.0, 0.0, 0.0), (0.0, 0.0, 2.0)])
    assert tilt == pytest.approx([0.0, 2.0 * math.cos(math.radians(30.0))])


def test_steps_are_between_neighbours() -> None:
    assert steps_mm([0.0, 3.0, 7.5]) == [3.0, 4.5]
    assert steps_mm([0.0]) == steps_mm([]) == []
