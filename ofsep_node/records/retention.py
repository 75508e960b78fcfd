"""Whose images are in the archive, what holds them there, and which are being dropped.

Images are dropped in this order: the records say so, the files go, the records say that it is done.
Whoever is killed in between leaves a study that is `dropping`, which the next one goes on with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from ofsep_node.domain.retention import Cause, Standing
from ofsep_node.records.arrivals import being_sent
from ofsep_node.records.commitments import IS_OPEN
from ofsep_node.records.outbox_schema import OutboxRow
from ofsep_node.records.retention_schema import KeptHeaderRow
from ofsep_node.records.schema import IS_ARCHIVED, IS_BEING_DROPPED, InstanceRow, StudyRow
from ofsep_node.records.services_schema import CommitmentRow, CommittedStudyRow


@dataclass(frozen=True, slots=True, order=True)
class ArchivedStudy:
    """A study of which files are in the archive; ordered by when its last image came."""

    last_received_at: datetime
    study_instance_uid: str
    archived_bytes: int
    images: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was dropped of a study, and when; the last time, if it was several times."""

    study_instance_uid: str
    at: datetime
    because: Cause
    objects: int
    size: int


# --- who is asked


def received_before(
    session: Session, before: datetime, past: ArchivedStudy | None, most: int
) -> list[ArchivedStudy]:
    """Studies in the archive whose last image had come by then, those of longest ago first.

    `past` is the last one that is known already.
    """
    wanted = (
        select(
            StudyRow.last_received_at,
            StudyRow.study_instance_uid,
            StudyRow.archived_bytes,
            StudyRow.images,
        )
        .where(IS_ARCHIVED, StudyRow.last_received_at <= before)
        .order_by(StudyRow.last_received_at, StudyRow.study_instance_uid)
        .limit(most)
    )
    if past is not None:
        wanted = wanted.where(
            tuple_(StudyRow.last_received_at, StudyRow.study_instance_uid)
            > tuple_(past.last_received_at, past.study_instance_uid)
        )
    return [ArchivedStudy(*row) for row in session.execute(wanted)]


def archived_study(session: Session, study_instance_uid: str) -> ArchivedStudy:
    """One study, in the archive or not any more."""
    row = session.get_one(StudyRow, study_instance_uid)
    return ArchivedStudy(row.last_received_at, study_instance_uid, row.archived_bytes, row.images)


def standing_of(session: Session, study_instance_uid: str, at: datetime) -> Standing:
    """Where a study stands at a moment."""
    study = session.get_one(StudyRow, study_instance_uid, populate_existing=True)
    return Standing(
        state=study.state,
        last_received_at=study.last_received_at,
        being_sent=being_sent(session, study_instance_uid),
        commitments=_open_commitments(session, study_instance_uid),
        reports=_undelivered(session, study, at),
    )


def _undelivered(session: Session, study: StudyRow, at: datetime) -> int:
    """Reports that wait or may be on their way; and those given up, of the verdict that stands."""
    under_way = and_(OutboxRow.taken_by.is_not(None), OutboxRow.due_at > at)
    given_up = and_(OutboxRow.state == "failed", OutboxRow.version == study.version)
    wanted = select(func.count()).where(
        OutboxRow.study_instance_uid == study.study_instance_uid,
        or_(OutboxRow.state == "waiting", under_way, given_up),
    )
    return int(session.scalar(wanted) or 0)


def _open_commitments(session: Session, study_instance_uid: str) -> int:
    """Requests that were looked into and not told of; and those not looked into yet."""
    known = (
        select(func.count())
        .select_from(CommittedStudyRow)
        .join(CommitmentRow, CommitmentRow.commitment_id == CommittedStudyRow.commitment_id)
        .where(CommittedStudyRow.study_instance_uid == study_instance_uid)
        .where(CommitmentRow.state == "verified")
    )
    return int(session.scalar(known) or 0) + _asked_and_not_looked_into(session, study_instance_uid)


def _asked_and_not_looked_into(session: Session, study_instance_uid: str) -> int:
    """Of these it is not known yet which studies they are about: there are seldom any."""
    wanted = select(CommitmentRow.objects).where(IS_OPEN, CommitmentRow.state == "asked")
    asked = session.scalars(wanted.execution_options(yield_per=1))
    own: set[str] | None = None
    found = 0
    for objects in asked:
        own = own if own is not None else _names_of(session, study_instance_uid)
        found += any(name in own for _, name in objects)
    return found


def _names_of(session: Session, study_instance_uid: str) -> set[str]:
    uids = select(InstanceRow.sop_instance_uid).where(
        InstanceRow.study_instance_uid == study_instance_uid
    )
    return set(session.scalars(uids))


# --- dropping


def mark(session: Session, study_instance_uid: str, because: Cause, at: datetime) -> None:
    """Say that a study's images are not in the archive any more. It must be locked."""
    session.execute(
        update(InstanceRow)
        .where(InstanceRow.study_instance_uid == study_instance_uid)
        .where(InstanceRow.dropped_at.is_(None))
        .values(dropped_at=at)
        .execution_options(synchronize_session=False)
    )
    row = session.get_one(StudyRow, study_instance_uid)
    row.archived_bytes, row.dropping = 0, True
    row.dropped_at, row.dropped_because = at, because


def being_dropped(session: Session) -> list[str]:
    """Studies of which files may be left that were dropped."""
    wanted = select(StudyRow.study_instance_uid).where(IS_BEING_DROPPED)
    return list(session.scalars(wanted.order_by(StudyRow.dropped_at)))


def is_being_dropped(session: Session, study_instance_uid: str) -> bool:
    """Whether files of a study may be left that were dropped. It should be locked."""
    row = session.get(StudyRow, study_instance_uid, populate_existing=True)
    return row is not None and row.dropping


def files_to_remove(
    session: Session, study_instance_uid: str, past: int, most: int
) -> Sequence[tuple[int, str]]:
    """Numbers, and names relative to the archive, of objects dropped the last time.

    `past` is the number of the last one that is known to be gone.
    """
    rows = session.execute(
        select(InstanceRow.instance_id, InstanceRow.archived_as)
        .join(StudyRow, StudyRow.study_instance_uid == InstanceRow.study_instance_uid)
        .where(InstanceRow.study_instance_uid == study_instance_uid, InstanceRow.instance_id > past)
        .where(_dropped_last())
        .order_by(InstanceRow.instance_id)
        .limit(most)
    )
    return [(number, name) for number, name in rows]


def dropped(session: Session, study_instance_uid: str) -> Dropped | None:
    """What was dropped of a study the last time, and did not come again since."""
    row = session.execute(
        select(
            StudyRow.dropped_at,
            StudyRow.dropped_because,
            func.count(InstanceRow.instance_id),
            func.coalesce(func.sum(InstanceRow.size), 0),
        )
        .join(InstanceRow, InstanceRow.study_instance_uid == StudyRow.study_instance_uid)
        .where(StudyRow.study_instance_uid == study_instance_uid, _dropped_last())
        .group_by(StudyRow.dropped_at, StudyRow.dropped_because)
    ).one_or_none()
    if row is None:
        return None
    at, because, objects, size = row
    if at is None or because is None:
        return None
    return Dropped(study_instance_uid, at, because, int(objects), int(size))


def done(session: Session, study_instance_uid: str) -> None:
    """Say that no file is left of what was dropped. The study must be locked."""
    session.get_one(StudyRow, study_instance_uid).dropping = False


def _dropped_last() -> ColumnElement[bool]:
    return InstanceRow.dropped_at == StudyRow.dropped_at


# --- what is kept of them


def names_in_archive(session: Session, study_instance_uid: str, most: int) -> list[str]:
    """Names, relative to the archive, of the first of the study's objects that are judged."""
    return list(
        session.scalars(
            select(InstanceRow.archived_as)
            .where(InstanceRow.study_instance_uid == study_instance_uid, InstanceRow.counted)
            .where(InstanceRow.dropped_at.is_(None))
            .order_by(InstanceRow.instance_id)
            .limit(most)
        )
    )


def keep_header(session: Session, study_instance_uid: str, content: bytes) -> None:
    """Keep what reports say of patient and study, unless it was kept before."""
    if session.get(KeptHeaderRow, study_instance_uid) is None:
        session.add(KeptHeaderRow(study_instance_uid=study_instance_uid, content=content))


def kept_header(session: Session, study_instance_uid: str) -> bytes | None:
    """What was kept; None of a study whose images were never dropped."""
    row = session.get(KeptHeaderRow, study_instance_uid)
    return None if row is None else row.content


def archived_bytes(session: Session) -> int:
    """The size of all objects in the archive."""
    return int(session.scalar(select(func.sum(StudyRow.archived_bytes)).where(IS_ARCHIVED)) or 0)
