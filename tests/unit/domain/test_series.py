"""Instances fold into the same series in whatever order they come."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.series import SeriesFacts, SeriesVolume
from tests.unit.domain.made import CORONAL, SAGITTAL, axial, folded, image

MIXED = [
    *axial(0.0, 3.0, 6.0, volume={"b_value": 0.0}, acquired_at="20250314100000"),
    *axial(0.0, 3.0, 6.0, first=4, volume={"b_value": 1000.0, "direction": (1.0, 0.0, 0.0)}),
    *axial(0.0, 3.0, first=7, volume={"echo_time_ms": 11.0}, acquisition={"flip_angle_deg": 90.0}),
    image(9, (0.0, 0.0, 0.0), orientation=SAGITTAL, acquired_at="20250314100007", remarks=("odd",)),
    image(10, None, orientation=None, acquisition={"flip_angle_deg": 90.0}, image_type=()),
    image(11, (0.0, 0.0, 3.0), acquisition={"flip_angle_deg": 12.0}, number_of_frames=1),
]


def unordered(facts: SeriesFacts) -> dict[str, Any]:
    """The facts without the order of what has none."""
    values = {f.name: getattr(facts, f.name) for f in fields(facts)}
    values["volumes"] = sorted(map(repr, map(_sorted, facts.volumes)))
    values["remarks"] = sorted(facts.remarks)
    return values


def _sorted(volume: SeriesVolume) -> SeriesVolume:
    positions = tuple(sorted(volume.stack.positions_mm))
    return replace(volume, stack=replace(volume.stack, positions_mm=positions))


@given(st.permutations(MIXED))
def test_the_order_of_arrival_does_not_matter(arrived: list[InstanceFacts]) -> None:
    assert unordered(folded(*arrived)) == unordered(folded(*MIXED))


@given(st.permutations([90.0, 90.0, 12.0, 12.0, 30.0]))
def test_a_tie_is_broken_alike_in_every_order(angles: list[float]) -> None:
    series = folded(
        *(image(n, None, acquisition={"flip_angle_deg": a}) for n, a in enumerate(angles))
    )
    assert series.acquisition.flip_angle_deg == 12.0


@given(st.permutations([3.0, 5.0, 5.0, 3.0, 4.0]))
def test_of_two_equal_volumes_the_coarser_is_measured(thickness: list[float]) -> None:
    images = [
        image(n, (0.0, 0.0, 3.0 * n), stack={"slice_thickness_mm": t})
        for n, t in enumerate(thickness)
    ]
    main = folded(*images).main_volume
    assert main is not None
    assert main.stack.slice_thickness_mm == 5.0


def test_counts_of_a_mixed_series() -> None:
    series = folded(*MIXED)
    assert (series.instances, series.frames, len(series.volumes)) == (11, 11, 6)
    assert series.instance_numbers == tuple(range(1, 12))
    assert series.b_values == (0.0, 1000.0)
    assert series.echo_times_ms == (11.0,)
    assert series.acquired_at == ("20250314100000", "20250314100007")
    assert series.announced_frames == 1
    assert series.remarks == ("odd",)
    assert series.image_type == ("ORIGINAL", "PRIMARY")


def test_most_instances_speak_for_the_series() -> None:
    said = ["2D"] * 5 + ["3D"] * 2
    series = folded(
        *(image(n, None, acquisition={"mr_acquisition_type": s}) for n, s in enumerate(said)),
        *(image(n, None) for n in range(10, 30)),
    )
    assert series.acquisition.mr_acquisition_type == "2D"
    assert series.varying == {"mr_acquisition_type": {"2D": 5, "3D": 2}}


def test_an_attribute_that_no_instance_has_stays_absent() -> None:
    series = folded(*axial(0.0, 3.0))
    assert series.acquisition.repetition_time_ms is None
    assert series.acquisition.scanning_sequence == ()
    assert series.varying == {}
    assert (series.announced_frames, series.acquired_at) == (None, None)


def test_no_instance_at_all() -> None:
    series = folded()
    assert (series.instances, series.frames, series.volumes) == (0, 0, ())
    assert (series.main_volume, series.plane) == (None, "unknown")
    assert series.b_values == series.echo_times_ms == ()


def test_a_plane_acquired_twice_is_one_position_of_two_frames() -> None:
    (volume,) = folded(*axial(0.0, 3.0, 3.004, 6.0)).volumes
    assert volume.frames == 4
    assert volume.offsets_mm() == (0.0, 3.0, 6.0)


def test_the_echoes_of_a_dual_echo_are_two_volumes() -> None:
    series = folded(
        *axial(0.0, 3.0, volume={"echo_time_ms": 11.0}),
        *axial(0.0, 3.0, first=3, volume={"echo_time_ms": 92.04}),
        *axial(6.0, first=5, volume={"echo_time_ms": 92.0}),
    )
    assert [(v.echo_time_ms, v.frames) for v in series.volumes] == [(11.0, 2), (92.04, 3)]
    assert series.main_volume is series.volumes[1]


def test_a_localizer_has_a_volume_in_each_plane() -> None:
    series = folded(
        *axial(0.0, 10.0),
        image(3, (0.0, 0.0, 0.0), orientation=SAGITTAL),
        image(4, (0.0, 0.0, 0.0), orientation=CORONAL),
        image(5, (0.0, 5.0, 0.0), orientation=CORONAL),
        image(6, (0.0, 9.0, 0.0), orientation=CORONAL),
    )
    assert [v.frames for v in series.volumes] == [2, 1, 3]
    assert series.plane == "unknown"  # half of the images, not more


def test_planes_a_degree_apart_are_parallel_and_three_are_not() -> None:
    near = (0.99995, 0.0, 0.01, 0.0, 1.0, 0.0)  # 0.6 degrees
    far = (0.9986, 0.0, 0.0523, 0.0, 1.0, 0.0)  # 3 degrees
    series = folded(
        image(1, (0.0, 0.0, 0.0)),
        image(2, (0.0, 0.0, 3.0), orientation=near),
        image(3, (0.0, 0.0, 6.0), orientation=far),
    )
    assert [v.frames for v in series.volumes] == [2, 1]


def test_the_last_written_digits_do_not_split_a_volume() -> None:
    series = folded(
        image(1, (0.0, 0.0, 0.0), stack={"slice_thickness_mm": 3.0}),
        image(2, (0.0, 0.0, 3.0), stack={"slice_thickness_mm": 3.0000001}),
        image(3, (0.0, 0.0, 6.0), stack={"pixel_spacing_mm": (1.0000001, 2.0)}),
    )
    assert len(series.volumes) == 1


def test_what_a_volume_is_announced_to_have_is_the_most_that_any_image_says() -> None:
    series = folded(
        image(1, (0.0, 0.0, 0.0)),
        image(2, (0.0, 0.0, 3.0), volume={"announced_planes": 4}),
        image(3, (0.0, 0.0, 6.0), volume={"announced_planes": 3}),
    )
    assert series.volumes[0].announced_planes == 4
