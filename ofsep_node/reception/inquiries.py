"""Queries and retrievals (PS3.4 annex C): what is asked, and what whoever answers it may do.

Reception knows neither what is held nor how it is found. It takes the request, and lends whoever
answers it the association: for pending responses, and for the objects of a C-GET.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO, Literal, Protocol

from structlog.typing import FilteringBoundLogger

from ofsep_node.domain.sop_classes import STUDY_ROOT_FIND, STUDY_ROOT_GET, STUDY_ROOT_MOVE
from ofsep_node.reception.command import Command, CommandField, Status, SubOperations
from ofsep_node.reception.negotiation import AcceptedContext
from ofsep_node.reception.storing import Outcome

MOST_BYTES = 1 << 20
"""Of one identifier."""


class Operation(StrEnum):
    """What is asked for."""

    FIND = "find"
    MOVE = "move"
    GET = "get"


InquiryOutcome = Literal["answered", "cancelled", "failed", "refused"]
"""`failed` when some object could not be sent, `refused` when nothing was even tried."""

_OUTCOMES: Mapping[Status, InquiryOutcome] = {
    Status.SUCCESS: "answered",
    Status.CANCELLED: "cancelled",
    Status.SUB_OPERATIONS_FAILED: "failed",
    Status.SUB_OPERATIONS_IMPOSSIBLE: "failed",
}

OPERATIONS: Mapping[tuple[str, int], Operation] = {
    (STUDY_ROOT_FIND, CommandField.C_FIND_RQ): Operation.FIND,
    (STUDY_ROOT_MOVE, CommandField.C_MOVE_RQ): Operation.MOVE,
    (STUDY_ROOT_GET, CommandField.C_GET_RQ): Operation.GET,
}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A request whose identifier is complete. `destination` is an AE title, of a C-MOVE."""

    operation: Operation
    identifier: bytes
    transfer_syntax_uid: str
    message_id: int
    caller: str
    destination: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """The last response; `told` is what the log says of it beside the status.

    `reason` goes to the peer as the Error Comment, and to the log: no patient's name is in it.
    """

    status: Status
    reason: str = ""
    counts: SubOperations | None = None
    identifier: bytes = b""
    told: Mapping[str, Any] = field(default_factory=dict)


def outcome_of(ending: Ending) -> InquiryOutcome:
    """What came of an inquiry, in a word."""
    return _OUTCOMES.get(ending.status, "refused")


class Given(Protocol):
    """An object to be sent as it is."""

    @property
    def sop_class_uid(self) -> str: ...
    @property
    def sop_instance_uid(self) -> str: ...
    @property
    def transfer_syntax_uid(self) -> str: ...

    def open(self) -> tuple[BinaryIO, int]:
        """A stream at the start of its data set, and how many bytes follow. Raises OSError."""


class NotAccepted(Exception):
    """The peer has accepted no context for an object's class in its transfer syntax."""


class Talk(Protocol):
    """The association while an inquiry is answered. Everything raises AssociationFailure."""

    @property
    def log(self) -> FilteringBoundLogger: ...

    def is_cancelled(self) -> bool:
        """Whether the peer wants no more, as far as it has been heard."""

    def found(self, identifier: bytes, *, all_keys: bool) -> None:
        """A pending response with a match; `all_keys` says that every key was supported."""

    def progress(self, counts: SubOperations) -> None:
        """A pending response with what has been sent so far."""

    def give(self, one: Given) -> int:
        """Store an object at the peer, and return the status that it answers.

        Raises NotAccepted, and OSError when the object cannot be opened.
        """


class Answering(Protocol):
    """Whoever knows what is held."""

    def answer(self, inquiry: Inquiry, talk: Talk) -> Ending:
        """Answer an inquiry, up to the last response."""


class NothingHeld:
    """Where nobody answers."""

    def answer(self, inquiry: Inquiry, _talk: Talk) -> Ending:
        return Ending(
            Status.SOP_CLASS_NOT_SUPPORTED, f"C-{inquiry.operation.upper()} is not offered"
        )


class UnderWay:
    """An inquiry from its command to its last response, and what the peer says meanwhile."""

    def __init__(
        self, operation: Operation, command: Command, context: AcceptedContext, caller: str
    ) -> None:
        self.command = command
        self.operation = operation
        self.cancelled = False
        self.stored: dict[int, int] = {}
        """Statuses of the objects that were given, by Message ID."""
        self._syntax = context.transfer_syntax
        self._abstract_syntax = context.abstract_syntax
        self._caller = caller
        self._identifier = bytearray()
        self._received = 0

    def write(self, fragment: memoryview) -> None:
        """Take a fragment of the identifier; what is too much is counted, and let go."""
        self._received += len(fragment)
        if self._received <= MOST_BYTES:
            self._identifier += fragment

    def finish(self) -> Outcome | None:
        """It is answered in a conversation of its own."""
        return None

    def objection(self) -> Ending | None:
        """Why the request is not even read."""
        if self.command.sop_class_uid not in ("", self._abstract_syntax):
            return Ending(Status.SOP_CLASS_NOT_SUPPORTED, f"not of {self._abstract_syntax}")
        if self._received > MOST_BYTES:
            return Ending(Status.OUT_OF_RESOURCES, f"an identifier of {self._received} bytes")
        return None

    def inquiry(self) -> Inquiry:
        """The request, once its identifier is complete."""
        return Inquiry(
            operation=self.operation,
            identifier=bytes(self._identifier),
            transfer_syntax_uid=self._syntax,
            message_id=self.command.message_id,
            caller=self._caller,
            destination=self.command.move_destination,
        )

    def hear(self, command: Command) -> bool:
        """Whether a message has its place while the inquiry is answered (PS3.7 section 9.3)."""
        if command.field == CommandField.C_CANCEL_RQ:
            self.cancelled |= command.responds_to == self.command.message_id
            return True
        if command.field == CommandField.C_STORE_RSP and command.responds_to is not None:
            status = command.status
            self.stored[command.responds_to] = (
                Status.PROCESSING_FAILURE if status is None else status
            )
            return True
        return False
