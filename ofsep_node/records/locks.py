"""What keeps several nodes on one PostgreSQL out of each other's way.

Every transaction takes its locks in the same order, and the studies among each other by name, so
that no two wait for each other: the schema, the nodes, arrivals that may mend one another, studies,
a node's events. All are PostgreSQL's advisory locks, given back when the transaction ends, however it
ends. SQLite has one writer at a time anyway.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.orm import Session

SCHEMA_LOCK = 0x0F5E9
"""Held alone by whoever upgrades the schema, and by all who write together."""

_UNREADABLE_LOCK = 0x0F5EA
"""Held alone by who records an object that does not say whose it is, together by all others.

A whole object mends a broken one of its name, whichever comes first: neither may miss the other.
"""

_ONE = "SELECT pg_advisory_xact_lock(:lock)"
_TOGETHER = "SELECT pg_advisory_xact_lock_shared(:lock)"
_BY_NAME = (
    "SELECT pg_advisory_xact_lock(hashtextextended(uid, 0)) "
    "FROM unnest(CAST(:names AS text[])) AS uid"
)
_IF_FREE = "SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"


def is_shared(session: Session) -> bool:
    """Whether other nodes may write to the same database."""
    return session.get_bind().dialect.name == "postgresql"


def lock_schema(session: Session) -> None:
    """Keep the schema as it is until the transaction ends."""
    if is_shared(session):
        session.execute(text(_TOGETHER), {"lock": SCHEMA_LOCK})


def lock_nodes(session: Session) -> None:
    """One process at a time says which node has a name, and which archive all have."""
    if is_shared(session):
        session.execute(text(_BY_NAME), {"names": ["nodes"]})


def lock_unreadable(session: Session, *, alone: bool) -> None:
    """Before objects are recorded; `alone` when some of them cannot be read."""
    if is_shared(session):
        session.execute(text(_ONE if alone else _TOGETHER), {"lock": _UNREADABLE_LOCK})


def lock_studies(session: Session, study_instance_uids: Iterable[str]) -> None:
    """Keep other nodes off these studies until the transaction ends; once a transaction."""
    names = sorted(set(study_instance_uids))
    if names and is_shared(session):
        session.execute(text(_BY_NAME), {"names": names})


def try_lock_study(session: Session, study_instance_uid: str) -> bool:
    """False when another node has the study at this moment."""
    if not is_shared(session):
        return True
    return bool(session.scalar(text(_IF_FREE), {"name": study_instance_uid}))


def lock_events(session: Session, node: str) -> None:
    """Give the numbers of a node's events in the order of commits."""
    if is_shared(session):
        session.execute(text(_BY_NAME), {"names": [f"events of {node}"]})
