"""Whether a header still says who the patient is, or who looked after them.

Only the keywords are kept, never the values. The attributes are those of PS3.15 Table E.1-1
that name a person or reach one, and that the basic profile removes or empties (X, Z or D).
"""

from __future__ import annotations

import re

from ofsep_node.dicom.header import Header

PERSONAL = (
    "PatientBirthName",
    "PatientMotherBirthName",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "PatientTelecomInformation",
    "OtherPatientIDs",
    "OtherPatientNames",
    "MedicalRecordLocator",
    "ResponsiblePerson",
    "ReferringPhysicianName",
    "ReferringPhysicianAddress",
    "ReferringPhysicianTelephoneNumbers",
    "ConsultingPhysicianName",
    "PhysiciansOfRecord",
    "PerformingPhysicianName",
    "NameOfPhysiciansReadingStudy",
    "RequestingPhysician",
    "ScheduledPerformingPhysicianName",
    "OperatorsName",
)
"""Identifying whatever their value."""

_DUMMY = re.compile(
    r"(anon\w*|de ?identif\w*|removed|redacted|retire|masque|none|no name|unknown|inconnu|x+|0+)+"
)
"""What de-identification writes in place of a value."""

_FIRST_OF_JANUARY = "0101"
"""A birth date of which only the year is kept is written as the year's first day."""


def identifying_of(header: Header) -> tuple[str, ...]:
    """Keywords of the attributes that identify a person, sorted."""
    found = [keyword for keyword in PERSONAL if _says(header, keyword)]
    found += ["PatientName"] if _names_the_patient(header) else []
    found += ["PatientBirthDate"] if _tells_the_birthday(header) else []
    found += ["OtherPatientIDsSequence"] if _has_other_ids(header) else []
    return tuple(sorted(found))


def _says(header: Header, keyword: str) -> bool:
    plain = _plain(header.text(keyword))
    return bool(plain) and _DUMMY.fullmatch(plain) is None


def _names_the_patient(header: Header) -> bool:
    """A pseudonym cannot be told from a name, but for the header's own word."""
    if header.text("PatientIdentityRemoved") == "YES" or not _says(header, "PatientName"):
        return False
    return _plain(header.text("PatientName")) != _plain(header.text("PatientID"))


def _tells_the_birthday(header: Header) -> bool:
    written = re.sub(r"\D", "", header.text("PatientBirthDate") or "")
    return len(written) == 8 and written[4:] != _FIRST_OF_JANUARY


def _has_other_ids(header: Header) -> bool:
    return any(_says(item, "PatientID") for item in header.items("OtherPatientIDsSequence"))


def _plain(written: str | None) -> str:
    """Lower case, with the signs that separate the parts of a name as spaces."""
    return re.sub(r"[\s^=\\,._-]+", " ", written or "").strip().lower()
