"""Objects made to break whoever reads them: kept, whatever they are, and the next one is judged."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import pytest

from ofsep_node.dicom.part10 import data_set_offset, file_head
from tests.intake_node import IntakeNode, t1_slice

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
PIXELS = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, 512)


def body() -> bytes:
    file = t1_slice(1)
    return file[data_set_offset(io.BytesIO(file)) :]


def before_the_pixels(inserted: bytes) -> bytes:
    head, pixels = body().split(PIXELS)
    return head + inserted + PIXELS + pixels


def explicit(tag: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def long(tag: int, vr: bytes, length: int, value: bytes = b"") -> bytes:
    return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, length) + value


def implicit_with_a_long_spacing() -> bytes:
    """PixelSpacing (DS) of ten megabytes: only an implicit VR has room for its length."""
    spacing = b"1.0\\" * 2_500_000
    uids = ((0x00080016, MR_IMAGE), (0x00080018, "1.2.3"), (0x0020000D, "1.2"), (0x0020000E, "1.3"))
    elements = [(tag, uid.encode() + b"\0" * (len(uid) % 2)) for tag, uid in uids]
    elements.append((0x00280030, spacing))
    return b"".join(
        struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value for tag, value in elements
    )


def replaced(old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert old in body()
    return body().replace(old, new)


ATTACKS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an element twice": (EXPLICIT, lambda: before_the_pixels(explicit(0x00280010, b"US", b"\1\0") * 3)),
    "a length past the end": (EXPLICIT, lambda: before_the_pixels(long(0x00291010, b"OB", 0xFFFFFFF0))),
    "a length past all integers": (EXPLICIT, lambda: before_the_pixels(long(0x00291010, b"UT", 0xFFFFFFFE))),
    "an odd length": (EXPLICIT, lambda: before_the_pixels(explicit(0x00291010, b"LO", b"abc"))),
    "a name in no character set": (EXPLICIT, lambda: replaced(b"PN\x0c\0Secret^Name ", b"PN\x0c\0\xff\xfe\0\x1b$B\xff\xff\0\0\0\0")),
    "NaN and infinity": (EXPLICIT, lambda: before_the_pixels(explicit(0x00189087, b"FD", struct.pack("<2d", float("nan"), float("-inf"))))),
    "numbers beyond a float": (EXPLICIT, lambda: before_the_pixels(explicit(0x00280030, b"DS", b"1e999999\\-1e308"))),
    "a character set nobody knows": (EXPLICIT, lambda: before_the_pixels(explicit(0x00080005, b"CS", b"ISO 2022 IR 999\\KLINGON"))),
    "NUL within a text": (EXPLICIT, lambda: replaced(b"3D T1 SAG", b"3D\0T1\0SAG")),
    "half a surrogate": (EXPLICIT, lambda: replaced(b"3D T1 SAG", b"3D \xed\xa0\x80SAG")),
    "an unknown VR": (EXPLICIT, lambda: before_the_pixels(struct.pack("<HH2sH", 0x0029, 0x1010, b"ZZ", 4) + b"abcd")),
    "nested past all bounds": (EXPLICIT, lambda: before_the_pixels((long(0x00291010, b"SQ", 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)) * 20_000)),
    "a number of ten megabytes": (IMPLICIT, implicit_with_a_long_spacing),
    "deflated nonsense": (DEFLATED, lambda: zlib.compress(body())),
    "noise": (EXPLICIT, lambda: bytes((n * 197 + n // 251) % 256 for n in range(50_000))),
}  # fmt: skip


def file_of(syntax: str, data_set: bytes) -> bytes:
    head = file_head(
        sop_class_uid=MR_IMAGE,
        sop_instance_uid="1.2.3",
        transfer_syntax_uid=syntax,
        calling_ae_title="A",
        called_ae_title="B",
    )
    return head + data_set


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_kept_and_the_next_object_is_judged(node: IntakeNode, attack: str) -> None:
    syntax, data_set = ATTACKS[attack]
    content = file_of(syntax, data_set())
    node.send(content, t1_slice(2, series=2))
    node.wait(61)

    outcomes = node.outcomes()
    assert sum(outcomes.values()) == 2
    assert set(outcomes) <= {"stored", "unreadable"}
    assert node.waiting() == []
    kept = [*node.archive.rglob("*.dcm"), *node.quarantine.rglob("*.dcm")]
    assert content in [path.read_bytes() for path in kept]
    assert node.events("study.verdict")
    reasons = [path.read_text(encoding="utf-8") for path in node.quarantine.rglob("*.txt")]
    assert not any("an error in this program" in reason for reason in reasons)
