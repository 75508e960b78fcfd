"""Performed procedure steps, as their scanners told of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ofsep_node.domain.performed_step import (
    IN_PROGRESS,
    PerformedSeries,
    PerformedStep,
    StepReport,
    StepStatus,
    held_against,
)
from ofsep_node.records.schema import InstanceRow
from ofsep_node.records.services_schema import PerformedStepRow

_UIDS_A_QUERY = 500


def studies_of(session: Session, sop_instance_uids: Iterable[str]) -> set[str]:
    """The studies that steps were recorded for."""
    wanted = select(PerformedStepRow.study_instance_uid).where(
        PerformedStepRow.sop_instance_uid.in_(sorted(set(sop_instance_uids))),
        PerformedStepRow.study_instance_uid.is_not(None),
    )
    return set(session.scalars(wanted))


def performed_among(session: Session, study_instance_uids: Sequence[str]) -> list[str]:
    """Those of these studies of which a step was completed, so that they may be all here."""
    found: list[str] = []
    for start in range(0, len(study_instance_uids), _UIDS_A_QUERY):
        some = study_instance_uids[start : start + _UIDS_A_QUERY]
        wanted = select(PerformedStepRow.study_instance_uid).where(
            PerformedStepRow.study_instance_uid.in_(some), PerformedStepRow.status == "COMPLETED"
        )
        found += [uid for uid in session.scalars(wanted.distinct()) if uid is not None]
    return found


def tell(
    session: Session,
    sop_instance_uid: str,
    report: StepReport,
    association_id: str,
    *,
    told_at: datetime,
    at: datetime,
) -> PerformedStepRow:
    """Record, at a time, what a scanner said of a step; what it said later may be recorded already.

    The study must be locked.
    """
    row = session.get(PerformedStepRow, sop_instance_uid)
    if row is None:
        row = PerformedStepRow(sop_instance_uid=sop_instance_uid, association_id=association_id)
        row.told_at, row.recorded_at = told_at, at
        known = report
        session.add(row)
    elif told_at < row.told_at:
        known = report.followed_by(_report(row))
    else:
        known = _report(row).followed_by(report)
        row.recorded_at = at if told_at > row.told_at else row.recorded_at
        row.told_at = told_at
    row.status = known.status or IN_PROGRESS
    row.study_instance_uid, row.reason = known.study_instance_uid, known.reason
    row.texts, row.series = list(known.texts), [asdict(one) for one in known.series]
    session.flush()
    return row


def steps_of(session: Session, study_instance_uid: str) -> tuple[PerformedStep, ...]:
    """The steps of a study, held against the objects of it that are here, the first told first."""
    rows = session.scalars(
        select(PerformedStepRow)
        .where(PerformedStepRow.study_instance_uid == study_instance_uid)
        .order_by(PerformedStepRow.association_id, PerformedStepRow.sop_instance_uid)
    ).all()
    announced = any(one["instances"] for row in rows for one in row.series)
    arrived = _arrived(session, study_instance_uid) if announced else frozenset[str]()
    return tuple(held_against(_report(row), row.sop_instance_uid, arrived) for row in rows)


def recorded_last(session: Session, study_instance_uid: str) -> datetime | None:
    """When the newest of what scanners told of a study's steps was recorded, if any did."""
    recorded: datetime | None = session.scalar(
        select(func.max(PerformedStepRow.recorded_at)).where(
            PerformedStepRow.study_instance_uid == study_instance_uid
        )
    )
    return recorded


def _arrived(session: Session, study_instance_uid: str) -> frozenset[str]:
    uids = select(InstanceRow.sop_instance_uid).where(
        InstanceRow.study_instance_uid == study_instance_uid
    )
    return frozenset(session.scalars(uids))


def _report(row: PerformedStepRow) -> StepReport:
    return StepReport(
        status=cast("StepStatus", row.status),
        study_instance_uid=row.study_instance_uid,
        reason=row.reason,
        texts=tuple(row.texts),
        series=tuple(_series_from_json(one) for one in row.series),
    )


def _series_from_json(document: dict[str, Any]) -> PerformedSeries:
    return PerformedSeries(**{**document, "instances": tuple(document["instances"])})
