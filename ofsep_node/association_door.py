"""The way back into an association whose peer lingers after its request.

Whoever knows the outcome is another process of the node than the one that talks with the peer. They
meet at a socket under the association's name, in Linux's abstract namespace: it is gone with the
process that listens, leaves nothing in a folder, and nobody but the node's user is let in.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

SILENT_WITHIN_S = 3.0
"""A peer that is not silent before that is told in another way."""

ANSWERED_WITHIN_S = 30.0
"""What a peer is given to answer; one that takes longer is told again."""

_HANDED_OVER_WITHIN_S = 5.0
_MOST_WAITING = 8  # whoever finds the queue full is turned away at once
_CREDENTIALS = struct.Struct("3i")
_NUMBER = struct.Struct(">H")
_LONGEST_UID = 64
_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Report:
    """The event type and the encoded event information of an N-EVENT-REPORT."""

    event_type: int
    information: bytes


class Visitor:
    """Somebody of the node who has something to tell the peer. Raises OSError when it has left."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.settimeout(_HANDED_OVER_WITHIN_S)

    def hear(self, transfer_syntax_uid: str) -> Report | None:
        """What it wants to be told, in this transfer syntax; None when it did not wait."""
        self._socket.sendall(transfer_syntax_uid.encode("ascii"))
        content = b"".join(iter(lambda: self._socket.recv(_CHUNK), b""))
        if len(content) <= _NUMBER.size:
            return None
        (event_type,) = _NUMBER.unpack_from(content)
        return Report(event_type, content[_NUMBER.size :])

    def answer(self, status: int) -> None:
        """What the peer said to that."""
        self._socket.sendall(_NUMBER.pack(status))

    def dismiss(self) -> None:
        """Let it go; without an answer it tries in another way."""
        self._socket.close()


class Door:
    """Where an association's peer can be reached, until it is closed. Raises OSError."""

    def __init__(self, association_id: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind(_address(association_id))
            self._socket.listen(_MOST_WAITING)
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """Readable when somebody knocks."""
        return self._socket.fileno()

    def let_in(self) -> Visitor | None:
        """Who has knocked, if anybody has who may."""
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return None
        if _is_ours(connection):
            return Visitor(connection)
        connection.close()
        return None

    def close(self) -> None:
        """Who has knocked and was not let in knows by that."""
        self._socket.close()


def tell(association_id: str, event_type: int, encode: Callable[[str], bytes]) -> int | None:
    """Tell a peer on the association that it asked on, if that is there still and the peer silent.

    `encode` gives the event information in the transfer syntax of that UID. The status that the peer
    answers, None when it does not or could not be told.
    """
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(SILENT_WITHIN_S)
        door.connect(_address(association_id))
        syntax = door.recv(_LONGEST_UID).decode("ascii") if _is_ours(door) else ""
        if not syntax:
            return None
        door.settimeout(ANSWERED_WITHIN_S + _HANDED_OVER_WITHIN_S)
        door.sendall(_NUMBER.pack(event_type) + encode(syntax))
        door.shutdown(socket.SHUT_WR)
        answer = door.recv(_NUMBER.size)
        return _NUMBER.unpack(answer)[0] if len(answer) == _NUMBER.size else None
    return None


def _address(association_id: str) -> bytes:
    return b"\0ofsep-node/" + association_id.encode("ascii")


def _is_ours(connection: socket.socket) -> bool:
    """Whether a process of the same user is at the other end: names there are free for everybody."""
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(told)
    return bool(user == os.getuid())
