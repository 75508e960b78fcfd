"""Every report is filed under the patient and study of the images, in their character set."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.valuerep import PersonName

from ofsep_node.reporting.composite import COPIED_IF_THERE, FORMATS, as_report, composite
from ofsep_node.reporting.context import Kind
from ofsep_node.reporting.making import report
from tests.unit.reporting.made import DICOM_KINDS, context, header, verdict


def made(kind: Kind, **changes: Any) -> FileDataset:
    return dcmread(io.BytesIO(report(kind, verdict(), context(**changes)).content))


def as_read(image: Dataset) -> FileDataset:
    """An image's header as it comes from a file: with the bytes of its character set."""
    content = io.BytesIO()
    image.save_as(content, implicit_vr=False, little_endian=True)
    content.seek(0)
    return dcmread(content, force=True)


@pytest.mark.parametrize("kind", DICOM_KINDS)
def test_patient_study_and_series(kind: Kind) -> None:
    dataset = made(kind)
    image, form = header(), FORMATS[kind]
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate"):
        assert dataset[keyword].value == image[keyword].value
    for keyword in ("StudyTime", "StudyID", "AccessionNumber", "StudyDescription"):
        assert dataset[keyword].value == image[keyword].value
    assert dataset.StudyInstanceUID == "1.2.3"
    assert (dataset.Modality, dataset.SOPClassUID) == (form.modality, form.sop_class_uid)
    assert (dataset.SeriesDescription, dataset.SeriesNumber) == (form.fr, form.series_number)
    assert dataset.InstanceNumber == 2
    assert (dataset.ContentDate, dataset.ContentTime) == ("20261127", "160509.000000")
    assert dataset.Manufacturer == "ofsep-node"
    assert dataset.SoftwareVersions == "0.1.0"
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "LEFÈVRE^Élodie"),
        ("ISO_IR 192", "ȘTEFĂNESCU^Ana=山田^太郎"),
        ("ISO_IR 144", "Пушкин^Анна"),
        ("ISO_IR 126", "Διονυσιος"),
        (["ISO 2022 IR 6", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("", "BUC^JEROME"),
    ],
)
def test_the_name_is_in_the_character_set_of_the_images(
    character_set: str | list[str], name: str
) -> None:
    image = as_read(
        header(SpecificCharacterSet=character_set, PatientName=name, StudyDescription="IRM")
    )
    # In English, and without a description of a series that has accents: all of it fits.
    dataset = composite("sr", verdict(), context("en", header=image))
    written = dcmread(io.BytesIO(as_report("sr", dataset).content))
    assert written.SpecificCharacterSet == image.SpecificCharacterSet
    assert written.PatientName == name
    assert written.get_item("PatientName").value == image.get_item("PatientName").value


@pytest.mark.parametrize("character_set", ["ISO_IR 100", "ISO_IR 144", "", "NO SUCH SET"])
def test_text_beyond_the_character_set_is_kept_in_unicode(character_set: str) -> None:
    image = header(SpecificCharacterSet=character_set, PatientName="Anna")
    dataset = made("sr", header=image)
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert dataset.PatientName == "Anna"
    assert "TI ≥ 1600" in {e.value for e in dataset.iterall() if e.keyword == "TextValue"}


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\\^=")),
    st.sampled_from(["ISO_IR 100", "ISO_IR 101", "ISO_IR 144", "ISO_IR 192", ""]),
)
def test_no_letter_of_a_name_is_lost(name: str, character_set: str) -> None:
    image = header(SpecificCharacterSet=character_set, PatientName=name, StudyDescription=name)
    dataset = composite("ko", verdict(), context(header=image))
    written = dcmread(io.BytesIO(as_report("ko", dataset).content))
    assert str(written.PatientName) == name
    assert (written.StudyDescription or "") == name


def test_values_against_the_rules_are_kept_as_they_are() -> None:
    image = header()
    long = "N" * 100
    image["PatientID"].value = long
    image["PatientSex"].value = "\xe9?"
    image["StudyDate"].value = "27.11.2026"
    dataset = made("ko", header=image)
    assert (dataset.PatientID, dataset.StudyDate) == (long, "27.11.2026")
    assert "PatientAge" not in dataset


def test_what_a_trial_needs_goes_along() -> None:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "113100", "DCM", "Basic"
    values: dict[str, Any] = dict.fromkeys(COPIED_IF_THERE, "1") | {
        "PatientIdentityRemoved": "YES",
        "OtherPatientIDs": ["A", "B"],
        "DeidentificationMethod": ["one", "two"],
        "DeidentificationMethodCodeSequence": [item],
        "TimezoneOffsetFromUTC": "+0100",
        "PatientBirthTime": "101010",
        "PatientAge": "025Y",
    }
    dataset = made("pdf", header=header(**values))
    for keyword, value in values.items():
        assert dataset[keyword].value == value


def test_the_name_keeps_its_parts() -> None:
    dataset = made("sr", header=header(PatientName="van der BERG^Zoé^M^Dr^PhD"))
    assert isinstance(dataset.PatientName, PersonName)
    assert dataset.PatientName.given_name == "Zoé"
    assert dataset.PatientName.name_prefix == "Dr"


@pytest.mark.parametrize(
    ("offset", "date", "time"),
    [
        ("+0100", "20261127", "160509.000000"),
        ("+0400", "20261127", "190509.000000"),
        ("+1000", "20261128", "010509.000000"),
        ("-0330", "20261127", "113509.000000"),
        ("odd", "20261127", "160509.000000"),
    ],
)
def test_all_times_of_an_object_are_in_the_zone_that_the_images_name(
    offset: str, date: str, time: str
) -> None:
    dataset = made("sr", header=header(TimezoneOffsetFromUTC=offset))
    assert dataset.TimezoneOffsetFromUTC == offset
    assert (dataset.ContentDate, dataset.ContentTime) == (date, time)
    assert (dataset.InstanceCreationDate, dataset.InstanceCreationTime) == (date, time)
