"""What a request asks for, and how an answer is written."""

from __future__ import annotations

import io

import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from ofsep_node.reception.command import Status
from ofsep_node.retrieval.identifier import MOST_VALUES, Unfit, encoded, read_identifier
from ofsep_node.retrieval.keys import Level
from tests.retrieving import identifier_bytes

SYNTAXES = (ImplicitVRLittleEndian, ExplicitVRLittleEndian)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_keys_are_read_in_the_character_set_of_the_request(syntax: str) -> None:
    data = identifier_bytes(
        syntax,
        SpecificCharacterSet="ISO_IR 100",
        QueryRetrieveLevel="STUDY",
        PatientName="Élodie*",
        StudyInstanceUID="",
    )
    read = read_identifier(data, syntax)
    assert (read.level, read.all_keys) == (Level.STUDY, True)
    assert read.keys == {"PatientName": "Élodie*", "StudyInstanceUID": ""}


@pytest.mark.parametrize(
    "more", [{"PatientComments": ""}, {"SeriesDescription": ""}, {"RequestAttributesSequence": []}]
)
def test_a_key_that_is_not_known_is_said_and_one_below_the_level_is_none(
    more: dict[str, object],
) -> None:
    data = identifier_bytes(
        ImplicitVRLittleEndian, QueryRetrieveLevel="STUDY", PatientID="", **more
    )
    read = read_identifier(data, ImplicitVRLittleEndian)
    assert (list(read.keys), read.all_keys) == (["PatientID"], False)


@pytest.mark.parametrize(
    ("keys", "status"),
    [
        ({}, Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS),
        ({"QueryRetrieveLevel": "PATIENT"}, Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS),
        ({"QueryRetrieveLevel": "SERIES"}, Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS),
        (
            {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": "*"},
            Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS,
        ),
        (
            {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": ["1.2", "1.3"]},
            Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS,
        ),
        (
            {"QueryRetrieveLevel": "IMAGE", "StudyInstanceUID": "1.2"},
            Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS,
        ),
        (
            {
                "QueryRetrieveLevel": "STUDY",
                "StudyInstanceUID": [f"1.{n}" for n in range(MOST_VALUES + 1)],
            },
            Status.OUT_OF_RESOURCES,
        ),
    ],
)
def test_what_breaks_the_hierarchy_is_refused(keys: dict[str, object], status: Status) -> None:
    with pytest.raises(Unfit) as refused:
        read_identifier(identifier_bytes(ImplicitVRLittleEndian, **keys), ImplicitVRLittleEndian)
    assert refused.value.status == status
    assert refused.value.reason


@pytest.mark.parametrize("keys", [{"StudyTime": "noon"}, {"StudyDate": "20260101-2027-"}])
def test_a_date_or_time_that_is_none_is_refused(keys: dict[str, str]) -> None:
    asked = identifier_bytes(ImplicitVRLittleEndian, QueryRetrieveLevel="STUDY", **keys)
    with pytest.raises(Unfit, match="is no single") as refused:
        read_identifier(asked, ImplicitVRLittleEndian)
    assert refused.value.status == Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS


def test_a_damaged_identifier_is_not_understood() -> None:
    whole = identifier_bytes(ImplicitVRLittleEndian, QueryRetrieveLevel="STUDY", PatientID="A")
    for damaged in (whole[:-1], b"\xff" * 40):
        with pytest.raises(Unfit) as refused:
            read_identifier(damaged, ImplicitVRLittleEndian)
        assert refused.value.status == Status.CANNOT_UNDERSTAND


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("name", ["DUPONT^MARIE", "Dupré^Élodie", "山田^太郎"])
def test_answers_are_read_as_they_were_meant(syntax: str, name: str) -> None:
    told = {"PatientName": name, "StudyInstanceUID": "1.2.3", "SeriesNumber": "7", "StudyID": ""}
    data = io.BytesIO(encoded(told, syntax))
    read: Dataset = read_dataset(data, syntax == ImplicitVRLittleEndian, is_little_endian=True)
    assert {keyword: str(read.get(keyword) or "") for keyword in told} == told
    assert ("SpecificCharacterSet" in read) is not name.isascii()
    assert [e.tag for e in read] == sorted(e.tag for e in read)


def test_a_value_without_end_is_cut() -> None:
    data = encoded({"StudyDescription": "é" * 100_000}, ExplicitVRLittleEndian)
    read = read_dataset(io.BytesIO(data), is_implicit_VR=False, is_little_endian=True)
    assert 64 <= len(str(read.StudyDescription)) < 10_000
