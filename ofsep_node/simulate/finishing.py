"""What happens to headers after the scanner made them: the request, de-identification, faults."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileDataset

from ofsep_node.simulate.examination import Alteration, Examination, Sequence

_EMPTIED = ("AccessionNumber", "ReferringPhysicianName")
_REMOVED = (
    "InstitutionName", "InstitutionAddress", "PerformingPhysicianName", "OperatorsName",
    "PatientAddress", "OtherPatientIDs", "StationName", "RequestingPhysician",
)  # fmt: skip


def finished(
    dataset: FileDataset, examination: Examination, sequence: Sequence, share: float
) -> FileDataset:
    """The data set as it reaches the network; `share`, from 0 to 1, is where it lies in its series.

    The writer's own data set is left as it is, since the writer uses it again.
    """
    alterations = [a for a in sequence.altered if share >= a.beyond]
    if not (alterations or examination.reason or examination.de_identified):
        return dataset
    copy = _copied(dataset)
    if examination.reason:
        copy.ReasonForTheRequestedProcedure = examination.reason
    if examination.de_identified:
        _de_identify(copy, examination)
    for alteration in alterations:
        _alter(copy, alteration)
    return copy


def retouched(dataset: FileDataset) -> FileDataset:
    """Another object under the same UID: someone wrote on it."""
    copy = _copied(dataset)
    copy.ImageComments = "retouche"
    return copy


def _copied(dataset: FileDataset) -> FileDataset:
    copy = FileDataset("", Dataset(), preamble=bytes(128), file_meta=dataset.file_meta)
    copy.update({element.tag: element for element in dataset})
    return copy


def _de_identify(dataset: FileDataset, examination: Examination) -> None:
    """Basic profile, options to keep dates and characteristics (PS3.15 E.3)."""
    dataset.PatientName = examination.patient.patient_id
    dataset.PatientBirthDate = f"{examination.patient.birth_date:%Y}0101"
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Basic Profile, Retain Longitudinal Full Dates"
    for keyword in _EMPTIED:
        setattr(dataset, keyword, "")
    for keyword in _REMOVED:
        _alter(dataset, Alteration(keyword, None))


def _alter(dataset: FileDataset, alteration: Alteration) -> None:
    if alteration.value is not None:
        setattr(dataset, alteration.keyword, alteration.value)
    elif alteration.keyword in dataset:
        delattr(dataset, alteration.keyword)
