"""Values that do not keep to the standard become facts where they can, remarks where not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from ofsep_node.dicom.header import Header, PrivateTag
from ofsep_node.dicom.reading import facts_of, read_facts
from tests.unit.dicom.made import classic, private, write


def header_of(keyword: str, vr: str | None, value: bytes) -> Header:
    """One element as pydicom leaves it after reading, plus nothing else."""
    tag = Tag(keyword)
    raw = RawDataElement(tag, vr, len(value), value, 0, vr is None, True)
    return Header({int(tag): raw})


@pytest.mark.parametrize(
    ("keyword", "vr", "value", "expected"),
    [
        ("EchoTrainLength", "IS", b"12.0", 12.0),
        ("MagneticFieldStrength", "LO", b"1.5 ", 1.5),
        ("MagneticFieldStrength", "DS", b" 3\0", 3.0),
        ("Rows", "SH", b"256 ", 256.0),
        ("Rows", "UN", b"\x00\x01", 256.0),
        ("Rows", None, b"\x00\x01", 256.0),
        ("DiffusionBValue", "DS", b"1000", 1000.0),
        ("EchoTime", "FD", b"\0\0\0\0\0\0\x08@", 3.0),
    ],
)
def test_a_number_is_read_whatever_its_vr(
    keyword: str, vr: str | None, value: bytes, expected: float
) -> None:
    header = header_of(keyword, vr, value)
    assert header.number(keyword) == expected
    assert not header.remarks


@pytest.mark.parametrize(
    ("keyword", "vr", "value"),
    [
        ("MagneticFieldStrength", "DS", b"3,0 "),
        ("MagneticFieldStrength", "DS", b"strong"),
        ("MagneticFieldStrength", "DS", b"nan "),
        ("MagneticFieldStrength", "DS", b"1e999 "),
        ("Rows", "US", b"\x00\x01\x02"),
        ("DiffusionBValue", "FD", b"\0\0\0\0"),
    ],
)
def test_what_is_no_number_is_remarked(keyword: str, vr: str, value: bytes) -> None:
    header = header_of(keyword, vr, value)
    assert header.number(keyword) is None
    tag = Tag(keyword)
    assert list(header.remarks) == [f"({tag.group:04X},{tag.elem:04X}) {keyword}: not a number"]


def test_half_a_number_is_no_whole_number() -> None:
    header = header_of("EchoTrainLength", "IS", b"12.5")
    assert header.integer("EchoTrainLength") is None
    assert list(header.remarks) == ["(0018,0091) EchoTrainLength: not a whole number"]


@pytest.mark.parametrize("value", [b"9" * 20, b"-9999999999"])
def test_what_no_whole_number_of_the_standard_can_be_is_none(value: bytes) -> None:
    header = header_of("SeriesNumber", "IS", value)
    assert header.integer("SeriesNumber") is None
    (remark,) = header.remarks
    assert remark == "(0020,0011) SeriesNumber: larger than any whole number of the standard"


def test_too_few_values_are_no_vector() -> None:
    header = header_of("PixelSpacing", "DS", b"1.0 ")
    assert header.vector("PixelSpacing", 2) is None
    assert "1 values where 2 are expected" in next(iter(header.remarks))


@pytest.mark.parametrize(
    ("charset", "encoded"),
    [
        ("ISO_IR 100", "latin-1"),
        ("ISO_IR 192", "utf-8"),
        (None, "utf-8"),
        (None, "latin-1"),
        ("ISO 8859-1", "latin-1"),
        ("nonsense", "latin-1"),
        ("ISO_IR 192", "latin-1"),
    ],
)
def test_accents_survive_any_character_set(charset: str | None, encoded: str) -> None:
    value = "moelle médullaire ".encode(encoded)
    made = header_of("SeriesDescription", "LO", value)
    elements = dict(made._elements)
    if charset is not None:
        tag = Tag("SpecificCharacterSet")
        name = charset.encode()
        elements[int(tag)] = RawDataElement(tag, "CS", len(name), name, 0, False, True)
    assert Header(elements).text("SeriesDescription") == "moelle médullaire"


B_VALUE = PrivateTag("ACME 1", 0x0019, 0x0C, "IS")


def test_a_private_block_is_found_by_its_creator() -> None:
    made = Dataset()
    private(made, "OTHER", (0x0019, 0x0C), "IS", 5)
    private(made, "ACME 1", (0x0019, 0x0C), "IS", 1000)
    assert Tag(0x0019, 0x110C) in made
    assert Header.of(made).number(B_VALUE) == 1000


def test_the_usual_block_serves_when_the_creator_is_gone() -> None:
    made = Dataset()
    made.add_new((0x0019, 0x100C), "IS", 1000)
    assert Header.of(made).number(B_VALUE) == 1000


def test_the_usual_block_does_not_serve_when_another_vendor_has_it() -> None:
    made = private(Dataset(), "OTHER", (0x0019, 0x0C), "IS", 5)
    assert Header.of(made).number(B_VALUE) is None


def test_remarks_reach_the_facts(tmp_path: Path) -> None:
    path = write(classic(ImagesInAcquisition=25), tmp_path / "image.dcm")
    content = path.read_bytes()
    at = content.index(b"\x20\x00\x02\x10IS")
    path.write_bytes(content[: at + 8] + b"ab" + content[at + 10 :])
    facts = read_facts(path)
    assert facts.acquisition.images_in_acquisition is None
    assert facts.remarks == ("(0020,1002) ImagesInAcquisition: not a number",)


def test_an_orientation_of_zeros_is_none() -> None:
    facts = facts_of(classic(ImageOrientationPatient=[0, 0, 0, 0, 0, 0]))
    assert facts.stacks[0].orientation is None
    assert facts.remarks == (
        "(0020,0037) ImageOrientationPatient: not two perpendicular directions",
    )
