"""What is remembered of an examination never changes its verdict."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ofsep_node.domain.correction import NO_CORRECTIONS, Corrections, Pin
from ofsep_node.domain.instance import Acquisition, Contrast, InstanceFacts, Stack, Volume
from ofsep_node.domain.verdict import State
from ofsep_node.protocol import SeriesMemory, judge
from ofsep_node.protocol.edition import Edition
from ofsep_node.recognition import study_fold
from tests.unit.protocol.made import EDITION

SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

FLAIR = Acquisition(
    modality="MR", manufacturer="SIEMENS", series_number=1, series_description="3D FLAIR SAG",
    scanning_sequence=("SE", "IR"), mr_acquisition_type="3D", repetition_time_ms=5000.0,
    inversion_time_ms=1800.0, inversion_times_ms=(1800.0,), magnetic_field_strength_t=3.0,
    acquisition_matrix=(256, 256),
)  # fmt: skip
T1 = replace(
    FLAIR, series_number=2, series_description="3D T1", scanning_sequence=("GR", "IR"),
    repetition_time_ms=2300.0, inversion_time_ms=900.0, inversion_times_ms=(900.0,),
)  # fmt: skip
DWI = replace(
    FLAIR, series_number=3, series_description="DIFFUSION", scanning_sequence=("EP", "SE"),
    mr_acquisition_type="2D", inversion_time_ms=None, inversion_times_ms=(),
)  # fmt: skip
SERIES = {"1": (FLAIR, SAGITTAL, 395.0), "2": (T1, SAGITTAL, 3.0), "3": (DWI, AXIAL, 80.0)}
PLANES = 6


def image(series: str, plane: int, b_value: float | None = None) -> InstanceFacts:
    acquisition, orientation, echo_time = SERIES[series]
    along = 2.0 * plane
    position = (along, 0.0, 0.0) if orientation == SAGITTAL else (0.0, 0.0, along)
    return InstanceFacts(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.4",
        sop_instance_uid=f"1.2.{series}.{plane}.{b_value}",
        study_instance_uid="1.2",
        series_instance_uid=f"1.2.{series}",
        patient_id="P",
        instance_number=plane,
        acquired_at=f"202601011200{series:0>2}.000000",
        image_type=("ORIGINAL", "PRIMARY", "M"),
        acquisition=acquisition,
        contrast=Contrast(agent="Dotarem" if series == "2" else None),
        stacks=(Stack(orientation, 256, 256, (1.0, 1.0), 2.0, 2.0, (position,)),),
        volumes=(Volume(0, 1, echo_time_ms=echo_time, b_value=b_value, announced_planes=PLANES),),
    )


IMAGES = [
    *(image("1", n) for n in range(PLANES)),
    *(image("2", n) for n in range(PLANES)),
    *(image("3", n, b) for n in range(PLANES) for b in (None, 1000.0)),
]
PINNED = Corrections(pins=(Pin("1.2.1", "weighting", "dir", "someone", "seen", "2026-01-01"),))
RELEASED = NO_CORRECTIONS
STATES: tuple[State, ...] = ("receiving", "settled")


@settings(max_examples=40, deadline=None)
@given(
    st.permutations(IMAGES),
    st.lists(st.sampled_from([RELEASED, PINNED]), min_size=len(IMAGES), max_size=len(IMAGES)),
    st.lists(st.sampled_from(STATES), min_size=len(IMAGES), max_size=len(IMAGES)),
)
def test_judging_with_memory_is_judging(
    arriving: list[InstanceFacts], said: list[Corrections], states: list[State]
) -> None:
    fold, memory = study_fold("1.2"), SeriesMemory()
    for count, one in enumerate(arriving, start=1):
        fold.add(one)
        corrections, state = said[count - 1], states[count - 1]
        fresh = study_fold("1.2")
        for earlier in arriving[:count]:
            fresh.add(earlier)
        with_memory = judge(
            fold.study(), EDITION, corrections=corrections, state=state, memory=memory
        )
        without = judge(fresh.study(), EDITION, corrections=corrections, state=state)
        assert with_memory == without


def test_another_edition_is_not_answered_from_memory() -> None:
    fold, memory = study_fold("1.2"), SeriesMemory()
    for one in IMAGES:
        fold.add(one)
    lenient = _with_severity(EDITION, "voxel-3d", "info")
    before = judge(fold.study(), EDITION, memory=memory)
    after = judge(fold.study(), lenient, memory=memory)
    assert {f.severity for f in before.findings if f.rule == "voxel-3d"} == {"error"}
    assert {f.severity for f in after.findings if f.rule == "voxel-3d"} == {"info"}


def _with_severity(edition: Edition, rule: str, severity: str) -> Edition:
    content = edition.model_dump(mode="json", exclude_unset=True)
    for sentence in content["sentences"]:
        for written in sentence.get("rules", ()):
            if written["id"] == rule:
                written["severity"] = severity
    return Edition.model_validate(content)
