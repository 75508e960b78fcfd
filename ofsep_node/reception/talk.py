"""An inquiry's side of its association: pending responses, C-STORE sub-operations, the last word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from structlog.typing import FilteringBoundLogger

from ofsep_node.reception import command as dimse
from ofsep_node.reception import pdu
from ofsep_node.reception.command import Status, SubOperations
from ofsep_node.reception.connection import AssociationFailure, Connection
from ofsep_node.reception.dialogue import Dialogue
from ofsep_node.reception.inquiries import Ending, Given, NotAccepted, UnderWay
from ofsep_node.reception.messages import Messages
from ofsep_node.reception.pdu import AbortReason

_LARGEST_MESSAGE_ID = 0xFFFF


class InquiryTalk:
    """Answers one inquiry on its association."""

    def __init__(
        self,
        connection: Connection,
        dialogue: Dialogue,
        under_way: UnderWay,
        messages: Messages,
        peer_maximum_length: int,
    ) -> None:
        self.log: FilteringBoundLogger = messages.record.log
        self._connection = connection
        self._dialogue = dialogue
        self._under_way = under_way
        self._context = messages.context
        self._peer_maximum_length = peer_maximum_length
        self._to_give_on = {
            (one.abstract_syntax, one.transfer_syntax): identifier
            for identifier, one in messages.contexts.items()
            if one.we_are_scu
        }
        self._message_id = under_way.command.message_id

    def is_cancelled(self) -> bool:
        while self._dialogue.has_more():
            self._dialogue.hear_beside()
        return self._under_way.cancelled

    def found(self, identifier: bytes, *, all_keys: bool) -> None:
        status = Status.PENDING if all_keys else Status.PENDING_WITHOUT_SOME_KEYS
        self._respond(Ending(status, identifier=identifier))

    def progress(self, counts: SubOperations) -> None:
        self._respond(Ending(Status.PENDING, counts=counts))

    def end(self, ending: Ending) -> None:
        """The last response."""
        self._respond(ending)

    def _respond(self, ending: Ending) -> None:
        command = dimse.response(
            self._under_way.command,
            ending.status,
            ending.reason,
            counts=ending.counts,
            with_data_set=bool(ending.identifier),
        )
        data = self._command_pdus(self._context, command)
        longest = self._peer_maximum_length
        data += b"".join(pdu.data_pdus(self._context, ending.identifier, longest))
        self._connection.send(data)

    def give(self, one: Given) -> int:
        context = self._to_give_on.get((one.sop_class_uid, one.transfer_syntax_uid))
        if context is None:
            raise NotAccepted(f"{one.sop_class_uid} in {one.transfer_syntax_uid}")
        stream, size = one.open()
        with stream:
            self._message_id = self._message_id % _LARGEST_MESSAGE_ID + 1
            command = dimse.store_request(one.sop_class_uid, one.sop_instance_uid, self._message_id)
            self._connection.send(self._command_pdus(context, command))
            for part in self._streamed(context, stream, size):
                self._connection.send(part)
        return self._answered(self._message_id)

    def _answered(self, message_id: int) -> int:
        while message_id not in self._under_way.stored:
            self._dialogue.hear_beside()
        return self._under_way.stored.pop(message_id)

    def _streamed(self, context: int, stream: BinaryIO, size: int) -> Iterator[bytes]:
        """A data set in PDUs. What was begun must end: a file that ends early ends the association."""
        room = pdu.fragment_room(self._peer_maximum_length)
        left = size
        while left:
            try:
                fragment = stream.read(min(room, left))
            except OSError:
                fragment = b""
            if not fragment:
                reason = "an object could not be read to its end"
                raise AssociationFailure(reason, AbortReason.NOT_SPECIFIED)
            left -= len(fragment)
            yield pdu.data_pdu(context, fragment, last=not left)

    def _command_pdus(self, context: int, command: bytes) -> bytes:
        return pdu.command_pdus(context, command, self._peer_maximum_length)
