"""What every DICOM report has in common: whose it is, which study's, in which series, made by what.

Patient and study are those of the images, letter by letter: a report under another spelling of the
name would be filed under another patient.
"""

from __future__ import annotations

import io
import warnings
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, tzinfo

from pydicom import config
from pydicom.charset import convert_encodings
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.uid import UID, ExplicitVRLittleEndian
from pydicom.valuerep import PersonName

from ofsep_node.dicom.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from ofsep_node.domain.verdict import Verdict
from ofsep_node.reporting.context import Kind, Report, ReportContext
from ofsep_node.reporting.naming import report_uid, series_uid

SOFTWARE = "ofsep-node"
"""Manufacturer, model and observer of every report."""

MEDIA_TYPE = "application/dicom"


@dataclass(frozen=True, slots=True)
class Format:
    """The SOP class of a kind of report, and what its series is called in a list of series."""

    sop_class_uid: str
    modality: str
    series_number: int
    en: str
    fr: str


_STORAGE = "1.2.840.10008.5.1.4.1.1"
FORMATS: dict[Kind, Format] = {
    "sr": Format(f"{_STORAGE}.88.33", "SR", 9901, "OFSEP conformance report", "Conformité OFSEP"),
    "pdf": Format(f"{_STORAGE}.104.1", "DOC", 9902, "OFSEP conformance (PDF)", "Conformité OFSEP (PDF)"),
    "sc": Format(f"{_STORAGE}.7", "OT", 9903, "OFSEP conformance (page)", "Conformité OFSEP (page)"),
    "ko": Format(f"{_STORAGE}.88.59", "KO", 9904, "OFSEP quality issues", "Défauts de qualité OFSEP"),
}  # fmt: skip
"""Comprehensive SR, Encapsulated PDF, Secondary Capture, Key Object Selection (PS3.4 B.5).

The numbers are beyond those that scanners give to series, so that reports come last in a list.
"""

COPIED_IF_THERE = (
    "IssuerOfPatientID",
    "PatientBirthTime",
    "OtherPatientIDs",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "StudyDescription",
    "ClinicalTrialSponsorName",
    "ClinicalTrialProtocolID",
    "ClinicalTrialProtocolName",
    "ClinicalTrialSiteID",
    "ClinicalTrialSiteName",
    "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID",
    "TimezoneOffsetFromUTC",
)
"""Attributes of patient, study and clinical trial (PS3.3 C.7.1, C.7.2), where the images have them."""

COPIED_OR_EMPTY = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
)
"""Those of type 2: empty where the images do not have them."""

HEADER_KEYWORDS = ("SpecificCharacterSet", *COPIED_OR_EMPTY, *COPIED_IF_THERE)
"""What is read of an image."""

UNICODE = "ISO_IR 192"
_TEXT_VRS = frozenset({"SH", "LO", "ST", "LT", "UC", "UT", "PN"})
"""Value representations that SpecificCharacterSet applies to (PS3.5 section 6.1.2.2)."""


def composite(
    kind: Kind, verdict: Verdict, context: ReportContext, rendering: bytes = b""
) -> Dataset:
    """A data set with everything but its content; `rendering` is what a PDF or page consists of."""
    form = FORMATS[kind]
    dataset = Dataset()
    _take_identity(dataset, context.header)
    identity = "\n".join(f"{element.tag} {element.value}" for element in dataset)
    dataset.StudyInstanceUID = verdict.study.study_instance_uid
    dataset.SOPClassUID = form.sop_class_uid
    dataset.SOPInstanceUID = report_uid(verdict, kind, context, identity, rendering)
    dataset.InstanceNumber = max(verdict.version, 1)
    dataset.SeriesInstanceUID = series_uid(verdict.study.study_instance_uid, kind)
    dataset.SeriesNumber = form.series_number
    dataset.SeriesDescription = form.fr if context.language == "fr" else form.en
    dataset.Modality = form.modality
    dataset.Manufacturer = dataset.ManufacturerModelName = SOFTWARE
    dataset.SoftwareVersions = context.software
    _date(dataset, context)
    _add_file_meta(dataset)
    return dataset


def as_report(kind: Kind, dataset: Dataset) -> Report:
    """The data set as a file, in the character set of the images if all of its text is in it."""
    if not _holds(dataset.get("SpecificCharacterSet"), dataset):
        dataset.SpecificCharacterSet = UNICODE
    content = io.BytesIO()
    dataset.save_as(content, enforce_file_format=True)
    return Report(
        kind=kind,
        content=content.getvalue(),
        media_type=MEDIA_TYPE,
        sop_class_uid=str(dataset.SOPClassUID),
        sop_instance_uid=str(dataset.SOPInstanceUID),
        series_instance_uid=str(dataset.SeriesInstanceUID),
    )


def _take_identity(dataset: Dataset, header: Dataset) -> None:
    """Patient and study as the images have them, even where a value breaks the standard's rules."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for keyword in HEADER_KEYWORDS:
            if keyword in header:
                element = header[keyword]
                value = _plain(element.value) if element.VR in _TEXT_VRS else element.value
                dataset[element.tag] = DataElement(
                    element.tag, element.VR, deepcopy(value), validation_mode=config.IGNORE
                )
            elif keyword in COPIED_OR_EMPTY:
                setattr(dataset, keyword, "")


def _plain(value: object) -> object:
    """Text without the bytes that it was read from, which are in the image's character set."""
    return str(value) if isinstance(value, PersonName) else value


def _date(dataset: Dataset, context: ReportContext) -> None:
    """In the zone that the images name: it is that of all times of an object (PS3.3 C.12.1.1.8)."""
    at = context.judged_at.astimezone(_zone(context.header) or context.judged_at.tzinfo)
    date, time = f"{at:%Y%m%d}", f"{at:%H%M%S.%f}"
    dataset.InstanceCreationDate = dataset.ContentDate = date
    dataset.InstanceCreationTime = dataset.ContentTime = time


def _zone(header: Dataset) -> tzinfo | None:
    """What TimezoneOffsetFromUTC says, if it is what it should be: +0100."""
    try:
        return datetime.strptime(str(header.get("TimezoneOffsetFromUTC")), "%z").tzinfo
    except ValueError:
        return None


def _add_file_meta(dataset: Dataset) -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(dataset.SOPClassUID)
    meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    dataset.file_meta = meta


def _holds(character_set: str | list[str] | None, dataset: Dataset) -> bool:
    """Whether the character set has every letter of a data set.

    pydicom writes the default repertoire as if it were Latin-1; ISO 646 has no accents.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a term that is unknown
            named = convert_encodings(character_set or "")
    except (Warning, LookupError):
        return False
    encodings = ["ascii" if name == "iso8859" else name for name in named]
    return all(any(_has(name, letter) for name in encodings) for letter in _letters(dataset))


def _letters(dataset: Dataset) -> set[str]:
    texts = (e.value for e in dataset.iterall() if e.VR in _TEXT_VRS and e.value is not None)
    return {letter for text in texts for letter in _together(text)}


def _together(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, MultiValue) else str(value)


def _has(encoding: str, letter: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeError:
        return False
    return True
