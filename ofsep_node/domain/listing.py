"""What a list of studies says of an examination, and the judge does not ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listing:
    """Attributes of patient and study (PS3.3 C.7.1.1, C.7.2.1) by which people look for a study.

    They name a person: they are in the records, and neither in the facts nor in the log.
    """

    patient_name: str | None = None
    patient_birth_date: str | None = None  # YYYYMMDD
    patient_sex: str | None = None
    study_id: str | None = None
    referring_physician_name: str | None = None
