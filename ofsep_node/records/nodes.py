"""The nodes that share a database: who is there, who is away, what each has recorded.

A node renews a lease. One that lets it run out is declared away by another, once: its
associations are closed as lost, so that what has been recorded of their studies settles. Nothing
of it is lost: what lies in its spool is recorded when it returns, and opens the studies again.
All times are the database's: the clocks of the nodes may differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from ofsep_node.errors import NodeNameTaken, NodeNotFound
from ofsep_node.records.arrivals import LOST
from ofsep_node.records.base import NodeState
from ofsep_node.records.commitments import give_up_of
from ofsep_node.records.locks import lock_nodes
from ofsep_node.records.schema import AssociationRow, NodeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ThisNode:
    """What a node says of itself.

    `identity` is its data folder's: a node that is started again has the same one. `archive` is
    the archive's. `lease` is how long the others wait for it.
    """

    name: str
    identity: str
    incarnation: str
    archive: str
    host: str
    version: str
    lease: timedelta


@dataclass(frozen=True, slots=True)
class NodeEntry:
    """A node as a list shows it; `waiting` counts the associations in its spool, when last seen."""

    name: str
    state: NodeState
    host: str
    version: str
    started_at: datetime
    seen_at: datetime
    waiting: int

    @property
    def may_hold_objects(self) -> bool:
        """Whether objects may lie in its spool that nobody else can record."""
        return self.state == "away" or (self.state == "stopped" and self.waiting > 0)


def claim(session: Session, node: ThisNode, at: datetime) -> bool:
    """Take the node's name, or take it back; True when the others had given the node up.

    Raises NodeNameTaken when another node has the name, or when a node that was not forgotten,
    be it this one, filed in another archive.
    """
    lock_nodes(session)
    row = session.get(NodeRow, node.name, with_for_update=True)
    if row is not None and row.identity != node.identity and _is_leased(row, at):
        raise NodeNameTaken(
            f"another node called {node.name} works on this database (on {row.host}, seen at "
            f"{row.seen_at.isoformat(timespec='seconds')}): give each node a name of its own, "
            "node.name"
        )
    _refuse_another_archive(session, node)
    was_away = row is not None and row.state == "away"
    if row is None:
        row = NodeRow(name=node.name, recorded_until=at, waiting=0)
        session.add(row)
    row.identity, row.incarnation, row.archive = node.identity, node.incarnation, node.archive
    row.host, row.version, row.state = node.host, node.version, "running"
    row.started_at = row.present_since = row.seen_at = at
    row.lease_until = at + node.lease
    session.flush()
    return was_away


def renew(
    session: Session, node: ThisNode, at: datetime, *, recorded_until: datetime | None, waiting: int
) -> bool:
    """Say that the node is there, and what it has recorded; True when the others gave it up.

    One that was forgotten while it was cut off takes its place again. Raises NodeNameTaken when
    another process has taken it, or the others have another archive by now.
    """
    forgotten = session.get(NodeRow, node.name, with_for_update=True) is None
    if forgotten:
        claim(session, node, at)
    row = session.get_one(NodeRow, node.name)
    if row.incarnation != node.incarnation:
        raise NodeNameTaken(
            f"the node {node.name} is that of a process on {row.host} now: its data folder was "
            "copied, or its name was given to another node; stop one of the two"
        )
    was_away = forgotten or row.state == "away"
    if was_away or row.lease_until < at:
        row.present_since = at
    row.state, row.seen_at, row.lease_until = "running", at, at + node.lease
    row.recorded_until, row.waiting = recorded_until or row.recorded_until, waiting
    return was_away


def leave(session: Session, node: ThisNode, at: datetime, *, waiting: int) -> None:
    """The node stops. It keeps its lease, since it may be started again in a moment."""
    row = session.get(NodeRow, node.name, with_for_update=True)
    if row is not None and row.incarnation == node.incarnation:
        row.state, row.seen_at, row.waiting = "stopped", at, waiting


def give_up_silent(session: Session, by: ThisNode, at: datetime) -> list[tuple[NodeEntry, int]]:
    """Declare away those whose lease has run out; each with how many associations are lost.

    By a node that has been there as long itself: after an outage of the database nobody has a
    lease, and everybody comes back at about the same time.
    """
    own = session.get_one(NodeRow, by.name)
    if own.present_since > at - by.lease:
        return []
    silent = session.scalars(
        select(NodeRow)
        .where(NodeRow.state == "running", NodeRow.lease_until < at, NodeRow.name != by.name)
        .order_by(NodeRow.name)
        .with_for_update(skip_locked=True)
    ).all()
    for row in silent:
        row.state = "away"
    session.flush()
    lost = _close_lost(session, at)
    return [(_entry(row), lost.get(row.name, 0)) for row in silent]


def recorded_until(session: Session, at: datetime, apart_from: str) -> datetime:
    """Until when everything that came to any other node is recorded; `at` when nobody is behind.

    A node that is away is not waited for, nor one that stopped with an empty spool.
    """
    behind = session.scalar(
        select(func.min(NodeRow.recorded_until)).where(
            NodeRow.name != apart_from,
            or_(
                NodeRow.state == "running",
                (NodeRow.state == "stopped") & (NodeRow.waiting > 0) & (NodeRow.lease_until >= at),
            ),
        )
    )
    return at if behind is None else min(at, behind)


def entries(session: Session) -> list[NodeEntry]:
    """All nodes that ever worked on the database and were not forgotten, by name."""
    return [_entry(row) for row in session.scalars(select(NodeRow).order_by(NodeRow.name))]


def forget(session: Session, name: str, at: datetime) -> None:
    """Drop a node that will not return, with what it was to tell others.

    Raises NodeNotFound, also for one that is there.
    """
    row = session.get(NodeRow, name, with_for_update=True)
    if row is None:
        known = ", ".join(e.name for e in entries(session)) or "none"
        raise NodeNotFound(f"no node is called {name!r}; known are: {known}")
    if row.state == "running" and row.lease_until >= at:
        raise NodeNotFound(f"the node {name} is running (on {row.host}): stop it first")
    give_up_of(session, name, at)
    session.delete(row)


def _is_leased(row: NodeRow, at: datetime) -> bool:
    return row.state == "running" and row.lease_until >= at


def _refuse_another_archive(session: Session, node: ThisNode) -> None:
    """After a power cut no other node may run yet: those that are away or stopped count as well."""
    differ = select(NodeRow).where(NodeRow.archive != node.archive).order_by(NodeRow.name)
    row = session.scalars(differ.limit(1)).first()
    if row is not None:
        raise NodeNameTaken(
            f"the node {row.name} (on {row.host}) works on this database with another archive: "
            "node.archive must name the one folder that all nodes mount; is it mounted here? "
            "Where the archive was replaced on purpose, stop all nodes and drop each with "
            f"ofsep-node nodes forget {row.name}"
        )


def _close_lost(session: Session, at: datetime) -> dict[str, int]:
    """Close the associations of all nodes that cannot be waited for; how many of each."""
    awaited = select(NodeRow.name).where(
        or_(NodeRow.state == "running", (NodeRow.state == "stopped") & (NodeRow.lease_until >= at))
    )
    rows = session.execute(
        select(AssociationRow.association_id, AssociationRow.node)
        .where(AssociationRow.closed_at.is_(None), AssociationRow.node.not_in(awaited))
        .order_by(AssociationRow.association_id)
        .with_for_update(skip_locked=True)
    ).all()
    lost: dict[str, int] = {}
    for association_id, name in rows:
        lost[name] = lost.get(name, 0) + 1
        session.execute(
            update(AssociationRow)
            .where(AssociationRow.association_id == association_id)
            .values(closed_at=at, outcome=LOST, reason=f"the node {name} is away")
        )
    return lost


def _entry(row: NodeRow) -> NodeEntry:
    return NodeEntry(
        name=row.name,
        state=row.state,
        host=row.host,
        version=row.version,
        started_at=row.started_at,
        seen_at=row.seen_at,
        waiting=row.waiting,
    )


def away(found: Sequence[NodeEntry]) -> list[NodeEntry]:
    """Those in whose spools objects may lie that nobody else can record."""
    return [entry for entry in found if entry.may_hold_objects]
