"""DIMSE command sets (PS3.7 section 6.3 and annex E): the few elements that this node reads.

A command set is Implicit VR Little Endian with no sequences, whatever the transfer syntax.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

_ELEMENT = struct.Struct("<HHI")
_GROUP_LENGTH = struct.Struct("<HHII")
_NUMBER = struct.Struct("<HHIH")

_AFFECTED_SOP_CLASS_UID = 0x0002
_REQUESTED_SOP_CLASS_UID = 0x0003
_COMMAND_FIELD = 0x0100
_MESSAGE_ID = 0x0110
_MESSAGE_ID_BEING_RESPONDED_TO = 0x0120
_MOVE_DESTINATION = 0x0600
_PRIORITY = 0x0700
_COMMAND_DATA_SET_TYPE = 0x0800
_STATUS = 0x0900
_ERROR_COMMENT = 0x0902
_ERROR_ID = 0x0903
_AFFECTED_SOP_INSTANCE_UID = 0x1000
_REQUESTED_SOP_INSTANCE_UID = 0x1001
_EVENT_TYPE_ID = 0x1002
_ACTION_TYPE_ID = 0x1008
_REMAINING, _COMPLETED, _FAILED, _WARNING = 0x1020, 0x1021, 0x1022, 0x1023

_NO_DATA_SET, _A_DATA_SET = 0x0101, 0x0001
_MEDIUM = 0x0000
_RESPONSE = 0x8000
_COMMENT_LENGTH = 64


class CommandField(IntEnum):
    """Commands that this node meets (PS3.7 annex E.1)."""

    C_STORE_RQ = 0x0001
    C_GET_RQ = 0x0010
    C_FIND_RQ = 0x0020
    C_MOVE_RQ = 0x0021
    C_ECHO_RQ = 0x0030
    N_EVENT_REPORT_RQ = 0x0100
    N_SET_RQ = 0x0120
    N_ACTION_RQ = 0x0130
    N_CREATE_RQ = 0x0140
    C_CANCEL_RQ = 0x0FFF
    C_STORE_RSP = 0x8001
    N_EVENT_REPORT_RSP = 0x8100


_ON_REQUESTED_INSTANCE = frozenset({CommandField.N_SET_RQ, CommandField.N_ACTION_RQ})
"""Requests that name the instance as requested, not as affected: it is there already."""


class Status(IntEnum):
    """Statuses this node answers (PS3.4 tables B.2-1, C.4-1 to C.4-3, PS3.7 annex C)."""

    SUCCESS = 0x0000
    INVALID_ATTRIBUTE_VALUE = 0x0106
    PROCESSING_FAILURE = 0x0110
    DUPLICATE_SOP_INSTANCE = 0x0111
    NO_SUCH_SOP_INSTANCE = 0x0112
    INVALID_ARGUMENT_VALUE = 0x0115
    INVALID_SOP_INSTANCE = 0x0117
    NO_SUCH_SOP_CLASS = 0x0118
    MISSING_ATTRIBUTE = 0x0120
    SOP_CLASS_NOT_SUPPORTED = 0x0122
    NO_SUCH_ACTION_TYPE = 0x0123
    NOT_AUTHORIZED = 0x0124
    UNRECOGNIZED_OPERATION = 0x0211
    RESOURCE_LIMITATION = 0x0213
    OUT_OF_RESOURCES = 0xA700
    SUB_OPERATIONS_IMPOSSIBLE = 0xA702
    MOVE_DESTINATION_UNKNOWN = 0xA801
    DATA_SET_DOES_NOT_MATCH_SOP_CLASS = 0xA900
    SUB_OPERATIONS_FAILED = 0xB000
    CANNOT_UNDERSTAND = 0xC000
    CANCELLED = 0xFE00
    PENDING = 0xFF00
    PENDING_WITHOUT_SOME_KEYS = 0xFF01


@dataclass(frozen=True, slots=True)
class SubOperations:
    """How many of the objects of a C-MOVE or C-GET are sent, and what became of them."""

    remaining: int
    completed: int = 0
    failed: int = 0
    warning: int = 0


class MalformedCommand(Exception):
    """A command set contradicts its own lengths, or lacks what an answer needs."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command set. UIDs are bytes as they came, padding included; empty when absent.

    They are those of the affected SOP instance, or of the requested one where a request has that.
    """

    field: int
    message_id: int
    has_data_set: bool
    sop_class: bytes
    sop_instance: bytes
    action_type: int | None = None
    responds_to: int | None = None
    status: int | None = None
    move_destination: str = ""

    @property
    def is_response(self) -> bool:
        return bool(self.field & _RESPONSE)

    @property
    def sop_class_uid(self) -> str:
        return self.sop_class.decode("latin-1").strip(" \0")

    @property
    def sop_instance_uid(self) -> str:
        return self.sop_instance.decode("latin-1").strip(" \0")


def decode(command_set: bytes | bytearray) -> Command:
    """Read a command set. Raises MalformedCommand."""
    values = _elements(bytes(command_set))
    field = _number(values, _COMMAND_FIELD)
    if field is None:
        raise MalformedCommand("a command set has no Command Field (0000,0100)")
    message_id = _number(values, _MESSAGE_ID)
    if message_id is None and not (field & _RESPONSE or field == CommandField.C_CANCEL_RQ):
        raise MalformedCommand("a command set has no Message ID (0000,0110)")
    is_there = field in _ON_REQUESTED_INSTANCE
    sop_class = _REQUESTED_SOP_CLASS_UID if is_there else _AFFECTED_SOP_CLASS_UID
    sop_instance = _REQUESTED_SOP_INSTANCE_UID if is_there else _AFFECTED_SOP_INSTANCE_UID
    return Command(
        field=field,
        message_id=message_id or 0,
        has_data_set=_number(values, _COMMAND_DATA_SET_TYPE) not in (None, _NO_DATA_SET),
        sop_class=values.get(sop_class, b""),
        sop_instance=values.get(sop_instance, b""),
        action_type=_number(values, _ACTION_TYPE_ID),
        responds_to=_number(values, _MESSAGE_ID_BEING_RESPONDED_TO),
        status=_number(values, _STATUS),
        move_destination=values.get(_MOVE_DESTINATION, b"").decode("latin-1").strip(" \0"),
    )


def _elements(command_set: bytes) -> dict[int, bytes]:
    values = {}
    offset = 0
    while offset < len(command_set):
        if offset + _ELEMENT.size > len(command_set):
            raise MalformedCommand("a command set ends within an element")
        group, element, length = _ELEMENT.unpack_from(command_set, offset)
        offset += _ELEMENT.size
        if group != 0 or offset + length > len(command_set):
            raise MalformedCommand(
                f"a command set has a damaged element ({group:04x},{element:04x})"
            )
        values[element] = command_set[offset : offset + length]
        offset += length
    return values


def _number(values: dict[int, bytes], element: int) -> int | None:
    value = values.get(element, b"")
    return int.from_bytes(value, "little") if len(value) == 2 else None


def response(
    command: Command,
    status: int,
    comment: str = "",
    error_id: int | None = None,
    *,
    counts: SubOperations | None = None,
    with_data_set: bool = False,
) -> bytes:
    """The response to a request; UIDs go back byte for byte.

    Error comment and error id (PS3.7 annex C) are for people at the other end.
    """
    data_set = _A_DATA_SET if with_data_set else _NO_DATA_SET
    elements = b"".join(
        (
            _value(_AFFECTED_SOP_CLASS_UID, command.sop_class),
            _NUMBER.pack(0, _COMMAND_FIELD, 2, command.field | _RESPONSE),
            _NUMBER.pack(0, _MESSAGE_ID_BEING_RESPONDED_TO, 2, command.message_id),
            _NUMBER.pack(0, _COMMAND_DATA_SET_TYPE, 2, data_set),
            _NUMBER.pack(0, _STATUS, 2, status),
            _value(_ERROR_COMMENT, _comment(comment), b" "),
            b"" if error_id is None else _NUMBER.pack(0, _ERROR_ID, 2, error_id),
            _value(_AFFECTED_SOP_INSTANCE_UID, command.sop_instance),
            _action_type(command),
            b"" if counts is None else _counted(counts, status),
        )
    )
    return _command_set(elements)


def store_request(sop_class_uid: str, sop_instance_uid: str, message_id: int) -> bytes:
    """A C-STORE request of ours, with a data set (PS3.7 section 9.3.1.1)."""
    elements = b"".join(
        (
            _value(_AFFECTED_SOP_CLASS_UID, sop_class_uid.encode("latin-1")),
            _NUMBER.pack(0, _COMMAND_FIELD, 2, CommandField.C_STORE_RQ),
            _NUMBER.pack(0, _MESSAGE_ID, 2, message_id),
            _NUMBER.pack(0, _PRIORITY, 2, _MEDIUM),
            _NUMBER.pack(0, _COMMAND_DATA_SET_TYPE, 2, _A_DATA_SET),
            _value(_AFFECTED_SOP_INSTANCE_UID, sop_instance_uid.encode("latin-1")),
        )
    )
    return _command_set(elements)


def event_report_request(
    sop_class_uid: str, sop_instance_uid: str, message_id: int, event_type: int
) -> bytes:
    """An N-EVENT-REPORT request of ours, with a data set (PS3.7 section 10.3.1.1)."""
    elements = b"".join(
        (
            _value(_AFFECTED_SOP_CLASS_UID, sop_class_uid.encode("latin-1")),
            _NUMBER.pack(0, _COMMAND_FIELD, 2, CommandField.N_EVENT_REPORT_RQ),
            _NUMBER.pack(0, _MESSAGE_ID, 2, message_id),
            _NUMBER.pack(0, _COMMAND_DATA_SET_TYPE, 2, _A_DATA_SET),
            _value(_AFFECTED_SOP_INSTANCE_UID, sop_instance_uid.encode("latin-1")),
            _NUMBER.pack(0, _EVENT_TYPE_ID, 2, event_type),
        )
    )
    return _command_set(elements)


def _command_set(elements: bytes) -> bytes:
    """With the group length that PS3.7 section 6.3.1 asks for."""
    return _GROUP_LENGTH.pack(0, 0, 4, len(elements)) + elements


def _counted(counts: SubOperations, status: int) -> bytes:
    """What remains is told as long as something may (PS3.4 tables C.4-2 and C.4-3)."""
    goes_on = status in (Status.PENDING, Status.CANCELLED)
    told = {_REMAINING: counts.remaining} if goes_on else {}
    told |= {_COMPLETED: counts.completed, _FAILED: counts.failed, _WARNING: counts.warning}
    return b"".join(_NUMBER.pack(0, element, 2, min(n, 0xFFFF)) for element, n in told.items())


def _comment(text: str) -> bytes:
    return text.encode("ascii", "replace").replace(b"\\", b"/")[:_COMMENT_LENGTH]


def _action_type(command: Command) -> bytes:
    if command.action_type is None:
        return b""
    return _NUMBER.pack(0, _ACTION_TYPE_ID, 2, command.action_type)


def _value(element: int, value: bytes, padding: bytes = b"\0") -> bytes:
    if not value:
        return b""
    padded = value + padding * (len(value) % 2)
    return _ELEMENT.pack(0, element, len(padded)) + padded
