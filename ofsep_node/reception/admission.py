"""How many peers may be here at once, and whether new ones may come in."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ofsep_node.reception.connection import Connection
from ofsep_node.reception.negotiation import Rejection

_PENDING_AT_LEAST = 64


class Admission:
    """Counts connections that have not yet asked for an association, and associations.

    Silent connections never take an association's place; when there are too many of them, the
    oldest is closed.
    """

    def __init__(self, maximum_associations: int, on_empty: Callable[[], None]) -> None:
        self.draining = False
        self._maximum = maximum_associations
        self._pending_maximum = max(_PENDING_AT_LEAST, 2 * maximum_associations)
        self._on_empty = on_empty
        self._pending: dict[Connection, None] = {}
        self._running: set[Connection] = set()
        self._leaving: set[Connection] = set()
        self._lock = threading.Lock()

    @property
    def associations(self) -> int:
        """Associations accepted and not yet ended."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Connections that have not yet asked for an association."""
        return len(self._pending)

    def arrive(self, connection: Connection) -> None:
        """A peer has connected."""
        with self._lock:
            oldest = next(iter(self._pending)) if self._full() else None
            if oldest is not None:
                del self._pending[oldest]
            self._pending[connection] = None
        if oldest is not None:
            oldest.interrupt("too many connections wait without asking for an association")

    def _full(self) -> bool:
        return len(self._pending) >= self._pending_maximum

    def admit(self, connection: Connection) -> Rejection | None:
        """Count the peer's association, or say why it is rejected."""
        with self._lock:
            if self.draining:
                return Rejection.DRAINING
            if len(self._running) - len(self._leaving) >= self._maximum:
                return Rejection.TOO_MANY
            self._pending.pop(connection, None)
            self._running.add(connection)
            return None

    def give_up_place(self, connection: Connection) -> None:
        """The peer has asked for release: the next association may come before it hears our reply.

        Senders that open an association per image do so at once.
        """
        with self._lock:
            self._leaving.update(self._running & {connection})

    def leave(self, connection: Connection) -> None:
        """The peer's association is over, or its connection is. Harmless when repeated."""
        with self._lock:
            self._pending.pop(connection, None)
            self._running.discard(connection)
            self._leaving.discard(connection)
            empty = not self._running
        if empty:
            self._on_empty()

    def interrupt(self) -> None:
        """Abort every association that is still running."""
        with self._lock:
            running = list(self._running)
        for connection in running:
            connection.interrupt("the node stopped")
