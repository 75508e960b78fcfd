"""Whether all the pixels that a header announces are in the file, without decoding them.

Native pixel data are as long as the image attributes multiply up to (PS3.5 8.1.1); encapsulated
ones end with a sequence delimiter (PS3.5 A.4).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from ofsep_node.dicom.header import Header

PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_UNDEFINED = 0xFFFFFFFF
_MOST_FRAGMENTS = 1 << 20
"""A fragment is a frame, or a part of one; a file of empty ones would keep the reader for hours."""

_ITEM, _DELIMITER = 0xFFFEE000, 0xFFFEE0DD


def missing_pixels(
    stream: BinaryIO, size: int, header: Header, *, implicit: bool, little_endian: bool
) -> str | None:
    """What is missing, in words, or None.

    `stream` stands at the pixel data element and `size` is the length of the file in bytes.
    """
    order = "<" if little_endian else ">"
    length = _value_length(stream, order, implicit=implicit)
    if length is None:
        return "the file ends inside the pixel data element"
    if length == _UNDEFINED:
        return _missing_delimiter(stream, size, order)
    held = size - stream.tell()
    if held < length:
        return f"{length} bytes of pixel data are announced, {max(held, 0)} are there"
    expected = _native_length(header)
    if expected is not None and length < expected:
        return f"the image attributes ask for {expected} bytes of pixel data, {length} are there"
    return None


def _value_length(stream: BinaryIO, order: str, *, implicit: bool) -> int | None:
    head = stream.read(8 if implicit else 12)
    if len(head) < (8 if implicit else 12):
        return None
    return int(struct.unpack(f"{order}L", head[-4:])[0])


def _missing_delimiter(stream: BinaryIO, size: int, order: str) -> str | None:
    for _ in range(_MOST_FRAGMENTS):
        head = stream.read(8)
        if len(head) < 8:
            break
        group, element, length = struct.unpack(f"{order}HHL", head)
        tag = group << 16 | element
        if tag == _DELIMITER:
            return None
        if tag != _ITEM or stream.tell() + length > size:
            break
        stream.seek(length, 1)
    return "the encapsulated pixel data have no end"


def _native_length(header: Header) -> int | None:
    rows, columns = header.integer("Rows"), header.integer("Columns")
    bits = header.integer("BitsAllocated")
    if not rows or not columns or not bits:
        return None
    samples = header.integer("SamplesPerPixel") or 1
    frames = header.integer("NumberOfFrames") or 1
    pixels = rows * columns * frames
    if (header.text("PhotometricInterpretation") or "").startswith("YBR_FULL_422"):
        samples = 2  # two chrominance samples are shared by two pixels
    return (pixels * samples * bits + 7) // 8
