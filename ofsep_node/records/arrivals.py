"""What the intake asks the records while objects arrive."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, defer

from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.domain.lifecycle import Coming
from ofsep_node.domain.performed_step import all_is_here
from ofsep_node.domain.study import Conflict
from ofsep_node.domain.verdict import State
from ofsep_node.records.documents import facts_from_json
from ofsep_node.records.schema import (
    IS_CONFLICT,
    IS_UNREADABLE,
    ArrivalRow,
    AssociationRow,
    InstanceRow,
    SeriesRow,
    StudyRow,
    VisitRow,
)
from ofsep_node.records.steps import recorded_last, steps_of

_ROWS_AT_A_TIME = 200

LOST = "lost"
"""The outcome of an association whose node is away: what became of it may yet be heard."""


def recorded_before(session: Session, spooled: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
    """Which objects, by association and number, are recorded: a crash kept them in the spool."""
    rows = session.execute(  # by pairs, SQLite would read the whole table
        select(ArrivalRow.association_id, ArrivalRow.sequence)
        .where(ArrivalRow.association_id.in_({association_id for association_id, _ in spooled}))
        .where(ArrivalRow.sequence.in_({sequence for _, sequence in spooled}))
    )
    return {(association_id, sequence) for association_id, sequence in rows} & set(spooled)


def associations_called(
    session: Session, association_ids: Collection[str]
) -> dict[str, AssociationRow]:
    """Those of the associations that are recorded, by their ids."""
    rows = session.scalars(
        select(AssociationRow).where(AssociationRow.association_id.in_(association_ids))
    )
    return {row.association_id: row for row in rows}


def instances_called(session: Session, sop_instance_uids: list[str]) -> list[InstanceRow]:
    """All recorded objects with one of these SOP Instance UIDs, without their facts."""
    return list(
        session.scalars(
            select(InstanceRow)
            .where(InstanceRow.sop_instance_uid.in_(sop_instance_uids))
            .order_by(InstanceRow.instance_id)
            .options(defer(InstanceRow.facts))
        )
    )


def unreadable_called(session: Session, sop_instance_uids: list[str]) -> list[ArrivalRow]:
    """Unreadable objects announced under one of these UIDs, that no readable one has replaced."""
    return list(
        session.scalars(
            select(ArrivalRow)
            .where(ArrivalRow.sop_instance_uid.in_(sop_instance_uids))
            .where(ArrivalRow.outcome == "unreadable", ArrivalRow.instance_id.is_(None))
            .order_by(ArrivalRow.association_id, ArrivalRow.sequence)
        )
    )


def series_rows(session: Session, study_instance_uid: str) -> dict[str, SeriesRow]:
    """The study's series by Series Instance UID."""
    rows = session.scalars(
        select(SeriesRow).where(SeriesRow.study_instance_uid == study_instance_uid)
    )
    return {row.series_instance_uid: row for row in rows}


def counted_facts(
    session: Session, study_instance_uid: str, after: int = 0
) -> Iterator[tuple[int, InstanceFacts]]:
    """The facts that the judge sees of a study, in the order of arrival, a few at a time.

    Each with its number, which grows; `after` names the last one that is known.
    """
    rows = session.execute(
        select(InstanceRow.instance_id, InstanceRow.facts)
        .where(InstanceRow.study_instance_uid == study_instance_uid, InstanceRow.counted)
        .where(InstanceRow.instance_id > after)
        .order_by(InstanceRow.instance_id)
        .execution_options(yield_per=_ROWS_AT_A_TIME)
    )
    return ((number, facts_from_json(facts)) for number, facts in rows)


def conflicts_of(
    session: Session, study_instance_uid: str, after: int = 0
) -> list[tuple[int, Conflict]]:
    """The study's objects whose SOP Instance UID an earlier object already had, with numbers."""
    rows = session.execute(
        select(
            InstanceRow.instance_id, InstanceRow.sop_instance_uid, InstanceRow.series_instance_uid
        )
        .where(InstanceRow.study_instance_uid == study_instance_uid)
        .where(IS_CONFLICT, InstanceRow.instance_id > after)
        .order_by(InstanceRow.instance_id)
    )
    return [(number, Conflict(sop, series)) for number, sop, series in rows]


def unreadable_with(session: Session, study_instance_uid: str, quiet: timedelta) -> int:
    """How many unreadable objects may be this study's.

    Those of associations that brought images of it, and those of associations that brought
    nothing readable, from the same peer and less than `quiet` before or after: some senders open
    an association for each object. Nothing nearer can be known: an object that cannot be read
    does not say whose it is.
    """
    peers = session.execute(
        select(
            AssociationRow.calling_ae_title,
            AssociationRow.address,
            func.min(AssociationRow.opened_at),
            func.max(func.coalesce(AssociationRow.closed_at, AssociationRow.opened_at)),
            func.sum(AssociationRow.unreadable),
        )
        .join(VisitRow, VisitRow.association_id == AssociationRow.association_id)
        .where(VisitRow.study_instance_uid == study_instance_uid)
        .group_by(AssociationRow.calling_ae_title, AssociationRow.address)
    ).all()
    return sum(
        int(own) + _unreadable_alone(session, title, address, first - quiet, last + quiet)
        for title, address, first, last, own in peers
    )


def _unreadable_alone(
    session: Session, title: str, address: str, since: datetime, until: datetime
) -> int:
    """Unreadable objects of a peer's associations that brought nothing else."""
    visits = select(VisitRow).where(VisitRow.association_id == AssociationRow.association_id)
    total = session.scalar(
        select(func.sum(AssociationRow.unreadable))
        .where(AssociationRow.calling_ae_title == title, AssociationRow.address == address)
        .where(AssociationRow.opened_at.between(since, until), IS_UNREADABLE)
        .where(~visits.exists())
    )
    return int(total or 0)


def visits_of(session: Session, association_ids: Collection[str]) -> list[VisitRow]:
    """Which studies the associations brought objects of; one association's after the other's."""
    return list(
        session.scalars(
            select(VisitRow)
            .where(VisitRow.association_id.in_(association_ids))
            .order_by(VisitRow.association_id, VisitRow.study_instance_uid)
        )
    )


def last_association(session: Session, study_instance_uid: str) -> AssociationRow | None:
    """The association opened last of those that brought objects of a study."""
    return session.scalar(
        select(AssociationRow)
        .join(VisitRow, VisitRow.association_id == AssociationRow.association_id)
        .where(VisitRow.study_instance_uid == study_instance_uid)
        .order_by(AssociationRow.opened_at.desc(), AssociationRow.association_id.desc())
        .limit(1)
    )


def node_of(session: Session, study_instance_uid: str) -> str | None:
    """The node that received a study last: whose log tells of it."""
    last = last_association(session, study_instance_uid)
    return None if last is None else last.node


def studies_in(session: Session, states: Collection[State]) -> list[str]:
    """The studies in any of these states."""
    wanted = select(StudyRow.study_instance_uid).where(StudyRow.state.in_(states))
    return list(session.scalars(wanted.order_by(StudyRow.study_instance_uid)))


def ending_studies(session: Session, *, quiet_since: datetime, capped_since: datetime) -> list[str]:
    """Studies being received that may be over: `lifecycle.ending` says whether they are."""
    quiet = and_(StudyRow.last_received_at <= quiet_since, ~_being_sent())
    return list(
        session.scalars(
            select(StudyRow.study_instance_uid)
            .where(StudyRow.state == "receiving")
            .where(or_(quiet, StudyRow.receiving_since <= capped_since))
            .order_by(StudyRow.last_received_at)
        )
    )


def study_being_received(session: Session, study_instance_uid: str) -> StudyRow | None:
    """The study, if it is being received and no other node works on it."""
    return session.scalar(
        select(StudyRow)
        .where(StudyRow.study_instance_uid == study_instance_uid, StudyRow.state == "receiving")
        .with_for_update(skip_locked=True)
    )


def coming(session: Session, row: StudyRow) -> Coming:
    """How a study comes in, as far as it is recorded."""
    return Coming(
        since=row.receiving_since,
        last_received_at=row.last_received_at,
        being_sent=being_sent(session, row.study_instance_uid),
        completed_at=_performed_at(session, row),
    )


def being_sent(session: Session, study_instance_uid: str) -> bool:
    """Whether an association is open that brought objects of a study."""
    sent = select(_being_sent()).where(StudyRow.study_instance_uid == study_instance_uid)
    return bool(session.scalar(sent))


def _performed_at(session: Session, row: StudyRow) -> datetime | None:
    """When it was recorded that steps have told of all there is to come, and all of it is here.

    An image that no step announced opens a study again: it stays open until a step is told of
    after that, or nothing more comes. Otherwise each such image would settle it, and tell a verdict.
    """
    uid = row.study_instance_uid
    at = recorded_last(session, uid)
    if at is None or (row.receiving_since > row.first_received_at and at < row.receiving_since):
        return None
    return at if all_is_here(steps_of(session, uid)) else None


def open_associations(session: Session, node: str | None) -> list[str]:
    """The associations that are not recorded as closed, of one node or of all."""
    wanted = select(AssociationRow.association_id).where(AssociationRow.closed_at.is_(None))
    return list(
        session.scalars(wanted if node is None else wanted.where(AssociationRow.node == node))
    )


def close_gone(session: Session, association_id: str, at: datetime) -> None:
    """Close an association of which the spool knows nothing any more."""
    session.execute(
        update(AssociationRow)
        .where(AssociationRow.association_id == association_id, AssociationRow.closed_at.is_(None))
        .values(closed_at=at, outcome="aborted", reason="its folder is gone from the spool")
    )


def _being_sent() -> ColumnElement[bool]:
    return (
        select(VisitRow.association_id)
        .join(AssociationRow, AssociationRow.association_id == VisitRow.association_id)
        .where(
            VisitRow.study_instance_uid == StudyRow.study_instance_uid,
            AssociationRow.closed_at.is_(None),
        )
        .exists()
    )
