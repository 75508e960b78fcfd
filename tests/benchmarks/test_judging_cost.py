"""What one more image costs in an examination that grows: folded in, recognised, judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from ofsep_node.domain.instance import Acquisition, InstanceFacts, Stack, Volume
from ofsep_node.protocol import SeriesMemory, judge, load_edition
from ofsep_node.recognition import study_fold
from tests.benchmarks.conftest import milliseconds

Say = Callable[[str], None]

PLANES = 500
MORE = 20

FLAIR = Acquisition(
    modality="MR",
    manufacturer="SIEMENS",
    series_description="3D FLAIR SAG",
    scanning_sequence=("SE", "IR"),
    mr_acquisition_type="3D",
    repetition_time_ms=5000.0,
    inversion_time_ms=1800.0,
    inversion_times_ms=(1800.0,),
    magnetic_field_strength_t=3.0,
    acquisition_matrix=(256, 256),
)


def image(series: int, number: int) -> InstanceFacts:
    """Each image has a position of its own; every 500 of them are one time point."""
    stack = Stack(
        orientation=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
        rows=256,
        columns=256,
        pixel_spacing_mm=(1.0, 1.0),
        slice_thickness_mm=1.0,
        positions_mm=((float(number % PLANES), 0.0, 0.0),),
    )
    volume = Volume(
        0, 1, echo_time_ms=395.0, announced_planes=PLANES, temporal_position=number // PLANES
    )
    return InstanceFacts(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.4",
        sop_instance_uid=f"1.2.{series}.{number}",
        study_instance_uid="1.2",
        series_instance_uid=f"1.2.{series}",
        patient_id="P",
        instance_number=number + 1,
        image_type=("ORIGINAL", "PRIMARY", "M"),
        acquisition=FLAIR,
        stacks=(stack,),
        volumes=(volume,),
    )


def examination(series: int, images: int) -> Iterator[InstanceFacts]:
    for one in range(series):
        for number in range(images):
            yield image(one, number)


@pytest.mark.parametrize(
    ("series", "images"), [(1, 10), (1, 1_000), (1, 20_000), (40, 25), (40, 500)]
)
def test_one_more_image(series: int, images: int, say: Say) -> None:
    edition, fold, memory = load_edition("ofsep-2020"), study_fold("1.2"), SeriesMemory()
    for facts in examination(series, images):
        fold.add(facts)
    judge(fold.study(), edition, memory=memory)
    more = iter([image(series - 1, images + n) for n in range(MORE)])

    def one_more() -> None:
        fold.add(next(more))
        judge(fold.study(), edition, memory=memory)

    say(
        f"\n{series:3} series of {images:6} images: one more costs {milliseconds(one_more, MORE):.2f} ms"
    )
