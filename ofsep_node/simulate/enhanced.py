"""What every writer of Enhanced MR objects shares: objects, frames, dimensions, the header.

An Enhanced MR object (PS3.3 A.36.2) holds many frames; what they have in common is in the header
and the shared functional groups, what differs in the per-frame functional groups. Vendors differ
in how many objects they make of a series, in the order of frames and in what they share.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydicom.data import get_palette_files
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filereader import dcmread
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    UID,
    EnhancedMRColorImageStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
)

from ofsep_node.simulate.enhanced_groups import macro, made
from ofsep_node.simulate.examination import Sequence
from ofsep_node.simulate.identity import UidPlan, uid
from ofsep_node.simulate.image import Image, Pixels, images

IMPLEMENTATION_CLASS_UID = uid("implementation", "simulated enhanced")

ENHANCED_NAMES: dict[str, tuple[str, ...]] = {
    "AcquisitionMatrix": (
        "MRAcquisitionFrequencyEncodingSteps",
        "MRAcquisitionPhaseEncodingStepsInPlane",
    ),
    "AcquisitionTime": ("AcquisitionDateTime", "FrameAcquisitionDateTime"),
    "EchoTime": ("EffectiveEchoTime",),
    "ImageType": ("FrameType",),
    "InversionTime": ("InversionTimes",),
    "ScanningSequence": (
        "EchoPulseSequence",
        "EchoPlanarPulseSequence",
        "InversionRecovery",
        "AcquisitionContrast",
    ),
    "SequenceName": ("PulseSequenceName",),
}
"""Under what names an enhanced object says what a classic attribute says."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part this is of an object that was cut into several (PS3.3 C.7.6.16.2.2.4)."""

    source_uid: str  # SOP Instance UID of the whole
    number: int  # from 1
    total: int
    offset: int  # frames of the whole before it


@dataclass(frozen=True, slots=True)
class Part:
    """The frames that go into one object of a series, in their order."""

    number: int  # InstanceNumber, from 1; the same for all parts of a concatenation
    sop_instance_uid: str
    images: tuple[Image, ...]
    cut: Cut | None = None

    @property
    def file_name(self) -> str:
        suffix = "" if self.cut is None else f"-{self.cut.number}"
        return f"{self.number:04d}{suffix}.dcm"


def parts(
    sequence: Sequence,
    uids: UidPlan,
    together: Callable[[Image], Hashable] = lambda _: None,
    order: Callable[[Image], tuple[int, ...]] = lambda image: (image.index,),
) -> Iterator[Part]:
    """The objects of a series: images of one key `together`, sorted by `order`.

    Lost images are frames that are not there; an object without any frame never came. An object
    that lacks frames is another object than the whole one, and has a UID of its own.
    """
    groups: dict[Hashable, list[Image]] = {}
    for image in images(sequence):
        groups.setdefault(together(image), []).append(image)
    for number, group in enumerate(groups.values(), start=1):
        kept = [image for image in group if image.index not in sequence.lost]
        whole = len(kept) == len(group)
        lost = () if whole else sorted(i.index for i in group if i.index in sequence.lost)
        name = uids.image(sequence.key, number - 1)
        if kept:
            kept.sort(key=order)
            part = Part(number, name if whole else uid(name, *lost), tuple(kept))
            yield from _sent(part, sequence)


def _sent(part: Part, sequence: Sequence) -> Iterator[Part]:
    """The object, or those parts of it that reach the network."""
    total = min(sequence.concatenated, len(part.images))
    if total == 1:
        yield part
        return
    bounds = [len(part.images) * n // total for n in range(total + 1)]
    for number, (first, end) in enumerate(pairwise(bounds), start=1):
        if number != sequence.lost_part:
            cut = Cut(part.sop_instance_uid, number, total, first)
            name = uid(part.sop_instance_uid, "part", number)
            yield Part(part.number, name, part.images[first:end], cut)


def _concatenation(cut: Cut) -> Dataset:
    return made(
        ConcatenationUID=uid(cut.source_uid, "concatenation"),
        SOPInstanceUIDOfConcatenationSource=cut.source_uid,
        InConcatenationNumber=cut.number,
        InConcatenationTotalNumber=cut.total,
        ConcatenationFrameOffsetNumber=cut.offset,
    )


def stack_number(sequence: Sequence, image: Image) -> int:
    """StackID of an image, from 1: one stack for each slab."""
    return sequence.slabs.index(image.slab) + 1


def time_points(sequence: Sequence) -> int:
    """NumberOfTemporalPositions: the volumes of a diffusion or a time series; echoes are none."""
    return max(1, len(sequence.diffusion))


def time_point(sequence: Sequence, image: Image) -> int:
    """TemporalPositionIndex, from 1."""
    return image.volume % time_points(sequence) + 1


class Kept:
    """Makes each distinct macro once: thousands of frames then share a few hundred items."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, Hashable], DataElement] = {}

    def macro(self, keyword: str, key: Hashable, make: Callable[[], Dataset]) -> DataElement:
        """The macro of this name for this key, made by `make` the first time."""
        if (keyword, key) not in self._made:
            self._made[keyword, key] = macro(keyword, make())
        return self._made[keyword, key]

    def private(self, tag: int, key: Hashable, make: Callable[[], Dataset]) -> DataElement:
        """The same of a private sequence."""
        name = f"{tag:08X}"
        if (name, key) not in self._made:
            self._made[name, key] = DataElement(tag, "SQ", Items([make()]))
        return self._made[name, key]


def group(elements: Iterable[DataElement]) -> Dataset:
    """A functional group: the shared one, or that of a frame."""
    dataset = Dataset()
    for element in elements:
        dataset.add(element)
    return dataset


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension by which frames are indexed (PS3.3 C.7.6.17)."""

    pointer: str  # keyword
    group: str  # keyword of the functional group that holds it
    index: Callable[[Image], int]  # from 1


def in_frame_content(pointer: str, index: Callable[[Image], int]) -> Dimension:
    """A dimension whose value stands in Frame Content."""
    return Dimension(pointer, "FrameContentSequence", index)


def indices(dimensions: Iterable[Dimension], image: Image) -> list[int]:
    """DimensionIndexValues of a frame."""
    return [dimension.index(image) for dimension in dimensions]


def dimension_module(dimensions: Iterable[Dimension], organization_uid: str) -> Dataset:
    """Multi-frame Dimension (PS3.3 C.7.6.17)."""
    items = [
        made(
            DimensionOrganizationUID=organization_uid,
            DimensionIndexPointer=tag_for_keyword(d.pointer),
            FunctionalGroupPointer=tag_for_keyword(d.group),
        )
        for d in dimensions
    ]
    organization = made(DimensionOrganizationUID=organization_uid)
    return made(DimensionOrganizationSequence=[organization], DimensionIndexSequence=items)


def finished(
    header: Dataset,
    sequence: Sequence,
    part: Part,
    frames: Iterable[Dataset],
    pixels: Pixels | None,
    *,
    described: Dataset | None = None,
) -> tuple[str, FileDataset]:
    """The object of a part: its file's name, and the data set with its meta information.

    `described` is the Image Pixel module, twelve bits of grey unless given.
    """
    slab = part.images[0].slab
    header.update(described or grey_pixels())
    colour = header.SamplesPerPixel > 1
    header.SOPClassUID = EnhancedMRColorImageStorage if colour else EnhancedMRImageStorage
    header.SOPInstanceUID = part.sop_instance_uid
    header.InstanceNumber = part.number
    header.NumberOfFrames = len(part.images)
    if part.cut is not None:
        header.update(_concatenation(part.cut))
    header.Rows, header.Columns = slab.rows, slab.columns
    header.PerFrameFunctionalGroupsSequence = list(frames)
    if pixels is not None:
        _add_pixels(header, part, pixels, colour=colour)
    _leave_out(header, sequence.absent)
    name = part.file_name
    return name, FileDataset(name, header, preamble=bytes(128), file_meta=_meta(header))


def grey_pixels(bits: int = 12, *, signed: bool = False) -> Dataset:
    """Image Pixel: grey levels of so many bits."""
    return made(
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=16,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=int(signed),
        PresentationLUTShape="IDENTITY",
    )


def colour_pixels() -> Dataset:
    """Image Pixel: eight bits each of red, green and blue."""
    return made(
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
        PresentationLUTShape="IDENTITY",
        ICCProfile=_srgb(),
        ColorSpace="SRGB",
    )


@cache
def _srgb() -> bytes:
    """The ICC profile of sRGB that comes with the standard's colour palettes (PS3.6 annex B)."""
    profile: bytes = dcmread(get_palette_files("hotiron.dcm")[0]).ICCProfile
    return profile


def _meta(header: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = header.SOPClassUID
    meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = "SIMULATED_EMR"
    return meta


def _add_pixels(header: Dataset, part: Part, pixels: Pixels, *, colour: bool) -> None:
    """Frame after frame, without holding more than one of them beside the whole."""
    whole = io.BytesIO()  # its value is not copied again
    low, high = 65535, 0
    for image in part.images:
        frame = pixels(image)
        low, high = min(low, int(frame.min())), max(high, int(frame.max()))
        whole.write(_coloured(frame) if colour else frame.astype("<u2").tobytes())
    if not colour:
        header.SmallestImagePixelValue, header.LargestImagePixelValue = low, high
    whole.write(bytes(whole.tell() % 2))
    header.PixelData = whole.getvalue()
    header["PixelData"].VR = "OB" if colour else "OW"


def _coloured(frame: NDArray[np.uint16]) -> bytes:
    """The grey levels as a shade of each colour in turn, from left to right."""
    grey = np.clip(frame >> 4, 0, 255).astype(np.uint8)
    thirds = np.arange(frame.shape[1]) * 3 // frame.shape[1]
    shades = np.where(thirds[None, :, None] == np.arange(3)[None, None, :], 1, 3)
    coloured: NDArray[np.uint8] = (grey[:, :, None] // shades).astype(np.uint8)
    return coloured.tobytes()


def _leave_out(header: Dataset, keywords: tuple[str, ...]) -> None:
    """Take attributes out of the header and of every functional group, by all their names."""
    if not keywords:
        return
    names = {name for k in keywords for name in (k, *ENHANCED_NAMES.get(k, ()))}
    _take_out(header, names)


def _take_out(dataset: Dataset, names: set[str]) -> None:
    for element in list(dataset):
        if element.keyword in names:
            del dataset[element.tag]
        elif element.VR == "SQ":
            for item in element.value:
                _take_out(item, names)
