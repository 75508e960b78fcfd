"""What is heard of an accepted association: PDU after PDU, until the peer asks for release."""

from __future__ import annotations

import time

from ofsep_node.reception.connection import (
    Connection,
    PeerGone,
    ProtocolViolation,
    TimedOut,
)
from ofsep_node.reception.messages import Messages
from ofsep_node.reception.pdu import AbortReason, PDUType
from ofsep_node.settings import ReceptionSection

# Some senders count the PDU's header, or each value's, out of the length they may send.
_LENGTH_TOLERANCE = 256
_SHORT_PDU_LENGTH = 4
_TLS_HANDSHAKE = 0x16  # the first byte of a TLS record (RFC 8446 section 5.1)
_LEAST_BYTES = 4_096
"""Of a message that is not complete, in each stall_timeout_s: less is no network, but a slow attack."""


class Headway:
    """Whether messages get on: a trickle of tiny PDUs holds a place as a silent peer does."""

    def __init__(self, within_s: float) -> None:
        self._within_s = within_s
        self._due: float | None = None
        self._bytes = 0

    def made(self, length: int, *, within_message: bool) -> None:
        """A PDU of so many bytes came. Raises TimedOut when too few have come for too long."""
        if not within_message:
            self._due = None
            return
        self._bytes += length
        if self._due is None or self._bytes >= _LEAST_BYTES:
            self._due, self._bytes = time.monotonic() + self._within_s, 0
        elif time.monotonic() > self._due:
            raise TimedOut("sends too slowly within a message")


class Dialogue:
    """Hands what the peer sends to its messages. Everything raises AssociationFailure."""

    def __init__(
        self, connection: Connection, messages: Messages, section: ReceptionSection
    ) -> None:
        self._connection = connection
        self._messages = messages
        self._section = section
        self._maximum = section.maximum_pdu_length + _LENGTH_TOLERANCE
        self._headway = Headway(section.stall_timeout_s)

    def hear(self) -> bool:
        """Take the next PDU; False when it asks for release."""
        kind, length = self._next_header()
        if kind != PDUType.P_DATA_TF:
            self._end(kind, length)
            return False
        if length > self._maximum:
            raise ProtocolViolation(
                f"announced a PDU of {length} bytes, the maximum is {self._maximum}",
                AbortReason.INVALID_PARAMETER,
            )
        self._messages.take(self._connection.body(length))
        self._headway.made(length, within_message=self._messages.within_message)
        return True

    def hear_beside(self) -> None:
        """Take the next PDU while the peer waits for us."""
        if not self.hear():
            raise ProtocolViolation(
                "asked for release before it was answered", AbortReason.UNEXPECTED_PDU
            )

    def has_more(self) -> bool:
        """Whether the peer has said something that was not heard."""
        return self._connection.has_more()

    def _next_header(self) -> tuple[int, int]:
        section, messages = self._section, self._messages
        if messages.under_way is not None:
            return self._connection.header(section.stall_timeout_s, "does not store what it gets")
        if messages.within_message:
            return self._connection.header(section.stall_timeout_s, "stalled within a message")
        idle_s = section.idle_timeout_s
        if messages.lingering is not None:
            idle_s = messages.lingering.await_peer(idle_s)
        return self._connection.header(idle_s, "idle for too long")

    def _end(self, kind: int, length: int) -> None:
        if kind not in (PDUType.A_RELEASE_RQ, PDUType.A_ABORT):
            raise unexpected(kind)
        if length != _SHORT_PDU_LENGTH:
            raise ProtocolViolation(
                f"sent a PDU of type {kind} with {length} bytes", AbortReason.INVALID_PARAMETER
            )
        self._connection.body(length)
        if kind == PDUType.A_ABORT:
            raise PeerGone("the peer aborted the association")
        if self._messages.within_message:
            raise ProtocolViolation(
                "asked for release in the middle of a message", AbortReason.UNEXPECTED_PDU
            )


def unexpected(kind: int) -> ProtocolViolation:
    """What is said of a PDU that has no place here."""
    if kind == _TLS_HANDSHAKE:
        return ProtocolViolation(
            "wants TLS, which is for the port of [tls]", AbortReason.UNRECOGNIZED_PDU
        )
    if kind in set(PDUType):
        return ProtocolViolation(
            f"sent an unexpected {PDUType(kind).name} PDU", AbortReason.UNEXPECTED_PDU
        )
    return ProtocolViolation(
        f"sent a PDU of unknown type {kind:#04x}", AbortReason.UNRECOGNIZED_PDU
    )
