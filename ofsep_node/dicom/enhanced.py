"""Many frames per object: Enhanced MR, Enhanced MR Color, Legacy Converted Enhanced MR.

Each frame is the object's header with the shared functional groups (5200,9229) laid over it,
and its own (5200,9230) over both (PS3.3 C.7.6.16). Frames are folded into volumes one at a
time; nothing of a frame is kept but its position.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pydicom.dataset import Dataset

from ofsep_node.dicom.elements import Element, elements_of
from ofsep_node.dicom.header import Header
from ofsep_node.dicom.image import (
    echo_time_of,
    orientation_of,
    pixel_spacing_of,
    position_of,
    positive,
    temporal_position_of,
)
from ofsep_node.dicom.vendors.vendor import Vendor
from ofsep_node.domain.geometry import Vector
from ofsep_node.domain.instance import Stack, Volume

SHARED, PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
FUNCTIONAL_GROUPS = (0x52009229, 0x52009230)

CONTRAST_USAGE = 0x00189341

MACROS = frozenset(
    {
        0x00189006,  # MR Imaging Modifier
        0x00189112,  # MR Timing and Related Parameters
        0x00189114,  # MR Echo
        0x00189115,  # MR Modifier
        0x00189117,  # MR Diffusion
        0x00189076,  # Diffusion Gradient Direction, inside MR Diffusion
        0x00189119,  # MR Averages
        0x00189125,  # MR FOV/Geometry
        0x00189226,  # MR Image Frame Type
        0x00209071,  # Frame Anatomy
        0x00209111,  # Frame Content
        0x00209113,  # Plane Position
        0x00209116,  # Plane Orientation
        0x00209170,  # Unassigned Shared Converted Attributes (legacy converted)
        0x00209171,  # Unassigned Per-Frame Converted Attributes (legacy converted)
        0x00289110,  # Pixel Measures
    }
)


def is_enhanced(header: Header) -> bool:
    """Whether the object has functional groups."""
    return SHARED in header or PER_FRAME in header


class Frames:
    """The frames of an enhanced object, each as a header."""

    def __init__(self, header: Header) -> None:
        shared = header.datasets(SHARED)
        self._items = header.datasets(PER_FRAME)
        self._common = header.under(_laid_open(header, shared[0])) if shared else header

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Header:
        return self._common.under(_laid_open(self._common, self._items[index]))

    @property
    def first(self) -> Header:
        """The first frame, or what all share when the object does not list its frames."""
        return self[0] if self._items else self._common


def _laid_open(header: Header, group: Dataset) -> dict[int, Element]:
    """The attributes inside the macros of a functional group, and its private attributes.

    The usage of contrast agents stays a sequence: it has one item per agent.
    """
    found: dict[int, Element] = {}
    for tag, element in elements_of(group).items():
        if tag in MACROS or _is_siemens_item(tag):
            for item in header.datasets_in(element)[:1]:
                found.update(elements_of(item))
                found.update(_laid_open(header, item))
        elif tag & 0x10000 or tag == CONTRAST_USAGE:
            found[tag] = element
    return found


def _is_siemens_item(tag: int) -> bool:
    """XA wraps its private attributes in one more item, (0021,xxFE)."""
    return tag >> 16 == 0x0021 and tag & 0xFF == 0xFE and tag & 0xFFFF > 0xFF


@dataclass(slots=True)
class _Folding:
    """One volume while its frames come in."""

    sampling: Stack
    volume: Volume
    positions: list[Vector] = field(default_factory=list)
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Folded:
    """The frames of an object, folded; `dimension_indices` are the values of each dimension."""

    stacks: tuple[Stack, ...]
    volumes: tuple[Volume, ...]
    dimension_indices: tuple[tuple[int, ...], ...]


def fold(header: Header, frames: Frames, vendor: Vendor) -> Folded:
    """Stacks and volumes of the object."""
    foldings: dict[object, _Folding] = {}
    dimensions: list[set[int]] = []
    for index in range(len(frames)):
        frame = frames[index]
        _take(foldings, frame, vendor, 1)
        _take_indices(dimensions, frame)
    if not len(frames):
        header.remark(PER_FRAME, "absent: the frames cannot be told apart")
        _take(foldings, frames.first, vendor, header.integer("NumberOfFrames") or 1)
    stacks, volumes = _closed(list(foldings.values()))
    return Folded(stacks, volumes, tuple(tuple(sorted(d)) for d in dimensions))


def _take_indices(dimensions: list[set[int]], frame: Header) -> None:
    for dimension, value in enumerate(frame.numbers("DimensionIndexValues")):
        if dimension == len(dimensions):
            dimensions.append(set())
        dimensions[dimension].add(int(value))


def _take(foldings: dict[object, _Folding], frame: Header, vendor: Vendor, frames: int) -> None:
    sampling, volume = _sampling(frame), _volume(frame, vendor)
    folding = foldings.get(key := _key(sampling, volume))
    if folding is None:
        announced = vendor.announced_planes(frame, sampling.orientation)
        folding = _Folding(sampling, replace(volume, announced_planes=announced))
        foldings[key] = folding
    folding.frames += frames
    position = position_of(frame)
    if position is not None:
        folding.positions.append(position)


def _sampling(frame: Header) -> Stack:
    return Stack(
        orientation=orientation_of(frame),
        rows=frame.integer("Rows"),
        columns=frame.integer("Columns"),
        pixel_spacing_mm=pixel_spacing_of(frame),
        slice_thickness_mm=positive(frame, "SliceThickness"),
        spacing_between_slices_mm=frame.number("SpacingBetweenSlices"),
    )


def _volume(frame: Header, vendor: Vendor) -> Volume:
    weighting = vendor.diffusion(frame)
    return Volume(
        stack=0,
        frames=0,
        image_type=vendor.image_type(frame),
        echo_time_ms=echo_time_of(frame),
        b_value=weighting.b_value,
        direction=weighting.direction,
        directionality=weighting.directionality,
        temporal_position=temporal_position_of(frame),
    )


def _key(sampling: Stack, volume: Volume) -> object:
    """Frames of one stack may differ in the last digits of their orientation."""
    orientation = sampling.orientation
    cosines = None if orientation is None else tuple(round(c, 3) + 0.0 for c in orientation)
    return cosines, replace(sampling, orientation=None), volume


def _closed(foldings: list[_Folding]) -> tuple[tuple[Stack, ...], tuple[Volume, ...]]:
    stacks: dict[Stack, int] = {}
    volumes: list[Volume] = []
    for folding in foldings:
        stack = replace(folding.sampling, positions_mm=tuple(folding.positions))
        index = stacks.setdefault(stack, len(stacks))
        volumes.append(replace(folding.volume, stack=index, frames=folding.frames))
    return tuple(stacks), tuple(volumes)
