"""Records as they are after years: one recorded examination, copied under other names.

The intake writes the examination that is copied; the database copies its rows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydicom import dcmread
from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Insert,
    String,
    Table,
    Text,
    bindparam,
    cast,
    create_engine,
    func,
    insert,
    select,
    update,
)

from ofsep_node.records.columns import HeaderText, Instant
from ofsep_node.records.database import database_url
from ofsep_node.records.schema import (
    ArrivalRow,
    AssociationRow,
    EventCursorRow,
    EventRow,
    InstanceRow,
    SeriesRow,
    StudyRow,
    VerdictRow,
    VisitRow,
)
from tests.benchmarks.study import write_study
from tests.intake_node import START, IntakeNode

YEARS = 5
_STEM = "9" * 13
"""Digits that every UID of the copied examination begins with; each copy has others."""

_TABLES: tuple[Table, ...] = tuple(
    row.metadata.tables[row.__tablename__]
    for row in (
        AssociationRow, StudyRow, SeriesRow, InstanceRow, ArrivalRow, VisitRow, VerdictRow, EventRow,
    )
)  # fmt: skip
_NAMED = {
    "association_id": "association",
    "association": "association",
    "patient_id": "patient",
    "study_date": "date",
}
_UNCHECKED = {
    # The copies are as consistent as what is copied; none of it has to survive a power loss.
    "sqlite": ("foreign_keys = OFF", "synchronous = OFF", "journal_mode = OFF", "cache_size = -500000"),
    "postgresql": ("session_replication_role = replica", "synchronous_commit = off"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FullRecords:
    """A database with `instances` in it; `study` and `patient` name one examination of them."""

    url: str
    instances: int
    study: str
    patient: str


@dataclass(frozen=True, slots=True)
class _Copied:
    """The examination that is copied."""

    study: str
    association: str
    instances: int


def fill(url: str, folder: Path, instances: int) -> FullRecords:
    """Bring an empty database to at least so many instances; `folder` takes the first of them."""
    copied = _record_one(url, folder)
    copies = -(-instances // copied.instances)
    engine = create_engine(database_url(url))
    with engine.connect() as connection:
        _unguard(connection)
        with connection.begin():
            for table in _TABLES:
                statement = _copying(table, copied, connection.dialect.name)
                connection.execute(statement, [_copy(n, copies, copied) for n in range(copies)])
            _go_on(connection)
    if engine.dialect.name == "postgresql":  # as its autovacuum leaves them
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
    engine.dispose()
    named = _copy(copies // 6 * 3 + 2, copies, copied)
    return FullRecords(
        url,
        (copies + 1) * copied.instances,
        copied.study.replace(_STEM, named["stem"]),
        named["patient"],
    )


def _record_one(url: str, folder: Path) -> _Copied:
    """Through the whole intake: received, judged, settled."""
    folder.mkdir(parents=True, exist_ok=True)
    node = IntakeNode(folder, url)
    association = node.send(*_objects(folder))
    node.wait(node.quiet_period_s + 1)
    with node.records.reading() as session:
        study, images = session.execute(select(StudyRow.study_instance_uid, StudyRow.images)).one()
    node.records.close()
    return _Copied(study, association, images)


def _objects(folder: Path) -> Iterator[bytes]:
    """The images of an examination, under the UIDs that are told apart in its copies."""
    series: dict[str, int] = {}
    for number, path in enumerate(write_study(folder)):
        image = dcmread(path)
        part = series.setdefault(image.SeriesInstanceUID, len(series) + 1)
        image.StudyInstanceUID = f"2.25.{_STEM}"
        image.SeriesInstanceUID = f"2.25.{_STEM}{part:04}"
        image.SOPInstanceUID = f"2.25.{_STEM}{part:04}{number:08}"
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        content = io.BytesIO()
        image.save_as(content, enforce_file_format=True)
        yield content.getvalue()


def _copy(number: int, copies: int, copied: _Copied) -> dict[str, Any]:
    """What is different in one copy. UIDs lie all over the index; every second patient came twice."""
    at = START - timedelta(days=365 * YEARS) * ((copies - number) / copies)
    return {
        "stem": f"{10**12 + number * 618_033_988_749 % (3 * 10**12):013}",
        "association": f"{at:%Y%m%dT%H%M%S}-{number:08}",
        "patient": f"FULL-{number * 2 // 3:06}",
        "date": f"{at:%Y%m%d}",
        "at": at,
        "offset": (number + 1) * copied.instances,
    }


def _copying(table: Table, copied: _Copied, dialect: str) -> Insert:
    columns = [c for c in table.columns if c.name != "event_id"]
    values = [_value(column, dialect) for column in columns]
    rows = select(*values).where(_is_of(table, copied)).order_by(*table.primary_key.columns)
    return insert(table).from_select([c.name for c in columns], rows)


def _is_of(table: Table, copied: _Copied) -> ColumnElement[bool]:
    """Which rows are copied."""
    if table.name == "event":
        return (table.c.study == copied.study) | (table.c.association == copied.association)
    if "study_instance_uid" in table.columns:
        return table.c.study_instance_uid == copied.study
    return table.c.association_id == copied.association


def _value(column: Column[Any], dialect: str) -> ColumnElement[Any]:
    if column.name == "instance_id":
        return column + bindparam("offset", type_=BigInteger())
    if column.name in _NAMED:
        return _word(_NAMED[column.name])
    if isinstance(column.type, Instant):
        return bindparam("at", type_=Instant())
    if isinstance(column.type, HeaderText | String):
        return func.replace(column, _STEM, _word("stem"))
    if isinstance(column.type, JSON):
        renamed = func.replace(cast(column, Text), _STEM, _word("stem"))
        # SQLite keeps a document as text, and takes JSON for the name of a number.
        return renamed if dialect == "sqlite" else cast(renamed, JSON)
    return column


def _word(name: str) -> BindParameter[str]:
    return bindparam(name, type_=Text())


def _unguard(connection: Connection) -> None:
    kind = connection.dialect.name
    for setting in _UNCHECKED[kind]:
        connection.exec_driver_sql(f"{'PRAGMA' if kind == 'sqlite' else 'SET'} {setting}")
    connection.commit()


def _go_on(connection: Connection) -> None:
    """As if all had come through the intake: numbers go on, and the log has told of everything."""
    newest = select(func.max(EventRow.event_id)).scalar_subquery()
    connection.execute(update(EventCursorRow).values(position=newest))
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('instance', 'instance_id'), max(instance_id)) "
            "FROM instance"
        )
