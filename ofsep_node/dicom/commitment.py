"""The data sets of storage commitment (PS3.4 tables J.3-1 and J.3-2)."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset

from ofsep_node.dicom.attributes import (
    MOST_OBJECTS,
    NotUnderstood,
    items_of,
    read_attributes,
    uid_of,
)
from ofsep_node.domain.commitment import CommitmentRequest, CommitmentResult, Reference

REQUEST_COMMITMENT = 1
"""The one Action Type ID there is."""

ALL_COMMITTED, FAILURES_EXIST = 1, 2
"""Event Type IDs."""


def read_commitment_request(data: bytes, transfer_syntax_uid: str) -> CommitmentRequest:
    """What an N-ACTION asks for. Raises NotUnderstood when it cannot be answered for."""
    header = read_attributes(data, transfer_syntax_uid)
    transaction_uid = uid_of(header, "TransactionUID")
    items = items_of(header, "ReferencedSOPSequence", MOST_OBJECTS)
    if not items:
        raise NotUnderstood("ReferencedSOPSequence is missing or empty", absent=True)
    references = (
        Reference(uid_of(item, "ReferencedSOPClassUID"), uid_of(item, "ReferencedSOPInstanceUID"))
        for item in items
    )
    return CommitmentRequest(transaction_uid, tuple(dict.fromkeys(references)))


def event_type_of(result: CommitmentResult) -> int:
    """The Event Type ID that a result is told under."""
    return FAILURES_EXIST if result.failed else ALL_COMMITTED


def event_information(result: CommitmentResult) -> Dataset:
    """The data set of the N-EVENT-REPORT. A sequence that would be empty is left out."""
    told = Dataset()
    told.TransactionUID = result.transaction_uid
    if result.committed:
        told.ReferencedSOPSequence = list(_items(result.committed))
    if result.failed:
        told.FailedSOPSequence = list(_items(f.reference for f in result.failed))
        for item, failure in zip(told.FailedSOPSequence, result.failed, strict=True):
            item.FailureReason = int(failure.reason)
    return told


def _items(references: Iterable[Reference]) -> Iterable[Dataset]:
    for reference in references:
        item = Dataset()
        item.ReferencedSOPClassUID = reference.sop_class_uid
        item.ReferencedSOPInstanceUID = reference.sop_instance_uid
        yield item
