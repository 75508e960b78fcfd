"""The append-only table of events, and how far its followers have come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, func, insert, select
from sqlalchemy.orm import Session

from ofsep_node.domain.events import Event, EventLevel, EventName
from ofsep_node.records.locks import lock_events
from ofsep_node.records.schema import EventCursorRow, EventRow, NodeRow

_ROWS_AT_A_TIME = 500


def append(session: Session, events: Sequence[Event], *, node: str, at: datetime) -> None:
    """Write events, in order, in the transaction that makes what they tell; the last thing it does.

    Not only the intake writes a node's events. Numbers are given in the order of commits, or a
    follower would pass over one whose transaction ends late: SQLite has one writer at a time, and
    on PostgreSQL a lock makes it so for each node's events.
    """
    if events:
        lock_events(session, node)
        session.execute(insert(EventRow), [_values(e, node, at) for e in events])


def after(
    session: Session, node: str, position: int, limit: int
) -> list[tuple[int, datetime, Event]]:
    """The node's events past `position`, oldest first, each with its own position and time.

    They are written one transaction after the other, so that no event can appear later at a
    position already passed.
    """
    rows = session.execute(
        select(*EventRow.__table__.columns)  # plain rows: every object makes one
        .where(EventRow.node == node, EventRow.event_id > position)
        .order_by(EventRow.event_id)
        .limit(limit)
    )
    return [(row.event_id, row.at, _event(row)) for row in rows]


def backwards(session: Session) -> Iterator[tuple[int, str, datetime, Event]]:
    """The events of all nodes, the newest first, each with its position, node and time."""
    rows = session.execute(
        select(*EventRow.__table__.columns)
        .order_by(EventRow.event_id.desc())
        .execution_options(yield_per=_ROWS_AT_A_TIME)
    )
    return ((row.event_id, row.node, row.at, _event(row)) for row in rows)


def nodes(session: Session) -> list[str]:
    """The nodes that have events, or will have some, by name."""
    told = select(EventCursorRow.node).union(select(NodeRow.name)).subquery()
    return list(session.scalars(select(told.c[0]).order_by(told.c[0])))


def position_of(session: Session, node: str, follower: str) -> int:
    """How far a follower of a node's events has come; 0 at first."""
    cursor = session.get(EventCursorRow, (node, follower))
    return 0 if cursor is None else cursor.position


def move_to(session: Session, node: str, follower: str, position: int) -> None:
    """Record how far a follower has come."""
    cursor = session.get(EventCursorRow, (node, follower))
    if cursor is None:
        session.add(EventCursorRow(node=node, follower=follower, position=position))
    else:
        cursor.position = position


def newest_of(session: Session, node: str) -> int:
    """The position of a node's newest event; 0 when it has none."""
    found = select(func.max(EventRow.event_id)).where(EventRow.node == node)
    return session.scalar(found) or 0


def newest(session: Session) -> int:
    """The position of the newest event of any node; 0 when there is none."""
    return session.scalar(select(func.max(EventRow.event_id))) or 0


def _values(event: Event, node: str, at: datetime) -> dict[str, object]:
    return {
        "at": at,
        "node": node,
        "name": event.name,
        "level": event.level,
        "association": event.association,
        "peer": event.peer,
        "address": event.address,
        "study": event.study,
        "series": event.series,
        "instance": event.instance,
        "details": dict(event.details),
    }


def _event(row: Row[Any]) -> Event:
    return Event(
        name=cast("EventName", row.name),
        level=cast("EventLevel", row.level),
        association=row.association,
        peer=row.peer,
        address=row.address,
        study=row.study,
        series=row.series,
        instance=row.instance,
        details=row.details,
    )
