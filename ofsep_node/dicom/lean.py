"""The elements of a classic image's header, found without building what nobody asks for.

pydicom makes an object of every element and a data set of every sequence it meets, private ones
included; of a classic image a few dozen elements are wanted. Here one pass over the bytes notes
where each element lies (PS3.5 section 7); it becomes pydicom's `RawDataElement` when it is asked
for. What is not plainly written is left to pydicom, which knows more about broken files:
`lean_header` and `lean_items` then return None.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from struct import Struct
from typing import Any, BinaryIO

from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from ofsep_node.dicom.elements import Element

FIRST_READ = 1 << 17
MOST_READ = 1 << 21
"""Bytes. Headers of classic images are some 10 to 150 kB; one of 2 MB is for pydicom."""

LARGE = 1 << 20
"""Elements longer than this (bytes) stay in the file: no attribute that is read comes near."""

MOST_NESTED = 32
"""Sequences within sequences, deeper than which no scanner writes."""

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_FUNCTIONAL_GROUPS = (0x52009229, 0x52009230)
_FIRST_PIXEL_TAG, _LAST_PIXEL_TAG = 0x7FE00008, 0x7FE00010
_PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_META_GROUP, _FIRST_GROUP = 0x0002, 0x0008
_TRANSFER_SYNTAX = 0x00020010

# PS3.5 tables 7.1-1 and 7.1-2: VRs whose length has four bytes, and those whose length has two.
_LONG = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
_SHORT = (
    *("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO"),
    *("LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"),
)
LONG_VRS = {vr.encode(): vr for vr in _LONG}
SHORT_VRS = {vr.encode(): vr for vr in _SHORT}

Place = tuple[str | None, int, int]
"""VR (None when implicit), where the value begins, and its length, in bytes."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a data set is written (PS3.5 annex A)."""

    implicit: bool
    little_endian: bool

    @property
    def order(self) -> str:
        return "<" if self.little_endian else ">"


IMPLICIT = Encoding(implicit=True, little_endian=True)
EXPLICIT = Encoding(implicit=False, little_endian=True)
BIG_ENDIAN = Encoding(implicit=False, little_endian=False)

_ENCODINGS = {
    "1.2.840.10008.1.2": IMPLICIT,
    "1.2.840.10008.1.2.1": EXPLICIT,
    "1.2.840.10008.1.2.2": BIG_ENDIAN,
    "1.2.840.10008.1.2.5": EXPLICIT,
}
_ENCAPSULATED = "1.2.840.10008.1.2.4."


class LeanElements(Mapping[int, Element]):
    """Elements of a header by tag, each made when it is asked for."""

    __slots__ = ("_data", "_encoding", "_largest", "_made", "_places")

    def __init__(
        self,
        data: bytes,
        places: Mapping[int, Place],
        encoding: Encoding,
        made: dict[int, Element] | None = None,
        largest: int = LARGE,
    ) -> None:
        self._data = data
        self._places = places
        self._encoding = encoding
        self._largest = largest
        self._made: dict[int, Element] = {} if made is None else made

    def __getitem__(self, tag: int) -> Element:
        made = self._made.get(tag)
        return self._make(tag, self._places[tag]) if made is None else made

    def get(self, tag: int, default: Any = None) -> Any:
        """The element, or the default."""
        made = self._made.get(tag)
        if made is not None:
            return made
        place = self._places.get(tag)
        return default if place is None else self._make(tag, place)

    def __iter__(self) -> Iterator[int]:
        yield from self._places
        yield from (tag for tag in self._made if tag not in self._places)

    def __len__(self) -> int:
        return len({**self._places, **self._made})

    def __contains__(self, tag: object) -> bool:
        return tag in self._made or tag in self._places

    def with_elements(self, elements: Mapping[int, Element]) -> LeanElements:
        """The same header with other elements in place of its own."""
        made = {**self._made, **elements}
        return LeanElements(self._data, self._places, self._encoding, made, self._largest)

    def _make(self, tag: int, place: Place) -> Element:
        vr, start, length = place
        value = None if length > self._largest else self._data[start : start + length]
        implicit, little = vr is None, self._encoding.little_endian
        element = RawDataElement(BaseTag(tag), vr, length, value, start, implicit, little)
        self._made[tag] = element
        return element


@dataclass(frozen=True, slots=True)
class LeanHeader:
    """What stands before the pixel data of a file."""

    elements: LeanElements
    transfer_syntax_uid: str
    encoding: Encoding


class _NotPlain(Exception):
    """Something that pydicom had better look at."""


def lean_header(stream: BinaryIO) -> LeanHeader | None:
    """The header of a classic image with pixel data; None for whatever is not plainly that.

    The stream is left standing at the pixel data element, or at its start when None.
    """
    size = FIRST_READ
    while size <= MOST_READ:
        stream.seek(0)
        data = stream.read(size)
        try:
            header, pixels_at = _header(data)
        except _NotPlain:
            break
        except (struct.error, IndexError):  # the bytes at hand end before the pixel data
            if len(data) < size:
                break
            size *= 4
        else:
            stream.seek(pixels_at)
            return header
    stream.seek(0)
    return None


def lean_data_set(data: bytes, transfer_syntax_uid: str) -> LeanElements | None:
    """All elements of a data set, which is in memory already; None when it is not plainly one."""
    try:
        encoding = _encoding(transfer_syntax_uid)
        places, _ = _places(data, 0, len(data), encoding)
    except (_NotPlain, struct.error, IndexError):
        return None
    return LeanElements(data, places, encoding, largest=len(data))


def lean_items(element: RawDataElement, most: int | None = None) -> list[LeanElements] | None:
    """The items of a sequence of raw bytes; None where pydicom must look, or there are too many."""
    data = element.value
    if not isinstance(data, bytes):
        return None
    encoding = Encoding(element.is_implicit_VR, element.is_little_endian)
    try:
        found = list(islice(_items(data, encoding), None if most is None else most + 1))
        if most is not None and len(found) > most:
            return None
        return [
            LeanElements(data, _places(data, start, end, encoding)[0], encoding, largest=len(data))
            for start, end in found
        ]
    except (_NotPlain, struct.error, IndexError):
        return None


def _header(data: bytes) -> tuple[LeanHeader, int]:
    if data[128:132] != b"DICM":
        raise _NotPlain
    syntax, start = _file_meta(data)
    encoding = _encoding(syntax)
    if data[start + 4 : start + 6].isupper() == encoding.implicit:
        raise _NotPlain  # the data set belies its transfer syntax
    places, pixels_at = _places(data, start, None, encoding)
    return LeanHeader(LeanElements(data, places, encoding), syntax, encoding), pixels_at


def _encoding(syntax: str) -> Encoding:
    encoding = _ENCODINGS.get(syntax)
    if encoding is None and syntax.startswith(_ENCAPSULATED):
        return EXPLICIT
    if encoding is None:
        raise _NotPlain
    return encoding


def _file_meta(data: bytes) -> tuple[str, int]:
    """The transfer syntax, and where the data set begins (PS3.10 section 7.1)."""
    head = Struct("<HH2sH").unpack_from
    syntax, position = "", 132
    while True:
        group, element, written, length = head(data, position)
        if group != _META_GROUP:
            return syntax, position
        value = position + 8
        if written in LONG_VRS:
            length, value = int.from_bytes(data[value : value + 4], "little"), value + 4
        elif written not in SHORT_VRS:
            raise _NotPlain
        if group << 16 | element == _TRANSFER_SYNTAX:
            syntax = data[value : value + length].decode("latin-1").strip(" \0")
        position = value + length


def _places(
    data: bytes, start: int, end: int | None, encoding: Encoding
) -> tuple[dict[int, Place], int]:
    """Where the elements lie between `start` and `end`, and where the reading stopped.

    With no `end`: up to the pixel data, and no further. Raises struct.error when the bytes end
    before.
    """
    scan = _implicit_places if encoding.implicit else _explicit_places
    places, position = scan(data, start, end, encoding)
    if end is not None and position != end:
        raise _NotPlain
    if position > len(data):
        raise IndexError
    return places, position


def _explicit_places(
    data: bytes, start: int, end: int | None, encoding: Encoding
) -> tuple[dict[int, Place], int]:
    head, long = (
        Struct(f"{encoding.order}HH2sH").unpack_from,
        Struct(f"{encoding.order}L").unpack_from,
    )
    places: dict[int, Place] = {}
    position, last = start, len(data) if end is None else end
    while position < last or end is None:
        group, element, written, length = head(data, position)
        tag, vr, value = group << 16 | element, SHORT_VRS.get(written), position + 8
        if vr is None:
            vr = LONG_VRS.get(written)
            if vr is None:
                raise _NotPlain
            [length] = long(data, value)
            value += 4
        if group < _FIRST_GROUP or tag >= 0x52009229:
            if tag in _PIXEL_TAGS and end is None:
                return places, position
            _must_be_plain(tag)
        position = value + length
        if length == UNDEFINED:
            vr, inner = _sequence_as(vr, encoding)
            content, position = _past_sequence(data, value, vr, inner, 0)
            length = content - value
        places[tag] = (vr, value, length)
    return places, position


def _implicit_places(
    data: bytes, start: int, end: int | None, encoding: Encoding
) -> tuple[dict[int, Place], int]:
    head = Struct(f"{encoding.order}HHL").unpack_from
    places: dict[int, Place] = {}
    position, last = start, len(data) if end is None else end
    while position < last or end is None:
        group, element, length = head(data, position)
        tag, value = group << 16 | element, position + 8
        if group < _FIRST_GROUP or tag >= 0x52009229:
            if tag in _PIXEL_TAGS and end is None:
                return places, position
            _must_be_plain(tag)
        position = value + length
        if length == UNDEFINED:
            content, position = _past_sequence(data, value, None, encoding, 0)
            length = content - value
        places[tag] = (None, value, length)
    return places, position


def _sequence_as(vr: str | None, encoding: Encoding) -> tuple[str | None, Encoding]:
    """How what has no length is written: of UN, whatever is around it, implicitly (PS3.5 6.2.2)."""
    return (None, IMPLICIT) if vr == "UN" and encoding.little_endian else (vr, encoding)


def _must_be_plain(tag: int) -> None:
    """Refuse commands, meta elements, functional groups and stray delimiters."""
    group = tag >> 16
    if group < _FIRST_GROUP or group == 0xFFFE or tag in _FUNCTIONAL_GROUPS:
        raise _NotPlain


def _items(data: bytes, encoding: Encoding) -> Iterator[tuple[int, int]]:
    """Where the content of each item begins and ends (PS3.5 section 7.5)."""
    head = Struct(f"{encoding.order}HHL").unpack_from
    position = 0
    while position < len(data):
        group, element, length = head(data, position)
        if group << 16 | element != ITEM:
            raise _NotPlain
        content = position + 8
        if length == UNDEFINED:
            position = _past_item(data, content, encoding, 0)
            yield content, position - 8
        else:
            position = content + length
            yield content, position
    if position != len(data):
        raise _NotPlain


def _past_sequence(
    data: bytes, position: int, vr: str | None, encoding: Encoding, depth: int
) -> tuple[int, int]:
    """Of a sequence of undefined length: where its items end, and where it does itself."""
    if vr not in ("SQ", None) or depth > MOST_NESTED:
        raise _NotPlain
    head = Struct(f"{encoding.order}HHL").unpack_from
    while True:
        group, element, length = head(data, position)
        tag = group << 16 | element
        if tag == SEQUENCE_END:
            return position, position + 8
        if tag != ITEM:
            raise _NotPlain
        position += 8
        if length == UNDEFINED:
            position = _past_item(data, position, encoding, depth)
        else:
            position += length


def _past_item(data: bytes, position: int, encoding: Encoding, depth: int) -> int:
    """Where an item of undefined length ends, its delimiter included."""
    tagged = Struct(f"{encoding.order}HHL").unpack_from
    head, long = (
        Struct(f"{encoding.order}HH2sH").unpack_from,
        Struct(f"{encoding.order}L").unpack_from,
    )
    while True:
        group, element, length = tagged(data, position)
        if group << 16 | element == ITEM_END:
            return position + 8
        vr, value = None, position + 8
        if not encoding.implicit:
            _, _, written, length = head(data, position)
            vr = SHORT_VRS.get(written)
            if vr is None:
                vr = LONG_VRS.get(written)
                if vr is None:
                    raise _NotPlain
                [length] = long(data, value)
                value += 4
        if length == UNDEFINED:
            vr, inner = _sequence_as(vr, encoding)
            _, position = _past_sequence(data, value, vr, inner, depth + 1)
        else:
            position = value + length
