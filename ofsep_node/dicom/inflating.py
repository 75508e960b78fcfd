"""Deflated Explicit VR Little Endian (PS3.5 A.5): the file as it would be, had it not been deflated.

What a small file inflates to is bounded, so that none can fill the memory.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from ofsep_node.dicom.part10 import meta_end
from ofsep_node.errors import UnreadableObject

DEFLATED = "1.2.840.10008.1.2.1.99"
MOST_BYTES = 1 << 28
"""No header and image of one object that a scanner deflates comes near 256 MiB."""

_BLOCK = 1 << 20

_SYNTAX = b"\x02\x00\x10\x00UI\x16\x00"
_AS_WRITTEN = _SYNTAX + DEFLATED.encode()
_INFLATED = _SYNTAX + b"1.2.840.10008.1.2.1".ljust(len(DEFLATED), b"\0")


def inflated(stream: BinaryIO) -> BinaryIO | None:
    """The file in Explicit VR Little Endian, in memory; None when it is not deflated.

    The stream is left at its start. Raises UnreadableObject when the deflated part is damaged,
    cut short, or larger than MOST_BYTES once inflated.
    """
    stream.seek(0)
    start = 132 if stream.read(132)[128:] == b"DICM" else 0
    end = meta_end(stream, start)
    stream.seek(0)
    head = stream.read(end)
    if _AS_WRITTEN not in head:
        stream.seek(0)
        return None
    whole = io.BytesIO()
    whole.write(head.replace(_AS_WRITTEN, _INFLATED))
    name = getattr(stream, "name", "the file")
    try:
        for block in _inflate(stream, name):
            whole.write(block)
    except zlib.error as error:
        raise UnreadableObject(f"{name}: truncated or damaged header ({error})") from error
    whole.seek(0)
    return whole


def _inflate(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """What the rest of the stream inflates to, a block at a time."""
    inflating, room = zlib.decompressobj(-zlib.MAX_WBITS), MOST_BYTES
    deflated = stream.read(_BLOCK)
    while deflated and not inflating.eof:
        block = inflating.decompress(deflated, _BLOCK)
        room -= len(block)
        if room < 0:
            raise UnreadableObject(
                f"{name}: inflates to more than {MOST_BYTES >> 20} MiB; send it without deflation"
            )
        yield block
        deflated = inflating.unconsumed_tail or stream.read(_BLOCK)
    yield inflating.flush()
    if not inflating.eof:
        raise UnreadableObject(
            f"{name}: truncated: the deflated data set has no end; send it again"
        )
