"""One spooled request, read: what a scanner tells of its work, or asks the node to answer for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pydicom.filereader import read_file_meta_info

from ofsep_node.dicom.attributes import NotUnderstood
from ofsep_node.dicom.commitment import read_commitment_request
from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.dicom.performed_step import read_new_step, read_step_report
from ofsep_node.domain.commitment import CommitmentRequest
from ofsep_node.domain.performed_step import StepReport
from ofsep_node.intake.objects import Spooled, SpooledObject, Unreadable, read_or_set_aside
from ofsep_node.spool import REQUESTS


@dataclass(frozen=True, slots=True)
class StepTold:
    """An N-CREATE or N-SET. `at` is when it was answered."""

    spooled: Spooled
    sop_instance_uid: str
    report: StepReport
    at: datetime


@dataclass(frozen=True, slots=True)
class CommitmentAsked:
    """An N-ACTION. The AE titles are in the file, so that it can be told without anything else."""

    spooled: Spooled
    request: CommitmentRequest
    calling_ae_title: str
    called_ae_title: str


Request = StepTold | CommitmentAsked
Item = SpooledObject | Request
"""What is taken from the spool."""


def is_request(spooled: Spooled) -> bool:
    """Whether it is a request, by the ending of its name."""
    return spooled.path.suffix.removeprefix(".") in REQUESTS


def read_request(spooled: Spooled) -> Request | Unreadable | None:
    """Read a request, which was understood before it was answered; as `read_or_set_aside`."""
    return read_or_set_aside(spooled, _read, NotUnderstood)


def _read(spooled: Spooled) -> Request:
    path = spooled.path
    meta = read_file_meta_info(path)
    with path.open("rb") as file:
        file.seek(data_set_offset(file))
        data = file.read()
    syntax = str(meta.TransferSyntaxUID)
    if path.suffix == ".action":
        calling = str(meta.SourceApplicationEntityTitle).strip()
        called = str(meta.ReceivingApplicationEntityTitle).strip()
        return CommitmentAsked(spooled, read_commitment_request(data, syntax), calling, called)
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)  # written just before the answer
    read = read_new_step if path.suffix == ".create" else read_step_report
    return StepTold(spooled, str(meta.MediaStorageSOPInstanceUID), read(data, syntax), at)
