"""Writes an examination as a Siemens scanner of software XA30 exports it: Enhanced MR objects.

One object holds one volume: one plane direction of a localizer, one echo, one b-value and
direction. Habits, as published headers of XA30 show them: pixel measures and plane orientation
are repeated for every frame, in 3D without a spacing between slices; ImageType keeps four values
and (0021,1175) the whole of it; spin-echo EPI is said to have a GRADIENT echo; AcquisitionContrast
is UNKNOWN but for diffusion; an ADC map is ISOTROPIC and has no b-value; the measurement protocol
stands in (0021,1019) of the shared group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset

from ofsep_node.simulate import enhanced_groups as groups
from ofsep_node.simulate.enhanced import (
    Dimension,
    Kept,
    Part,
    colour_pixels,
    dimension_module,
    finished,
    grey_pixels,
    group,
    in_frame_content,
    indices,
    parts,
    stack_number,
    time_point,
    time_points,
)
from ofsep_node.simulate.enhanced_groups import code, made
from ofsep_node.simulate.enhanced_header import (
    acquisition_contrast,
    begun,
    date_time_text,
    dimension_uid,
    echo_pulse,
    frame_type,
    placed_on,
    pulse_sequence,
)
from ofsep_node.simulate.examination import Examination, Sequence
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.image import Image, Pixels, images
from ofsep_node.simulate.siemens_xa_private import (
    IMAGE_BLOCK,
    add_header_blocks,
    add_image_block,
    add_series_block,
)
from ofsep_node.simulate.siemens_xa_sequences import ALTERNATIVES
from ofsep_node.simulate.siemens_xa_sequences import SEQUENCES as XA_SEQUENCES
from ofsep_node.simulate.siemens_xa_sequences import VIDA as SCANNER

__all__ = ["ALTERNATIVES", "SCANNER", "SEQUENCES", "image_files"]

_COLOURED = "_ColFA"


def _in_colour(sequence: Sequence) -> Sequence:
    """The map of anisotropy that is stored in colour, by direction."""
    return replace(sequence, description=sequence.description.replace("_FA", _COLOURED))


SEQUENCES: dict[str, Sequence] = {
    key: _in_colour(s) if key == "fa" else s for key, s in XA_SEQUENCES.items()
}

_FOURTH_VALUES = frozenset({"ADC", "TRACEW", "FA", "SWI", "MNIP", "MIP", "MPR", "PHASE MAP"})
_COIL_ELEMENTS = (*(f"HC{n}" for n in range(1, 8)), "NC1")
_DERIVATIONS = {
    "ADC": ("113041", "Apparent Diffusion Coefficient"),
    "TRACEW": ("113043", "Diffusion weighted"),
    "FA": ("113044", "Diffusion Anisotropy"),
    "MIP": ("113062", "Pixel by pixel Maximum"),
    "MNIP": ("113065", "Pixel by pixel minimum"),
    "MPR": ("113072", "Multiplanar reformatting"),
}
_COMPUTED = ("113085", "Spatial resampling")
_MILLISECONDS = 1000.0


@dataclass(frozen=True, slots=True)
class _Object:
    """What one object is written from."""

    examination: Examination
    sequence: Sequence
    uids: UidPlan
    part: Part

    @property
    def derived(self) -> bool:
        return self.sequence.image_type[0] == "DERIVED"


@dataclass(frozen=True, slots=True)
class _Source:
    """Series Instance UID and SOP Instance UIDs."""

    series: str
    instances: tuple[str, ...]


def image_files(
    examination: Examination, sequence: Sequence, uids: UidPlan, pixels: Pixels | None
) -> Iterator[tuple[str, FileDataset]]:
    """The objects of a sequence that reach the network, one for each volume."""

    def volume(image: Image) -> tuple[int, int]:
        return image.volume, stack_number(sequence, image)

    for part in parts(sequence, uids, together=volume):
        written = _Object(examination, sequence, uids, part)
        header = _header(written)
        header.SharedFunctionalGroupsSequence = [_shared(written)]
        described = colour_pixels() if _is_colour(sequence) else grey_pixels()
        yield finished(header, sequence, part, _frames(written), pixels, described=described)


def _is_colour(sequence: Sequence) -> bool:
    """The direction-coded map of anisotropy is an object in colour."""
    return sequence.weighting == "fa" and _COLOURED in sequence.description


def enhanced_image_type(image_type: tuple[str, ...]) -> tuple[str, str, str, str]:
    """The four values that ImageType and FrameType keep of the whole."""
    first, third = image_type[0], image_type[2]
    fourth = next((token for token in image_type[3:] if token in _FOURTH_VALUES), "NONE")
    return (first, "PRIMARY", third, fourth)


def _header(written: _Object) -> Dataset:
    sequence, part = written.sequence, written.part
    header = begun(written.examination, sequence, written.uids, part)
    echo = "GRADIENT" if "EP" in sequence.scanning_sequence else echo_pulse(sequence)
    header.update(pulse_sequence(sequence, sequence.sequence_name, echo))
    header.update(_kind(written))
    header.ImageType = list(enhanced_image_type(sequence.image_type))
    header.NumberOfTemporalPositions = time_points(sequence)
    header.AcquisitionNumber = time_point(sequence, part.images[0])
    if sequence.dimension == "2D":
        header.SpacingBetweenSlices = groups.decimal(part.images[0].slab.step_mm)
    add_header_blocks(header)
    header.update(dimension_module(_dimensions(sequence), dimension_uid(written.uids, sequence)))
    _add_evidence(header, written)
    return header


def _kind(written: _Object) -> Dataset:
    """The image type's companions, in the header as in every frame."""
    sequence = written.sequence
    contrast = acquisition_contrast(sequence)
    return frame_type(
        sequence.image_type,
        contrast if contrast == "DIFFUSION" else "UNKNOWN",
        volumetric="DISTORTED" if sequence.diffusion else "VOLUME",
        colour=_is_colour(sequence),
    )


def _dimensions(sequence: Sequence) -> tuple[Dimension, ...]:
    return (
        in_frame_content("StackID", lambda _: 1),
        in_frame_content("InStackPositionNumber", lambda image: image.slice_index + 1),
        in_frame_content("TemporalPositionIndex", lambda image: time_point(sequence, image)),
    )


def _add_evidence(header: Dataset, written: _Object) -> None:
    """Instances that the functional groups refer to (PS3.3 C.8.13.1.2)."""
    reference = _localizer(written)
    if reference is not None:
        header.ReferencedImageEvidenceSequence = [reference[1]]
    source = _source(written)
    if source is not None:
        series = made(
            ReferencedSOPSequence=[_referenced(u) for u in source.instances],
            SeriesInstanceUID=source.series,
        )
        header.SourceImageEvidenceSequence = [
            made(ReferencedSeriesSequence=[series], StudyInstanceUID=written.uids.study)
        ]


def _localizer(written: _Object) -> tuple[Dataset, Dataset] | None:
    return placed_on(written.examination, written.sequence, written.uids, 2)


def _source(written: _Object) -> _Source | None:
    """What a derived object was computed from.

    A series of the examination, or one never sent, as are the directions of a trace.
    """
    if not written.derived:
        return None
    key = written.sequence.derived_from
    source = written.examination.sequence(key) if key else None
    if source is None:
        unsent = f"{written.sequence.key} unsent"
        return _Source(written.uids.series(unsent), (written.uids.image(unsent, 0),))
    objects = {(i.volume, stack_number(source, i)) for i in images(source)}
    instances = tuple(written.uids.image(source.key, n) for n in range(len(objects)))
    return _Source(written.uids.series(source.key), instances)


def _referenced(sop_instance_uid: str) -> Dataset:
    purpose = code("121322", "DCM", "Source image for image processing operation")
    return made(
        ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.4.1",
        ReferencedSOPInstanceUID=sop_instance_uid,
        PurposeOfReferenceCodeSequence=[purpose],
    )


def _shared(written: _Object) -> Dataset:
    """What all frames of the object have in common."""
    sequence, slab = written.sequence, written.part.images[0].slab
    kept = [
        groups.macro(
            "MRImagingModifierSequence",
            groups.imaging_modifier(sequence, written.examination.scanner),
        ),
        groups.macro(
            "MRReceiveCoilSequence", groups.receive_coil("HeadNeck_20", "NN", _COIL_ELEMENTS)
        ),
        groups.macro("MRTransmitCoilSequence", groups.transmit_coil("Body", "Siemens")),
        groups.macro("MRSpatialSaturationSequence"),
        groups.macro("MRTimingAndRelatedParametersSequence", groups.timing(sequence)),
        groups.macro("MRModifierSequence", groups.modifier(sequence, "GRAPPA")),
        groups.macro("MRFOVGeometrySequence", groups.field_of_view(sequence, slab)),
        groups.macro("FrameAnatomySequence", groups.anatomy(sequence.body_part)),
    ]
    reference = _localizer(written)
    if reference is not None:
        kept.append(groups.macro("ReferencedImageSequence", reference[0]))
    if written.examination.injection_of(sequence) is not None:
        kept.append(groups.macro("ContrastBolusUsageSequence", groups.contrast_usage()))
    shared = group(kept)
    add_series_block(shared, written.examination, sequence)
    return shared


def _frames(written: _Object) -> Iterator[Dataset]:
    kept = Kept()
    for image in written.part.images:
        frame = group(_frame_macros(written, image, kept))
        add_image_block(frame, written.sequence, image)
        yield frame


def _frame_macros(written: _Object, image: Image, kept: Kept) -> Iterator[DataElement]:
    sequence, slab = written.sequence, image.slab
    if written.derived:
        yield kept.macro("DerivationImageSequence", 0, lambda: _derivation(written))
    yield kept.macro("MREchoSequence", 0, lambda: groups.echo(image.echo_time_ms))
    if image.diffusion is not None:
        yield kept.macro("MRDiffusionSequence", 0, lambda: _diffusion(sequence, image))
    yield kept.macro("MRAveragesSequence", 0, lambda: groups.averages(sequence))
    yield kept.macro("MRImageFrameTypeSequence", 0, lambda: _frame_type(written, image))
    yield groups.macro("FrameContentSequence", _frame_content(written, image))
    yield groups.macro("PlanePositionSequence", groups.plane_position(image))
    yield kept.macro("PlaneOrientationSequence", 0, lambda: groups.plane_orientation(slab))
    spacing = sequence.dimension == "2D"
    yield kept.macro(
        "PixelMeasuresSequence", 0, lambda: groups.pixel_measures(slab, spacing=spacing)
    )
    if not _is_colour(sequence):
        yield kept.macro("FrameVOILUTSequence", 0, lambda: groups.window(800, 1600))
        yield kept.macro("PixelValueTransformationSequence", 0, groups.pixel_transformation)


def _derivation(written: _Object) -> Dataset:
    """How the frame was computed, and from what."""
    source = _source(written)
    known = (token for token in written.sequence.image_type if token in _DERIVATIONS)
    value, meaning = _DERIVATIONS.get(next(known, ""), _COMPUTED)
    return made(
        SourceImageSequence=[_source_frame(u) for u in (source.instances if source else ())],
        DerivationCodeSequence=[code(value, "DCM", meaning)],
    )


def _source_frame(sop_instance_uid: str) -> Dataset:
    referenced = _referenced(sop_instance_uid)
    referenced.ReferencedFrameNumber = 1
    return referenced


def _diffusion(sequence: Sequence, image: Image) -> Dataset:
    """BMATRIX for a direction; an ADC map is ISOTROPIC without a b-value, a map of FA NONE."""
    weighting = image.diffusion
    if weighting is None:
        raise ValueError("the image is not of a diffusion sequence")
    if sequence.weighting in ("adc", "fa"):
        adc = sequence.weighting == "adc"
        item = made(DiffusionDirectionality="ISOTROPIC" if adc else "NONE")
        if not adc:
            item.DiffusionAnisotropyType = "FRACTIONAL"
        return item
    directional = weighting.directionality == "DIRECTIONAL"
    return groups.diffusion(weighting, "BMATRIX" if directional else weighting.directionality)


def _frame_type(written: _Object, image: Image) -> Dataset:
    item = made(FrameType=list(enhanced_image_type(written.sequence.image_type)))
    item.update(_kind(written))
    name = image.diffusion.sequence_name if image.diffusion else written.sequence.sequence_name
    item.add_new(0x00210011, "LO", IMAGE_BLOCK)
    item.add_new(0x00211177, "LO", name)
    return item


def _frame_content(written: _Object, image: Image) -> Dataset:
    sequence = written.sequence
    acquired = date_time_text(written.examination, image.acquired_s(sequence))
    return made(
        FrameAcquisitionDateTime=acquired,
        FrameReferenceDateTime=acquired,
        FrameAcquisitionDuration=sequence.duration_s * _MILLISECONDS,
        StackID="1",
        InStackPositionNumber=image.slice_index + 1,
        TemporalPositionIndex=time_point(sequence, image),
        FrameAcquisitionNumber=time_point(sequence, image),
        DimensionIndexValues=indices(_dimensions(sequence), image),
    )
