"""Which series a person means."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ofsep_node.errors import SeriesNotFound
from ofsep_node.records.queries import LISTED_WHEN_AMBIGUOUS, find_study
from ofsep_node.records.schema import SeriesRow


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """A series of a study, as its first image describes it."""

    study_instance_uid: str
    series_instance_uid: str
    series_number: int | None
    series_description: str | None


def find_series(session: Session, name: str) -> SeriesEntry:
    """The series meant by a full UID, by a start or an end of one, or by STUDY/NUMBER.

    STUDY is whatever `find_study` takes. Raises SeriesNotFound, which says what is known, when no
    series is meant, or several; StudyNotFound.
    """
    study, slash, number = name.rpartition("/")
    if slash and study and number.isdecimal():
        return _numbered(session, find_study(session, study), int(number))
    found = _series_called(session, name) if name else []
    if len(found) != 1:
        raise SeriesNotFound(_several_series(name, found) if found else _no_series(name))
    return found[0]


def _numbered(session: Session, study_instance_uid: str, number: int) -> SeriesEntry:
    rows = session.scalars(
        select(SeriesRow)
        .where(SeriesRow.study_instance_uid == study_instance_uid)
        .order_by(SeriesRow.series_number, SeriesRow.series_instance_uid)
    ).all()
    called = [_series_entry(row) for row in rows if row.series_number == number]
    if len(called) > 1:
        raise SeriesNotFound(_several_series(f"{study_instance_uid}/{number}", called))
    if called:
        return called[0]
    known = ", ".join(str(row.series_number) for row in rows if row.series_number is not None)
    raise SeriesNotFound(
        f"study {study_instance_uid} has no series {number}; it has: {known or 'none with a number'}"
    )


def _series_called(session: Session, name: str) -> list[SeriesEntry]:
    uid = SeriesRow.series_instance_uid
    exact = select(SeriesRow).where(uid == name)
    near = select(SeriesRow).where(
        or_(uid.startswith(name, autoescape=True), uid.endswith(name, autoescape=True))
    )
    for wanted in (exact, near):
        found = session.scalars(wanted.order_by(uid).limit(LISTED_WHEN_AMBIGUOUS + 1)).all()
        if found:
            return [_series_entry(row) for row in found]
    return []


def _series_entry(row: SeriesRow) -> SeriesEntry:
    return SeriesEntry(
        row.study_instance_uid, row.series_instance_uid, row.series_number, row.series_description
    )


def _no_series(name: str) -> str:
    return (
        f"no series in the records is called {name!r}: give a Series Instance UID, a start or an "
        "end of one, or STUDY/NUMBER; `ofsep-node show STUDY` lists a study's series"
    )


def _several_series(name: str, found: list[SeriesEntry]) -> str:
    shown = found[:LISTED_WHEN_AMBIGUOUS]
    listed = "; ".join(f"{s.series_instance_uid} of {s.study_instance_uid}" for s in shown)
    more = "; ..." if len(found) > len(shown) else ""
    return f"{name!r} names several series, say which: {listed}{more}"
