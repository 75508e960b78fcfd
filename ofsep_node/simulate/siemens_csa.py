"""Siemens' CSA headers (0029,1010) and (0029,1020), and the protocol text inside.

The layout is the one that nibabel documents as CSA2
(https://nipy.org/nibabel/dicom/siemens_csa.html): "SV10", a count of tags, then per tag a name of
64 bytes, VM, VR, a type number, a count of items and a check word; each item has its length and is
padded to four bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CsaValue = int | float | str

_CHECK, _CHECK_EMPTY = 77, 205
_ITEMS_AT_LEAST = 6  # a tag with a value always carries six items, most of them empty
_TYPE_NUMBERS = {
    "UN": 0, "DS": 3, "FD": 4, "FL": 5, "IS": 6, "SL": 7, "UL": 9, "US": 10,
    "CS": 16, "LO": 19, "LT": 20, "SH": 22, "ST": 23, "UI": 25, "UT": 27,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CsaTag:
    """One element of a CSA header; no values: the element is there and empty."""

    name: str
    vr: str
    vm: int
    values: tuple[CsaValue, ...] = ()


def csa_header(tags: Sequence[CsaTag]) -> bytes:
    """The bytes of a CSA2 header."""
    body = b"".join(map(_tag, tags))
    return b"SV10\x04\x03\x02\x01" + struct.pack("<2I", len(tags), _CHECK) + body + bytes(4)


def _tag(tag: CsaTag) -> bytes:
    items = [_text(tag.vr, value) for value in tag.values]
    if items:
        items += [b""] * (_ITEMS_AT_LEAST - len(items))
    head = struct.pack(
        "<64si4s3i",
        tag.name.encode("ascii"),
        tag.vm,
        tag.vr.encode("ascii"),
        _TYPE_NUMBERS[tag.vr],
        len(items),
        _CHECK,
    )
    return head + b"".join(map(_item, items))


def _item(text: bytes) -> bytes:
    length = len(text)
    head = struct.pack("<4i", length, length, _CHECK if length else _CHECK_EMPTY, length)
    return head + text + bytes(-length % 4)


def _text(vr: str, value: CsaValue) -> bytes:
    """A value as the scanner prints it: integers in eight columns, decimals with eight digits."""
    if vr in ("IS", "US", "UL", "SL"):
        printed = f"{value:<8}"
    elif vr in ("FD", "DS", "FL"):
        printed = f"{value:.8f}"
    else:
        printed = str(value)
    return printed.encode("latin-1") + b"\0"


def phoenix_protocol(assignments: Iterable[tuple[str, CsaValue]]) -> str:
    """The text of MrPhoenixProtocol: a short XProtocol, then the ASCCONV assignments."""
    lines = "\n".join(f"{name}\t = \t{_assigned(value)}" for name, value in assignments)
    return (
        '<XProtocol> \n{\n  <Name> "PhoenixMetaProtocol" \n  <ID> 1000002 \n}\n'
        "### ASCCONV BEGIN object=MrProtDataImpl@MrProtocolData version=51130001"
        " converter=%MEASCONST%/ConverterList/Prot_Converter.txt ###\n"
        f"{lines}\n### ASCCONV END ###"
    )


def _assigned(value: CsaValue) -> str:
    return f'""{value}""' if isinstance(value, str) else repr(value)
