"""A peer that lingers after it asked for storage commitment is told on the same association.

PS3.4 section J.3.3 leaves it to the node. Peers that send on are left alone: they wait for the
answer to their own request, and not all of them take one of ours for it.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

from ofsep_node.association_door import ANSWERED_WITHIN_S, Door, Report, Visitor
from ofsep_node.domain.sop_classes import STORAGE_COMMITMENT_INSTANCE
from ofsep_node.reception import command as dimse
from ofsep_node.reception import pdu
from ofsep_node.reception.command import Command, CommandField, Status
from ofsep_node.reception.connection import Connection
from ofsep_node.reception.negotiation import AcceptedContext

LINGERS_AFTER_S = 1.0
"""Of silence: between two of its requests no peer takes as long."""

_SHORTEST_S = 0.001
_LARGEST_MESSAGE_ID = 0xFFFF


@dataclass(slots=True)
class _Told:
    """A report on its way, and whoever waits for what the peer says to it."""

    visitor: Visitor
    message_id: int
    due: float


class Lingering:
    """Tells the peer what the rest of the node has for it, while it is silent.

    `context` and `identifier` are those of the presentation context that it asked on;
    `peer_maximum_length` is that of its PDUs, 0 for no limit.
    """

    def __init__(
        self,
        connection: Connection,
        identifier: int,
        context: AcceptedContext,
        peer_maximum_length: int,
        door: Door,
    ) -> None:
        self._connection = connection
        self._identifier = identifier
        self._context = context
        self._peer_maximum_length = peer_maximum_length
        self._door = door
        self._told: _Told | None = None
        self._message_id = 0

    def await_peer(self, at_most_s: float) -> float:
        """Return when the peer says something, or after so long; what is left of that time.

        Raises AssociationFailure when the peer does not take what it is told.
        """
        deadline = time.monotonic() + at_most_s
        if not self._connection.has_more(min(LINGERS_AFTER_S, at_most_s)):
            while (left := deadline - time.monotonic()) > 0 and not self._hears(left):
                self._attend()
        return max(deadline - time.monotonic(), _SHORTEST_S)

    def _hears(self, left: float) -> bool:
        """Whether the peer speaks; comes back early when there is something else to be done."""
        if self._told is None:
            return self._connection.has_more(left, beside=self._door.fileno())
        return self._connection.has_more(min(left, max(self._told.due - time.monotonic(), 0)))

    def _attend(self) -> None:
        if self._told is None:
            self._let_in()
        elif time.monotonic() >= self._told.due:
            self._dismiss(self._told.visitor)

    def _let_in(self) -> None:
        visitor = self._door.let_in()
        if visitor is None:
            return
        report = None
        with contextlib.suppress(OSError):  # it did not wait
            report = visitor.hear(self._context.transfer_syntax)
        if report is None:
            visitor.dismiss()
            return
        self._message_id = self._message_id % _LARGEST_MESSAGE_ID + 1
        due = time.monotonic() + ANSWERED_WITHIN_S
        self._told = _Told(visitor, self._message_id, due)
        self._send(report)

    def _send(self, report: Report) -> None:
        command = dimse.event_report_request(
            self._context.abstract_syntax,
            STORAGE_COMMITMENT_INSTANCE,
            self._message_id,
            report.event_type,
        )
        identifier, longest = self._identifier, self._peer_maximum_length
        self._connection.send(pdu.command_pdus(identifier, command, longest))
        for part in pdu.data_pdus(identifier, report.information, longest):
            self._connection.send(part)

    def hear(self, command: Command) -> bool:
        """Whether a message is the peer's answer to what it was told."""
        told = self._told
        if command.field != CommandField.N_EVENT_REPORT_RSP or told is None:
            return False
        if command.responds_to != told.message_id:
            return False
        status = Status.PROCESSING_FAILURE if command.status is None else command.status
        with contextlib.suppress(OSError):  # it has not waited for that
            told.visitor.answer(status)
        self._dismiss(told.visitor)
        return True

    def _dismiss(self, visitor: Visitor) -> None:
        visitor.dismiss()
        self._told = None

    def close(self) -> None:
        """The association ends: whoever still waits tells the peer in another way."""
        self._door.close()
        if self._told is not None:
            self._dismiss(self._told.visitor)
