"""What pydicom leaves of an element: undecoded bytes after reading, a value when made in memory."""

from __future__ import annotations

import io
import math
import struct
import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence
from pydicom.valuerep import PersonName

from ofsep_node.dicom.rationed import rationed

Element = DataElement | RawDataElement

STRUCT_CODES = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d", "AT": "L"}
"""VRs whose values are numbers in binary (PS3.5 6.2), by their struct codes."""

_TEXT_DELIMITERS = {0x5C}

_REMEMBERED = 256
"""Bytes. The images of a series repeat each other's values: what short ones say is remembered."""


def elements_of(dataset: Dataset) -> dict[int, Element]:
    """The elements of a data set as they stand, undecoded, by tag."""
    return {int(tag): element for tag, element in dataset.items()}


@lru_cache(maxsize=256)
def codecs_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Python codecs of a Specific Character Set.

    Where it names none, or none that exists, bytes beyond ASCII are most often UTF-8.
    """
    if not any(names) or names == ("ISO_IR 6",):
        return ("utf_8",)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return tuple(convert_encodings(list(names)))
        except (LookupError, ValueError):
            return ("utf_8",)


def texts_in(value: bytes, codecs: tuple[str, ...], *, single: bool) -> tuple[str, ...]:
    """The values of a text element without their padding; one value where the VR has only one."""
    split = _split if len(value) <= _REMEMBERED else _split.__wrapped__
    return split(value, codecs, single)


def decimals_in(value: bytes) -> tuple[float, ...]:
    """The numbers of a DS or an IS, none when it is blank; ValueError when one is no number."""
    return (_decimals if len(value) <= _REMEMBERED else _decimals.__wrapped__)(value)


@lru_cache(maxsize=8192)
def _split(value: bytes, codecs: tuple[str, ...], single: bool) -> tuple[str, ...]:  # noqa: FBT001
    text = _decoded(value, codecs)
    return tuple(part.strip(" \0\r\n\t") for part in ([text] if single else text.split("\\")))


@lru_cache(maxsize=8192)
def _decimals(value: bytes) -> tuple[float, ...]:
    text = value.decode("latin-1").strip(" \0\r\n\t")
    return finite(text.split("\\")) if text else ()


def needs_codec(value: bytes) -> bool:
    """Whether bytes are more than ASCII, which every character set begins with (PS3.3 C.12.1.1.2)."""
    return not value.isascii() or b"\x1b" in value


def _decoded(value: bytes, codecs: tuple[str, ...]) -> str:
    """Text in these codecs, else in UTF-8, else in Latin-1, which takes any byte."""
    if not needs_codec(value):
        return value.decode("ascii")
    for tried in (codecs, ("utf_8",)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return decode_bytes(value, list(tried), _TEXT_DELIMITERS)
        except (UnicodeError, LookupError, UserWarning):
            continue
    return value.decode("latin-1")


def unpacked(element: Element, value: bytes, vr: str) -> tuple[float, ...]:
    """The numbers of a binary value; ValueError when its length does not fit its VR."""
    little = element.is_little_endian if isinstance(element, RawDataElement) else True
    code = STRUCT_CODES[vr]
    count, rest = divmod(len(value), struct.calcsize(f"={code}"))
    if rest:
        raise ValueError(f"{len(value)} bytes do not make {vr} values")
    return struct.unpack(f"{'<' if little else '>'}{count}{code}", value)


def several(value: Any) -> list[Any]:
    """A value made in memory as a list, however many it holds."""
    if value is None:
        return []
    if isinstance(value, (str, bytes, PersonName)) or not hasattr(value, "__iter__"):
        return [value]
    return list(value)


def finite(values: Iterable[Any]) -> tuple[float, ...]:
    """As floats; ValueError when one of them is infinite or no number."""
    numbers = tuple(float(v) for v in values)
    if not all(math.isfinite(n) for n in numbers):
        raise ValueError("not finite")
    return numbers


def is_empty(element: Element) -> bool:
    """Whether the element is there but says nothing."""
    value = element.value
    return value is None or (hasattr(value, "__len__") and len(value) == 0)


def items_of(element: Element, encodings: Sequence[str]) -> list[Dataset]:
    """The items of a sequence; broken ones make pydicom raise anything."""
    if isinstance(element, RawDataElement):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _items_in(element, encodings)
    return [item for item in element.value if isinstance(item, Dataset)]


def _items_in(element: RawDataElement, encodings: Sequence[str]) -> list[Dataset]:
    value = element.value or b""
    return list(
        read_sequence(
            rationed(io.BytesIO(value)),
            element.is_implicit_VR,
            element.is_little_endian,
            len(value),
            list(encodings),
            element.value_tell,
        )
    )
