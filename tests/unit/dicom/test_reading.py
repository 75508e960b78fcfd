"""Files as they come: whole, truncated, deflated, without preamble, or not DICOM at all."""

from __future__ import annotations

import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from ofsep_node.dicom.reading import facts_of, read_facts
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.errors import UnreadableObject
from tests.unit.dicom.made import classic, dataset, private, write


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
def test_every_encoding_gives_the_facts_of_the_data_set(tmp_path: Path, syntax: str) -> None:
    made = classic(SOPInstanceUID="1.2.3.1.1.1", AcquisitionMatrix=[8, 0, 0, 6])
    read = read_facts(write(made, tmp_path / "image.dcm", syntax=syntax))
    assert read == facts_of(made)
    assert read.transfer_syntax_uid == syntax
    assert read.acquisition.acquisition_matrix == (8, 6)


def test_without_preamble_and_meta(tmp_path: Path) -> None:
    made = classic()
    made.PixelData = bytes(128)
    path = tmp_path / "bare.dcm"
    made.save_as(path, implicit_vr=True, little_endian=True)
    assert not path.read_bytes().startswith(bytes(128))
    assert read_facts(path).volumes == facts_of(classic()).volumes


@pytest.mark.parametrize("content", [b"", b"x", b"#!/bin/sh\necho hello\n" * 20, bytes(4096)])
def test_not_dicom(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(UnreadableObject, match=r"notes\.txt: not a DICOM"):
        read_facts(path)


def test_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableObject, match=r"gone\.dcm: No such file"):
        read_facts(tmp_path / "gone.dcm")


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
def test_without_an_identifying_uid(tmp_path: Path, keyword: str) -> None:
    made = classic()
    del made[keyword]
    if keyword == "SOPInstanceUID":
        with pytest.raises(UnreadableObject, match=keyword):
            facts_of(made)
        return
    with pytest.raises(UnreadableObject, match=rf"image\.dcm: the header has no {keyword}"):
        read_facts(write(made, tmp_path / "image.dcm"))


def test_no_truncation_goes_unseen(tmp_path: Path) -> None:
    path = write(classic(), tmp_path / "image.dcm")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(UnreadableObject, match=r"image\.dcm"):
            read_facts(path)


def test_pixel_data_shorter_than_the_image(tmp_path: Path) -> None:
    path = write(classic(), tmp_path / "image.dcm", pixels=bytes(100))
    with pytest.raises(UnreadableObject, match="ask for 128 bytes of pixel data, 100 are there"):
        read_facts(path)


def test_encapsulated_pixels_without_end(tmp_path: Path) -> None:
    made = classic()
    made.PixelData = encapsulate([b"\x01\x02\x03\x04" * 8])
    made["PixelData"].is_undefined_length = True
    path = write(made, tmp_path / "image.dcm", syntax=JPEG2000Lossless, pixels=made.PixelData)
    assert read_facts(path).volumes[0].frames == 1
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(UnreadableObject, match="have no end"):
        read_facts(path)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_an_mr_image_without_pixels_is_not_whole(tmp_path: Path, syntax: str) -> None:
    path = write(classic(Rows=None, Columns=None), tmp_path / "image.dcm", syntax=syntax)
    with pytest.raises(UnreadableObject, match="no pixel data"):
        read_facts(path)


def test_deflated_pixels_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    write(classic(), path, syntax=DeflatedExplicitVRLittleEndian, pixels=bytes(100))
    with pytest.raises(UnreadableObject, match="ask for 128 bytes of pixel data, 100 are there"):
        read_facts(path)


def test_no_truncation_of_what_is_deflated_goes_unseen(tmp_path: Path) -> None:
    path = write(classic(), tmp_path / "image.dcm", syntax=DeflatedExplicitVRLittleEndian)
    whole = path.read_bytes()
    for length in range(len(whole) - 1):  # the last byte may be padding
        path.write_bytes(whole[:length])
        with pytest.raises(UnreadableObject, match=r"image\.dcm"):
            read_facts(path)


def test_inflation_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ofsep_node.dicom.inflating.MOST_BYTES", 1 << 20)
    path = tmp_path / "image.dcm"
    write(classic(), path, syntax=DeflatedExplicitVRLittleEndian, pixels=bytes(1 << 21))
    assert path.stat().st_size < 1 << 16
    with pytest.raises(UnreadableObject, match=r"image\.dcm: inflates to more than 1 MiB"):
        read_facts(path)


def test_what_is_large_and_private_stays_in_the_file(tmp_path: Path) -> None:
    made = private(classic(), "ACME", (0x0099, 0x01), "OB", bytes(32 << 20))
    path = write(made, tmp_path / "image.dcm")
    tracemalloc.start()
    facts = read_facts(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert facts.stacks[0].slice_thickness_mm == 3.0
    assert peak < 8 << 20
    path.write_bytes(path.read_bytes()[: 16 << 20])
    with pytest.raises(UnreadableObject, match="no pixel data"):
        read_facts(path)


@pytest.mark.parametrize(
    ("keyword", "seen"),
    [
        ("SliceThickness", lambda f: f.stacks[0].slice_thickness_mm),
        ("EchoTime", lambda f: f.volumes[0].echo_time_ms),
        ("RepetitionTime", lambda f: f.acquisition.repetition_time_ms),
    ],
)
@pytest.mark.parametrize("value", [0, -1.5])
def test_what_means_nothing_at_zero_is_none(
    keyword: str, seen: Callable[[InstanceFacts], object], value: float
) -> None:
    facts = facts_of(classic(**{keyword: value}))
    assert seen(facts) is None
    assert [r.endswith(f"{keyword}: not positive") for r in facts.remarks] == [True]


@pytest.mark.parametrize(
    "sop_class",
    [
        "1.2.840.10008.5.1.4.1.1.88.22",
        "1.2.840.10008.5.1.4.1.1.66",
        "1.2.840.10008.5.1.4.1.1.11.1",
        "1.2.840.10008.5.1.4.1.1.4.2",
        "1.3.12.2.1107.5.9.1",
        "1.3.46.670589.11.0.0.12.1",
    ],
)
def test_what_is_no_image_has_no_volumes(tmp_path: Path, sop_class: str) -> None:
    made = classic(SOPClassUID=sop_class)
    path = write(made, tmp_path / "object.dcm")
    facts = read_facts(path)
    assert facts.sop_class_uid == sop_class
    assert facts.volumes == ()
    assert facts.stacks == ()
    assert facts.acquisition.modality == "MR"


def test_a_report_without_pixels_is_read(tmp_path: Path) -> None:
    made = classic(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.22", Rows=None, Columns=None)
    path = write(made, tmp_path / "report.dcm")
    assert read_facts(path).series_instance_uid == made.SeriesInstanceUID
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(UnreadableObject, match="truncated"):
        read_facts(path)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"AcquisitionDateTime": "20250314101530.25"}, "20250314101530.250000"),
        ({"AcquisitionDateTime": "20250314101530.123456+0100"}, "20250314101530.123456"),
        ({"AcquisitionDate": "20250314", "AcquisitionTime": "1015"}, "20250314101500.000000"),
        ({"AcquisitionDate": "20250314", "AcquisitionTime": "101530.5"}, "20250314101530.500000"),
        ({"AcquisitionTime": "101530"}, None),
        ({"AcquisitionDate": "20250314"}, None),
        ({"SeriesDate": "20250314", "SeriesTime": "101530"}, None),
    ],
)
def test_acquired_at_sorts_as_text(attributes: dict[str, str], expected: str | None) -> None:
    assert facts_of(classic(**attributes)).acquired_at == expected


def test_nothing_is_warned_of(tmp_path: Path) -> None:
    made = classic(SeriesDescription="é" * 80)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.SOPInstanceUID = "1.2.3." + "4" * 70
        path = write(made, tmp_path / "image.dcm")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_facts(path).sop_instance_uid.endswith("4" * 70)


def _attributes_of_a_whole_image() -> list[str]:
    kept = {"SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"}
    return sorted({keyword_for_tag(tag) for tag in classic().keys()} - kept)  # noqa: SIM118


@pytest.mark.parametrize("keyword", _attributes_of_a_whole_image())
@pytest.mark.parametrize("how", ["blank", "deleted"])
def test_a_missing_attribute_is_none(keyword: str, how: str) -> None:
    made = classic()
    if how == "blank":
        made[keyword].value = None
    else:
        del made[keyword]
    facts = facts_of(made)
    assert facts.remarks == ()
    fields: dict[str, Callable[[], object]] = {
        "EchoTime": lambda: facts.volumes[0].echo_time_ms,
        "RepetitionTime": lambda: facts.acquisition.repetition_time_ms,
        "SliceThickness": lambda: facts.stacks[0].slice_thickness_mm,
        "PixelSpacing": lambda: facts.stacks[0].pixel_spacing_mm,
        "ImageOrientationPatient": lambda: facts.stacks[0].orientation,
        "MagneticFieldStrength": lambda: facts.acquisition.magnetic_field_strength_t,
        "SeriesNumber": lambda: facts.acquisition.series_number,
        "MRAcquisitionType": lambda: facts.acquisition.mr_acquisition_type,
        "InstanceNumber": lambda: facts.instance_number,
    }
    if keyword in fields:
        assert fields[keyword]() is None
    if keyword == "ImagePositionPatient":
        assert facts.stacks[0].positions_mm == ()
    if keyword in ("Rows", "Columns"):
        assert facts.volumes == ()


def test_an_object_with_nothing_but_uids() -> None:
    made = dataset(SOPClassUID="1.2.840.10008.5.1.4.1.1.4", SOPInstanceUID="1.2")
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.3", "1.4"
    facts = facts_of(made)
    assert (facts.volumes, facts.remarks, facts.acquired_at) == ((), (), None)


def test_a_data_set_that_is_no_object() -> None:
    with pytest.raises(UnreadableObject, match="it has no UIDs"):
        facts_of(Dataset())
