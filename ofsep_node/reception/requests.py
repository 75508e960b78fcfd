"""Requests of the N services (PS3.7 chapter 10): looked at, kept in the spool, then answered.

Their data sets are small beside objects, so that they are gathered in memory; nothing is answered
Success that is not on stable storage by then. What follows from a request is the business of those
who take from the spool.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ofsep_node.domain.sop_classes import PERFORMED_PROCEDURE_STEP, STORAGE_COMMITMENT
from ofsep_node.reception.command import Command, CommandField, Status
from ofsep_node.reception.negotiation import AcceptedContext
from ofsep_node.reception.storing import Outcome, Sender, head_of
from ofsep_node.spool import AssociationFolder

MOST_BYTES = 16 << 20
"""Of one data set: some 140,000 references, more than any examination has."""

_KEPT_AS = {
    (STORAGE_COMMITMENT, CommandField.N_ACTION_RQ): "action",
    (PERFORMED_PROCEDURE_STEP, CommandField.N_CREATE_RQ): "create",
    (PERFORMED_PROCEDURE_STEP, CommandField.N_SET_RQ): "set",
}
"""The requests that are taken, and the ending of the file that each becomes."""


class Refused(Exception):
    """A request is answered with an error."""

    def __init__(self, status: Status, reason: str, error_id: int | None = None) -> None:
        super().__init__(reason)
        self.outcome = Outcome(status, reason=reason, error_id=error_id)


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose data set is complete."""

    command: Command
    data_set: bytes
    transfer_syntax_uid: str


class Service(Protocol):
    """What a service asks of a request before it is kept."""

    def examined(self, request: Request) -> AbstractContextManager[None]:
        """The request is kept within the context. Raises Refused, OSError."""


def is_request(command: Command, context: AcceptedContext) -> bool:
    """Whether a message on a context is a request that is kept."""
    return (context.abstract_syntax, command.field) in _KEPT_AS


class RequestOperation:
    """One request: its data set is gathered, and kept as it came."""

    def __init__(
        self,
        command: Command,
        context: AcceptedContext,
        sender: Sender,
        folder: Callable[[], AssociationFolder],
        service: Service,
    ) -> None:
        self._command = command
        self._context = context
        self._sender = sender
        self._folder = folder
        self._service = service
        self._data_set = bytearray()
        self._received = 0

    def write(self, fragment: memoryview) -> None:
        """Take a fragment of the data set; what is too much is counted, and let go."""
        self._received += len(fragment)
        if self._received <= MOST_BYTES:
            self._data_set += fragment
        else:
            self._data_set.clear()

    def finish(self) -> Outcome:
        """The data set is complete: keep the request, unless something is wrong with it."""
        try:
            return self._keep()
        except Refused as refused:
            return refused.outcome
        except OSError as error:
            reason = f"the spool cannot be written: {error.strerror}"
            return Outcome(Status.RESOURCE_LIMITATION, reason=reason)

    def _keep(self) -> Outcome:
        command, syntax = self._command, self._context.transfer_syntax
        if command.sop_class_uid not in ("", self._context.abstract_syntax):
            raise Refused(Status.NO_SUCH_SOP_CLASS, f"not of {self._context.abstract_syntax}")
        if self._received > MOST_BYTES:
            reason = f"a data set of more than {MOST_BYTES >> 20} megabytes"
            raise Refused(Status.RESOURCE_LIMITATION, reason)
        with self._service.examined(Request(command, bytes(self._data_set), syntax)):
            return Outcome(Status.SUCCESS, stored=self._write(), size=self._received)

    def _write(self) -> str:
        ending = _KEPT_AS[self._context.abstract_syntax, CommandField(self._command.field)]
        folder = self._folder()
        incoming = folder.begin_object(ending)
        try:
            incoming.write(head_of(self._command, self._context, self._sender))
            incoming.write(memoryview(self._data_set))
            folder.store(incoming)
        except OSError:
            incoming.discard()
            raise
        return incoming.name
