"""Writes an examination as a Philips scanner of release 5.7 exports it: Enhanced MR objects.

One object holds a whole series: every stack, slice, echo, b-value and direction, slice by slice.
Habits, as published headers show them: the distance between slices stands in the header and not
in the pixel measures; every frame keeps its classic attributes in a private item (2005,140F),
where the b-value is 0.0 when nothing is diffusion-weighted; an ADC map calls itself ORIGINAL
there; the trace is one more volume of a tensor, ISOTROPIC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as Items

from ofsep_node.simulate import enhanced_groups as groups
from ofsep_node.simulate import philips
from ofsep_node.simulate.classic import SCREENSHOT, acquisition_matrix
from ofsep_node.simulate.enhanced import (
    Dimension,
    Kept,
    Part,
    dimension_module,
    finished,
    group,
    in_frame_content,
    indices,
    parts,
    stack_number,
    time_point,
    time_points,
)
from ofsep_node.simulate.enhanced_groups import made
from ofsep_node.simulate.enhanced_header import (
    acquisition_contrast,
    begun,
    date_time_text,
    dimension_uid,
    echo_pulse,
    flavour,
    frame_type,
    is_diffusion,
    pixel_contrast,
    placed_on,
    pulse_sequence,
    with_pulses,
)
from ofsep_node.simulate.examination import Examination, Sequence
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.image import Image, Pixels
from ofsep_node.simulate.philips_sequences import ALTERNATIVES as CLASSIC_ALTERNATIVES
from ofsep_node.simulate.philips_sequences import ELITION as SCANNER
from ofsep_node.simulate.philips_sequences import SEQUENCES as CLASSIC_SEQUENCES

__all__ = ["ALTERNATIVES", "SCANNER", "SEQUENCES", "image_files"]

SEQUENCES: dict[str, Sequence] = {key: with_pulses(s) for key, s in CLASSIC_SEQUENCES.items()}
ALTERNATIVES: dict[str, Sequence] = {key: with_pulses(s) for key, s in CLASSIC_ALTERNATIVES.items()}

IMAGING_1 = "Philips Imaging DD 001"
MR_IMAGING_1 = "Philips MR Imaging DD 001"
MR_IMAGING_5 = "Philips MR Imaging DD 005"


@dataclass(frozen=True, slots=True)
class _Object:
    """What one object is written from."""

    examination: Examination
    sequence: Sequence
    uids: UidPlan
    part: Part


def image_files(
    examination: Examination, sequence: Sequence, uids: UidPlan, pixels: Pixels | None
) -> Iterator[tuple[str, FileDataset]]:
    """The one object of a sequence; stacks of another matrix need an object of their own."""
    if sequence.key == SCREENSHOT:
        yield from philips.image_files(examination, sequence, uids, pixels)
        return

    def slice_by_slice(image: Image) -> tuple[int, int, int]:
        return stack_number(sequence, image), image.slice_index, image.volume

    def matrix(image: Image) -> tuple[int, int]:
        return image.slab.rows, image.slab.columns

    for part in parts(sequence, uids, together=matrix, order=slice_by_slice):
        written = _Object(examination, sequence, uids, part)
        header = _header(written)
        header.SharedFunctionalGroupsSequence = [_shared(written)]
        yield finished(header, sequence, part, _frames(written), pixels)


def enhanced_image_type(sequence: Sequence) -> tuple[str, str, str, str]:
    """ImageType and FrameType: the flavour of the contrast, and what was computed of it."""
    contrast = pixel_contrast(sequence)
    first = sequence.image_type[0] if contrast == "NONE" else "DERIVED"
    return (first, "PRIMARY", flavour(sequence), contrast)


def _header(written: _Object) -> Dataset:
    sequence, part = written.sequence, written.part
    header = begun(written.examination, sequence, written.uids, part)
    header.update(pulse_sequence(sequence, sequence.technique, echo_pulse(sequence)))
    header.update(frame_type(sequence.image_type, acquisition_contrast(sequence)))
    header.ImageType = list(enhanced_image_type(sequence))
    header.AcquisitionNumber = sequence.number
    header.SpacingBetweenSlices = groups.decimal(sequence.slab.step_mm)
    header.update(dimension_module(_dimensions(sequence), dimension_uid(written.uids, sequence)))
    reference = placed_on(written.examination, sequence, written.uids, 2)
    if reference is not None:
        header.ReferencedImageEvidenceSequence = [reference[1]]
    _add_private(header, sequence)
    return header


def _add_private(header: Dataset, sequence: Sequence) -> None:
    """(2001,10xx): echo-planar factor, slices, technique, each stack; (2005,14xx): gradients."""
    planar = "EP" in sequence.scanning_sequence
    header.add_new(0x20010010, "LO", IMAGING_1)
    header.add_new(0x20011013, "SL", sequence.echo_train_length if planar else 1)
    header.add_new(0x20011018, "SL", sum(slab.slices for slab in sequence.slabs))
    header.add_new(0x20011020, "LO", sequence.technique)
    header.add_new(0x2001105F, "SQ", Items(_stack(slab.slices) for slab in sequence.slabs))
    header.add_new(0x20050014, "LO", MR_IMAGING_5)
    header.add_new(0x20051414, "SL", len(philips.b_values(sequence)))
    header.add_new(0x20051415, "SL", philips.gradients(sequence))


def _stack(slices: int) -> Dataset:
    item = Dataset()
    item.add_new(0x20010010, "LO", IMAGING_1)
    item.add_new(0x2001102D, "SS", slices)
    item.add_new(0x20011032, "FL", 0.0)
    item.add_new(0x20011033, "CS", "AP")
    item.add_new(0x20011035, "SS", 1)
    item.add_new(0x20011036, "CS", "PARALLEL")
    return item


def _dimensions(sequence: Sequence) -> tuple[Dimension, ...]:
    """Stack and slice; then b-value and direction of diffusion, or echo and time point."""
    where = (
        in_frame_content("StackID", lambda image: stack_number(sequence, image)),
        in_frame_content("InStackPositionNumber", lambda image: image.slice_index + 1),
    )
    if sequence.diffusion:
        return (
            *where,
            Dimension(
                "DiffusionBValue",
                "MRDiffusionSequence",
                partial(philips.b_value_number, sequence),
            ),
            Dimension(
                "DiffusionGradientOrientation",
                "MRDiffusionSequence",
                partial(philips.gradient_number, sequence),
            ),
        )
    return (
        *where,
        in_frame_content("TemporalPositionIndex", lambda image: time_point(sequence, image)),
        Dimension("EffectiveEchoTime", "MREchoSequence", lambda image: image.echo + 1),
    )


def _shared(written: _Object) -> Dataset:
    """What all frames of the series have in common."""
    sequence, slab = written.sequence, written.sequence.slab
    kept = [
        groups.macro(
            "MRImagingModifierSequence",
            groups.imaging_modifier(sequence, written.examination.scanner),
        ),
        groups.macro("MRReceiveCoilSequence", groups.receive_coil("MULTI COIL", "", ("SENSE",))),
        groups.macro("MRTransmitCoilSequence", groups.transmit_coil("B", "")),
        groups.macro("MRTimingAndRelatedParametersSequence", groups.timing(sequence)),
        groups.macro("MRModifierSequence", _modifier(sequence)),
        groups.macro("MRAveragesSequence", groups.averages(sequence)),
        groups.macro("MRFOVGeometrySequence", groups.field_of_view(sequence, slab)),
        groups.macro("FrameAnatomySequence", groups.anatomy(sequence.body_part)),
    ]
    reference = placed_on(written.examination, sequence, written.uids, 2)
    if reference is not None:
        kept.append(groups.macro("ReferencedImageSequence", reference[0]))
    if written.examination.injection_of(sequence) is not None:
        kept.append(groups.macro("ContrastBolusUsageSequence", groups.contrast_usage()))
    return group(kept)


def _modifier(sequence: Sequence) -> Dataset:
    item = groups.modifier(sequence, "SENSE")
    if sequence.parallel_factor:
        item.ParallelReductionFactorSecondInPlane = 1.0
    return item


def _frames(written: _Object) -> Iterator[Dataset]:
    kept, dimensions = Kept(), _dimensions(written.sequence)
    creator = DataElement(0x20050014, "LO", MR_IMAGING_5)
    for image in written.part.images:
        frame = group(_frame_macros(written.sequence, image, kept))
        content = _frame_content(written, image)
        content.DimensionIndexValues = indices(dimensions, image)
        frame.add(groups.macro("FrameContentSequence", content))
        frame.add(creator)
        frame.add(kept.private(0x2005140F, image.volume, partial(_classic, written, image)))
        yield frame


def _frame_macros(sequence: Sequence, image: Image, kept: Kept) -> Iterator[DataElement]:
    place = (stack_number(sequence, image), image.slice_index)
    yield kept.macro("MREchoSequence", image.echo, lambda: groups.echo(image.echo_time_ms))
    if is_diffusion(sequence):
        yield kept.macro("MRDiffusionSequence", image.volume, lambda: _diffusion(image))
    yield kept.macro("MRImageFrameTypeSequence", 0, lambda: _frame_type(sequence))
    yield kept.macro("PlanePositionSequence", place, lambda: groups.plane_position(image))
    yield kept.macro(
        "PlaneOrientationSequence", place[0], lambda: groups.plane_orientation(image.slab)
    )
    yield kept.macro(
        "PixelMeasuresSequence", place[0], lambda: groups.pixel_measures(image.slab, spacing=False)
    )
    yield kept.macro("FrameVOILUTSequence", 0, lambda: groups.window(800, 1600))
    yield kept.macro("PixelValueTransformationSequence", 0, groups.pixel_transformation)


def _diffusion(image: Image) -> Dataset:
    """Of a map: NONE, and a b-value of 0."""
    if image.diffusion is None:
        return made(DiffusionDirectionality="NONE", DiffusionBValue=0.0)
    return groups.diffusion(image.diffusion, image.diffusion.directionality)


def _frame_type(sequence: Sequence) -> Dataset:
    item = made(FrameType=list(enhanced_image_type(sequence)))
    item.update(frame_type(sequence.image_type, acquisition_contrast(sequence)))
    return item


def _frame_content(written: _Object, image: Image) -> Dataset:
    sequence = written.sequence
    acquired = date_time_text(written.examination, image.acquired_s(sequence))
    return made(
        FrameAcquisitionDateTime=acquired,
        FrameReferenceDateTime=acquired,
        FrameAcquisitionDuration=sequence.duration_s * 1000.0 / time_points(sequence),
        StackID=str(stack_number(sequence, image)),
        InStackPositionNumber=image.slice_index + 1,
        TemporalPositionIndex=1 if sequence.diffusion else time_point(sequence, image),
    )


def _classic(written: _Object, image: Image) -> Dataset:
    """What a classic image of the same frame says (2005,140F)."""
    sequence = written.sequence
    inversion = sequence.inversion_time_ms if "IR" in sequence.scanning_sequence else 0.0
    item = made(
        ImageType=list(sequence.image_type),
        ScanningSequence="IR" if "IR" in sequence.scanning_sequence else echo_word(sequence),
        SequenceVariant=list(sequence.sequence_variant),
        MRAcquisitionType=sequence.dimension,
        SliceThickness=groups.decimal(image.slab.thickness_mm),
        EchoTime=groups.decimal(image.echo_time_ms),
        InversionTime=groups.decimal(inversion or 0.0),
        EchoNumbers=image.echo + 1,
        SpacingBetweenSlices=groups.decimal(image.slab.step_mm),
        AcquisitionMatrix=acquisition_matrix(sequence, image.slab),
        FlipAngle=groups.decimal(sequence.flip_angle_deg),
        AcquisitionNumber=sequence.number,
    )
    _add_private_diffusion(item, sequence, image)
    return item


def echo_word(sequence: Sequence) -> str:
    """ScanningSequence of an image without inversion."""
    return "GR" if echo_pulse(sequence) == "GRADIENT" else "SE"


def _add_private_diffusion(item: Dataset, sequence: Sequence, image: Image) -> None:
    weighting = image.diffusion
    b_value = (weighting.b_value if weighting else None) or 0.0
    direction = (weighting.direction if weighting else None) or (0.0, 0.0, 0.0)
    item.add_new(0x20010010, "LO", IMAGING_1)
    item.add_new(0x20011003, "FL", b_value)
    item.add_new(0x20011004, "CS", "O" if any(direction) else "I")
    item.add_new(0x20050010, "LO", MR_IMAGING_1)
    item.add_new(0x20051011, "CS", "P" if "P" in item.ImageType else "M")
    for element, component in zip((0xB0, 0xB1, 0xB2), direction, strict=True):
        item.add_new(0x20051000 + element, "FL", component)
    item.add_new(0x20050014, "LO", MR_IMAGING_5)
    item.add_new(0x20051412, "IS", philips.b_value_number(sequence, image))
    item.add_new(0x20051413, "IS", philips.gradient_number(sequence, image))
