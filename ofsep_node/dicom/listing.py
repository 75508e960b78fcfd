"""What a list of studies says of an examination, read from one of its images."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread

from ofsep_node.dicom.header import Header
from ofsep_node.dicom.inflating import inflated
from ofsep_node.dicom.rationed import rationed
from ofsep_node.domain.listing import Listing

_KEYWORDS = {
    "patient_name": "PatientName",
    "patient_birth_date": "PatientBirthDate",
    "patient_sex": "PatientSex",
    "study_id": "StudyID",
    "referring_physician_name": "ReferringPhysicianName",
}


def read_listing(path: Path) -> Listing:
    """The listing of a file's header; an empty one where nothing can be read.

    A study is recorded, judged and kept whatever its patient is called.
    """
    try:
        with path.open("rb") as stream:
            header = _header(stream)
            return Listing(**{name: header.text(k) for name, k in _KEYWORDS.items()})
    except Exception:  # noqa: BLE001 - broken bytes can stop pydicom anywhere
        return Listing()


def _header(stream: BinaryIO) -> Header:
    plain = inflated(stream) or stream
    wanted = ["SpecificCharacterSet", *_KEYWORDS.values()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(
            rationed(plain), stop_before_pixels=True, force=True, specific_tags=list(wanted)
        )
    return Header.of(dataset)
