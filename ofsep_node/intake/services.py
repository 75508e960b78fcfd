"""Requests into the records: what scanners tell of their work, and ask the node to answer for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ofsep_node.domain.events import Event, EventLevel, EventName
from ofsep_node.domain.performed_step import PerformedStep, StepStatus
from ofsep_node.intake.events import Origin, event
from ofsep_node.intake.requests import CommitmentAsked, Request, StepTold
from ofsep_node.intake.rows import Rows
from ofsep_node.records import commitments, steps
from ofsep_node.records.commitments import Requester
from ofsep_node.records.schema import StudyRow

_EVENTS: dict[StepStatus, tuple[EventName, EventLevel]] = {
    "IN PROGRESS": ("mpps.in_progress", "info"),
    "COMPLETED": ("mpps.completed", "info"),
    "DISCONTINUED": ("mpps.discontinued", "warning"),
}


class Services:
    """Records the requests of one transaction; `events` tells of each.

    `told` are the studies, among those that are here, of which a step has told something;
    `troubled` those of which something announced is missing, or was broken off.
    """

    def __init__(self, session: Session, rows: Rows) -> None:
        self.events: list[Event] = []
        self.told: set[str] = set()
        self.troubled: set[str] = set()
        self._session = session
        self._rows = rows

    def take(self, item: Request) -> None:
        """Record a request. Its study, if it has one, must be locked."""
        if isinstance(item, StepTold):
            self._take_step(item)
        else:
            self._take_commitment(item)

    def _take_step(self, item: StepTold) -> None:
        association_id = item.spooled.association_id
        uid, at = item.sop_instance_uid, self._rows.at
        row = steps.tell(self._session, uid, item.report, association_id, told_at=item.at, at=at)
        study = row.study_instance_uid
        if study is not None and self._session.get(StudyRow, study) is not None:
            self._rows.hold_more({study})
            self.told.add(study)
        known = steps.steps_of(self._session, study or "")
        step = next((s for s in known if s.sop_instance_uid == uid), None)
        if step is not None and (step.missing or step.status == "DISCONTINUED"):
            self.troubled |= self.told & {study or ""}
        if step is not None:
            self._tell(step, study, self._origin(item))

    def _tell(self, step: PerformedStep, study: str | None, origin: Origin) -> None:
        name, level = _EVENTS[step.status]
        details = {
            "series": len(step.series),
            "announced": sum(one.announced for one in step.series),
            "missing": step.missing,
        } | ({"reason": step.reason} if step.reason else {})
        uid = step.sop_instance_uid
        told = event(name, origin, level=level, study=study, instance=uid, details=details)
        self.events.append(told)

    def _take_commitment(self, item: CommitmentAsked) -> None:
        association = self._rows.associations[item.spooled.association_id]
        requester = Requester(
            association_id=association.association_id,
            calling_ae_title=item.calling_ae_title,
            called_ae_title=item.called_ae_title,
            address=association.address,
        )
        commitments.ask(
            self._session, item.request, requester, node=association.node, at=self._rows.at
        )
        details = {
            "transaction": item.request.transaction_uid,
            "objects": len(item.request.references),
        }
        self.events.append(event("commitment.requested", self._origin(item), details=details))

    def _origin(self, item: Request) -> Origin:
        return Origin.of(self._rows.associations[item.spooled.association_id])
