"""A data set read value by value, without trusting it.

pydicom splits the file into elements; the values are decoded here, because a strict decoder
gives up on what scanners really write: decimals in an IS, text in a DS, a wrong VR, a broken
character set, a private block that moved. What cannot be made sense of is None, plus a remark.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from ofsep_node.dicom.elements import (
    STRUCT_CODES,
    Element,
    codecs_of,
    decimals_in,
    elements_of,
    finite,
    is_empty,
    items_of,
    needs_codec,
    several,
    texts_in,
    unpacked,
)
from ofsep_node.dicom.lean import LeanElements, lean_items

_UNTOLD_VRS = frozenset({None, "UN", "OB", "OW"})
_SINGLE_TEXT_VRS = frozenset({"ST", "LT", "UT", "UR"})
_MOST_BYTES = 1 << 16
"""No text or list of numbers that is read comes near; only an implicit VR lets one be longer."""
_LARGEST_WHOLE_NUMBER = (1 << 32) - 1
"""Of the VRs IS, SL, SS, UL and US (PS3.5 table 6.2-1)."""


class PrivateTag(NamedTuple):
    """A private element: its block is found by its creator (PS3.5 7.8.1).

    `block` is where vendors usually put it, for files whose creators were removed.
    """

    creator: str
    group: int
    element: int
    vr: str
    block: int = 0x10

    def __str__(self) -> str:
        return f"({self.group:04X},xx{self.element:02X}) of {self.creator}"


Attribute = str | PrivateTag
"""A standard attribute by its DICOM keyword, or a private one."""


@cache
def _standard(keyword: str) -> tuple[int, str]:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(f"{keyword} is not a DICOM keyword")
    return int(tag), dictionary_VR(tag).split(" or ")[0]


class Header:
    """Attributes of a data set, of a sequence item, or of several laid over one another.

    `remarks` is shared by a header and its items: one line for each value that made no sense.
    """

    __slots__ = ("_blocks", "_elements", "_encodings", "remarks")

    def __init__(
        self,
        elements: Mapping[int, Element],
        remarks: dict[str, None] | None = None,
        encodings: tuple[str, ...] | None = None,
    ) -> None:
        self._elements = elements
        self._blocks: dict[tuple[int, int | str], int | str] | None = None
        self.remarks: dict[str, None] = {} if remarks is None else remarks
        self._encodings = encodings

    @classmethod
    def of(cls, dataset: Dataset) -> Header:
        """The header of a whole data set."""
        return cls(elements_of(dataset))

    def under(self, elements: Mapping[int, Element]) -> Header:
        """This header with `elements` laid over it: theirs win where they have a value."""
        filled = {tag: e for tag, e in elements.items() if not is_empty(e)}
        return Header({**self._elements, **filled}, self.remarks, self._encodings)

    def over(self, elements: Mapping[int, Element]) -> Header:
        """This header laid over standard `elements`: theirs show only where it has no value."""
        wanted = {t: e for t, e in elements.items() if self._is_empty_at(t)}
        completed = Header(_replaced(self._elements, wanted), self.remarks, self._encodings)
        completed._blocks = self._blocks  # the same private elements
        return completed

    def elements_at(self, tags: Iterable[int]) -> dict[int, Element]:
        """The elements of these tags, as far as they are there."""
        return {tag: e for tag in tags if (e := self._elements.get(tag)) is not None}

    def _is_empty_at(self, tag: int) -> bool:
        element = self._elements.get(tag)
        return element is None or is_empty(element)

    def __contains__(self, attribute: Attribute) -> bool:
        element = self._element(attribute)[0]
        return element is not None and not is_empty(element)

    def remark(self, attribute: Attribute, problem: str) -> None:
        """Note, once, that an attribute could not be understood."""
        self.remarks[f"{_label(attribute)}: {problem}"] = None

    def texts(self, attribute: Attribute) -> tuple[str, ...]:
        """Every value as text without padding; empty when absent or blank."""
        element, vr = self._element(attribute)
        if element is None:
            return ()
        try:
            values = self._texts(element, vr)
        except (ValueError, struct.error, TypeError) as error:
            self.remark(attribute, f"unreadable ({error})")
            return ()
        return values if any(values) else ()

    def text(self, attribute: Attribute) -> str | None:
        r"""The value as text, several values joined by a backslash as they are written."""
        return "\\".join(self.texts(attribute)).strip() or None

    def numbers(self, attribute: Attribute) -> tuple[float, ...]:
        """Every value as a finite number; empty when absent or when one of them is none."""
        element, vr = self._element(attribute)
        if element is None:
            return ()
        try:
            return self._numbers(element, vr)
        except (ValueError, struct.error, TypeError, OverflowError):
            self.remark(attribute, "not a number")
            return ()

    def number(self, attribute: Attribute) -> float | None:
        """The first value as a finite number."""
        values = self.numbers(attribute)
        return values[0] if values else None

    def integer(self, attribute: Attribute) -> int | None:
        """The first value as a whole number ("12.0" is one, "12.5" and what no UL can hold are not)."""
        value = self.number(attribute)
        if value is None:
            return None
        if not value.is_integer():
            self.remark(attribute, "not a whole number")
            return None
        if abs(value) > _LARGEST_WHOLE_NUMBER:
            self.remark(attribute, "larger than any whole number of the standard")
            return None
        return int(value)

    def vector(self, attribute: Attribute, length: int) -> tuple[float, ...] | None:
        """Exactly `length` numbers, or None."""
        values = self.numbers(attribute)
        if not values:
            return None
        if len(values) != length:
            self.remark(attribute, f"{len(values)} values where {length} are expected")
            return None
        return values

    def raw(self, attribute: Attribute) -> bytes | None:
        """The bytes of a binary element."""
        element, _ = self._element(attribute)
        value = None if element is None else element.value
        return bytes(value) if isinstance(value, (bytes, bytearray)) and value else None

    def datasets(self, attribute: Attribute) -> list[Dataset]:
        """The items of a sequence, as pydicom data sets."""
        element, _ = self._element(attribute)
        return [] if element is None else self.datasets_in(element)

    def datasets_in(self, element: Element) -> list[Dataset]:
        """The items of a sequence element, wherever it was found."""
        if is_empty(element):
            return []
        try:
            return items_of(element, self._charset())
        except Exception as error:  # noqa: BLE001 - pydicom lets anything through from broken bytes
            self.remarks[f"{element.tag}: unreadable sequence ({error!r})"] = None
            return []

    def items(self, attribute: Attribute) -> list[Header]:
        """The items of a sequence."""
        element, _ = self._element(attribute)
        lean = lean_items(element) if isinstance(element, RawDataElement) else None
        if lean is not None:
            return [self.item(elements) for elements in lean]
        return [self.item_of(dataset) for dataset in self.datasets(attribute)]

    def item(self, elements: Mapping[int, Element]) -> Header:
        """Elements of an item of this header, sharing its remarks and character set."""
        return Header(elements, self.remarks, self._charset())

    def item_of(self, dataset: Dataset) -> Header:
        """A nested data set, sharing this header's remarks and character set."""
        return Header(elements_of(dataset), self.remarks, self._charset())

    def creators(self) -> Iterable[str]:
        """The private creators present, in capitals."""
        return [name for name in self._private_blocks().values() if isinstance(name, str)]

    def _element(self, attribute: Attribute) -> tuple[Element | None, str]:
        if isinstance(attribute, str):
            tag, vr = _standard(attribute)
            return self._elements.get(tag), vr
        return self._elements.get(self._private(attribute)), attribute.vr

    def _private(self, wanted: PrivateTag) -> int:
        blocks = self._private_blocks()
        block = blocks.get((wanted.group, wanted.creator.upper()))
        if block is None:
            # The usual block, unless another vendor's creator has reserved it.
            block = wanted.block if (wanted.group, wanted.block) not in blocks else 0
        return wanted.group << 16 | int(block) << 8 | wanted.element

    def _private_blocks(self) -> dict[tuple[int, int | str], int | str]:
        """Both (group, creator) -> block and (group, block) -> creator."""
        if self._blocks is None:
            self._blocks = {}
            for tag in self._elements:
                if tag & 0x10000 and 0x10 <= (tag & 0xFFFF) <= 0xFF:
                    element = self._elements[tag]
                    group, block = tag >> 16, tag & 0xFF
                    creator = "\\".join(self._texts(element, "LO")).upper()
                    self._blocks.setdefault((group, creator), block)
                    self._blocks[group, block] = creator
        return self._blocks

    def _texts(self, element: Element, expected: str) -> tuple[str, ...]:
        value = _bounded(element.value)
        if isinstance(value, bytes):
            vr = expected if element.VR in _UNTOLD_VRS else str(element.VR)
            if vr in STRUCT_CODES:
                return tuple(f"{n:.15g}" for n in unpacked(element, value, vr))
            codecs = self._charset() if needs_codec(value) else ()
            return texts_in(value, codecs, single=vr in _SINGLE_TEXT_VRS)
        return tuple(str(v).strip(" \0") for v in several(value))

    def _numbers(self, element: Element, expected: str) -> tuple[float, ...]:
        value = _bounded(element.value)
        if isinstance(value, bytes):
            vr = expected if element.VR in _UNTOLD_VRS else str(element.VR)
            if vr in STRUCT_CODES:
                return finite(unpacked(element, value, vr))
            return decimals_in(value)
        return finite(v for v in several(value) if v != "")

    def _charset(self) -> tuple[str, ...]:
        if self._encodings is None:
            element = self._elements.get(0x00080005)
            names = () if element is None else self._ascii(element)
            self._encodings = codecs_of(names)
        return self._encodings

    @staticmethod
    def _ascii(element: Element) -> tuple[str, ...]:
        value = element.value
        if isinstance(value, bytes):
            return tuple(v.strip() for v in value.decode("latin-1").split("\\"))
        return tuple(str(v) for v in several(value))


def _replaced(
    elements: Mapping[int, Element], wanted: Mapping[int, Element]
) -> Mapping[int, Element]:
    if isinstance(elements, LeanElements):
        return elements.with_elements(wanted)
    return {**elements, **wanted}


def _bounded(value: Any) -> Any:
    if isinstance(value, bytes) and len(value) > _MOST_BYTES:
        raise ValueError(f"{len(value)} bytes")
    return value


def _label(attribute: Attribute) -> str:
    if isinstance(attribute, PrivateTag):
        return str(attribute)
    tag, _ = _standard(attribute)
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X}) {attribute}"
