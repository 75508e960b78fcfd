"""The lean reader against pydicom: the same facts, or pydicom's own answer."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from ofsep_node.dicom import reading
from ofsep_node.dicom.elements import elements_of
from ofsep_node.dicom.lean import MOST_READ, LeanElements, lean_header, lean_items
from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.sop_classes import MR_IMAGE
from ofsep_node.errors import UnreadableObject
from tests.modality import as_unknown
from tests.unit.dicom.made import classic, private, write

HERE = Path("image.dcm")
SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)


def outcome(read: Any, content: bytes) -> Any:
    """Facts and what is missing, or the words of the refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read(io.BytesIO(content), HERE)
        except UnreadableObject as error:
            return str(error)


def both(content: bytes) -> tuple[Any, Any]:
    return outcome(reading._facts_in, content), outcome(reading._facts_by_pydicom, content)


def encoded(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(MR_IMAGE)
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    file = io.BytesIO()
    little = syntax != ExplicitVRBigEndian
    if not little and "PixelData" in dataset:
        dataset["PixelData"].VR = "OW"
    made = FileDataset(file, dataset, preamble=bytes(128), file_meta=meta, is_little_endian=little)
    dcmwrite(file, made, enforce_file_format=True)
    return file.getvalue()


def image(**attributes: Any) -> Dataset:
    made = classic(**{"SOPInstanceUID": "1.2.3.1.1.1"} | attributes)
    made.PixelData = bytes(2 * 8 * 8)
    return made


# --- real headers


@pytest.mark.slow
def test_every_real_header_gives_the_same_facts(real_dicom: Path) -> None:
    lean = 0
    for path in sorted(real_dicom.glob("*/*/*.dcm")):
        content = path.read_bytes()
        ours, theirs = both(content)
        assert ours == theirs, path
        header = lean_header(io.BytesIO(content))
        classic_image = not isinstance(theirs, str) and theirs[0].sop_class_uid == MR_IMAGE
        assert (header is not None) == classic_image, path
        lean += header is not None
    assert lean > 1000


# --- headers of every shape

TEXT = st.text("ABC déf-\\^", max_size=12)
NUMBERS = st.lists(st.integers(0, 65535), max_size=4)
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "SeriesDescription": st.text("abc T1é", max_size=20),
    "ImageComments": st.text("abc", max_size=40000),
    "EchoTime": st.floats(0.5, 400).map(lambda v: round(v, 3)),
    "AcquisitionMatrix": st.lists(st.integers(0, 512), min_size=4, max_size=4),
    "DiffusionBValue": st.floats(0, 3000),
    "ContrastBolusAgent": st.sampled_from(["", "NONE", "Dotarem 14ml"]),
    "SmallestImagePixelValue": st.integers(0, 100),
}


@st.composite
def datasets(draw: st.DrawFn, depth: int = 2) -> Dataset:
    """Items of a sequence, with sequences of either length in them."""
    made = Dataset()
    for keyword, values in PLAIN.items():
        if draw(st.booleans()):
            setattr(made, keyword, draw(values))
    if depth and draw(st.booleans()):
        items = draw(st.lists(datasets(depth - 1), max_size=3))
        for item in items:
            item.is_undefined_length_sequence_item = draw(st.booleans())
        made.ReferencedImageSequence = Sequence(items)
        made["ReferencedImageSequence"].is_undefined_length = draw(st.booleans())
    if draw(st.booleans()):
        block = made.private_block(0x2005, "ACME MR", create=True)
        block.add_new(0x10, "LO", draw(st.text("abc", max_size=10)))
        block.add_new(0x11, "OB", draw(st.binary(max_size=64)))
        if depth and draw(st.booleans()):
            block.add_new(0x12, "SQ", Sequence(draw(st.lists(datasets(depth - 1), max_size=2))))
            made[block.get_tag(0x12)].is_undefined_length = draw(st.booleans())
    return made


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """An image whose header holds such a data set."""
    made = image(SpecificCharacterSet=draw(st.sampled_from(["ISO_IR 100", "ISO_IR 192"])))
    for element in draw(datasets()):
        made.add(element)
    return encoded(made, draw(st.sampled_from(SYNTAXES)))


def same_elements(ours: LeanElements, theirs: Dataset) -> None:
    expected = elements_of(theirs)
    assert sorted(ours) == sorted(expected)
    for tag, element in expected.items():
        mine = ours[tag]
        if isinstance(element, RawDataElement) and element.VR != "SQ":
            assert (mine.VR, mine.value or b"") == (element.VR, element.value or b"")
        elif theirs[tag].VR == "SQ":
            assert isinstance(mine, RawDataElement)
            items = lean_items(mine)
            assert items is not None
            assert len(items) == len(theirs[tag].value)
            for item, dataset in zip(items, theirs[tag].value, strict=True):
                same_elements(item, dataset)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_every_element_is_the_one_that_pydicom_finds(content: bytes) -> None:
    header = lean_header(io.BytesIO(content))
    assert header is not None
    same_elements(header.elements, dcmread(io.BytesIO(content), stop_before_pixels=True))
    ours, theirs = both(content)
    assert ours == theirs


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files(), st.data())
def test_damage_gives_no_other_facts(content: bytes, data: st.DataObject) -> None:
    """Where pydicom still reads the damaged file, the lean reader reads the same or leaves it."""
    at = data.draw(st.integers(132, len(content) - 1))
    byte = data.draw(st.integers(0, 255))
    ours, theirs = both(content[:at] + bytes([byte]) + content[at + 1 :])
    assert ours == theirs or isinstance(theirs, str)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_cut_short_anywhere_it_says_what_pydicom_says(syntax: str) -> None:
    content = encoded(image(ReferencedImageSequence=[Dataset()]), syntax)
    for length in range(132, len(content)):
        ours, theirs = both(content[:length])
        assert ours == theirs, length


# --- what is left to pydicom


@pytest.mark.parametrize(
    ("made", "lean"),
    [
        (encoded(image()), True),
        (encoded(image(), ImplicitVRLittleEndian), True),
        (encoded(image(), ExplicitVRBigEndian), True),
        (encoded(classic()), False),
        (encoded(image(), DeflatedExplicitVRLittleEndian), False),
        (encoded(image(SharedFunctionalGroupsSequence=[Dataset()])), False),
        (encoded(image()).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0"), False),
        (encoded(image()).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.1130.1.2.01\0"), False),
        (encoded(image()).replace(b"\x18\x00\x50\x00DS", b"\x18\x00\x50\x00??"), False),
        (encoded(image())[132:], False),
        (b"", False),
    ],
    ids=[
        *("explicit", "implicit", "big endian", "no pixels", "deflated", "enhanced"),
        *("another syntax than it says", "private syntax", "no such VR", "no head", "nothing"),
    ],
)
def test_what_is_plainly_written_is_read_lean(made: bytes, lean: bool) -> None:
    stream = io.BytesIO(made)
    assert (lean_header(stream) is not None) == lean
    if not lean:
        assert stream.tell() == 0


def test_encapsulated_pixels_stand_after_an_explicit_header() -> None:
    made = image()
    made.PixelData = (
        b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x04\0\0\0abcd\xfe\xff\xdd\xe0\0\0\0\0"
    )
    made["PixelData"].is_undefined_length = True
    made["PixelData"].VR = "OB"
    ours, theirs = both(encoded(made, JPEG2000Lossless))
    assert ours == theirs
    assert ours[1] is None


def test_a_sequence_of_unknown_kind_is_written_implicitly() -> None:
    agent = Dataset()
    agent.CodeValue, agent.CodeMeaning = "C-B03E4", "Gadolinium"
    for nested in (agent, Dataset()):
        nested.ReferencedImageSequence = Sequence([Dataset()])
        made = encoded(image()).partition(b"\xe0\x7f\x10\x00OW")
        content = made[0] + as_unknown(0x00180012, nested) + made[1] + made[2]
        assert lean_header(io.BytesIO(content)) is not None
        ours, theirs = both(content)
        assert ours == theirs


def test_a_header_beyond_the_first_read_is_read_on(tmp_path: Path) -> None:
    long = private(image(), "ACME", (0x0099, 0x01), "OB", bytes(400_000))
    assert lean_header(io.BytesIO(encoded(long))) is not None
    path = write(
        private(image(), "ACME", (0x0099, 0x01), "OB", bytes(MOST_READ)), tmp_path / "a.dcm"
    )
    with path.open("rb") as stream:
        assert lean_header(stream) is None
    assert read_facts(path).stacks[0].slice_thickness_mm == 3.0


def test_deep_nesting_is_left_to_pydicom() -> None:
    made = Dataset()
    for _ in range(40):
        outer = Dataset()
        outer.ReferencedImageSequence = Sequence([made])
        outer["ReferencedImageSequence"].is_undefined_length = True
        made.is_undefined_length_sequence_item = True
        made = outer
    nested = image()
    nested.ReferencedImageSequence = made.ReferencedImageSequence
    nested["ReferencedImageSequence"].is_undefined_length = True
    content = encoded(nested)
    assert lean_header(io.BytesIO(content)) is None
    ours, theirs = both(content)
    assert ours == theirs
