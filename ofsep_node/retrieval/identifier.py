"""Identifiers: what a request asks for, and the matches that answer it (PS3.4 section C.4.1.1.3)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from ofsep_node.dicom.header import Header
from ofsep_node.dicom.lean import lean_data_set
from ofsep_node.reception.command import Status
from ofsep_node.reception.policy import IMPLICIT_VR_LITTLE_ENDIAN
from ofsep_node.retrieval.keys import (
    KEYS,
    SAID_OF_EACH,
    TAGS,
    VRS,
    Level,
    supported_at,
)
from ofsep_node.retrieval.matching import is_well_formed

Attributes = Mapping[str, str]
"""Values by keyword, as they are written: several are joined by a backslash."""

MOST_VALUES = 500
"""Of one key: a statement takes no more parameters than some databases do (SQLite before 3.32: 999)."""

_LONGEST_VALUE = 1_024
"""Characters of a value in an answer; the longest that the standard allows of these has 324."""

UNICODE = "ISO_IR 192"
_EXPLICIT = struct.Struct("<HH2sH")
_IMPLICIT = struct.Struct("<HHI")


class Unfit(Exception):
    """A request that is answered with an error; the reason is for people at the other end."""

    def __init__(self, status: Status, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identifier:
    """What is asked for at a level: keys with their values, empty where only asked for.

    `all_keys` says that the node knows every attribute that is asked for.
    """

    level: Level
    keys: Attributes
    all_keys: bool

    def uids(self, level: Level) -> tuple[str, ...]:
        """The UIDs given for a level's unique key."""
        return tuple(uid for uid in self.keys.get(level.unique_key, "").split("\\") if uid)


def read_identifier(data: bytes, transfer_syntax_uid: str) -> Identifier:
    """A request's identifier. Raises Unfit when it is damaged or breaks the hierarchy."""
    elements = lean_data_set(data, transfer_syntax_uid)
    if elements is None:
        raise Unfit(Status.CANNOT_UNDERSTAND, "the identifier is damaged or cut short")
    header = Header(elements)
    level = _level(header)
    supported = supported_at(level)
    asked_for = (k for k in KEYS if TAGS[k] in elements and k in supported)
    keys = {k: (header.text(k) or "").replace("\0", "") for k in asked_for}
    known = {TAGS[keyword] for keyword in (*keys, *SAID_OF_EACH)}
    asked = {tag for tag in elements if tag & 0xFFFF}  # group lengths are no attributes
    identifier = Identifier(level, keys, all_keys=asked <= known)
    _require_hierarchy(identifier)
    _require_dates(identifier)
    return identifier


def _level(header: Header) -> Level:
    written = header.text("QueryRetrieveLevel") or ""
    try:
        return Level(written)
    except ValueError:
        said = f"Query/Retrieve Level is {written or 'missing'}: STUDY, SERIES or IMAGE"
        raise Unfit(Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS, said) from None


def _require_hierarchy(identifier: Identifier) -> None:
    """One UID for each level above (PS3.4 section C.4.1.2.1): relations are not negotiated."""
    for above in identifier.level.above:
        if len(identifier.uids(above)) != 1 or "*" in identifier.uids(above):
            reason = f"{identifier.level} needs one {above.unique_key}"
            raise Unfit(Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS, reason)
    for keyword, value in identifier.keys.items():
        if value.count("\\") >= MOST_VALUES:
            reason = f"{keyword}: {MOST_VALUES} values at a time at most"
            raise Unfit(Status.OUT_OF_RESOURCES, reason)


def _require_dates(identifier: Identifier) -> None:
    """A date or time that is none is no key (PS3.4 section C.2.2.2.5)."""
    for keyword, value in identifier.keys.items():
        if not is_well_formed(KEYS[keyword].matching, value):
            what = KEYS[keyword].matching.value
            reason = f"{keyword} is no {what}"
            raise Unfit(Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS, reason)


def encoded(attributes: Attributes, transfer_syntax_uid: str) -> bytes:
    """An identifier's bytes, without SpecificCharacterSet where all is in the default repertoire."""
    values = dict(attributes)
    if not all(value.isascii() for value in values.values()):
        values["SpecificCharacterSet"] = UNICODE
    implicit = transfer_syntax_uid == IMPLICIT_VR_LITTLE_ENDIAN
    ordered = sorted(values.items(), key=lambda item: TAGS[item[0]])
    return b"".join(_element(keyword, value, implicit=implicit) for keyword, value in ordered)


def _element(keyword: str, value: str, *, implicit: bool) -> bytes:
    tag, vr = TAGS[keyword], VRS[keyword]
    longest = len(value) if vr == "UI" else _LONGEST_VALUE
    written = value[:longest].encode("utf-8", "replace")
    padded = written + (b"\0" if vr == "UI" else b" ") * (len(written) % 2)
    group, element = tag >> 16, tag & 0xFFFF
    if implicit:
        return _IMPLICIT.pack(group, element, len(padded)) + padded
    return _EXPLICIT.pack(group, element, vr.encode(), len(padded)) + padded
