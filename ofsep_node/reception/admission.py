"""Who may come in, and how many may be here at once."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

from ofsep_node.reception.connection import Connection
from ofsep_node.reception.negotiation import Rejection
from ofsep_node.reception.peers import Peers, read_peers
from ofsep_node.reception.places import Places
from ofsep_node.reception.tls import server_context
from ofsep_node.settings import Settings

_PENDING_AT_LEAST = 64


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in, and the context for those who come over TLS; replaced as a whole."""

    peers: Peers
    tls: ssl.SSLContext | None = None
    handshake_timeout_s: float = 10.0

    @classmethod
    def read(cls, settings: Settings) -> Access:
        """As the files that the settings name say now. Raises SettingsError."""
        file = settings.reception.peers
        return cls(
            peers=read_peers(file) if file else Peers(),
            tls=server_context(settings.tls),
            handshake_timeout_s=settings.tls.handshake_timeout_s,
        )


class Admission:
    """Counts connections that have no association yet, or were refused one, and associations.

    Each counts until it is closed, which a peer may delay by two seconds. Silent connections never take an association's place; when there are too many of them, the
    oldest is closed. Places are those of the whole node. `access` may be replaced at any time:
    connections that come afterwards are treated by the new one.
    """

    def __init__(
        self,
        access: Access,
        places: Places,
        maximum_pending: int,
        on_empty: Callable[[], None],
    ) -> None:
        self.draining = False
        self.access = access
        self._places = places
        self._maximum_pending = max(_PENDING_AT_LEAST, maximum_pending)
        self._on_empty = on_empty
        self._pending: dict[Connection, None] = {}
        self._running: dict[Connection, int | None] = {}
        self._lock = threading.Lock()

    @property
    def associations(self) -> int:
        """Associations accepted whose connections are not closed yet."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Connections that have not yet asked for an association, or were refused one."""
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
        return len(self._pending) >= self._maximum_pending

    def admit(self, connection: Connection, peer: str) -> Rejection | None:
        """Count the peer's association, or say why it is rejected."""
        with self._lock:
            if self.draining:
                return Rejection.DRAINING
            place = self._places.take(peer)
            if isinstance(place, Rejection):
                return place
            self._pending.pop(connection, None)
            self._running[connection] = place
            return None

    def give_up_place(self, connection: Connection) -> None:
        """The association is over: the next one may come before the peer hears our last words.

        Senders that open an association per image do so at once. Harmless when repeated.
        """
        with self._lock:
            self._free(self._running.get(connection))
            if connection in self._running:
                self._running[connection] = None

    def leave(self, connection: Connection) -> None:
        """The peer's connection is closed. Harmless when repeated."""
        with self._lock:
            self._pending.pop(connection, None)
            self._free(self._running.pop(connection, None))
            empty = not self._running
        if empty:
            self._on_empty()

    def _free(self, place: int | None) -> None:
        if place is not None:
            self._places.free(place)

    def interrupt(self) -> None:
        """Abort every association that is still running."""
        with self._lock:
            running = list(self._running)
        for connection in running:
            connection.interrupt("the node stopped")
