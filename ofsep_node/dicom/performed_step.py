"""The data sets of performed procedure steps (PS3.4 table F.7.2-1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast, get_args

from ofsep_node.dicom.attributes import (
    MOST_OBJECTS,
    NotUnderstood,
    items_of,
    read_attributes,
    uid_of,
)
from ofsep_node.dicom.header import Header
from ofsep_node.dicom.request import DESCRIPTIONS
from ofsep_node.domain.performed_step import IN_PROGRESS, PerformedSeries, StepReport, StepStatus

_STATUS = "PerformedProcedureStepStatus"
_SCHEDULED = "ScheduledStepAttributesSequence"
_TEXTS = (
    *DESCRIPTIONS,
    "PerformedProcedureTypeDescription",
    "CommentsOnThePerformedProcedureStep",
    "RequestedProcedureComments",
)
_CODES = ("ReasonForRequestedProcedureCodeSequence", "ReasonForPerformedProcedureCodeSequence")
_OBJECTS = ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence")


def read_new_step(data: bytes, transfer_syntax_uid: str) -> StepReport:
    """What an N-CREATE says of a step that begins. Raises NotUnderstood."""
    report = read_step_report(data, transfer_syntax_uid)
    if report.status is None:
        raise NotUnderstood(f"{_STATUS} is missing", absent=True)
    if report.status != IN_PROGRESS:
        raise NotUnderstood(f"{_STATUS} is {report.status}: a step begins IN PROGRESS")
    if report.study_instance_uid is None:
        raise NotUnderstood(f"StudyInstanceUID in {_SCHEDULED} is missing", absent=True)
    return report


def read_step_report(data: bytes, transfer_syntax_uid: str) -> StepReport:
    """What an N-SET says of a step. Raises NotUnderstood."""
    header = read_attributes(data, transfer_syntax_uid)
    scheduled = items_of(header, _SCHEDULED)
    return StepReport(
        status=_status(header),
        study_instance_uid=uid_of(scheduled[0], "StudyInstanceUID") if scheduled else None,
        reason=_reason(header),
        texts=tuple(dict.fromkeys(t for one in (header, *scheduled) for t in _texts(one))),
        series=tuple(_series(item) for item in items_of(header, "PerformedSeriesSequence")),
    )


def _status(header: Header) -> StepStatus | None:
    status = header.text(_STATUS)
    if status is None:
        return None
    if status not in get_args(StepStatus):
        raise NotUnderstood(f"{_STATUS} is none of {', '.join(get_args(StepStatus))}")
    return cast("StepStatus", status)


def _reason(header: Header) -> str | None:
    sequence = "PerformedProcedureStepDiscontinuationReasonCodeSequence"
    codes = items_of(header, sequence)
    return codes[0].text("CodeMeaning") or codes[0].text("CodeValue") if codes else None


def _texts(header: Header) -> Iterator[str]:
    for keyword in _TEXTS:
        yield from filter(None, [header.text(keyword)])
    for sequence in _CODES:
        for code in items_of(header, sequence):
            yield from filter(None, [code.text("CodeMeaning")])


def _series(item: Header) -> PerformedSeries:
    objects = (one for sequence in _OBJECTS for one in items_of(item, sequence, MOST_OBJECTS))
    instances = (uid_of(one, "ReferencedSOPInstanceUID") for one in objects)
    return PerformedSeries(
        series_instance_uid=uid_of(item, "SeriesInstanceUID"),
        description=item.text("SeriesDescription") or item.text("ProtocolName"),
        instances=tuple(dict.fromkeys(instances)),
    )
