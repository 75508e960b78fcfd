"""Carries the node's events from the records to the log, none of them lost by a crash."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from ofsep_node.domain.events import Event
from ofsep_node.pulse import Beat
from ofsep_node.records import events
from ofsep_node.records.database import Records

FOLLOWER = "log"
EVENTS_AT_A_TIME = 500

log = structlog.get_logger()


class LogFollower:
    """Logs every event once; those of the last transaction before a kill are logged again.

    The cursor moves in the transaction after the one that wrote the events: a crash between
    commit and log repeats lines, and never drops one.
    """

    def __init__(self, records: Records, node: str, beat: Beat = lambda: None) -> None:
        self._records = records
        self._beat = beat
        self._node = node
        self._position: int | None = None
        self._recorded = 0

    def follow(self) -> None:
        """Log all events past the cursor. Raises DatabaseUnavailable."""
        while self._follow_some() == EVENTS_AT_A_TIME:
            self._beat()

    def mark(self, session: Session) -> None:
        """Record in a transaction how far the log has come."""
        if self._position is not None and self._position > self._recorded:
            events.move_to(session, self._node, FOLLOWER, self._position)

    def marked(self) -> None:
        """The transaction of the last `mark` has been committed."""
        self._recorded = self._position or 0

    def _follow_some(self) -> int:
        with self._records.reading() as session:
            if self._position is None:
                self._position = events.position_of(session, self._node, FOLLOWER)
                self._recorded = self._position
            found = events.after(session, self._node, self._position, EVENTS_AT_A_TIME)
        for position, at, event in found:
            self._say(event, at)
            self._position = position
        return len(found)

    def _say(self, event: Event, at: datetime) -> None:
        getattr(log, event.level)(event.name, at=at, **event.fields)
