"""The data set of an N service's request: all of it in memory, and read strictly.

What these requests say is acted upon, and the peer is told at once whether they were understood.
So nothing is made of a data set that is cut short, or of a sequence that contradicts itself.
"""

from __future__ import annotations

import re
from functools import cache

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement

from ofsep_node.dicom.header import Header
from ofsep_node.dicom.lean import lean_data_set, lean_items

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_UID_LENGTH = 64

MOST_ITEMS = 1_000
MOST_OBJECTS = 200_000
"""Items that name an object each."""


class NotUnderstood(Exception):
    """A data set is damaged, or lacks what its request needs; the message names the attribute.

    `absent` says that an attribute is missing, rather than that its value is of no use.
    """

    def __init__(self, message: str, *, absent: bool = False) -> None:
        super().__init__(message)
        self.absent = absent


def read_attributes(data: bytes, transfer_syntax_uid: str) -> Header:
    """The attributes of a data set. Raises NotUnderstood when it is damaged."""
    elements = lean_data_set(data, transfer_syntax_uid)
    if elements is None:
        raise NotUnderstood("the data set is damaged or cut short")
    return Header(elements)


def items_of(header: Header, keyword: str, most: int = MOST_ITEMS) -> list[Header]:
    """The items of a sequence; none when it is absent.

    Raises NotUnderstood when it is damaged, or has more items than `most`: millions of empty ones
    fit into a request, and each takes memory and time.
    """
    element = _element(header, keyword)
    if element is None or (element.value in (None, b"") and not element.length):
        return []
    items = lean_items(element, most)
    if items is None:
        raise NotUnderstood(f"{keyword} is damaged, or has more than {most} items")
    return [header.item(elements) for elements in items]


def uid_of(header: Header, keyword: str) -> str:
    """A UID (PS3.5 section 9.1) that must be there. Raises NotUnderstood."""
    element = _element(header, keyword)
    text = "" if element is None else (element.value or b"").decode("latin-1").strip(" \0")
    if not text:
        raise NotUnderstood(f"{keyword} is missing", absent=True)
    if not is_uid(text):
        raise NotUnderstood(f"{keyword} is no UID")
    return text


def is_uid(text: str) -> bool:
    """Whether a text is written as a UID is."""
    return len(text) <= _UID_LENGTH and _UID.fullmatch(text) is not None


def _element(header: Header, keyword: str) -> RawDataElement | None:
    """An element as it was read: a request may name a hundred thousand objects."""
    tag = _tag(keyword)
    element = header.elements_at((tag,)).get(tag)
    return element if isinstance(element, RawDataElement) else None


@cache
def _tag(keyword: str) -> int:
    return int(tag_for_keyword(keyword) or 0)
