"""The head of a DICOM file: preamble and File Meta Information (PS3.10 section 7.1).

What follows the head is the data set exactly as it came over the network.
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ofsep_node import __version__
from ofsep_node.domain.instance import LONGEST_UID
from ofsep_node.errors import UnreadableObject

IMPLEMENTATION_CLASS_UID = "2.25.167713544859334832988981199388320714057"
"""Ours, below the root for UUIDs (PS3.5 annex B.2)."""

IMPLEMENTATION_VERSION_NAME = f"OFSEPNODE_{__version__}"[:16]
"""At most 16 characters (PS3.7 annex D.3.3.2.3)."""

_PREAMBLE = bytes(128) + b"DICM"
_MOST_META_BYTES = 1 << 20
_BLOCK = 1 << 20
_VERSION = struct.pack("<HH2sHI", 0x0002, 0x0001, b"OB", 0, 2) + b"\x00\x01"
_GROUP_LENGTH = struct.Struct("<HH2sHI")
_SHORT_ELEMENT = struct.Struct("<HH2sH")
_LONG_VRS = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT"))


def _text(element: int, vr: bytes, value: str, pad: bytes) -> bytes:
    encoded = value.encode("latin-1", "replace")
    encoded += pad * (len(encoded) % 2)
    return _SHORT_ELEMENT.pack(0x0002, element, vr, len(encoded)) + encoded


_IMPLEMENTATION = _text(0x0012, b"UI", IMPLEMENTATION_CLASS_UID, b"\0") + _text(
    0x0013, b"SH", IMPLEMENTATION_VERSION_NAME, b" "
)


def file_head(
    *,
    sop_class_uid: str,
    sop_instance_uid: str,
    transfer_syntax_uid: str,
    calling_ae_title: str,
    called_ae_title: str,
) -> bytes:
    """Preamble, "DICM" and File Meta Information, in Explicit VR Little Endian.

    The UIDs are written as the sender gave them, even when they are longer than 64 characters or
    malformed: two objects whose UIDs share their first 64 characters stay two objects. A UID may
    have up to 65,534 bytes (the VR's length field).
    """
    elements = b"".join(
        (
            _VERSION,
            _text(0x0002, b"UI", sop_class_uid, b"\0"),
            _text(0x0003, b"UI", sop_instance_uid, b"\0"),
            _text(0x0010, b"UI", transfer_syntax_uid, b"\0"),
            _IMPLEMENTATION,
            _text(0x0016, b"AE", calling_ae_title, b" "),
            _text(0x0017, b"AE", calling_ae_title, b" "),
            _text(0x0018, b"AE", called_ae_title, b" "),
        )
    )
    length = _GROUP_LENGTH.pack(0x0002, 0x0000, b"UL", 4, len(elements))
    return _PREAMBLE + length + elements


def data_set_offset(file: BinaryIO) -> int:
    """Where the data set starts in a DICOM file, in bytes; the file's position is moved.

    The group length (0002,0000) is not relied upon: files of other writers lack it, or have it
    wrong. Raises UnreadableObject when the file does not start with a DICOM head.
    """
    file.seek(0)
    if file.read(132)[128:] != b"DICM":
        raise UnreadableObject(_message(file, "has no DICM at byte 128; is it a DICOM file?"))
    return meta_end(file, 132)


def data_set_digest(path: Path, beat: Callable[[], None] = lambda: None) -> str:
    """SHA-256 of the data set's bytes, in hexadecimal; the file meta information is left out.

    The meta information names the association's peers, so that the same object sent twice may
    differ there. Memory does not grow with the object; `beat` is called with every megabyte.
    Raises UnreadableObject, OSError.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(data_set_offset(file))
        while block := file.read(_BLOCK):
            digest.update(block)
            beat()
    return digest.hexdigest()


def meta_end(file: BinaryIO, start: int) -> int:
    """Where the File Meta Information that starts at byte `start` ends, in bytes.

    `start` itself when there is none; the file's position is moved. Raises UnreadableObject when
    one of its elements is damaged, or when it has no end within a megabyte.
    """
    offset = file.seek(start)
    while (length := _meta_element_length(file)) is not None:
        offset = file.seek(offset + length)
        if offset > start + _MOST_META_BYTES:
            raise UnreadableObject(_message(file, "has a File Meta Information without end"))
    return offset


def announced_sop_instance_uid(file: BinaryIO) -> str | None:
    """Media Storage SOP Instance UID (0002,0003): what the sender said that it sends.

    None when the head does not say, or says what is too long to be looked for; what follows the
    head may be broken.
    """
    file.seek(0)
    if file.read(132)[128:] != b"DICM":
        return None
    offset = 132
    with contextlib.suppress(UnreadableObject):
        while (length := _meta_element_length(file)) is not None:
            file.seek(offset)
            element = file.read(length)
            if element[2:4] == b"\x03\x00":
                announced = element[8:].rstrip(b"\0 ").decode("latin-1")
                return announced if 0 < len(announced) <= LONGEST_UID else None
            offset = file.seek(offset + length)
    return None


def _meta_element_length(file: BinaryIO) -> int | None:
    """Length in bytes of the group 0002 element at the file's position, None at its end."""
    head = file.read(12)
    if len(head) < 8 or head[:2] != b"\x02\x00":
        return None
    if head[4:6] not in _LONG_VRS:
        return 8 + int.from_bytes(head[6:8], "little")
    length = int.from_bytes(head[8:12], "little")
    if len(head) < 12 or length > _MOST_META_BYTES:
        raise UnreadableObject(_message(file, "has a damaged File Meta Information (group 0002)"))
    return 12 + length


def _message(file: BinaryIO, what: str) -> str:
    return f"{getattr(file, 'name', 'The file')} {what}"
