"""What the node holds and gives away: studies, series and objects as queries find them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, distinct, func, select
from sqlalchemy.orm import Session

from ofsep_node.records.schema import InstanceRow, SeriesRow, StudyRow

HELD: ColumnElement[bool] = and_(InstanceRow.counted.is_(True), InstanceRow.dropped_at.is_(None))
"""The one place that says which objects are there for others: the first of each SOP Instance UID.

An object that was dropped leaves nothing to give away but the reports of its study. Of two contents under one UID the second is kept for people to look at, and given to nobody.
"""


HOLDING: ColumnElement[bool] = StudyRow.archived_bytes > 0
"""Studies of which there are objects: of the others, whose images were dropped, reports are left."""


@dataclass(frozen=True, slots=True)
class HeldObject:
    """One object that can be sent; `archived_as` is relative to the archive."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    archived_as: str


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a study is held: its series and objects, and the modalities they are of."""

    series: int
    objects: int
    modalities: tuple[str, ...]


_OF_SERIES = select(InstanceRow.instance_id).where(
    InstanceRow.study_instance_uid == SeriesRow.study_instance_uid,
    InstanceRow.series_instance_uid == SeriesRow.series_instance_uid,
    HELD,
)
_OBJECTS = (
    select(
        InstanceRow.study_instance_uid,
        InstanceRow.series_instance_uid,
        InstanceRow.sop_instance_uid,
        InstanceRow.sop_class_uid,
        InstanceRow.transfer_syntax_uid,
        InstanceRow.archived_as,
    )
    .where(HELD)
    .order_by(InstanceRow.study_instance_uid, InstanceRow.instance_id)
)


def studies(
    session: Session, conditions: Sequence[ColumnElement[bool]], after: str, limit: int
) -> list[StudyRow]:
    """Studies by Study Instance UID, those that follow `after`."""
    return list(
        session.scalars(
            select(StudyRow)
            .where(*conditions, StudyRow.study_instance_uid > after)
            .order_by(StudyRow.study_instance_uid)
            .limit(limit)
        )
    )


def extents(session: Session, study_instance_uids: Collection[str]) -> dict[str, Extent]:
    """How much of each study is held."""
    rows = session.execute(
        select(
            InstanceRow.study_instance_uid,
            func.count(distinct(InstanceRow.series_instance_uid)),
            func.count(),
        )
        .where(InstanceRow.study_instance_uid.in_(study_instance_uids), HELD)
        .group_by(InstanceRow.study_instance_uid)
    )
    modalities = _modalities(session, study_instance_uids)
    return {
        uid: Extent(series, objects, tuple(sorted(modalities.get(uid, ()))))
        for uid, series, objects in rows
    }


def _modalities(session: Session, uids: Collection[str]) -> dict[str, set[str]]:
    rows = session.execute(
        select(SeriesRow.study_instance_uid, SeriesRow.modality)
        .where(
            SeriesRow.study_instance_uid.in_(uids),
            SeriesRow.modality.is_not(None),
            _OF_SERIES.exists(),
        )
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for uid, modality in rows:
        found.setdefault(uid, set()).add(str(modality))
    return found


def series_of(session: Session, study_instance_uid: str) -> list[tuple[SeriesRow, int]]:
    """The series of a study of which something is held, each with its number of objects."""
    rows = session.execute(
        select(SeriesRow, func.count())
        .join(
            InstanceRow,
            (InstanceRow.study_instance_uid == SeriesRow.study_instance_uid)
            & (InstanceRow.series_instance_uid == SeriesRow.series_instance_uid),
        )
        .where(SeriesRow.study_instance_uid == study_instance_uid, HELD)
        .group_by(SeriesRow.study_instance_uid, SeriesRow.series_instance_uid)
        .order_by(SeriesRow.series_number, SeriesRow.series_instance_uid)
    )
    return [(series, count) for series, count in rows]


def objects_of(
    session: Session,
    study_instance_uids: Collection[str],
    series_instance_uids: Collection[str] = (),
    sop_instance_uids: Collection[str] = (),
) -> list[HeldObject]:
    """The objects of studies, or of some of their series, or some of these, as they came."""
    wanted = _OBJECTS.where(InstanceRow.study_instance_uid.in_(study_instance_uids))
    if series_instance_uids:
        wanted = wanted.where(InstanceRow.series_instance_uid.in_(series_instance_uids))
    if sop_instance_uids:
        wanted = wanted.where(InstanceRow.sop_instance_uid.in_(sop_instance_uids))
    return [_held(row) for row in session.execute(wanted)]


def _held(values: Sequence[Any]) -> HeldObject:
    study, series, instance, sop_class, syntax, archived_as, *_ = values
    return HeldObject(study, series, instance, sop_class, syntax or "", archived_as)


def listed_objects(
    session: Session, study_instance_uid: str, series_instance_uid: str
) -> list[tuple[HeldObject, str]]:
    """The objects of a series, each with its facts as they are stored."""
    rows = session.execute(
        _OBJECTS.add_columns(InstanceRow.facts).where(
            InstanceRow.study_instance_uid == study_instance_uid,
            InstanceRow.series_instance_uid == series_instance_uid,
        )
    )
    return [(_held(row), str(row.facts)) for row in rows]
