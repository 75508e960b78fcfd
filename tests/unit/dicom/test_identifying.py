"""Which attributes of a header still name a person; their values are never kept."""

from __future__ import annotations

from typing import Any

import pytest

from ofsep_node.dicom.reading import facts_of
from tests.unit.dicom.made import classic, item


@pytest.mark.parametrize(
    ("attributes", "keywords"),
    [
        ({}, ()),
        ({"PatientName": "DURAND^Élodie", "SpecificCharacterSet": "ISO_IR 192"}, ("PatientName",)),
        ({"PatientName": "OFSEP^0042", "PatientID": "ofsep-0042"}, ()),
        ({"PatientName": "OFSEP0042", "PatientID": "17"}, ("PatientName",)),
        ({"PatientName": "OFSEP0042", "PatientIdentityRemoved": "YES"}, ()),
        ({"PatientName": "Anonymous^^^^"}, ()),
        ({"PatientName": "^^^^"}, ()),
        ({"PatientBirthDate": "19830714"}, ("PatientBirthDate",)),
        ({"PatientBirthDate": "19830101"}, ()),
        ({"PatientBirthDate": "1983.07.14"}, ("PatientBirthDate",)),
        ({"PatientBirthDate": ""}, ()),
        (
            {"PatientAddress": "3 rue des Lilas", "PatientTelephoneNumbers": "0102030405"},
            ("PatientAddress", "PatientTelephoneNumbers"),
        ),
        (
            {"ReferringPhysicianName": "MARTIN^Paul", "OperatorsName": "AB"},
            ("OperatorsName", "ReferringPhysicianName"),
        ),
        ({"OtherPatientIDsSequence": item(PatientID="IPP 8000123")}, ("OtherPatientIDsSequence",)),
        ({"PatientSex": "F", "PatientAge": "041Y", "PatientWeight": 62, "PatientID": "17"}, ()),
    ],
)
def test_what_identifies(attributes: dict[str, Any], keywords: tuple[str, ...]) -> None:
    assert facts_of(classic(**attributes)).identifying == keywords


def test_no_value_is_kept() -> None:
    facts = facts_of(classic(PatientName="DURAND^Elodie", PatientBirthDate="19830714"))
    assert "DURAND" not in repr(facts)
    assert "19830714" not in repr(facts)
