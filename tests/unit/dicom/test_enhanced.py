"""Enhanced objects give the facts that the same images give as classic ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from ofsep_node.dicom.reading import facts_of, read_facts
from ofsep_node.domain.completeness import completeness
from ofsep_node.domain.instance import Concatenation, Volume
from ofsep_node.domain.series import SeriesFacts, SeriesVolume
from ofsep_node.domain.series_fold import SeriesFold
from tests.unit.dicom.made import AXIAL, classic, dataset, enhanced, item, private, write

SHARED = dataset(
    MRTimingAndRelatedParametersSequence=item(RepetitionTime=5000, FlipAngle=120),
    MRModifierSequence=item(InversionRecovery="YES", InversionTimes=[2000.0]),
    MRFOVGeometrySequence=item(
        InPlanePhaseEncodingDirection="ROW",
        MRAcquisitionFrequencyEncodingSteps=8,
        MRAcquisitionPhaseEncodingStepsInPlane=6,
    ),
    PlaneOrientationSequence=item(ImageOrientationPatient=AXIAL),
    PixelMeasuresSequence=item(PixelSpacing=[1.0, 1.0], SliceThickness=3),
)


def frame(z: float, *, echo_time: float = 90.0, **more: Any) -> Dataset:
    return dataset(
        PlanePositionSequence=item(ImagePositionPatient=[-4.0, -4.0, z]),
        MREchoSequence=item(EffectiveEchoTime=echo_time),
        **more,
    )


def diffusion_frame(z: float, b_value: float, direction: list[float] | None) -> Dataset:
    weighting = dataset(DiffusionBValue=b_value, DiffusionDirectionality="DIRECTIONAL")
    if direction is None:
        weighting.DiffusionDirectionality = "NONE"
    else:
        weighting.DiffusionGradientDirectionSequence = item(DiffusionGradientOrientation=direction)
    made = frame(z, MRDiffusionSequence=[weighting])
    made.MRImageFrameTypeSequence = item(FrameType=["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"])
    return made


def test_shared_groups_hold_for_every_frame() -> None:
    facts = facts_of(enhanced(SHARED, [frame(0.0), frame(3.0)], EchoPulseSequence="SPIN"))
    seen = facts.acquisition
    assert (seen.repetition_time_ms, seen.flip_angle_deg) == (5000, 120)
    assert (seen.inversion_time_ms, seen.scanning_sequence) == (2000, ("SE", "IR"))
    assert (seen.acquisition_matrix, seen.phase_encoding) == ((8, 6), "ROW")
    (stack,) = facts.stacks
    assert stack.positions_mm == ((-4.0, -4.0, 0.0), (-4.0, -4.0, 3.0))
    assert (stack.slice_thickness_mm, stack.pixel_spacing_mm) == (3.0, (1.0, 1.0))


def test_a_frame_overrules_what_is_shared() -> None:
    own = frame(0.0, PixelMeasuresSequence=item(PixelSpacing=[0.5, 0.5], SliceThickness=1))
    facts = facts_of(enhanced(SHARED, [own, frame(3.0)]))
    assert [s.slice_thickness_mm for s in facts.stacks] == [1.0, 3.0]
    assert [v.stack for v in facts.volumes] == [0, 1]


def test_echoes_are_volumes_of_one_stack() -> None:
    frames = [frame(z, echo_time=te) for te in (11.0, 92.0) for z in (0.0, 3.0, 6.0)]
    facts = facts_of(enhanced(SHARED, frames))
    assert [(v.echo_time_ms, v.frames, v.stack) for v in facts.volumes] == [(11, 3, 0), (92, 3, 0)]
    assert len(facts.stacks) == 1


def test_b_values_and_directions_are_volumes() -> None:
    directions = [None, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    frames = [diffusion_frame(z, 1000.0 if d else 0.0, d) for z in (0.0, 3.0) for d in directions]
    facts = facts_of(enhanced(SHARED, frames))
    assert [(v.b_value, v.direction, v.directionality) for v in facts.volumes] == [
        (0.0, None, "NONE"),
        (1000.0, (1.0, 0.0, 0.0), "DIRECTIONAL"),
        (1000.0, (0.0, 1.0, 0.0), "DIRECTIONAL"),
    ]
    assert {v.frames for v in facts.volumes} == {2}


def test_time_points_are_volumes() -> None:
    frames = [frame(0.0, FrameContentSequence=item(TemporalPositionIndex=t)) for t in (1, 2)]
    assert [v.temporal_position for v in facts_of(enhanced(SHARED, frames)).volumes] == [1, 2]


def test_frames_without_macros_know_nothing() -> None:
    facts = facts_of(enhanced(Dataset(), [Dataset(), Dataset()]))
    (seen,) = facts.volumes
    assert (seen.frames, seen.echo_time_ms, seen.b_value) == (2, None, None)
    assert facts.stacks[0].positions_mm == ()
    assert facts.remarks == ()


def test_without_per_frame_groups_the_frames_are_still_counted() -> None:
    made = enhanced(SHARED, [])
    made.NumberOfFrames = 12
    facts = facts_of(made)
    assert facts.volumes[0].frames == 12
    assert "PerFrameFunctionalGroupsSequence" in facts.remarks[0]


def test_legacy_converted_attributes_lie_in_unassigned_groups() -> None:
    shared = dataset(
        UnassignedSharedConvertedAttributesSequence=item(RepetitionTime=600, ScanningSequence="SE"),
        PixelMeasuresSequence=item(PixelSpacing=[1.0, 1.0], SliceThickness=3),
    )
    frames = [
        dataset(
            PlanePositionSequence=item(ImagePositionPatient=[0.0, 0.0, z]),
            UnassignedPerFrameConvertedAttributesSequence=item(EchoTime=15, InstanceNumber=9),
        )
        for z in (0.0, 3.0)
    ]
    facts = facts_of(enhanced(shared, frames, SOPClassUID="1.2.840.10008.5.1.4.1.1.4.4"))
    assert facts.acquisition.repetition_time_ms == 600
    assert (facts.volumes[0].echo_time_ms, facts.volumes[0].frames) == (15, 2)
    assert facts.instance_number == 1


def test_enhanced_color_is_an_image() -> None:
    made = enhanced(SHARED, [frame(0.0)], SOPClassUID="1.2.840.10008.5.1.4.1.1.4.3")
    assert facts_of(made).volumes[0].frames == 1


def test_xa_keeps_the_whole_image_type_in_a_private_item() -> None:
    whole = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "MB", "ND"]
    inner = private(Dataset(), "SIEMENS MR SDI 02", (0x0021, 0x75), "CS", whole)
    own = private(frame(0.0), "SIEMENS MR SDI 02", (0x0021, 0xFE), "SQ", [inner])
    facts = facts_of(enhanced(SHARED, [own], Manufacturer="Siemens Healthineers"))
    assert facts.volumes[0].image_type == tuple(whole)


def test_xa_diffusion_echo_planar() -> None:
    inner = private(Dataset(), "SIEMENS MR SDS 01", (0x0021, 0x5A), "CS", ["EP", "SE"])
    shared = private(Dataset(), "SIEMENS MR SDS 01", (0x0021, 0xFE), "SQ", [inner])
    made = enhanced(shared, [frame(0.0)], Manufacturer="SIEMENS", EchoPulseSequence="GRADIENT")
    assert facts_of(made).acquisition.scanning_sequence == ("EP", "SE")


# --- the same series, written both ways

decimals = st.decimals(-200, 200, places=2).map(float)
directions = st.sampled_from([None, [1.0, 0.0, 0.0], [0.0, 0.6, 0.8], [-0.48, 0.6, 0.64]])


@st.composite
def series(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "positions": draw(st.lists(decimals, min_size=1, max_size=5, unique=True)),
        "echoes": draw(st.lists(st.sampled_from([11.0, 30.0, 92.0]), min_size=1, unique=True)),
        "directions": draw(st.lists(directions, min_size=1, max_size=3, unique_by=str)),
        "times": draw(st.sampled_from([[1], [1, 2]])),
        "thickness": draw(st.sampled_from([1.0, 3.0, None])),
        "repetition_time": draw(st.floats(5, 9000).map(lambda x: round(x, 3))),
        "inversion_time": draw(st.sampled_from([None, 900.0, 2200.0])),
        "phase": draw(st.sampled_from(["ROW", "COLUMN"])),
    }


def every_frame(wanted: dict[str, Any]) -> list[tuple[float, float, list[float] | None, int]]:
    return [
        (z, te, direction, time)
        for time in wanted["times"]
        for direction in wanted["directions"]
        for te in wanted["echoes"]
        for z in wanted["positions"]
    ]


def as_classic(wanted: dict[str, Any]) -> list[Dataset]:
    along_row = wanted["phase"] == "ROW"
    return [
        classic(
            ImageType=["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"],
            ScanningSequence=["SE", "IR", "EP"] if wanted["inversion_time"] else ["SE", "EP"],
            RepetitionTime=wanted["repetition_time"],
            InversionTime=wanted["inversion_time"],
            SliceThickness=wanted["thickness"],
            SpacingBetweenSlices=None,
            InPlanePhaseEncodingDirection="ROW" if along_row else "COL",
            AcquisitionMatrix=[8, 0, 0, 6] if along_row else [0, 8, 6, 0],
            ImagePositionPatient=[-4.0, -4.0, z],
            EchoTime=te,
            DiffusionBValue=1000.0 if direction else 0.0,
            DiffusionGradientOrientation=direction,
            TemporalPositionIdentifier=time,
        )
        for z, te, direction, time in every_frame(wanted)
    ]


def as_enhanced(wanted: dict[str, Any]) -> Dataset:
    frames = []
    for z, te, direction, time in every_frame(wanted):
        made = diffusion_frame(z, 1000.0 if direction else 0.0, direction)
        made.MREchoSequence = item(EffectiveEchoTime=te)
        made.FrameContentSequence = item(TemporalPositionIndex=time)
        frames.append(made)
    measures = dataset(PixelSpacing=[1.0, 1.0])
    modifier = dataset(InversionRecovery="NO")
    if wanted["thickness"] is not None:
        measures.SliceThickness = wanted["thickness"]
    if wanted["inversion_time"] is not None:
        modifier = dataset(InversionRecovery="YES", InversionTimes=wanted["inversion_time"])
    shared = dataset(
        MRTimingAndRelatedParametersSequence=item(RepetitionTime=wanted["repetition_time"]),
        MRModifierSequence=[modifier],
        MRFOVGeometrySequence=item(
            InPlanePhaseEncodingDirection=wanted["phase"],
            MRAcquisitionFrequencyEncodingSteps=8,
            MRAcquisitionPhaseEncodingStepsInPlane=6,
        ),
        PlaneOrientationSequence=item(ImageOrientationPatient=AXIAL),
        PixelMeasuresSequence=[measures],
    )
    image_type = ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"]
    return enhanced(
        shared,
        frames,
        ImageType=image_type,
        EchoPulseSequence="SPIN",
        EchoPlanarPulseSequence="YES",
    )


def folded(made: list[Dataset]) -> SeriesFacts:
    fold = SeriesFold("1.2.3.1", "1.2.3.1.1")
    for each in made:
        fold.add(facts_of(each))
    return fold.facts()


def in_order(facts: SeriesFacts) -> list[SeriesVolume]:
    return sorted(facts.volumes, key=repr)


@settings(max_examples=40, deadline=None)
@given(series())
def test_classic_and_enhanced_agree(wanted: dict[str, Any]) -> None:
    one_by_one, at_once = folded(as_classic(wanted)), folded([as_enhanced(wanted)])
    assert in_order(one_by_one) == in_order(at_once)
    assert one_by_one.frames == at_once.frames == len(every_frame(wanted))
    # The classic words for the sequence come in the order in which consoles write them.
    ordered = [
        replace(f.acquisition, scanning_sequence=tuple(sorted(f.acquisition.scanning_sequence)))
        for f in (one_by_one, at_once)
    ]
    assert ordered[0] == ordered[1]


@pytest.mark.parametrize("count", [1, 200])
def test_nothing_is_kept_of_a_frame_but_its_position(count: int) -> None:
    facts = facts_of(enhanced(SHARED, [frame(float(z)) for z in range(count)]))
    assert facts.volumes == (
        Volume(
            stack=0, frames=count, image_type=("ORIGINAL", "PRIMARY", "M", "ND"), echo_time_ms=90.0
        ),
    )
    assert len(facts.stacks[0].positions_mm) == count


def test_functional_groups_are_read_however_long(tmp_path: Path) -> None:
    frames = [
        frame(float(z), FrameContentSequence=item(FrameComments="x" * 10_000)) for z in range(150)
    ]
    path = write(enhanced(SHARED, frames), tmp_path / "image.dcm")
    assert read_facts(path).volumes[0].frames == 150


def test_a_part_of_a_concatenation_says_so() -> None:
    made = enhanced(
        SHARED, [frame(0.0)], ConcatenationUID="1.2.9", InConcatenationNumber=2,
        InConcatenationTotalNumber=3,
    )  # fmt: skip
    assert facts_of(made).concatenation == Concatenation("1.2.9", 2, 3)
    assert facts_of(enhanced(SHARED, [frame(0.0)])).concatenation is None


@pytest.mark.parametrize(
    ("numbers", "total", "complete"),
    [((1,), 2, False), ((1, 2), 2, True), ((1, 3), None, False), ((1, 2), None, None)],
)
def test_a_series_has_all_parts_of_its_concatenation(
    numbers: tuple[int, ...], total: int | None, complete: bool | None
) -> None:
    fold = SeriesFold("1.2.3", "1.2.3.1.1")
    for number in numbers:
        frames = [
            frame(3.0 * n, FrameContentSequence=item(DimensionIndexValues=[n]))
            for n in (2 * number - 1, 2 * number)
        ]
        made = enhanced(SHARED, frames, ConcatenationUID="1.2.9", InConcatenationNumber=number)
        if total is not None:
            made.InConcatenationTotalNumber = total
        fold.add(facts_of(made))
    assert completeness(fold.facts()).complete is complete


def test_frames_say_whether_the_agent_had_been_given() -> None:
    usage = item(ContrastBolusAgentNumber=1, ContrastBolusAgentAdministered="YES")
    agent = item(
        CodeMeaning="Gadobutrol",
        ContrastAdministrationProfileSequence=item(
            ContrastBolusStartTime="101530", ContrastBolusStopTime="101545"
        ),
    )
    made = enhanced(
        SHARED,
        [frame(0.0, ContrastBolusUsageSequence=usage)],
        ContrastBolusAgentSequence=agent,
    )
    contrast = facts_of(made).contrast
    assert (contrast.administered, contrast.stop_time) == ("YES", "101545")
    assert facts_of(enhanced(SHARED, [frame(0.0)])).contrast.administered is None
