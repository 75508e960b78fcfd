"""Siemens' CSA headers and the measurement protocol inside them.

The image header (0029,1010) is small and read with the csa_header library. The series header
(0029,1020) and XA's (0021,1019) hold the whole protocol as text: only the few lines wanted are
looked for, which takes a hundredth of the time of parsing it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from csa_header import CsaHeader

from ofsep_node.dicom.header import Header, PrivateTag
from ofsep_node.dicom.vendors.vendor import NO_SCHEME, DiffusionScheme
from ofsep_node.domain.geometry import Orientation, Vector, dot, normal

Found = TypeVar("Found")

CSA_IMAGE = PrivateTag("SIEMENS CSA HEADER", 0x0029, 0x10, "OB")
CSA_SERIES = PrivateTag("SIEMENS CSA HEADER", 0x0029, 0x20, "OB")
XA_PROTOCOL = PrivateTag("SIEMENS MR SDS 01", 0x0021, 0x19, "OB")
PRESCRIBED_COSINE = 0.99
"""Protocol and image agree on a slice's normal within eight degrees."""

_THREE_DIMENSIONAL = 4  # sKSpace.ucDimension
_BEGIN, _END = b"### ASCCONV BEGIN", b"### ASCCONV END"
_NUMBER_LINE = rb"\s*=\s*(-?(?:0x[0-9a-fA-F]+|[\d.]+(?:[eE][-+]?\d+)?))"
_PRODUCT = re.compile(rb'tSequenceFileName\s*=\s*"+%SiemensSeq%')
_DIFFUSION_MODE = re.compile(rb"sDiffusion\.ulMode" + _NUMBER_LINE)
_DIFFUSION_TENSOR = 0x100  # MDDW, as the console calls it
_DIRECTIONS = re.compile(rb"sDiffusion\.lDiffDirections" + _NUMBER_LINE)
_WEIGHTINGS = re.compile(rb"sDiffusion\.lDiffWeightings" + _NUMBER_LINE)
_B_VALUE = re.compile(rb"sDiffusion\.alBValue\[(\d+)\]" + _NUMBER_LINE)
_SLICES = re.compile(rb"sSliceArray\.lSize" + _NUMBER_LINE)
_PER_SLAB = re.compile(rb"sKSpace\.lImagesPerSlab" + _NUMBER_LINE)
_DIMENSION = re.compile(rb"sKSpace\.ucDimension" + _NUMBER_LINE)
_NORMAL = re.compile(rb"sSliceArray\.asSlice\[(\d+)\]\.sNormal\.d(Sag|Cor|Tra)" + _NUMBER_LINE)
_AXES = {b"Sag": 0, b"Cor": 1, b"Tra": 2}


@dataclass(frozen=True, slots=True)
class ImageCsa:
    """What is wanted of the image header; None where it says nothing."""

    tiles: int | None = None
    slice_normal: Vector | None = None
    b_value: float | None = None
    direction: Vector | None = None
    directionality: str | None = None


@dataclass(frozen=True, slots=True)
class SliceGroups:
    """The slices that the protocol prescribes."""

    slices: int
    images_per_slab: int | None
    three_dimensional: bool
    normals: tuple[Vector, ...]

    def parallel_to(self, orientation: Orientation | None) -> int:
        """Slices that lie as an image does: a localizer prescribes several orientations."""
        if orientation is None or len(self.normals) != self.slices:
            return self.slices
        n = normal(orientation)
        alike = sum(abs(dot(n, other)) > PRESCRIBED_COSINE for other in self.normals)
        return alike or self.slices


def image_csa(header: Header) -> ImageCsa:
    """Read (0029,1010)."""
    raw = header.raw(CSA_IMAGE)
    if raw is None:
        return ImageCsa()
    try:
        tags = CsaHeader(raw).read()
    except Exception as error:  # noqa: BLE001 - csa_header lets anything through from broken bytes
        header.remark(CSA_IMAGE, f"unreadable CSA header ({error!r})")
        return ImageCsa()
    tiles, b_value = _number(tags, "NumberOfImagesInMosaic"), _number(tags, "B_value")
    directionality = _value(tags, "DiffusionDirectionality")
    return ImageCsa(
        tiles=None if tiles is None else int(tiles),
        slice_normal=_vector(tags, "SliceNormalVector"),
        b_value=b_value,
        direction=_vector(tags, "DiffusionGradientDirection"),
        directionality=directionality if isinstance(directionality, str) else None,
    )


def _value(tags: Mapping[str, Any], name: str) -> Any:
    value = tags.get(name, {}).get("value")
    return None if value == "" else value


def _number(tags: Mapping[str, Any], name: str) -> float | None:
    value = _value(tags, name)
    return float(value) if _is_finite(value) else None


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _vector(tags: Mapping[str, Any], name: str) -> Vector | None:
    value = _value(tags, name)
    if not isinstance(value, list) or len(value) != 3:
        return None
    if not all(map(_is_finite, value)):
        return None
    return (float(value[0]), float(value[1]), float(value[2]))


def slice_groups(header: Header) -> SliceGroups | None:
    """The slices prescribed by the protocol text inside a series header; None without one."""
    return _read(header, _slice_groups)


def diffusion_scheme(header: Header) -> DiffusionScheme:
    """The gradients and b-values of a product sequence that plays out one of the vendor's tables.

    Other tables are written by users, with the same direction twice or none at all for b0.
    """
    return _read(header, _diffusion_scheme) or NO_SCHEME


def _read(header: Header, find: Callable[[bytes], Found | None]) -> Found | None:
    attribute = CSA_SERIES if CSA_SERIES in header else XA_PROTOCOL
    protocol = header.raw(attribute) or b""
    begin = protocol.find(_BEGIN)
    end = protocol.find(_END, begin)
    if begin < 0 or end < 0:
        return None
    try:
        return find(protocol[begin:end])
    except (ValueError, OverflowError) as error:
        header.remark(attribute, f"unreadable protocol ({error})")
        return None


@lru_cache(maxsize=16)
def _diffusion_scheme(text: bytes) -> DiffusionScheme | None:
    if _integer(_DIFFUSION_MODE, text) != _DIFFUSION_TENSOR or _PRODUCT.search(text) is None:
        return None
    written = {int(index): _float(value) for index, value in _B_VALUE.findall(text)}
    weightings = _integer(_WEIGHTINGS, text) or 0  # entries left out are 0
    b_values = {written.get(index, 0.0) for index in range(min(weightings, 1024))}
    return DiffusionScheme(_integer(_DIRECTIONS, text), len(b_values) or None)


@lru_cache(maxsize=16)  # the text is the same in every image of a series
def _slice_groups(text: bytes) -> SliceGroups | None:
    slices = _integer(_SLICES, text)
    if slices is None or slices < 1:
        return None
    return SliceGroups(
        slices=slices,
        images_per_slab=_integer(_PER_SLAB, text),
        three_dimensional=_integer(_DIMENSION, text) == _THREE_DIMENSIONAL,
        normals=_normals(text, slices),
    )


def _integer(pattern: re.Pattern[bytes], text: bytes) -> int | None:
    found = pattern.search(text)
    return None if found is None else int(_float(found[1]))


def _float(written: bytes) -> float:
    return float(int(written, 16)) if b"x" in written else float(written)


def _normals(text: bytes, slices: int) -> tuple[Vector, ...]:
    normals = [[0.0, 0.0, 0.0] for _ in range(min(slices, 1024))]
    for index, axis, value in _NORMAL.findall(text):
        if int(index) < len(normals):
            normals[int(index)][_AXES[axis]] = _float(value)
    return tuple((x, y, z) for x, y, z in normals)
