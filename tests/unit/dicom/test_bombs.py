"""Headers made to fill the memory, the stack or the day of whoever reads them."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from ofsep_node.dicom import inflating, pixels, rationed
from ofsep_node.dicom.elements import items_of
from ofsep_node.dicom.header import Header
from ofsep_node.dicom.part10 import file_head, meta_end
from ofsep_node.dicom.reading import read_facts
from ofsep_node.errors import UnreadableObject

EXPLICIT, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
MEGABYTE = 1 << 20

_UNDEFINED = 0xFFFFFFFF
REQUEST = struct.pack("<HH2sHI", 0x0040, 0x0275, b"SQ", 0, _UNDEFINED)
PRIVATE = struct.pack("<HH2sHI", 0x0029, 0x1010, b"SQ", 0, _UNDEFINED)
ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, _UNDEFINED)
EMPTY_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


IDENTIFIED = b"".join(
    element(tag, b"UI", uid)
    for tag, uid in (
        (0x00080016, b"1.2.840.10008.5.1.4.1.1.4\0"),
        (0x00080018, b"1.2.3.4\0"),
        (0x0020000D, b"1.2.3\0"),
        (0x0020000E, b"1.2.3.5\0"),
    )
)


def file_of(folder: Path, data_set: bytes, syntax: str = EXPLICIT) -> Path:
    head = file_head(
        sop_class_uid="1.2.840.10008.5.1.4.1.1.4",
        sop_instance_uid="1.2.3.4",
        transfer_syntax_uid=syntax,
        calling_ae_title="A",
        called_ae_title="B",
    )
    path = folder / "bomb.dcm"
    path.write_bytes(head + data_set)
    return path


def many_elements(count: int) -> bytes:
    return b"".join(
        struct.pack("<HH2sH", 0x0029 + 2 * (n >> 16), n & 0xFFFF, b"LO", 0) for n in range(count)
    )


BOMBS: dict[str, Callable[[], bytes]] = {
    "nested sequences": lambda: IDENTIFIED + (PRIVATE + ITEM) * 50_000,
    "nested sequences that close": lambda: (
        IDENTIFIED
        + (PRIVATE + ITEM) * 50_000
        + (struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + SEQUENCE_END) * 50_000
    ),
    "empty items of a private sequence": lambda: (
        IDENTIFIED + PRIVATE + EMPTY_ITEM * 300_000 + SEQUENCE_END
    ),
    "empty items of a sequence that is read": lambda: (
        IDENTIFIED + REQUEST + EMPTY_ITEM * 300_000 + SEQUENCE_END
    ),
    "more elements than a header has": lambda: IDENTIFIED + many_elements(60_000),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_unreadable_and_fills_no_memory(
    bomb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rationed, "RATION", rationed.RATION // 100)  # as bad, and faster
    path = file_of(tmp_path, BOMBS[bomb]())
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableObject, match=r"truncated|damaged|more elements"):
            read_facts(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * MEGABYTE


def test_a_sequence_of_defined_length_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rationed, "RATION", 90_000)
    value = EMPTY_ITEM * 20_000
    sequence = RawDataElement(BaseTag(0x00400275), "SQ", len(value), value, 0, False, True)
    with pytest.raises((OSError, rationed.TooManyParts)):  # pydicom wraps some of what stops it
        items_of(sequence, ["utf_8"])


def test_a_deflated_bomb_takes_no_more_than_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflating, "MOST_BYTES", 16 * MEGABYTE)
    deflating = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    bomb = deflating.compress(IDENTIFIED + bytes(60 * MEGABYTE)) + deflating.flush()
    path = file_of(tmp_path, bomb, DEFLATED)
    assert path.stat().st_size < MEGABYTE
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableObject, match="inflates to more than 16 MiB"):
            read_facts(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * MEGABYTE


def test_fragments_without_end_are_not_counted_for_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixels, "_MOST_FRAGMENTS", 1_000)
    pixel_data = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, _UNDEFINED)
    path = file_of(tmp_path, IDENTIFIED + pixel_data + EMPTY_ITEM * 2_000 + SEQUENCE_END)
    with pytest.raises(UnreadableObject, match="have no end"):
        read_facts(path)


def test_file_meta_information_without_end(tmp_path: Path) -> None:
    path = file_of(tmp_path, element(0x00020003, b"UI", bytes(60_000)) * 20 + IDENTIFIED)
    with path.open("rb") as file, pytest.raises(UnreadableObject, match="without end"):
        meta_end(file, 132)


def test_a_list_of_numbers_that_long_is_none() -> None:
    value = b"\\".join([b"1.5"] * 20_000)
    spacing = RawDataElement(BaseTag(0x00280030), None, len(value), value, 0, True, True)
    header = Header({0x00280030: spacing})
    assert header.numbers("PixelSpacing") == ()
    assert header.texts("PixelSpacing") == ()
    assert any("PixelSpacing" in remark for remark in header.remarks)
