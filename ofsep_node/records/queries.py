"""What people ask the records: studies, verdicts and their history, conflicts, associations."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from ofsep_node.errors import StudyNotFound
from ofsep_node.records.patients import is_of
from ofsep_node.records.schema import (
    IS_CONFLICT,
    AssociationRow,
    InstanceRow,
    SeriesRow,
    StudyRow,
    VerdictRow,
    VisitRow,
)

LISTED_WHEN_AMBIGUOUS = 10


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """A study as a list shows it; `conclusion` is None until it has been judged."""

    study_instance_uid: str
    patient_id: str | None
    study_date: str | None
    study_description: str | None
    state: str
    conclusion: str | None
    version: int
    images: int
    series: int
    first_received_at: datetime
    last_received_at: datetime
    peers: tuple[str, ...]  # calling AE titles, sorted
    archived_bytes: int
    dropped_at: datetime | None  # when images of it left the archive last


@dataclass(frozen=True, slots=True)
class VerdictVersion:
    """One version of a study's verdict; one that is not frozen may still be rewritten."""

    version: int
    state: str
    conclusion: str
    frozen: bool
    judged_at: datetime
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ConflictEntry:
    """An object whose SOP Instance UID an earlier one already had, with other content."""

    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    archived_as: str
    digest: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class AssociationEntry:
    """An association that brought objects of a study; counts are of that study."""

    association_id: str
    node: str
    calling_ae_title: str
    called_ae_title: str
    address: str
    implementation_class_uid: str | None
    implementation_version_name: str | None
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    reason: str | None
    stored: int
    duplicates: int
    conflicts: int


def studies(session: Session, *, limit: int | None = None) -> list[StudyEntry]:
    """All studies, the one received last first."""
    rows = session.scalars(_newest_first(select(StudyRow)).limit(limit)).all()
    return _entries(session, rows)


def study(session: Session, study_instance_uid: str) -> StudyEntry:
    """One study by its full UID. Raises StudyNotFound."""
    row = session.get(StudyRow, study_instance_uid)
    if row is None:
        raise StudyNotFound(_no_study(study_instance_uid))
    return _entries(session, [row])[0]


def find_study(session: Session, name: str) -> str:
    """The Study Instance UID meant by a full UID, or by a start or end of one, or a patient id.

    Raises StudyNotFound when no study is meant, or several: then the message lists them.
    """
    if session.get(StudyRow, name) is not None:
        return name
    found = _called(session, name) if name else []
    if len(found) != 1:
        raise StudyNotFound(_several(name, found) if found else _no_study(name))
    return found[0].study_instance_uid


def study_counts(session: Session) -> dict[tuple[str, str], int]:
    """How many studies there are by state and conclusion, which is "" before a first verdict."""
    wanted = select(StudyRow.state, StudyRow.conclusion, func.count()).group_by(
        StudyRow.state, StudyRow.conclusion
    )
    return {
        (state, conclusion or ""): count for state, conclusion, count in session.execute(wanted)
    }


def study_uids(session: Session) -> list[str]:
    """Every study, the oldest examination first: later ones are judged with it in mind."""
    wanted = select(StudyRow.study_instance_uid).order_by(
        StudyRow.study_date, StudyRow.study_time, StudyRow.study_instance_uid
    )
    return list(session.scalars(wanted))


def newest_verdict(session: Session, study_instance_uid: str) -> VerdictVersion | None:
    """The verdict as it stands; None when the study has not been judged yet."""
    row = session.scalar(_verdicts(study_instance_uid).order_by(VerdictRow.version.desc()).limit(1))
    return None if row is None else _standing(session, _version(row), study_instance_uid)


def verdict_history(session: Session, study_instance_uid: str) -> list[VerdictVersion]:
    """All versions of a study's verdict, the first one first."""
    rows = session.scalars(_verdicts(study_instance_uid).order_by(VerdictRow.version))
    versions = [_version(row) for row in rows]
    return [*versions[:-1], *(_standing(session, v, study_instance_uid) for v in versions[-1:])]


def conflicts(session: Session, study_instance_uid: str | None = None) -> list[ConflictEntry]:
    """Objects that reuse another's SOP Instance UID, of one study or of all, oldest first."""
    wanted = select(InstanceRow).where(IS_CONFLICT)
    if study_instance_uid is not None:
        wanted = wanted.where(InstanceRow.study_instance_uid == study_instance_uid)
    rows = session.scalars(wanted.order_by(InstanceRow.instance_id))
    return [_conflict(row) for row in rows]


def associations(session: Session, study_instance_uid: str) -> list[AssociationEntry]:
    """The associations that brought objects of a study, oldest first."""
    rows = session.execute(
        select(AssociationRow, VisitRow)
        .join(VisitRow, VisitRow.association_id == AssociationRow.association_id)
        .where(VisitRow.study_instance_uid == study_instance_uid)
        .order_by(AssociationRow.opened_at, AssociationRow.association_id)
    )
    return [_association(association, visit) for association, visit in rows]


def _called(session: Session, name: str) -> list[StudyRow]:
    uid = StudyRow.study_instance_uid
    meant = or_(
        is_of(name),
        uid.startswith(name, autoescape=True),
        uid.endswith(name, autoescape=True),
    )
    wanted = _newest_first(select(StudyRow).where(meant)).limit(LISTED_WHEN_AMBIGUOUS + 1)
    return list(session.scalars(wanted))


def _newest_first(wanted: Select[StudyRow]) -> Select[StudyRow]:
    return wanted.order_by(StudyRow.last_received_at.desc(), StudyRow.study_instance_uid)


def _verdicts(study_instance_uid: str) -> Select[VerdictRow]:
    return select(VerdictRow).where(VerdictRow.study_instance_uid == study_instance_uid)


def _entries(session: Session, rows: Any) -> list[StudyEntry]:
    uids = [row.study_instance_uid for row in rows]
    series = _series_counts(session, uids)
    peers = _peers(session, uids)
    return [_entry(r, series.get(r.study_instance_uid, 0), peers) for r in rows]


def _entry(row: StudyRow, series: int, peers: dict[str, set[str]]) -> StudyEntry:
    return StudyEntry(
        study_instance_uid=row.study_instance_uid,
        patient_id=row.patient_id,
        study_date=row.study_date,
        study_description=row.study_description,
        state=row.state,
        conclusion=row.conclusion,
        version=row.version,
        images=row.images,
        series=series,
        first_received_at=row.first_received_at,
        last_received_at=row.last_received_at,
        peers=tuple(sorted(peers.get(row.study_instance_uid, ()))),
        archived_bytes=row.archived_bytes,
        dropped_at=row.dropped_at,
    )


_UIDS_A_QUERY = 500
"""SQLite before 3.32 takes at most 999 parameters in one statement."""


def _chunks(uids: list[str]) -> list[list[str]]:
    return [uids[i : i + _UIDS_A_QUERY] for i in range(0, len(uids), _UIDS_A_QUERY)]


def _series_counts(session: Session, uids: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for chunk in _chunks(uids):
        rows = session.execute(
            select(SeriesRow.study_instance_uid, func.count())
            .where(SeriesRow.study_instance_uid.in_(chunk))
            .group_by(SeriesRow.study_instance_uid)
        )
        counts.update((uid, count) for uid, count in rows)
    return counts


def _peers(session: Session, uids: list[str]) -> dict[str, set[str]]:
    peers: dict[str, set[str]] = {}
    for chunk in _chunks(uids):
        rows = session.execute(
            select(VisitRow.study_instance_uid, AssociationRow.calling_ae_title)
            .join(AssociationRow, AssociationRow.association_id == VisitRow.association_id)
            .where(VisitRow.study_instance_uid.in_(chunk))
            .distinct()
        )
        for uid, title in rows:
            peers.setdefault(uid, set()).add(title)
    return peers


def _version(row: VerdictRow) -> VerdictVersion:
    return VerdictVersion(
        version=row.version,
        state=row.state,
        conclusion=row.conclusion,
        frozen=row.frozen,
        judged_at=row.judged_at,
        document=row.document,
    )


def _standing(session: Session, version: VerdictVersion, uid: str) -> VerdictVersion:
    """The newest version, which is never written again, with its being reported."""
    state = session.scalar(select(StudyRow.state).where(StudyRow.study_instance_uid == uid))
    if state != "reported":
        return version
    return replace(version, state=state, document=version.document | {"state": state})


def _conflict(row: InstanceRow) -> ConflictEntry:
    return ConflictEntry(
        sop_instance_uid=row.sop_instance_uid,
        study_instance_uid=row.study_instance_uid,
        series_instance_uid=row.series_instance_uid,
        archived_as=row.archived_as,
        digest=row.digest,
        received_at=row.received_at,
    )


def _association(row: AssociationRow, visit: VisitRow) -> AssociationEntry:
    return AssociationEntry(
        association_id=row.association_id,
        node=row.node,
        calling_ae_title=row.calling_ae_title,
        called_ae_title=row.called_ae_title,
        address=row.address,
        implementation_class_uid=row.implementation_class_uid,
        implementation_version_name=row.implementation_version_name,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        outcome=row.outcome,
        reason=row.reason,
        stored=visit.stored,
        duplicates=visit.duplicates,
        conflicts=visit.conflicts,
    )


def _no_study(name: str) -> str:
    return (
        f"no study in the records is called {name!r}: give a Study Instance UID, a start or an "
        "end of one, or a patient id; `ofsep-node studies` lists them"
    )


def _listed(row: StudyRow) -> str:
    """A study among others of its patient: what tells them apart, and how it was judged."""
    day, time = row.study_date or "", row.study_time or ""
    at = f"{day[:4]}-{day[4:6]}-{day[6:8]}" if re.fullmatch(r"\d{8}", day) else day or "-"
    at += f" {time[:2]}:{time[2:4]}" if re.match(r"\d{4}", time) else ""
    judged = (row.conclusion or "not judged yet").replace("_", " ")
    return f"  {row.study_instance_uid}  {at}  {judged}"


def _several(name: str, found: list[StudyRow]) -> str:
    listed = [_listed(row) for row in found]
    more = ["  ..."] if len(listed) > LISTED_WHEN_AMBIGUOUS else []
    return "\n".join(
        [f"{name!r} names several studies, say which:", *listed[:LISTED_WHEN_AMBIGUOUS], *more]
    )
