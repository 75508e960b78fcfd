"""A scanner as the other services see it: it asks, and listens to be told."""

from __future__ import annotations

import contextlib
import io
import queue
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filebase import DicomIO
from pydicom.filewriter import write_dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.presentation import build_context

from ofsep_node.dicom.part10 import file_head
from ofsep_node.domain.sop_classes import (
    PERFORMED_PROCEDURE_STEP,
    STORAGE_COMMITMENT,
    STORAGE_COMMITMENT_INSTANCE,
)
from tests.intake_node import IntakeNode
from tests.upper_layer import IMPLICIT_VR_LITTLE_ENDIAN

TITLE = "MR_TEST"


@dataclass
class Told:
    """One N-EVENT-REPORT, as it came."""

    event_type: int
    transaction: str
    committed: list[tuple[str, str]]
    failed: list[tuple[str, str, int]]
    calling: str
    called: str


@dataclass
class Modality:
    """Listens on a free port of the loopback; `told` holds what it was told.

    `answers` are the statuses of its next responses, Success when there is none left.
    """

    port: int = 0
    told: queue.Queue[Told] = field(default_factory=queue.Queue)
    answers: list[int] = field(default_factory=list)

    def peers_file(self, path: Path, *extra: str) -> Path:
        """A peers file that lists this modality, and says where it listens."""
        entry = [
            "[[peer]]",
            f'ae_title = "{TITLE}"',
            'addresses = ["127.0.0.1"]',
            f"port = {self.port}",
            *extra,
        ]
        path.write_text("\n".join(entry) + "\n", encoding="utf-8")
        return path

    def hear(self, event: Any) -> tuple[int, None]:
        """Take an N-EVENT-REPORT."""
        info, requestor = event.event_information, event.assoc.requestor
        self.told.put(
            Told(
                event.request.EventTypeID,
                str(info.TransactionUID),
                [
                    (str(i.ReferencedSOPClassUID), str(i.ReferencedSOPInstanceUID))
                    for i in info.get("ReferencedSOPSequence", [])
                ],
                [
                    (str(i.ReferencedSOPClassUID), str(i.ReferencedSOPInstanceUID), i.FailureReason)
                    for i in info.get("FailedSOPSequence", [])
                ],
                requestor.ae_title.strip(),
                event.assoc.acceptor.primitive.called_ae_title.strip(),
            )
        )
        return (self.answers.pop(0) if self.answers else 0x0000), None


@contextlib.contextmanager
def listening(port: int = 0) -> Iterator[Modality]:
    """A modality that takes associations as the SCU of storage commitment."""
    modality = Modality()
    ae = AE(ae_title=TITLE)
    ae.add_supported_context(STORAGE_COMMITMENT, scu_role=False, scp_role=True)
    server = ae.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, modality.hear)]
    )
    assert server is not None
    modality.port = server.server_address[1]
    try:
        yield modality
    finally:
        server.shutdown()


@contextlib.contextmanager
def associated(port: int, *contexts: str, syntax: str | None = None) -> Iterator[Association]:
    """An association of the modality with a node, for the services named by their SOP Classes."""
    ae = AE(ae_title=TITLE)
    ae.dimse_timeout = 60
    proposed = [build_context(c, *([syntax] if syntax else [])) for c in contexts]
    association = ae.associate("127.0.0.1", port, proposed, ae_title="OFSEP_NODE")
    assert association.is_established
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def commitment_request(transaction: str, references: Sequence[tuple[str, str]]) -> Dataset:
    """The action information of a request for storage commitment."""
    request = Dataset()
    request.TransactionUID = transaction
    request.ReferencedSOPSequence = []
    for sop_class, sop_instance in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, sop_instance
        request.ReferencedSOPSequence.append(item)
    return request


def ask_commitment(
    port: int,
    transaction: str,
    references: Sequence[tuple[str, str]],
    *,
    syntax: str | None = None,
    action: int = 1,
    instance: str = STORAGE_COMMITMENT_INSTANCE,
) -> Dataset:
    """Ask a node whether objects are safe; the N-ACTION's response."""
    with associated(port, STORAGE_COMMITMENT, syntax=syntax) as association:
        status, _ = association.send_n_action(
            commitment_request(transaction, references), action, STORAGE_COMMITMENT, instance
        )
    return status


def encoded(attributes: Dataset, syntax: str = IMPLICIT_VR_LITTLE_ENDIAN) -> bytes:
    """A data set as it goes over the network."""
    buffer = io.BytesIO()
    stream = DicomIO(buffer)
    stream.is_little_endian, stream.is_implicit_VR = True, syntax == IMPLICIT_VR_LITTLE_ENDIAN
    write_dataset(stream, attributes)
    return buffer.getvalue()


def as_unknown(tag: int, items: Dataset) -> bytes:
    """A sequence as a program writes it that does not know the attribute (PS3.5 section 6.2.2)."""
    item = encoded(items)
    return b"".join(
        (
            struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, b"UN", 0, 0xFFFFFFFF),
            struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item,
            struct.pack("<HHL", 0xFFFE, 0xE0DD, 0),
        )
    )


def kept(content: Dataset, sop_class: str, instance: str = STORAGE_COMMITMENT_INSTANCE) -> bytes:
    """A request as it lies in the spool."""
    head = file_head(
        sop_class_uid=sop_class,
        sop_instance_uid=instance,
        transfer_syntax_uid=IMPLICIT_VR_LITTLE_ENDIAN,
        calling_ae_title=TITLE,
        called_ae_title="OFSEP_NODE",
    )
    return head + encoded(content)


def new_step(study: str, **changes: Any) -> Dataset:
    """The attributes of a step that begins; a change of None leaves one out."""
    scheduled = Dataset()
    scheduled.StudyInstanceUID = study
    scheduled.RequestedProcedureDescription = changes.pop("request", "IRM cerebrale")
    step = Dataset()
    step.PerformedProcedureStepStatus = "IN PROGRESS"
    step.PerformedProcedureStepID = "PPS1"
    step.PerformedStationAETitle = TITLE
    step.Modality = "MR"
    step.ScheduledStepAttributesSequence = [scheduled]
    step.PerformedSeriesSequence = []
    return _changed(step, changes)


def end_of_step(
    series: Mapping[str, Sequence[tuple[str, str]]], status: str = "COMPLETED", **changes: Any
) -> Dataset:
    """The attributes that end a step: every series with class and UID of its objects."""
    step = Dataset()
    step.PerformedProcedureStepStatus = status
    step.PerformedSeriesSequence = []
    for uid, objects in series.items():
        performed = Dataset()
        performed.SeriesInstanceUID = uid
        performed.ReferencedImageSequence = list(commitment_request("1", objects)[0x00081199].value)
        step.PerformedSeriesSequence.append(performed)
    return _changed(step, changes)


def _changed(step: Dataset, changes: dict[str, Any]) -> Dataset:
    for keyword, value in changes.items():
        if value is None:
            delattr(step, keyword)
        else:
            setattr(step, keyword, value)
    return step


def create_step(port: int, uid: str | None, step: Dataset, syntax: str | None = None) -> Dataset:
    """N-CREATE; its response."""
    with associated(port, PERFORMED_PROCEDURE_STEP, syntax=syntax) as association:
        status, _ = association.send_n_create(step, PERFORMED_PROCEDURE_STEP, uid)
    return status


def set_step(port: int, uid: str, step: Dataset, syntax: str | None = None) -> Dataset:
    """N-SET; its response."""
    with associated(port, PERFORMED_PROCEDURE_STEP, syntax=syntax) as association:
        status, _ = association.send_n_set(step, PERFORMED_PROCEDURE_STEP, uid)
    return status


def receive(node: IntakeNode, ending: str, content: bytes, objects: Sequence[bytes] = ()) -> None:
    """An association that brings objects, then a request."""
    sending = node.open(TITLE)
    sending.store(*objects)
    incoming = sending.folder.begin_object(ending)
    incoming.write(content)
    sending.folder.store(incoming)
    sending.release()
