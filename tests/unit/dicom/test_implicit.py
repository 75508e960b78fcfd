"""Objects put into Implicit VR Little Endian, against pydicom's reading of both."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from ofsep_node.dicom.implicit import write_implicit
from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.errors import UnreadableObject
from tests.phantom import mr_object

# Of no length: (0029,1010) UN with an item in Implicit VR, (0008,0005) in it (PS3.5 section 6.2.2).
UNKNOWN = bytes.fromhex(
    "29001010554e0000ffffffff feff00e0ffffffff 080005000a000000 49534f5f495220313030 "
    "feff0de000000000 feffdde000000000"
)
NO_INTEGER = bytes.fromhex("200013004953") + b"\x04\x00" + b"1.x "


def converted(content: bytes) -> bytes:
    target = io.BytesIO()
    write_implicit(io.BytesIO(content), ExplicitVRLittleEndian, target)
    return target.getvalue()


def head(tmp_path: Path) -> bytes:
    content = mr_object(tmp_path / "image.dcm").read_bytes()
    return content[: data_set_offset(io.BytesIO(content))]


def test_sequences_keep_their_items(tmp_path: Path) -> None:
    image, item = dcmread(mr_object(tmp_path / "image.dcm")), Dataset()
    item.DiffusionBValue = 1000.5
    item.ReferencedImageSequence = [Dataset(), Dataset()]
    image.ReferencedImageSequence = [item, item]
    content = io.BytesIO()
    image.save_as(content)

    read = dcmread(io.BytesIO(converted(content.getvalue())), force=True)
    assert list(read) == list(image)


def test_a_value_that_breaks_the_rules_is_the_same_bytes(tmp_path: Path) -> None:
    assert converted(head(tmp_path) + NO_INTEGER) == NO_INTEGER[:4] + b"\x04\0\0\0" + b"1.x "


def test_a_sequence_of_unknown_vr_is_in_implicit_vr_already(tmp_path: Path) -> None:
    assert converted(head(tmp_path) + UNKNOWN) == UNKNOWN[:4] + UNKNOWN[8:]


def test_a_group_length_which_would_be_wrong_is_left_out(tmp_path: Path) -> None:
    group_length = bytes.fromhex("20000000554c04000c000000")
    assert converted(head(tmp_path) + group_length + NO_INTEGER) == converted(
        head(tmp_path) + NO_INTEGER
    )


@pytest.mark.parametrize(
    ("data_set", "says"),
    [
        (NO_INTEGER[:-2], "2 bytes are missing"),
        (NO_INTEGER[:5], "requires a buffer"),
        (NO_INTEGER[:4] + b"\x04\0\0\0" + b"1.x ", "has no VR of the standard"),
        (UNKNOWN.replace(b"UN", b"OB"), "has no length"),
        (UNKNOWN[:12] + NO_INTEGER, "where an item begins"),
        (UNKNOWN[:20] * 40, "bytes are missing"),
        (bytes.fromhex("feff0de000000000") + NO_INTEGER, "FFFEE00D where an element begins"),
    ],
)
def test_what_is_damaged_is_refused_with_a_reason(
    tmp_path: Path, data_set: bytes, says: str
) -> None:
    with pytest.raises(UnreadableObject, match=says):
        converted(head(tmp_path) + data_set)


def test_sequences_without_end_are_refused(tmp_path: Path) -> None:
    sequence = bytes.fromhex("0800401153510000ffffffff feff00e0ffffffff")
    with pytest.raises(UnreadableObject, match="sequences within each other"):
        converted(head(tmp_path) + sequence * 5000)
