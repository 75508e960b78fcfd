"""DIMSE messages out of presentation data values, and their answers (PS3.7, PS3.8 annex E)."""

from __future__ import annotations

import contextlib
import time
from typing import Protocol

from ofsep_node.association_door import Door
from ofsep_node.domain.sop_classes import PERFORMED_PROCEDURE_STEP, STORAGE_COMMITMENT
from ofsep_node.reception import command as dimse
from ofsep_node.reception import pdu
from ofsep_node.reception.command import Command, CommandField, Status
from ofsep_node.reception.connection import Connection, ProtocolViolation
from ofsep_node.reception.inquiries import OPERATIONS, UnderWay
from ofsep_node.reception.lingering import Lingering
from ofsep_node.reception.negotiation import AcceptedContext
from ofsep_node.reception.pdu import AbortReason, AssociateRequest
from ofsep_node.reception.policy import Policy, Role
from ofsep_node.reception.record import AssociationRecord
from ofsep_node.reception.requests import RequestOperation, Service, is_request
from ofsep_node.reception.storing import Outcome, Sender, StoreOperation
from ofsep_node.settings import ReceptionSection

_COMMAND_SET_MAXIMUM = 16_384
_MEGABYTE = 1 << 20
_MOST_VALUES = 1_024
"""In one PDU: senders put one, or a command and its data set; empty ones cost us, not the peer."""


class Operation(Protocol):
    """What is done with a message's data set, and how the message is answered."""

    def write(self, fragment: memoryview) -> None: ...
    def finish(self) -> Outcome | None: ...


class Answer:
    """The operation of a message whose data set, if it has one, does not matter."""

    def __init__(self, outcome: Outcome | None) -> None:
        self._outcome = outcome

    def write(self, fragment: memoryview) -> None:
        pass

    def finish(self) -> Outcome | None:
        return self._outcome


class Terms(Protocol):
    """What the association's surroundings say that matters here."""

    @property
    def section(self) -> ReceptionSection: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def commitment(self) -> Service: ...
    @property
    def steps(self) -> Service: ...


class Messages:
    """Puts an association's messages together and answers them, one after the other."""

    def __init__(
        self,
        connection: Connection,
        contexts: dict[int, AcceptedContext],
        request: AssociateRequest,
        record: AssociationRecord,
        terms: Terms,
    ) -> None:
        self._connection = connection
        self.contexts = contexts
        self._peer_maximum_length = request.maximum_length
        self._sender = Sender(request.calling_ae_title, request.called_ae_title)
        self.record = record
        self._policy = terms.policy
        self._services = {
            STORAGE_COMMITMENT: terms.commitment,
            PERFORMED_PROCEDURE_STEP: terms.steps,
        }
        self._maximum_bytes = terms.section.maximum_object_mb * _MEGABYTE
        self._command_set = bytearray()
        self._context = 0
        self._command: Command | None = None
        self._operation: Operation = Answer(None)
        self.under_way: UnderWay | None = None
        """An inquiry whose identifier is complete, until it is answered."""
        self.lingering: Lingering | None = None
        """How the peer is told what came of its request, once it has asked."""

    @property
    def context(self) -> int:
        """The presentation context of the last message."""
        return self._context

    @property
    def within_message(self) -> bool:
        """Whether a message has begun and is not complete."""
        return self._command is not None or bool(self._command_set)

    def take(self, body: memoryview) -> None:
        """Take the values of one P-DATA-TF PDU (PS3.8 section 9.3.5). Raises ProtocolViolation."""
        offset = 0
        values = 0
        while offset < len(body):
            values += 1
            if values > _MOST_VALUES:
                raise _invalid(f"a PDU has more than {_MOST_VALUES} presentation data values")
            if offset + pdu.PDV_HEADER.size > len(body):
                raise _invalid("a presentation data value is cut short")
            length, context, control = pdu.PDV_HEADER.unpack_from(body, offset)
            end = offset + 4 + length
            if length < 2 or end > len(body):
                raise _invalid("a presentation data value does not fit in its PDU")
            self._take_value(context, control, body[offset + pdu.PDV_HEADER.size : end])
            offset = end

    def _take_value(self, context: int, control: int, fragment: memoryview) -> None:
        last = bool(control & pdu.LAST)
        if self.within_message and context != self._context:
            raise _invalid(f"presentation context {context} interrupts {self._context}")
        self._context = context
        if control & pdu.COMMAND:
            self._take_command(fragment, last=last)
        else:
            self._take_data(fragment, last=last)

    def _take_command(self, fragment: memoryview, *, last: bool) -> None:
        if self._command is not None:
            raise _invalid("a command set came where a data set was announced")
        self._command_set += fragment
        if len(self._command_set) > _COMMAND_SET_MAXIMUM:
            raise _invalid(f"a command set has more than {_COMMAND_SET_MAXIMUM} bytes")
        if last:
            self._begin()

    def _take_data(self, fragment: memoryview, *, last: bool) -> None:
        if self._command is None:
            raise _invalid("a data set came without a command set")
        self._operation.write(fragment)
        if last:
            self._finish(self._command)

    def _begin(self) -> None:
        try:
            command = dimse.decode(self._command_set)
        except dimse.MalformedCommand as error:
            raise _invalid(str(error)) from error
        self._command_set.clear()
        context = self.contexts.get(self._context)
        if context is None:
            raise _invalid(f"presentation context {self._context} was not accepted")
        self._command = command
        self._operation = self._operation_for(command, context)
        if not command.has_data_set:
            self._finish(command)

    def _operation_for(self, command: Command, context: AcceptedContext) -> Operation:
        if self.lingering is not None and self.lingering.hear(command):
            return Answer(None)
        if self.under_way is not None:
            return self._beside(self.under_way, command)
        asked = OPERATIONS.get((context.abstract_syntax, command.field))
        if asked is not None:
            return UnderWay(asked, command, context, self._sender.calling_ae_title)
        if command.field == CommandField.C_STORE_RQ:
            store = StoreOperation(
                command, context, self._sender, self.record.folder, self._maximum_bytes
            )
            store.begin(self._policy)
            return store
        if is_request(command, context):
            service = self._services[context.abstract_syntax]
            return RequestOperation(command, context, self._sender, self.record.folder, service)
        if command.field == CommandField.C_ECHO_RQ:
            may = Role.ECHO in self._policy.roles
            return Answer(Outcome(Status.SUCCESS if may else Status.SOP_CLASS_NOT_SUPPORTED))
        if command.is_response or command.field == CommandField.C_CANCEL_RQ:
            return Answer(None)
        return Answer(Outcome(Status.UNRECOGNIZED_OPERATION))

    def _beside(self, under_way: UnderWay, command: Command) -> Operation:
        """One operation is answered at a time, as was negotiated."""
        if not under_way.hear(command):
            raise ProtocolViolation(
                "sent a request before the last one was answered", AbortReason.UNEXPECTED_PDU
            )
        return Answer(None)

    def _finish(self, command: Command) -> None:
        operation, self._operation = self._operation, Answer(None)
        self._command = None
        if isinstance(operation, UnderWay):
            self.under_way = operation
            return
        ended = time.perf_counter()
        outcome = operation.finish()
        if outcome is None:
            return
        is_object = command.field == CommandField.C_STORE_RQ
        if is_object:
            self._report(command, outcome)
        elif isinstance(operation, RequestOperation):
            self._report_request(command, outcome)
        comment = "" if is_object else outcome.reason
        answer = dimse.response(command, outcome.status, comment, outcome.error_id)
        self._connection.send(pdu.command_pdus(self._context, answer, self._peer_maximum_length))
        if is_object and outcome.stored is not None:
            self.record.answered(time.perf_counter() - ended)

    def _report(self, command: Command, outcome: Outcome) -> None:
        if outcome.stored is None:
            self.record.refused(command, outcome)
        else:
            self.record.stored(outcome.stored, outcome.size)

    def _report_request(self, command: Command, outcome: Outcome) -> None:
        if outcome.stored is None:
            service = self.contexts[self._context].abstract_syntax
            self.record.request_refused(service, command, outcome)
            return
        if command.field == CommandField.N_ACTION_RQ:
            self._open_door()
        self.record.request_kept(outcome.stored)

    def _open_door(self) -> None:
        """Let the peer be told on this association, if it lingers; otherwise on another."""
        if self.lingering is not None:
            return
        with contextlib.suppress(OSError):
            self.lingering = Lingering(
                self._connection,
                self._context,
                self.contexts[self._context],
                self._peer_maximum_length,
                Door(self.record.association_id),
            )

    def close(self) -> None:
        """The association has ended."""
        if self.lingering is not None:
            self.lingering.close()


def _invalid(reason: str) -> ProtocolViolation:
    return ProtocolViolation(reason, AbortReason.INVALID_PARAMETER)
