"""What people do about single reports: have one tried again, or tried no more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ofsep_node.errors import ReportNotFound
from ofsep_node.records.locks import lock_studies
from ofsep_node.records.outbox import OutboxEntry, entry_of, note_reported
from ofsep_node.records.outbox_schema import OutboxRow
from ofsep_node.records.schema import VerdictRow

_LARGEST_NUMBER = (1 << 63) - 1
"""Of a row: a database refuses to look for a larger one."""


def retry(session: Session, entry_id: int, at: datetime) -> OutboxEntry:
    """Have an entry tried now, as if it were new. Raises ReportNotFound."""
    row = _called(session, entry_id)
    if row.state not in ("waiting", "failed", "cancelled"):
        raise ReportNotFound(f"report {entry_id} is {row.state}: there is nothing to retry")
    if row.taken_by is not None and row.due_at > at:
        raise ReportNotFound(f"report {entry_id} is being delivered at this moment")
    _refuse_outdated(session, row)
    row.state, row.queued_at, row.due_at, row.ended_at = "waiting", at, at, None
    row.attempts, row.taken_by = 0, None
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


def cancel(session: Session, entry_id: int, at: datetime, by: str) -> OutboxEntry:
    """Have an entry tried no more. Raises ReportNotFound."""
    row = _called(session, entry_id)
    if row.state not in ("waiting", "failed"):
        raise ReportNotFound(f"report {entry_id} is {row.state}: there is nothing to cancel")
    row.state, row.ended_at, row.reason = "cancelled", at, by
    note_reported(session, row.study_instance_uid)
    return entry_of(row)


def _called(session: Session, entry_id: int) -> OutboxRow:
    row = session.get(OutboxRow, entry_id) if 0 < entry_id <= _LARGEST_NUMBER else None
    if row is None:
        raise ReportNotFound(
            f"no report has the number {entry_id}: `ofsep-node outbox list --all` shows them"
        )
    lock_studies(session, [row.study_instance_uid])
    session.refresh(row, with_for_update=True)
    return row
