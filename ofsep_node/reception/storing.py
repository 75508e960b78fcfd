"""The C-STORE service (PS3.4 annex B): a data set streams to the spool while it arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ofsep_node.dicom.part10 import file_head
from ofsep_node.reception.command import Command, Status
from ofsep_node.reception.negotiation import AcceptedContext
from ofsep_node.reception.policy import Policy, Role
from ofsep_node.spool import AssociationFolder, IncomingObject


@dataclass(frozen=True, slots=True)
class Outcome:
    """The status to answer; `stored` is the object's file name, `reason` why there is none.

    `size` is that of the data set, in bytes. `error_id` is one that a service class defines.
    """

    status: Status
    stored: str | None = None
    size: int = 0
    reason: str = ""
    error_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """AE titles of both ends, for the File Meta Information."""

    calling_ae_title: str
    called_ae_title: str


def head_of(command: Command, context: AcceptedContext, sender: Sender) -> bytes:
    """What comes before a message's data set in its file (PS3.10 section 7.1)."""
    return file_head(
        sop_class_uid=command.sop_class_uid or context.abstract_syntax,
        sop_instance_uid=command.sop_instance_uid,
        transfer_syntax_uid=context.transfer_syntax,
        calling_ae_title=sender.calling_ae_title,
        called_ae_title=sender.called_ae_title,
    )


class StoreOperation:
    """One C-STORE request. Nothing it meets ends the association: what is wrong is its outcome.

    A data set that cannot be kept is still consumed, so that the objects after it arrive.
    """

    def __init__(
        self,
        command: Command,
        context: AcceptedContext,
        sender: Sender,
        folder: Callable[[], AssociationFolder],
        maximum_bytes: int,
    ) -> None:
        self._command = command
        self._context = context
        self._sender = sender
        self._folder = folder
        self._maximum_bytes = maximum_bytes
        self._received = 0
        self._incoming: IncomingObject | None = None
        self._refusal: Outcome | None = None

    def begin(self, policy: Policy) -> None:
        """Look at the command; open the file unless it is refused already."""
        self._refusal = _objection(self._command, self._context, policy)
        if self._refusal is None:
            try:
                self._open()
            except OSError as error:
                self._refuse_resources(error)

    def _open(self) -> None:
        self._incoming = self._folder().begin_object()
        self._incoming.write(head_of(self._command, self._context, self._sender))

    def write(self, fragment: memoryview) -> None:
        """Take a fragment of the data set."""
        self._received += len(fragment)
        if self._incoming is None:
            return
        if self._received > self._maximum_bytes:
            self._refuse(
                Status.OUT_OF_RESOURCES, "larger than the setting maximum_object_mb allows"
            )
            return
        try:
            self._incoming.write(fragment)
        except OSError as error:
            self._refuse_resources(error)

    def finish(self) -> Outcome:
        """The data set is complete: make it durable, then say so."""
        if self._incoming is not None and not self._received:
            self._refuse(Status.CANNOT_UNDERSTAND, "the data set is empty")
        if self._incoming is None:
            return self._refusal or Outcome(Status.CANNOT_UNDERSTAND, reason="no data set")
        try:
            self._folder().store(self._incoming)
        except OSError as error:
            return _out_of_resources(error)
        return Outcome(Status.SUCCESS, stored=self._incoming.name, size=self._received)

    def _discard(self) -> None:
        if self._incoming is not None:
            self._incoming.discard()
            self._incoming = None

    def _refuse(self, status: Status, reason: str) -> None:
        self._discard()
        self._refusal = Outcome(status, reason=reason)

    def _refuse_resources(self, error: OSError) -> None:
        self._discard()
        self._refusal = _out_of_resources(error)


def _out_of_resources(error: OSError) -> Outcome:
    """Whatever keeps the spool from being written, the sender may try again later."""
    return Outcome(Status.OUT_OF_RESOURCES, reason=f"the spool cannot be written: {error.strerror}")


def _objection(command: Command, context: AcceptedContext, policy: Policy) -> Outcome | None:
    if Role.STORE not in policy.roles:
        return Outcome(Status.NOT_AUTHORIZED, reason="this peer may not store")
    if command.sop_class_uid not in ("", context.abstract_syntax):
        return Outcome(
            Status.DATA_SET_DOES_NOT_MATCH_SOP_CLASS,
            reason=f"the presentation context is for {context.abstract_syntax}",
        )
    if not policy.stores(context.abstract_syntax):
        return Outcome(Status.SOP_CLASS_NOT_SUPPORTED, reason="not a storage SOP Class")
    if not command.sop_instance_uid:
        return Outcome(
            Status.CANNOT_UNDERSTAND,
            reason="the command has no Affected SOP Instance UID (0000,1000)",
        )
    if not command.has_data_set:
        return Outcome(Status.CANNOT_UNDERSTAND, reason="the command announces no data set")
    return None
