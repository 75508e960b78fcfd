"""Implicit VR Little Endian, the default transfer syntax, from the other native ones (PS3.5 annex A).

Values are copied byte for byte, and put into little endian: none is decoded, so that one which
breaks the standard's rules is sent like any other. Memory does not grow with an object that is not deflated.
"""

from __future__ import annotations

import array
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ofsep_node.dicom.inflating import DEFLATED, inflated
from ofsep_node.dicom.lean import (
    BIG_ENDIAN,
    EXPLICIT,
    IMPLICIT,
    ITEM,
    ITEM_END,
    LONG_VRS,
    MOST_NESTED,
    SEQUENCE_END,
    SHORT_VRS,
    UNDEFINED,
    Encoding,
)
from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.errors import UnreadableObject

IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"

NATIVE = {
    "1.2.840.10008.1.2.1": EXPLICIT,
    "1.2.840.10008.1.2.2": BIG_ENDIAN,
    DEFLATED: EXPLICIT,
}
"""What can be put into Implicit VR Little Endian without decoding pixels."""

_BLOCK = 1 << 20
_WORDS = {
    **dict.fromkeys(("AT", "OW", "SS", "US"), "H"),
    **dict.fromkeys(("FL", "OF", "OL", "SL", "UL"), "I"),
    **dict.fromkeys(("FD", "OD", "OV", "SV", "UV"), "Q"),
}
"""Of each VR that byte ordering concerns (PS3.5 section 7.3): its words, as `array` calls them."""


def write_implicit(source: BinaryIO, transfer_syntax_uid: str, target: BinaryIO) -> None:
    """Write the data set of a file, which is in a native transfer syntax, in the default one.

    Sequences get undefined lengths. Group lengths, which would be wrong, are left out (PS3.5
    section 7.2). Raises UnreadableObject for what is damaged, or not written as announced.
    """
    name = getattr(source, "name", "the file")
    stream = inflated(source) or source
    try:
        start = data_set_offset(stream)
        size = stream.seek(0, io.SEEK_END)
        stream.seek(start)
        _Copying(stream, target).elements(size - start, NATIVE[transfer_syntax_uid], 0)
    except (struct.error, ValueError) as error:
        raise UnreadableObject(
            f"{name}: damaged, or not in the transfer syntax that it names ({error})"
        ) from error


@dataclass(frozen=True, slots=True)
class _Copying:
    """From where the source stands. Raises struct.error and ValueError."""

    source: BinaryIO
    target: BinaryIO

    def elements(self, size: int, encoding: Encoding, depth: int) -> None:
        """Those of a data set or item of this length in bytes, or up to the item's delimiter."""
        if depth > MOST_NESTED:
            raise ValueError(f"more than {MOST_NESTED} sequences within each other")
        for _ in self._within(size):
            tag, vr, length = self._head(encoding)
            if tag == ITEM_END and size == UNDEFINED:
                return
            if tag >> 16 == ITEM >> 16:
                raise ValueError(f"{tag:08X} where an element begins")
            if vr == "SQ" or length == UNDEFINED:
                self._sequence(tag, length, _inside(tag, vr, encoding), depth)
            elif tag & 0xFFFF == 0:
                self.source.seek(length, io.SEEK_CUR)
            else:
                self._start(tag, length)
                self._value(length, "B" if encoding.little_endian else _WORDS.get(vr, "B"))

    def _within(self, length: int) -> Iterator[None]:
        end = None if length == UNDEFINED else self.source.tell() + length
        while end is None or self.source.tell() < end:
            yield
        if self.source.tell() > end:
            raise ValueError("an element is longer than what it is in")

    def _head(self, encoding: Encoding) -> tuple[int, str, int]:
        """Tag, VR (none in Implicit VR, nor of a delimiter) and length of the next element."""
        group, element, written = struct.unpack(f"{encoding.order}HH4s", self.source.read(8))
        tag, vr = group << 16 | element, ""
        if not encoding.implicit and tag not in (ITEM, ITEM_END, SEQUENCE_END):
            if short := SHORT_VRS.get(written[:2]):
                return tag, short, *struct.unpack(f"{encoding.order}H", written[2:])
            if written[:2] not in LONG_VRS:
                raise ValueError(f"({group:04X},{element:04X}) has no VR of the standard")
            vr, written = LONG_VRS[written[:2]], self.source.read(4)
        return tag, vr, *struct.unpack(f"{encoding.order}L", written)

    def _sequence(self, tag: int, size: int, encoding: Encoding, depth: int) -> None:
        self._start(tag, UNDEFINED)
        for _ in self._within(size):
            found, _, length = self._head(encoding)
            if found == SEQUENCE_END and size == UNDEFINED:
                break
            if found != ITEM:
                raise ValueError(f"{found:08X} where an item begins")
            self._start(ITEM, UNDEFINED)
            self.elements(length, encoding, depth + 1)
            self._start(ITEM_END, 0)
        self._start(SEQUENCE_END, 0)

    def _start(self, tag: int, length: int) -> None:
        self.target.write(struct.pack("<HHL", tag >> 16, tag & 0xFFFF, length))

    def _value(self, length: int, words: str) -> None:
        while length:
            block = self.source.read(min(length, _BLOCK))
            if not block:
                raise ValueError(f"{length} bytes are missing at its end")
            if words != "B":
                swapped = array.array(words, block)
                swapped.byteswap()
                block = swapped.tobytes()
            self.target.write(block)
            length -= len(block)


def _inside(tag: int, vr: str, encoding: Encoding) -> Encoding:
    """How the items of a sequence are written: of one whose VR is UN, in Implicit VR (PS3.5 6.2.2)."""
    if vr not in ("SQ", "UN", ""):
        raise ValueError(f"{tag:08X} is {vr} and has no length")
    return IMPLICIT if vr == "UN" else encoding
