"""What people do about single reports: have one tried again, or tried no more.

Either is told in the log of the node that received the study last, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ofsep_node.domain.events import EventName
from ofsep_node.errors import ReportNotFound
from ofsep_node.records import arrivals, events
from ofsep_node.records.locks import lock_studies
from ofsep_node.records.outbox import OutboxEntry, entry_of, note_reported
from ofsep_node.records.outbox_schema import OutboxRow
from ofsep_node.records.report_events import of_report
from ofsep_node.records.schema import VerdictRow

_LARGEST_NUMBER = (1 << 63) - 1
"""Of a row: a database refuses to look for a larger one."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts, and why; `node` tells of it where nobody knows any more who received the study."""

    by: str
    node: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.by}: {self.reason}" if self.reason else self.by


def retry(session: Session, entry_id: int, at: datetime, hand: Hand) -> OutboxEntry:
    """Have an entry tried now, as if it were new. Raises ReportNotFound."""
    row = _called(session, entry_id)
    if row.state not in ("waiting", "failed", "cancelled"):
        raise ReportNotFound(f"report {entry_id} is {row.state}: there is nothing to retry")
    if row.taken_by is not None and row.due_at > at:
        raise ReportNotFound(f"report {entry_id} is being delivered at this moment")
    _refuse_outdated(session, row)
    before = entry_of(row)
    row.state, row.queued_at, row.due_at, row.ended_at = "waiting", at, at, None
    row.attempts, row.taken_by = 0, None
    _tell(session, "report.retried", before, at, hand)
    return entry_of(row)


def _refuse_outdated(session: Session, row: OutboxRow) -> None:
    """What was settled later must not be followed by what was settled before."""
    later = session.scalar(
        select(func.max(VerdictRow.version)).where(
            VerdictRow.study_instance_uid == row.study_instance_uid,
            VerdictRow.version > row.version,
            VerdictRow.state == "settled",
        )
    )
    if later is not None:
        raise ReportNotFound(
            f"report {row.entry_id} tells version {row.version} of a study that is settled as "
            f"version {later} by now: its reports are listed by ofsep-node outbox list --all "
            f"--study {row.study_instance_uid}"
        )


def cancel(session: Session, entry_id: int, at: datetime, hand: Hand) -> OutboxEntry:
    """Have an entry tried no more. Raises ReportNotFound."""
    row = _called(session, entry_id)
    if row.state not in ("waiting", "failed"):
        raise ReportNotFound(f"report {entry_id} is {row.state}: there is nothing to cancel")
    row.state, row.ended_at, row.reason = "cancelled", at, str(hand)
    note_reported(session, row.study_instance_uid)
    entry = entry_of(row)
    _tell(session, "report.cancelled", entry, at, hand)
    return entry


def _tell(session: Session, name: EventName, entry: OutboxEntry, at: datetime, hand: Hand) -> None:
    why = {"reason": hand.reason} if hand.reason else {}
    node = arrivals.node_of(session, entry.study_instance_uid) or hand.node
    told = of_report(entry, name, "info", by=hand.by, **why)
    events.append(session, [told], node=node, at=at)


def _called(session: Session, entry_id: int) -> OutboxRow:
    row = session.get(OutboxRow, entry_id) if 0 < entry_id <= _LARGEST_NUMBER else None
    if row is None:
        raise ReportNotFound(
            f"no report has the number {entry_id}: `ofsep-node outbox list --all` shows them"
        )
    lock_studies(session, [row.study_instance_uid])
    session.refresh(row, with_for_update=True)
    return row
