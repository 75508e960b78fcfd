"""This node among the others on its database: it is seen, and sees who is not."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from ofsep_node import __version__
from ofsep_node.domain.events import Event
from ofsep_node.intake.events import Origin, event
from ofsep_node.intake.settings import IntakeSettings
from ofsep_node.ownership import identity_of
from ofsep_node.records import events, nodes
from ofsep_node.records.database import Records
from ofsep_node.records.nodes import NodeEntry, ThisNode

SEEN_AT_LEAST_EVERY_S = 5.0
LEASE_RENEWED = 6
"""A lease is renewed so many times before it would run out."""

Now = Callable[[Session], datetime]
"""The time by which all nodes of a database go."""


def this_node(settings: IntakeSettings) -> ThisNode:
    """What the node tells the others. Raises OSError when the archive cannot be reached."""
    return ThisNode(
        name=settings.node,
        identity=settings.identity,
        incarnation=secrets.token_hex(8),
        archive=identity_of(settings.archive),
        host=socket.gethostname(),
        version=__version__,
        lease=timedelta(seconds=settings.away_after_s),
    )


class Presence:
    """Holds the node's lease. On SQLite there are no others, and nothing to hold."""

    def __init__(self, settings: IntakeSettings, records: Records, now: Now) -> None:
        self._settings = settings
        self._records = records
        self._now = now
        self._node: ThisNode | None = None
        self._due = 0.0
        self._every_s = min(
            SEEN_AT_LEAST_EVERY_S,
            settings.away_after_s / LEASE_RENEWED,
            settings.quiet_period_s / 4,
        )

    def announce(self) -> None:
        """Take the node's place. Raises RecordsError when it is another's, and OSError."""
        if not self._records.is_postgresql:
            return
        node = this_node(self._settings)
        with self._records.writing() as session:
            at = self._now(session)
            if nodes.claim(session, node, at):
                self._tell(session, [_returned(node)], at)
        self._node = node
        self._due = 0.0

    def is_due(self) -> bool:
        """Whether to say again that the node is there."""
        return self._node is not None and time.monotonic() >= self._due

    def renew(self, waiting_since: float, waiting: int) -> bool:
        """Hold the lease, and give up those who do not; True when the others gave this one up.

        `waiting_since`, in monotonic seconds, is since when something waits to be recorded;
        minus infinity while nothing is known of it. Raises RecordsError.
        """
        if self._node is None:
            return False
        behind = time.monotonic() - waiting_since
        with self._records.writing() as session:
            at = self._now(session)
            until = at - timedelta(seconds=behind) if behind < float("inf") else None
            returned = nodes.renew(session, self._node, at, recorded_until=until, waiting=waiting)
            gone = nodes.give_up_silent(session, self._node, at)
            told = [_returned(self._node)] if returned else []
            self._tell(session, [*told, *(_away(entry, lost) for entry, lost in gone)], at)
        self._due = time.monotonic() + self._every_s
        return returned

    def leave(self, waiting: int) -> None:
        """Say that the node stops. Raises RecordsError."""
        if self._node is not None:
            with self._records.writing() as session:
                nodes.leave(session, self._node, self._now(session), waiting=waiting)

    def others_recorded_until(self, session: Session, at: datetime) -> datetime:
        """Until when everything that came to any other node is recorded; `at` at the latest."""
        if self._node is None:
            return at
        return nodes.recorded_until(session, at, apart_from=self._node.name)

    def _tell(self, session: Session, told: Sequence[Event], at: datetime) -> None:
        events.append(session, told, node=self._settings.node, at=at)


def _away(entry: NodeEntry, associations: int) -> Event:
    details = {
        "about": entry.name,
        "host": entry.host,
        "seen_at": entry.seen_at.isoformat(),
        "associations": associations,
    }
    return event("node.away", Origin(), level="warning", details=details)


def _returned(node: ThisNode) -> Event:
    return event("node.returned", Origin(), details={"about": node.name, "host": node.host})
