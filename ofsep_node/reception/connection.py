"""A peer's connection: blocking reads with deadlines into one buffer that is used again and again.

Over TLS the calls are the same once the handshake is done. OpenSSL keeps what it has decrypted and
nobody has read yet; a read with a deadline, instead of a look whether the socket is readable, gets
that first.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import ssl
import time

from ofsep_node.reception.pdu import HEADER, AbortReason
from ofsep_node.reception.tls import Secured, handshake_trouble

_BUFFER_BYTES = 262_144
_LINGER_S = 2.0
_LONGEST_POLL_MS = (1 << 31) - 1
_GONE = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)


class AssociationFailure(Exception):
    """The association cannot go on. `abort` is the reason to tell the peer, if it still listens."""

    def __init__(self, reason: str, abort: AbortReason | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.abort = abort


class PeerGone(AssociationFailure):
    """The peer closed or lost the connection, or sent an A-ABORT."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, None)


class TimedOut(AssociationFailure):
    """The peer said nothing for too long."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, AbortReason.NOT_SPECIFIED)


class Interrupted(AssociationFailure):
    """This node does not wait for the peer any longer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, AbortReason.NOT_SPECIFIED)


class HandshakeFailed(AssociationFailure):
    """The peer and this node found no TLS connection that both want."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, None)


class ProtocolViolation(AssociationFailure):
    """The peer sent what the standard does not allow here."""


class Connection:
    """One socket and its receive buffer. Only `interrupt` may be called by another thread."""

    def __init__(self, peer: socket.socket, stall_timeout_s: float) -> None:
        self._socket = peer
        self._stall_timeout_s = stall_timeout_s
        self._interruption: str | None = None
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._start = 0
        self._end = 0
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        peer.settimeout(stall_timeout_s)

    def secure(self, context: ssl.SSLContext, timeout_s: float) -> Secured:
        """Answer the peer's TLS handshake, the whole of it within `timeout_s`.

        Raises HandshakeFailed, TimedOut, PeerGone, Interrupted.
        """
        try:
            return self._shake_hands(context, timeout_s)
        except OSError as error:
            raise self._without_tls(error) from error

    def _shake_hands(self, context: ssl.SSLContext, timeout_s: float) -> Secured:
        self._socket = secured = context.wrap_socket(
            self._socket, server_side=True, do_handshake_on_connect=False
        )
        secured.settimeout(timeout_s)
        secured.do_handshake()
        return Secured.of(secured)

    def _without_tls(self, error: OSError) -> AssociationFailure:
        if self._interruption is not None:
            return Interrupted(self._interruption)
        if isinstance(error, TimeoutError):
            return HandshakeFailed("the peer did not finish its TLS handshake in time")
        if isinstance(error, _GONE) or not isinstance(error, ssl.SSLError):
            return PeerGone("the peer closed the connection within the TLS handshake")
        return HandshakeFailed(f"no TLS connection: {handshake_trouble(error)}")

    def header(self, timeout_s: float, silence: str) -> tuple[int, int]:
        """Type and length of the next PDU. `silence` is what TimedOut says. Raises PeerGone."""
        self._require(1, timeout_s, silence)
        self._require(HEADER.size, self._stall_timeout_s, "stalled within a PDU header")
        kind, length = HEADER.unpack_from(self._buffer, self._start)
        self._start += HEADER.size
        return kind, length

    def body(self, length: int) -> memoryview:
        """The next `length` bytes, valid until the next read. The caller has bounded `length`."""
        self._require(length, self._stall_timeout_s, "stalled within a PDU")
        start = self._start
        self._start += length
        return self._buffer[start : start + length]

    def has_received(self) -> bool:
        """Whether the peer has sent anything at all."""
        return self._end > 0

    def has_more(self, within_s: float = 0.0, *, beside: int | None = None) -> bool:
        """Whether a read would return at once: with more, or with the connection's end.

        Waits for that so long, or not quite when it is weeks; with `beside`, another descriptor, only
        until that can be read.
        """
        if self._end > self._start:
            return True
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        readable = select.poll()  # unlike select(), it knows descriptors beyond 1023
        readable.register(self._socket, select.POLLIN)
        if beside is not None:
            readable.register(beside, select.POLLIN)
        ready = readable.poll(min(math.ceil(1000 * within_s), _LONGEST_POLL_MS))
        return any(descriptor == self._socket.fileno() for descriptor, _ in ready)

    def _require(self, count: int, timeout_s: float, silence: str) -> None:
        missing = count - (self._end - self._start)
        if missing <= 0:
            return
        self._make_room(count)
        self._socket.settimeout(timeout_s)
        deadline = time.monotonic() + timeout_s
        while missing > 0:
            # A byte every now and then is not progress: the deadline is that of the whole PDU.
            if time.monotonic() > deadline:
                raise TimedOut(silence)
            missing -= self._receive(silence)

    def _make_room(self, count: int) -> None:
        unread = self._buffer[self._start : self._end]
        if count > len(self._buffer):
            larger = memoryview(bytearray(count))
            larger[: len(unread)] = unread
            self._buffer = larger
        elif self._start and len(self._buffer) - self._start < max(count, _BUFFER_BYTES // 2):
            self._buffer[: len(unread)] = bytes(unread)
        else:
            return
        self._start, self._end = 0, len(unread)

    def _receive(self, silence: str) -> int:
        try:
            # Senders that do not set TCP_NODELAY wait for this acknowledgement before they send
            # the rest of a message; the kernel forgets the option, so it is set each time.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            received = self._socket.recv_into(self._buffer[self._end :])
        except TimeoutError:
            received = None
        except OSError as error:
            raise PeerGone(f"connection lost: {error.strerror}") from error
        if self._interruption is not None:
            raise Interrupted(self._interruption)
        if received is None:
            raise TimedOut(silence)
        if not received:
            raise PeerGone("the peer closed the connection without releasing the association")
        self._end += received
        return received

    def send(self, data: bytes) -> None:
        """Send it all. Raises TimedOut when the peer does not read, PeerGone."""
        try:
            self._socket.settimeout(self._stall_timeout_s)
            self._socket.sendall(data)
        except TimeoutError as error:
            raise TimedOut("the peer does not read its answers") from error
        except OSError as error:
            raise PeerGone(f"connection lost: {error.strerror}") from error

    def interrupt(self, reason: str) -> None:
        """Make the reading thread raise Interrupted."""
        self._interruption = reason
        with contextlib.suppress(OSError):
            # The socket's own: that of an SSLSocket forgets the encryption under its reader.
            socket.socket.shutdown(self._socket, socket.SHUT_RD)

    def finish(self) -> None:
        """Close so that the peer gets what was sent last.

        Closing with unread bytes would reset the connection, and the peer might lose the answer.
        """
        deadline = time.monotonic() + _LINGER_S
        with contextlib.suppress(OSError):
            self._socket.settimeout(_LINGER_S)
            self._end_tls()
            self._socket.shutdown(socket.SHUT_WR)
            while time.monotonic() < deadline and self._socket.recv_into(self._buffer):
                continue
        self.close()

    def _end_tls(self) -> None:
        """Say that nothing was cut off (RFC 8446 section 6.1); the peer need not answer."""
        if isinstance(self._socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):  # broken, or the handshake failed
                self._socket.unwrap()

    def close(self) -> None:
        """Close at once."""
        with contextlib.suppress(OSError):
            self._socket.close()
