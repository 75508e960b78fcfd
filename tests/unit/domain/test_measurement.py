"""Measurements against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from ofsep_node.domain.geometry import Vector
from ofsep_node.domain.instance import Acquisition, Stack
from ofsep_node.domain.measurement import (
    acquired_pixel_mm,
    distinct_directions,
    extent_mm,
    head_foot_centre_mm,
    head_foot_extent_mm,
    measure,
    spacing_mm,
)
from ofsep_node.domain.verdict import Measured
from tests.unit.domain.made import SAGITTAL, axial, folded, image

TIMES = {
    "magnetic_field_strength_t": 2.89,
    "repetition_time_ms": 6000.0,
    "inversion_time_ms": 1800.0,
    "acquisition_matrix": (128, 64),
}


def test_everything_of_a_series() -> None:
    series = folded(
        *axial(0.0, 3.6, 7.2, acquisition=TIMES, volume={"echo_time_ms": 90.0, "b_value": 0.0}),
    )
    assert measure(series) == Measured(
        field_t=2.89,
        slice_thickness_mm=3.0,
        spacing_mm=3.6,
        gap_mm=0.6,
        pixel_mm=(1.0, 2.0),
        acquired_pixel_mm=(2.0, 4.0),
        voxel_mm3=6.0,
        echo_time_ms=90.0,
        repetition_time_ms=6000.0,
        inversion_time_ms=1800.0,
        b_values=(0.0,),
        directions=0,
        extent_mm=10.2,
    )


def test_nothing_is_measured_of_nothing() -> None:
    assert measure(folded()) == Measured()
    assert measure(folded(image(1, None, stack={"slice_thickness_mm": None}))).gap_mm is None


def test_one_plane_has_no_spacing() -> None:
    assert spacing_mm(folded(*axial(5.0)).main_volume) is None
    assert spacing_mm(None) is None


def test_a_missing_slice_is_no_gap() -> None:
    assert measure(folded(*axial(0.0, 3.0, 6.0, 12.0, 15.0))).gap_mm == 0.0


def test_an_overlap_is_a_negative_gap() -> None:
    assert measure(folded(*axial(0.0, 1.5, 3.0))).gap_mm == -1.5


def test_the_written_spacing_is_not_asked() -> None:
    series = folded(*axial(0.0, 3.0, 6.0, stack={"spacing_between_slices_mm": 9.0}))
    assert measure(series).spacing_mm == 3.0


def test_extent_goes_from_edge_to_edge() -> None:
    assert extent_mm(folded(*axial(-6.0, 0.0, 6.0)).main_volume) == 15.0
    assert extent_mm(folded(image(1, None)).main_volume) is None


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((110, 110), (2.0, 2.0)),  # GE, 0.859 mm reconstructed over 220 mm
        ((256, 128), (0.8594, 1.7188)),
        ((512, 512), (0.8594, 0.8594)),  # oversampled, and cropped
        ((0, 110), None),
        (None, None),
    ],
)
def test_the_acquired_pixel(
    matrix: tuple[int, int] | None, expected: tuple[float, float] | None
) -> None:
    stack = Stack(rows=256, columns=256, pixel_spacing_mm=(0.859375, 0.859375))
    assert acquired_pixel_mm(Acquisition(acquisition_matrix=matrix), stack) == expected


@pytest.mark.parametrize("absent", ["rows", "columns", "pixel_spacing_mm"])
def test_the_acquired_pixel_needs_the_field_of_view(absent: str) -> None:
    sampling: dict[str, Any] = {"rows": 256, "columns": 256, "pixel_spacing_mm": (1.0, 1.0)}
    stack = Stack(**{**sampling, absent: None})
    assert acquired_pixel_mm(Acquisition(acquisition_matrix=(128, 128)), stack) is None


def encoded(*gradients: tuple[float | None, Vector | None]) -> int:
    images = [
        image(n, (0.0, 0.0, 0.0), volume={"b_value": b, "direction": direction})
        for n, (b, direction) in enumerate(gradients)
    ]
    return distinct_directions(folded(*images))


X, Y, MINUS_X = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 0.0)
NEAR_X, APART = (0.99962, 0.02757, 0.0), (0.99863, 0.05234, 0.0)  # 1.6 and 3 degrees from x


@pytest.mark.parametrize(
    ("gradients", "expected"),
    [
        ([(1000.0, X), (1000.0, Y)], 2),
        ([(1000.0, X), (1000.0, MINUS_X)], 1),
        ([(1000.0, X), (2000.0, X)], 1),
        ([(1000.0, X), (1000.0, NEAR_X)], 1),
        ([(1000.0, X), (1000.0, APART)], 2),
        ([(0.0, X), (1.25, Y)], 0),
        ([(1000.0, None)], 0),
        ([(None, X)], 0),
        ([], 0),
    ],
)
def test_distinct_directions(
    gradients: list[tuple[float | None, Vector | None]], expected: int
) -> None:
    assert encoded(*gradients) == expected


def test_head_to_foot_of_an_axial_volume_is_its_depth() -> None:
    volume = folded(*axial(0.0, 3.0, 6.0)).volumes[0]
    assert head_foot_extent_mm(volume) == 9.0
    assert head_foot_centre_mm(volume) == 3.0


def test_head_to_foot_of_a_sagittal_volume_is_its_field_of_view() -> None:
    volume = folded(image(1, (0.0, 0.0, 100.0), orientation=SAGITTAL)).volumes[0]
    assert head_foot_extent_mm(volume) == 256.0  # 256 rows of 1 mm, downwards
    assert head_foot_centre_mm(volume) == 100.0 - 128.0


@pytest.mark.parametrize("absent", ["rows", "columns", "pixel_spacing_mm"])
def test_head_to_foot_needs_the_geometry(absent: str) -> None:
    volume = folded(image(1, (0.0, 0.0, 0.0), stack={absent: None})).volumes[0]
    assert head_foot_extent_mm(volume) is None
    assert head_foot_centre_mm(volume) is None


def test_head_to_foot_needs_positions_and_orientation() -> None:
    for volume in folded(image(1, None), image(2, (0.0, 0.0, 0.0), orientation=None)).volumes:
        assert head_foot_extent_mm(volume) is None
        assert head_foot_centre_mm(volume) is None
    assert head_foot_centre_mm(None) is None
