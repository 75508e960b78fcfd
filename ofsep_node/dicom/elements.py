"""What pydicom leaves of an element: undecoded bytes after reading, a value when made in memory."""

from __future__ import annotations

import io
import math
import struct
import warnings
from collections.abc import Iterable
from typing import Any

from pydicom.charset import convert_encodings
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence
from pydicom.valuerep import PersonName

from ofsep_node.dicom.rationed import rationed

Element = DataElement | RawDataElement

STRUCT_CODES = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d", "AT": "L"}
"""VRs whose values are numbers in binary (PS3.5 6.2), by their struct codes."""


def elements_of(dataset: Dataset) -> dict[int, Element]:
    """The elements of a data set as they stand, undecoded, by tag."""
    return {int(tag): element for tag, element in dataset.items()}


def codecs_of(names: list[str]) -> list[str]:
    """Python codecs of a Specific Character Set.

    Where it names none, or none that exists, bytes beyond ASCII are most often UTF-8.
    """
    if not any(names) or names == ["ISO_IR 6"]:
        return ["utf_8"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(convert_encodings(names))
        except (LookupError, ValueError):
            return ["utf_8"]


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


def items_of(element: Element, encodings: list[str]) -> list[Dataset]:
    """The items of a sequence; broken ones make pydicom raise anything."""
    if isinstance(element, RawDataElement):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _items_in(element, encodings)
    return [item for item in element.value if isinstance(item, Dataset)]


def _items_in(element: RawDataElement, encodings: list[str]) -> list[Dataset]:
    value = element.value or b""
    return list(
        read_sequence(
            rationed(io.BytesIO(value)),
            element.is_implicit_VR,
            element.is_little_endian,
            len(value),
            encodings,
            element.value_tell,
        )
    )
