"""A series held against what its headers announce, branch by branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ofsep_node.domain.completeness import Completeness, completeness
from ofsep_node.domain.geometry import Vector
from ofsep_node.domain.instance import DiffusionNumber, InstanceFacts, Volume
from ofsep_node.domain.performed_step import AnnouncedSeries
from tests.unit.domain.made import axial, folded, image

PLANES = (0.0, 3.0, 6.0, 9.0)
OF_FOUR = {"announced_planes": 4}


def judged(*instances: InstanceFacts) -> Completeness:
    return completeness(folded(*instances))


def said(found: Completeness) -> str:
    return "; ".join(f.en for f in found.faults)


@pytest.mark.parametrize(
    "announcing",
    [
        {"volume": OF_FOUR},
        {"acquisition": {"images_in_acquisition": 4}},
        {"acquisition": {"images_in_acquisition": 3}},
    ],
)
def test_all_that_was_announced(announcing: dict[str, Any]) -> None:
    found = judged(*axial(*PLANES, **announcing))
    assert (found.complete, found.images, found.faults) == (True, 4, ())


def test_nothing_announced_and_nothing_missing_is_not_known() -> None:
    assert judged(*axial(*PLANES)) == Completeness(None, 4, None, ())
    assert judged() == Completeness(None, 0, None, ())


@pytest.mark.parametrize("planes", [PLANES[:3], PLANES[1:], PLANES[:1]])
def test_fewer_than_announced(planes: Sequence[float]) -> None:
    found = judged(*axial(*planes, volume=OF_FOUR))
    assert (found.complete, found.announced) == (False, 4)
    assert said(found) == f"{len(planes)} of 4 announced images"
    assert found.faults[0].fr == f"{len(planes)} images sur 4 annoncées"


@pytest.mark.parametrize(
    ("announced", "arrived", "complete"), [(4, 4, True), (5, 4, False), (0, 0, None)]
)
def test_what_the_scanner_announced_decides_where_headers_leave_it_open(
    announced: int,
    arrived: int,
    complete: bool | None,
) -> None:
    facts = folded(*axial(*PLANES))
    found = completeness(facts, AnnouncedSeries("1.3", None, announced, arrived))
    assert found.complete is complete
    assert ("4 of 5 objects that the scanner announced" in said(found)) == (announced == 5)


def test_all_objects_of_a_series_that_was_broken_off_are_not_the_whole_series() -> None:
    broken_off = AnnouncedSeries("1.3", None, 4, 4, carried_through=False)
    assert completeness(folded(*axial(*PLANES)), broken_off).complete is None


def test_the_largest_announced_count_counts() -> None:
    found = judged(*axial(*PLANES, volume=OF_FOUR, acquisition={"images_in_acquisition": 8}))
    assert (found.complete, found.announced) == (False, 8)


def test_announced_by_some_volumes_only_is_not_announced() -> None:
    twice = [*axial(*PLANES, volume=OF_FOUR), *axial(*PLANES, first=5, volume={"b_value": 0.0})]
    assert judged(*twice) == Completeness(None, 8, None, ())


def test_a_hole_is_seen_with_and_without_an_announcement() -> None:
    for announcing in ({}, OF_FOUR):
        found = judged(*axial(0.0, 3.0, 9.0, 12.0, volume=announcing))
        assert found.complete is False
        assert "1 slices are missing between" in said(found)


def test_an_image_that_came_twice_makes_up_for_none() -> None:
    found = judged(*axial(0.0, 3.0, 6.0, 6.0, volume=OF_FOUR))
    assert found.complete is False
    assert "3 of 4 announced slice positions" in said(found)
    counted = judged(*axial(0.0, 3.0, 6.0, 6.0, acquisition={"images_in_acquisition": 4}))
    assert said(counted) == "some slice positions came more often than others"


def test_every_plane_as_often_as_the_others() -> None:
    found = judged(*axial(*PLANES, *PLANES, volume=OF_FOUR))
    assert (found.complete, found.images) == (True, 8)


def test_a_volume_shorter_than_the_others() -> None:
    found = judged(
        *axial(*PLANES, volume={"b_value": 0.0}),
        *axial(*PLANES[:2], first=5, volume={"b_value": 1000.0}),
    )
    assert found.complete is False
    assert said(found) == "1 of 2 volumes have fewer than 4 slices (2 at least)"


def test_time_points() -> None:
    def points(present: int, announced: int, **others: Any) -> Completeness:
        return judged(
            *(
                instance
                for point in range(1, present + 1)
                for instance in axial(
                    *PLANES,
                    first=4 * point,
                    volume={**OF_FOUR, "temporal_position": point},
                    acquisition={"temporal_positions": announced},
                    **others,
                )
            )
        )

    assert points(3, 3).complete is True
    assert said(points(2, 3)) == "2 of 3 announced time points"
    assert points(2, 3, image_type=("DERIVED", "PRIMARY")).complete is True


def test_time_points_that_are_not_numbered_cannot_be_counted() -> None:
    found = judged(*axial(*PLANES, volume=OF_FOUR, acquisition={"temporal_positions": 3}))
    assert (found.complete, found.faults) == (None, ())


def test_without_positions_nothing_is_proven() -> None:
    announcing: dict[str, Any] = {"volume": OF_FOUR}
    for lost in ({"orientation": None}, {"position": None}):
        images = [
            image(n, **{"position": (0.0, 0.0, 3.0 * n), **announcing, **lost}) for n in range(4)
        ]
        assert judged(*images).complete is None


def test_image_numbers_tell_only_where_nothing_is_announced() -> None:
    gap = [*axial(0.0, 3.0), *axial(6.0, 9.0, first=4)]
    assert said(judged(*gap)) == "images run from 1 to 5, 1 numbers are missing"
    late = axial(*PLANES, first=11)
    assert said(judged(*late)) == "images run from 11 to 14, 10 numbers are missing"
    announced = axial(*PLANES, first=11, volume=OF_FOUR)
    assert judged(*announced).complete is True


def test_image_numbers_that_repeat_or_are_absent_tell_nothing() -> None:
    same = [replace(i, instance_number=1) for i in axial(*PLANES)]
    none = [replace(i, instance_number=None) for i in axial(*PLANES)]
    zero = [replace(i, instance_number=n) for n, i in enumerate(axial(*PLANES))]
    for images in (same, none, zero):
        assert judged(*images).complete is None


def multi_frame(frames: int, announced: int, indices: tuple[int, ...]) -> InstanceFacts:
    """One object whose volume has one position for each frame."""
    base = image(1, (0.0, 0.0, 0.0))
    stack = replace(base.stacks[0], positions_mm=tuple((0.0, 0.0, 3.0 * n) for n in range(frames)))
    return replace(
        base,
        stacks=(stack,),
        volumes=(Volume(stack=0, frames=frames),),
        number_of_frames=announced,
        dimension_indices=(indices,) if indices else (),
    )


def test_a_multi_frame_object() -> None:
    assert judged(multi_frame(4, 4, (1, 2, 3, 4))).complete is True
    assert said(judged(multi_frame(3, 4, (1, 2, 3)))) == "3 of 4 announced images"
    hole = judged(multi_frame(3, 3, (1, 2, 4)))
    assert said(hole) == "a dimension runs to 4, 1 of its values are missing"
    assert judged(multi_frame(4, 4, ())).complete is None


def test_one_frame_an_object_announces_nothing() -> None:
    images = axial(*PLANES, number_of_frames=1)
    assert judged(*images) == Completeness(None, 4, None, ())


# --- directions and b-values

B0 = (0.0, None)
UNIT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def weighted(
    *gradients: tuple[float | None, Vector | None],
    numbers: Sequence[tuple[int, int]] = (),
    **announcing: Any,
) -> Completeness:
    """Whole volumes of these b-values and directions; `numbers`: of b-value and of direction."""
    images = []
    for index, (b_value, direction) in enumerate(gradients):
        weighting = {**OF_FOUR, "b_value": b_value, "direction": direction}
        whole = axial(*PLANES, first=4 * index + 1, volume=weighting, acquisition=announcing)
        if numbers:
            b_number, number = numbers[index]
            said = (
                DiffusionNumber("b-values", b_number, 2),
                DiffusionNumber("directions", number, 3),
            )
            whole = [replace(i, diffusion_numbers=said) for i in whole]
        images.extend(whole)
    return judged(*images)


def at_b1000(*directions: Vector) -> list[tuple[float | None, Vector | None]]:
    return [(1000.0, d) for d in directions]


def test_a_direction_that_is_wholly_lost() -> None:
    announcing: dict[str, Any] = {"diffusion_gradients": 3, "diffusion_b_values": 2}
    assert weighted(B0, *at_b1000(*UNIT), **announcing).complete is True
    lost = weighted(B0, *at_b1000(*UNIT[:2]), **announcing)
    assert lost.complete is False
    assert said(lost) == "2 of 3 announced diffusion directions"
    assert lost.faults[0].fr == "2 directions de diffusion sur 3 annoncées"
    assert weighted(B0, *at_b1000(*UNIT[:2])).complete is True


def test_a_b_value_that_is_wholly_lost() -> None:
    announcing: dict[str, Any] = {"diffusion_gradients": 3, "diffusion_b_values": 2}
    assert said(weighted(*at_b1000(*UNIT), **announcing)) == "1 of 2 announced b-values"


def test_traces_and_maps_repeat_what_was_announced_of_their_source() -> None:
    trace = weighted(B0, (1000.0, None), diffusion_gradients=20, diffusion_b_values=3)
    assert trace.complete is True


def test_a_direction_that_is_not_told_may_be_the_one_that_is_missing() -> None:
    untold = weighted(B0, *at_b1000(*UNIT[:2]), (1000.0, None), diffusion_gradients=3)
    assert untold.complete is True


def test_directions_by_the_scanners_own_numbers() -> None:
    """Number 4 stands for no direction: that of b0 here, of nothing in the second."""
    four = [B0, *at_b1000(*UNIT)]
    assert weighted(*four, numbers=[(1, 4), (2, 1), (2, 2), (2, 3)]).complete is True
    assert weighted(*four[:3], numbers=[(1, 1), (2, 2), (2, 3)]).complete is True
    lost = weighted(*four[:3], numbers=[(1, 4), (2, 1), (2, 3)])
    assert said(lost) == "2 of 3 announced diffusion directions"
    assert said(weighted(*four[1:], numbers=[(2, 1), (2, 2), (2, 3)])) == (
        "1 of 2 announced b-values"
    )


def test_two_numbers_may_have_one_direction() -> None:
    twice = [B0, *at_b1000(UNIT[0], UNIT[0], UNIT[1])]
    assert weighted(*twice, numbers=[(1, 4), (2, 1), (2, 2), (2, 3)]).complete is True


def test_a_mosaic_that_is_lost_leaves_a_number_out() -> None:
    """Also that of a repeated acquisition, whose direction is there once more."""
    mosaics = [replace(multi_frame(4, 0, ()), number_of_frames=None) for _ in range(3)]
    volumes = (replace(mosaics[0].volumes[0], announced_planes=4),)
    numbered = [
        replace(m, volumes=volumes, instance_number=n)
        for n, m in zip((1, 2, 4), mosaics, strict=True)
    ]
    assert said(judged(*numbered)) == "images run from 1 to 4, 1 numbers are missing"
    assert judged(*numbered[:2]).complete is True
