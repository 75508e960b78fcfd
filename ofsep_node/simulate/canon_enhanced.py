"""Writes an examination as a Canon scanner of software V6.1 exports it: Enhanced MR objects.

One object holds a whole series, volume after volume; only a localizer has one for each plane
direction. Habits, as published headers show them: nearly everything is shared, there is no
spacing between slices, ImageType says GDC where FrameType says what the image shows,
PulseSequenceName is the name of the series, VolumetricProperties is MIXED, the anatomic region
has no code, and the localizer is referred to without saying so in the header.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset

from ofsep_node.simulate import canon
from ofsep_node.simulate import enhanced_groups as groups
from ofsep_node.simulate.canon_sequences import ALTERNATIVES as CLASSIC_ALTERNATIVES
from ofsep_node.simulate.canon_sequences import GALAN as SCANNER
from ofsep_node.simulate.canon_sequences import SEQUENCES as CLASSIC_SEQUENCES
from ofsep_node.simulate.classic import SCREENSHOT
from ofsep_node.simulate.enhanced import (
    Dimension,
    Kept,
    Part,
    dimension_module,
    finished,
    grey_pixels,
    group,
    in_frame_content,
    indices,
    parts,
    stack_number,
    time_point,
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

__all__ = ["ALTERNATIVES", "SCANNER", "SEQUENCES", "image_files"]

SEQUENCES: dict[str, Sequence] = {key: with_pulses(s) for key, s in CLASSIC_SEQUENCES.items()}
ALTERNATIVES: dict[str, Sequence] = {key: with_pulses(s) for key, s in CLASSIC_ALTERNATIVES.items()}

_NAME_LENGTH = 16  # of an SH value


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
    """The objects of a sequence that reach the network, one for each direction of its planes."""
    if sequence.key == SCREENSHOT:
        yield from canon.image_files(examination, sequence, uids, pixels)
        return
    for part in parts(sequence, uids, together=lambda image: stack_number(sequence, image)):
        written = _Object(examination, sequence, uids, part)
        header = _header(written)
        header.SharedFunctionalGroupsSequence = [_shared(written)]
        described = grey_pixels(16, signed=True)
        yield finished(header, sequence, part, _frames(written), pixels, described=described)


def frame_image_type(sequence: Sequence) -> tuple[str, str, str, str]:
    """FrameType: the flavour of the contrast, and what was computed of it."""
    return (sequence.image_type[0], "PRIMARY", flavour(sequence), pixel_contrast(sequence))


def object_image_type(sequence: Sequence) -> tuple[str, str, str, str]:
    """ImageType of the object: GDC, also of a map."""
    contrast = pixel_contrast(sequence)
    third = "GDC" if contrast in ("ADC", "FA") else sequence.image_type[2]
    return (sequence.image_type[0], "PRIMARY", third, contrast)


def _kind(sequence: Sequence) -> Dataset:
    return frame_type(sequence.image_type, acquisition_contrast(sequence), volumetric="MIXED")


def _header(written: _Object) -> Dataset:
    sequence = written.sequence
    header = begun(written.examination, sequence, written.uids, written.part)
    name = sequence.description[:_NAME_LENGTH].strip()
    header.update(pulse_sequence(sequence, name, echo_pulse(sequence)))
    header.update(_kind(sequence))
    header.ImageType = list(object_image_type(sequence))
    header.BodyPartExamined = "HEAD" if sequence.organ == "brain" else sequence.body_part
    header.WindowCenter, header.WindowWidth = "800.00", "1600.00"
    header.update(dimension_module(_dimensions(sequence), dimension_uid(written.uids, sequence)))
    return header


def _dimensions(sequence: Sequence) -> tuple[Dimension, ...]:
    return (
        in_frame_content("TemporalPositionIndex", lambda image: time_point(sequence, image)),
        Dimension("EffectiveEchoTime", "MREchoSequence", lambda image: image.echo + 1),
        in_frame_content("StackID", lambda _: 1),
        in_frame_content("InStackPositionNumber", lambda image: image.slice_index + 1),
    )


def _shared(written: _Object) -> Dataset:
    """What all frames of the object have in common."""
    sequence, slab = written.sequence, written.part.images[0].slab
    region = made(AnatomicRegionSequence=[], FrameLaterality="U")
    frame = made(FrameType=list(frame_image_type(sequence)))
    frame.update(_kind(sequence))
    kept = [
        groups.macro(
            "MRImagingModifierSequence",
            groups.imaging_modifier(sequence, written.examination.scanner),
        ),
        groups.macro("MRReceiveCoilSequence", _receive_coil()),
        groups.macro("MRTransmitCoilSequence", groups.transmit_coil("QD Whole Body", "TOSHIBA")),
        groups.macro("MRSpatialSaturationSequence"),
        groups.macro("MRTimingAndRelatedParametersSequence", groups.timing(sequence)),
        groups.macro("MRModifierSequence", groups.modifier(sequence, "OTHER")),
        groups.macro("MRAveragesSequence", groups.averages(sequence)),
        groups.macro("MRFOVGeometrySequence", groups.field_of_view(sequence, slab)),
        groups.macro("MRImageFrameTypeSequence", frame),
        groups.macro("FrameAnatomySequence", region),
        groups.macro("PlaneOrientationSequence", groups.plane_orientation(slab)),
        groups.macro("PixelMeasuresSequence", groups.pixel_measures(slab, spacing=False)),
        groups.macro("PixelValueTransformationSequence", groups.pixel_transformation()),
    ]
    if not sequence.echo_times_ms:
        kept.append(groups.macro("MREchoSequence", groups.echo(sequence.echo_time_ms)))
    reference = placed_on(written.examination, sequence, written.uids, 2)
    if reference is not None:
        kept.append(groups.macro("ReferencedImageSequence", reference[0]))
    if written.examination.injection_of(sequence) is not None:
        kept.append(groups.macro("ContrastBolusUsageSequence", groups.contrast_usage()))
    return group(kept)


def _receive_coil() -> Dataset:
    return made(
        ReceiveCoilName="32ch Head SPDR",
        ReceiveCoilManufacturerName="TOSHIBA",
        ReceiveCoilType="VOLUME",
        QuadratureReceiveCoil="NO",
    )


def _frames(written: _Object) -> Iterator[Dataset]:
    kept, dimensions = Kept(), _dimensions(written.sequence)
    for image in written.part.images:
        frame = group(_frame_macros(written.sequence, image, kept))
        content = _frame_content(written, image)
        content.DimensionIndexValues = indices(dimensions, image)
        frame.add(groups.macro("FrameContentSequence", content))
        yield frame


def _frame_macros(sequence: Sequence, image: Image, kept: Kept) -> Iterator[DataElement]:
    if sequence.echo_times_ms:
        yield kept.macro("MREchoSequence", image.echo, lambda: groups.echo(image.echo_time_ms))
    if is_diffusion(sequence):
        yield kept.macro("MRDiffusionSequence", image.volume, lambda: _diffusion(image))
    yield kept.macro(
        "PlanePositionSequence", image.slice_index, lambda: groups.plane_position(image)
    )
    yield kept.macro("FrameVOILUTSequence", 0, lambda: groups.window(800, 1600))


def _diffusion(image: Image) -> Dataset:
    """Of a map: NONE, without a b-value."""
    if image.diffusion is None:
        return made(DiffusionDirectionality="NONE")
    return groups.diffusion(image.diffusion, image.diffusion.directionality)


def _frame_content(written: _Object, image: Image) -> Dataset:
    """Every frame has the time of the whole acquisition."""
    sequence = written.sequence
    acquired = date_time_text(written.examination, sequence.start_s)
    return made(
        FrameAcquisitionDateTime=acquired,
        FrameReferenceDateTime=acquired,
        FrameAcquisitionDuration=sequence.duration_s * 1000.0,
        StackID="1",
        InStackPositionNumber=image.slice_index + 1,
        TemporalPositionIndex=time_point(sequence, image),
    )
