"""The accept loop of one receiver process."""

from __future__ import annotations

import contextlib
import functools
import math
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from ofsep_node.metrics import ReceptionMeter
from ofsep_node.pulse import BEATS_EVERY_S
from ofsep_node.reception.admission import Access, Admission
from ofsep_node.reception.association import Association, Surroundings
from ofsep_node.reception.commitment import StorageCommitment
from ofsep_node.reception.connection import Connection
from ofsep_node.reception.inquiries import Answering
from ofsep_node.reception.listening import Entrance
from ofsep_node.reception.policy import Policy
from ofsep_node.reception.room import Room
from ofsep_node.reception.steps import PerformedSteps
from ofsep_node.settings import ReceptionSection

_PAUSE_S = 0.1
_ABORT_GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Home:
    """The node that is received for, and its folders: the spool, and what is known of steps."""

    node: str
    spool: Path
    steps: Path


class Receiver:
    """Accepts connections on sockets it may share with other processes, a thread for each.

    `nudge` is called with `<association-id>` when an association begins its first object and when
    it has ended, and with `<association-id>/<NNNNNN>.dcm` after each object that was stored. It is called by many
    threads, and may raise OSError.
    """

    def __init__(
        self,
        section: ReceptionSection,
        home: Home,
        entrance: Entrance,
        access: Access,
        *,
        nudge: Callable[[str], None],
        log: FilteringBoundLogger,
    ) -> None:
        self._entrance = entrance
        self._stall_timeout_s = section.stall_timeout_s
        self._log = log
        self._deadline: float | None = None
        self._wake_sender, self._wake_receiver = socket.socketpair()
        self._admission = Admission(
            access, entrance.places, 2 * section.maximum_associations, self._wake
        )
        self._surroundings = Surroundings(
            section=section,
            policy=Policy(
                frozenset(section.additional_sop_classes), section.accept_every_sop_class
            ),
            spool=home.spool,
            node=home.node,
            nudge=nudge,
            log=log,
            meter=ReceptionMeter(),
            admission=self._admission,
            room=Room(home.spool, section.minimum_free_mb, log),
            commitment=StorageCommitment(),
            steps=PerformedSteps(home.steps),
        )
        for end in (self._wake_sender, self._wake_receiver):
            end.setblocking(False)

    def count_with(self, meter: ReceptionMeter) -> None:
        """Tell a meter of what is received from now on."""
        self._surroundings = replace(self._surroundings, meter=meter)

    def answer_by(self, answering: Answering) -> None:
        """Have queries and retrievals answered from now on; nobody does before."""
        self._surroundings = replace(self._surroundings, answering=answering)

    def serve_forever(self, beat: Callable[[], None] = lambda: None) -> None:
        """Accept until drained. While it drains, new associations are rejected, not ignored.

        `beat` is called every few seconds, as long as connections are accepted.
        """
        with selectors.DefaultSelector() as selector:
            for listener in filter(None, (self._entrance.plain, self._entrance.secure)):
                accept = functools.partial(self._accept, listener)
                selector.register(listener, selectors.EVENT_READ, accept)
            selector.register(self._wake_receiver, selectors.EVENT_READ, self._drop_wakes)
            while not self._is_drained():
                beat()
                for key, _ in selector.select(min(self._remaining_s(), BEATS_EVERY_S)):
                    key.data()
            self._abort_the_rest(selector)

    def replace(self, access: Access) -> None:
        """Treat connections that come from now on by another access. Any thread may call it."""
        self._admission.access = access

    def drain(self, timeout_s: float) -> None:
        """Reject new associations, let running ones end within `timeout_s`, abort those left.

        Returns at once, takes no lock, and may be called from a signal handler;
        `serve_forever` returns when it is over.
        """
        self._deadline = time.monotonic() + timeout_s
        self._admission.draining = True
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already
            self._wake_sender.send(b"\0")

    def _drop_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_receiver.recv(4096)

    def _remaining_s(self) -> float:
        deadline = self._deadline
        return math.inf if deadline is None else max(0.0, deadline - time.monotonic())

    def _is_drained(self) -> bool:
        if not self._admission.draining:
            return False
        return not self._admission.associations or self._remaining_s() == 0.0

    def _abort_the_rest(self, selector: selectors.BaseSelector) -> None:
        """Abort what still runs, and give the threads time to write how it ended."""
        self._admission.interrupt()
        self._deadline = time.monotonic() + _ABORT_GRACE_S
        while self._admission.associations and self._remaining_s():
            for key, _ in selector.select(self._remaining_s()):
                key.data()

    def _accept(self, listener: socket.socket) -> None:
        try:
            peer, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another receiver was faster, or the peer has gone
        except OSError as error:
            # Out of descriptors or memory: those in use come back when associations end.
            self._log.error("reception.accept_failed", reason=error.strerror)
            time.sleep(_PAUSE_S)
            return
        host, port = str(address[0]), int(address[1])
        self._start(peer, (host, port), over_tls=listener is self._entrance.secure)

    def _start(self, peer: socket.socket, address: tuple[str, int], *, over_tls: bool) -> None:
        try:
            connection = Connection(peer, self._stall_timeout_s)
        except OSError as error:  # gone already
            self._turn_away(peer, address, error)
            return
        association = Association(connection, address, self._surroundings, over_tls=over_tls)
        self._admission.arrive(connection)
        try:
            threading.Thread(
                target=association.run, name=f"association {address[0]}:{address[1]}", daemon=True
            ).start()
        except RuntimeError as error:  # no more threads
            self._admission.leave(connection)
            self._turn_away(peer, address, error)

    def _turn_away(self, peer: socket.socket, address: tuple[str, int], error: Exception) -> None:
        self._log.error("reception.accept_failed", reason=str(error), address=address[0])
        peer.close()
