"""The associations of all receivers of a node, counted in memory they share."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import mmap
import os
import threading
from collections.abc import Iterator

from ofsep_node.reception.negotiation import Rejection

_NUMBER_BYTES = 8


class Places:
    """A place for each association there may be: whose process has it, and for which peer.

    Made before the receivers are forked. The lock is one that the kernel drops with its process,
    and what a killed process held is given back by `clear`: no death blocks or shrinks a node.
    """

    def __init__(self, maximum: int, maximum_per_peer: int) -> None:
        self._maximum_per_peer = maximum_per_peer
        self._file = os.memfd_create("ofsep-node-associations", os.MFD_CLOEXEC)
        os.ftruncate(self._file, 2 * maximum * _NUMBER_BYTES)
        numbers = memoryview(mmap.mmap(self._file, 0)).cast("Q")
        self._owners, self._peers = numbers[:maximum], numbers[maximum:]
        self._lock = threading.Lock()  # the file's lock does not keep threads of a process apart

    @property
    def taken(self) -> int:
        """Associations of the whole node."""
        return len(self._owners) - self._owners.tolist().count(0)

    def take(self, peer: str) -> int | Rejection:
        """The number of a free place, which is then the peer's, or why there is none."""
        named = _number_of(peer)
        with self._alone():
            if self._peers.tolist().count(named) >= self._maximum_per_peer:
                return Rejection.TOO_MANY_OF_PEER
            try:
                place = self._owners.tolist().index(0)
            except ValueError:
                return Rejection.TOO_MANY
            self._owners[place], self._peers[place] = os.getpid(), named
            return place

    def free(self, place: int) -> None:
        """Give a place back."""
        with self._alone():
            self._owners[place] = self._peers[place] = 0

    def clear(self, process: int) -> None:
        """Give back what a process that has ended held."""
        with self._alone():
            for place, owner in enumerate(self._owners.tolist()):
                if owner == process:
                    self._owners[place] = self._peers[place] = 0

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def _number_of(peer: str) -> int:
    """A number for a peer's name that is never that of a free place."""
    digest = hashlib.sha256(peer.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:_NUMBER_BYTES], "little") | 1
