"""Carries all records from one database to another, whatever kind each is of."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.orm import Session

from ofsep_node.errors import RecordsError
from ofsep_node.records.base import Base
from ofsep_node.records.database import Records
from ofsep_node.records.locks import is_shared
from ofsep_node.records.migration import upgrade
from ofsep_node.records.revision import check
from ofsep_node.records.schema import NodeRow

ROWS_AT_A_TIME = 1_000

_TABLES = [t for t in Base.metadata.sorted_tables if t is not NodeRow.__table__]
"""Parents before their children. Who works on a database says nothing about another."""


def copy(
    source: str, target: str, told: Callable[[str], object] = lambda _: None
) -> dict[str, int]:
    """Copy every table, and return how many rows each has; all of it is there at the end, or none.

    `told` is called with the name of each table. Memory does not grow with the records. Raises
    RecordsError when one cannot be used, the two are the same, or the target holds records.
    """
    check(source)
    upgrade(target)
    origin, goal = Records(source), Records(target)
    try:
        with origin.reading() as reading, goal.writing() as writing:
            _refuse_occupied(writing, goal.name)
            counted = {t.name: _copy_table(t, reading, writing, told) for t in _TABLES}
            if is_shared(writing):
                _go_on_counting(writing)
            return counted
    finally:
        origin.close()
        goal.close()


def _refuse_occupied(session: Session, name: str) -> None:
    occupied = [t.name for t in _TABLES if session.execute(select(t).limit(1)).first() is not None]
    if occupied:
        raise RecordsError(
            f"the database {name} holds records already ({', '.join(occupied)}): nothing was "
            "copied; name an empty one"
        )


def _copy_table(
    table: Table, reading: Session, writing: Session, told: Callable[[str], object]
) -> int:
    told(table.name)
    copied = 0
    rows = reading.execute(
        select(table).order_by(*table.primary_key.columns),
        execution_options={"yield_per": ROWS_AT_A_TIME},
    )
    for some in rows.mappings().partitions():
        writing.execute(insert(table), [dict(row) for row in some])
        copied += len(some)
    return copied


def _go_on_counting(session: Session) -> None:
    """The next row of a table that numbers its rows gets a number of its own."""
    for table in _TABLES:
        column = table.autoincrement_column
        if column is not None:
            highest = session.scalar(select(func.max(column)))
            if highest is not None:
                session.execute(
                    text("SELECT setval(pg_get_serial_sequence(:table, :column), :highest)"),
                    {"table": table.name, "column": column.name, "highest": highest},
                )
