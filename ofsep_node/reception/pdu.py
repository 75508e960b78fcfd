"""Protocol data units of the DICOM Upper Layer (PS3.8 section 9.3), as bytes and as values.

pynetdicom's own classes refuse what consoles in service do send: AE titles padded with NUL,
implementation UIDs longer than 64 characters. Here every text is taken as it comes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from ofsep_node.domain.instance import LONGEST_UID

HEADER = struct.Struct(">BxI")
"""Of every PDU: type, a reserved byte, length in bytes of what follows."""

PDV_HEADER = struct.Struct(">IBB")
"""Of every presentation data value: length of what follows it, context, control bits."""

COMMAND = 0x01  # control bit: command set, else data set (PS3.8 annex E.2)
LAST = 0x02  # control bit: last fragment

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"

MOST_CONTEXTS = 128
"""Presentation contexts of one request: their identifiers are odd and fit a byte (PS3.8 9.3.2.2)."""

MOST_TRANSFER_SYNTAXES = 256
"""Of one presentation context; the standard has some sixty."""

MOST_USER_ITEMS = 1_024
"""Some toolkits send role and extended negotiation for each of 128 contexts."""

_OWN_LIMIT = 1 << 17
"""Bytes of a fragment to a peer that sets no limit."""

_ITEM = struct.Struct(">BxH")
_PROPOSED_CONTEXT = 0x20
_ANSWERED_CONTEXT = 0x21


class PDUType(IntEnum):
    """PDU types (PS3.8 tables 9-11 to 9-26)."""

    A_ASSOCIATE_RQ = 0x01
    A_ASSOCIATE_AC = 0x02
    A_ASSOCIATE_RJ = 0x03
    P_DATA_TF = 0x04
    A_RELEASE_RQ = 0x05
    A_RELEASE_RP = 0x06
    A_ABORT = 0x07


class AbortReason(IntEnum):
    """Reasons of an A-ABORT by the service provider (PS3.8 table 9-26)."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    UNEXPECTED_PARAMETER = 5
    INVALID_PARAMETER = 6


class MalformedPDU(Exception):
    """A PDU contradicts its own lengths; the association cannot go on."""


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """A presentation context as the peer proposes it (PS3.8 section 9.3.2.2)."""

    identifier: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProposedRole:
    """SCP/SCU Role Selection for one SOP Class (PS3.7 annex D.3.3.4)."""

    sop_class_uid: str
    scu: bool
    scp: bool


@dataclass(frozen=True, slots=True)
class UserIdentity:
    """Who uses the peer, as it says (PS3.7 annex D.3.3.7). Passcodes and tickets are not kept."""

    kind: str
    """One of `IDENTITY_KINDS`, or `type N`."""
    username: str = ""


IDENTITY_KINDS = {
    1: "username",
    2: "username and passcode",
    3: "Kerberos ticket",
    4: "SAML assertion",
    5: "JSON web token",
}
"""User-Identity-Type (PS3.7 table D.3-14)."""

_USERNAME_LENGTH_KEPT = 64


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """An A-ASSOCIATE-RQ. AE titles are stripped; `maximum_length` 0 means no limit."""

    protocol_version: int
    called_ae_title: str
    calling_ae_title: str
    ae_title_fields: bytes
    """Called and calling AE title, 32 bytes, and 32 reserved ones: sent back as they came."""
    application_context: str
    contexts: tuple[ProposedContext, ...]
    maximum_length: int = 0
    implementation_class_uid: str = ""
    implementation_version_name: str = ""
    roles: tuple[ProposedRole, ...] = ()
    asynchronous_operations: bool = False
    user_identity: UserIdentity | None = None
    wants_identity_response: bool = False


@dataclass(frozen=True, slots=True)
class AnsweredContext:
    """The answer to one proposed context; `result` 0 is acceptance (PS3.8 table 9-18)."""

    identifier: int
    result: int
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class AssociateAnswer:
    """What an A-ASSOCIATE-AC says besides what it repeats of the request."""

    contexts: tuple[AnsweredContext, ...]
    maximum_length: int
    implementation_class_uid: str
    implementation_version_name: str
    roles: tuple[ProposedRole, ...] = ()
    asynchronous_operations: bool = False
    identity_response: bool = False


def text(value: bytes) -> str:
    """A padded text; any byte is taken (latin-1), spaces and NUL at both ends are dropped."""
    return value.decode("latin-1").strip(" \0")


def _items(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The (type, content) items that fill `body`. Raises MalformedPDU."""
    offset = 0
    while offset < len(body):
        if offset + _ITEM.size > len(body):
            raise MalformedPDU("an item is cut short")
        kind, length = _ITEM.unpack_from(body, offset)
        offset += _ITEM.size
        if offset + length > len(body):
            raise MalformedPDU(f"item {kind:#04x} announces more bytes than its PDU has")
        yield kind, body[offset : offset + length]
        offset += length


def decode_associate_request(body: bytes) -> AssociateRequest:
    """Read an A-ASSOCIATE-RQ from what follows its header. Raises MalformedPDU."""
    if len(body) < 68:
        raise MalformedPDU("the A-ASSOCIATE-RQ is shorter than its fixed part")
    application_context = ""
    contexts = []
    user_information: dict[int, list[bytes]] = {}
    for kind, content in _items(body[68:]):
        if kind == 0x10:
            application_context = text(content)
        elif kind == _PROPOSED_CONTEXT:
            contexts.append(_proposed_context(content))
            _bound(len(contexts), MOST_CONTEXTS, "presentation contexts")
        elif kind == 0x50:
            for sub_kind, value in _items(content):
                user_information.setdefault(sub_kind, []).append(value)
            _bound(sum(map(len, user_information.values())), MOST_USER_ITEMS, "user items")
    return AssociateRequest(
        protocol_version=int.from_bytes(body[:2], "big"),
        called_ae_title=text(body[4:20]),
        calling_ae_title=text(body[20:36]),
        ae_title_fields=body[4:68],
        application_context=application_context,
        contexts=tuple(contexts),
        maximum_length=int.from_bytes(_first(user_information, 0x51)[:4], "big"),
        implementation_class_uid=text(_first(user_information, 0x52)[:LONGEST_UID]),
        implementation_version_name=text(_first(user_information, 0x55)[:LONGEST_UID]),
        roles=tuple(map(_proposed_role, user_information.get(0x54, ()))),
        asynchronous_operations=0x53 in user_information,
        user_identity=_user_identity(_first(user_information, 0x58)),
        wants_identity_response=_first(user_information, 0x58)[1:2] == b"\x01",
    )


def _bound(count: int, most: int, what: str) -> None:
    if count > most:
        raise MalformedPDU(f"the A-ASSOCIATE-RQ has {count} {what}, {most} are the most")


def _uid(value: bytes) -> str:
    _bound(len(value), LONGEST_UID, "bytes in a UID")
    return text(value)


def _first(items: dict[int, list[bytes]], kind: int) -> bytes:
    return items.get(kind, [b""])[0]


def _proposed_context(content: bytes) -> ProposedContext:
    if len(content) < 4:
        raise MalformedPDU("a presentation context is cut short")
    syntaxes = [(kind, _uid(value)) for kind, value in _items(content[4:])]
    _bound(len(syntaxes), MOST_TRANSFER_SYNTAXES + 1, "syntaxes in a presentation context")
    return ProposedContext(
        identifier=content[0],
        abstract_syntax=next((value for kind, value in syntaxes if kind == 0x30), ""),
        transfer_syntaxes=tuple(value for kind, value in syntaxes if kind == 0x40),
    )


def _proposed_role(content: bytes) -> ProposedRole:
    length = int.from_bytes(content[:2], "big")
    if len(content) < length + 4:
        raise MalformedPDU("a role selection is cut short")
    scu, scp = content[length + 2], content[length + 3]
    return ProposedRole(_uid(content[2 : length + 2]), scu=scu == 1, scp=scp == 1)


def _user_identity(content: bytes) -> UserIdentity | None:
    if not content:
        return None
    kind = IDENTITY_KINDS.get(content[0], f"type {content[0]}")
    if content[0] not in (1, 2):  # what follows is a ticket
        return UserIdentity(kind)
    length = min(int.from_bytes(content[2:4], "big"), _USERNAME_LENGTH_KEPT)
    return UserIdentity(kind, content[4 : 4 + length].decode("utf-8", "replace").strip(" \0"))


def _item(kind: int, content: bytes) -> bytes:
    return _ITEM.pack(kind, len(content)) + content


def _pdu(kind: PDUType, body: bytes) -> bytes:
    return HEADER.pack(kind, len(body)) + body


def associate_accept(request: AssociateRequest, answer: AssociateAnswer) -> bytes:
    """An A-ASSOCIATE-AC PDU (PS3.8 section 9.3.3)."""
    items = [_item(0x10, APPLICATION_CONTEXT.encode())]
    for context in answer.contexts:
        head = bytes((context.identifier, 0, context.result, 0))
        syntax = _item(0x40, context.transfer_syntax.encode("latin-1"))
        items.append(_item(_ANSWERED_CONTEXT, head + syntax))
    items.append(_item(0x50, b"".join(_user_information(answer))))
    head = b"\x00\x01\x00\x00" + request.ae_title_fields
    return _pdu(PDUType.A_ASSOCIATE_AC, head + b"".join(items))


def _user_information(answer: AssociateAnswer) -> Iterable[bytes]:
    yield _item(0x51, answer.maximum_length.to_bytes(4, "big"))
    yield _item(0x52, answer.implementation_class_uid.encode())
    if answer.asynchronous_operations:
        yield _item(0x53, b"\x00\x01\x00\x01")
    for role in answer.roles:
        uid = role.sop_class_uid.encode("latin-1")
        yield _item(0x54, len(uid).to_bytes(2, "big") + uid + bytes((role.scu, role.scp)))
    yield _item(0x55, answer.implementation_version_name.encode())
    if answer.identity_response:
        yield _item(0x59, b"\x00\x00")


def associate_reject(result: int, source: int, reason: int) -> bytes:
    """An A-ASSOCIATE-RJ PDU; the numbers are those of PS3.8 table 9-21."""
    return _pdu(PDUType.A_ASSOCIATE_RJ, bytes((0, result, source, reason)))


def release_reply() -> bytes:
    """An A-RELEASE-RP PDU (PS3.8 section 9.3.7)."""
    return _pdu(PDUType.A_RELEASE_RP, bytes(4))


def abort(reason: AbortReason) -> bytes:
    """An A-ABORT PDU by the service provider (PS3.8 section 9.3.8)."""
    return _pdu(PDUType.A_ABORT, bytes((0, 0, 2, reason)))


def fragment_room(maximum_length: int) -> int:
    """The longest fragment of a message to a peer, an even number; `maximum_length` 0: no limit."""
    room = maximum_length - PDV_HEADER.size if maximum_length else _OWN_LIMIT
    return max(min(room, _OWN_LIMIT) & ~1, 2)


def data_pdu(context: int, fragment: bytes, *, last: bool) -> bytes:
    """A fragment of a data set as a P-DATA-TF PDU."""
    control = LAST if last else 0
    value = PDV_HEADER.pack(len(fragment) + 2, context, control) + fragment
    return _pdu(PDUType.P_DATA_TF, value)


def data_pdus(context: int, data: bytes, maximum_length: int) -> Iterator[bytes]:
    """A data set as P-DATA-TF PDUs that are no longer than the peer can take; none for an empty one.

    `maximum_length` is the peer's, 0 for no limit.
    """
    room = fragment_room(maximum_length)
    for start in range(0, len(data), room):
        yield data_pdu(context, data[start : start + room], last=start + room >= len(data))


def command_pdus(context: int, command: bytes, maximum_length: int) -> bytes:
    """A command set as P-DATA-TF PDUs that are no longer than the peer can take.

    `maximum_length` is the peer's, 0 for no limit.
    """
    room = fragment_room(maximum_length)
    pdus = []
    for start in range(0, len(command), room):
        fragment = command[start : start + room]
        control = COMMAND | (LAST if start + room >= len(command) else 0)
        value = PDV_HEADER.pack(len(fragment) + 2, context, control) + fragment
        pdus.append(_pdu(PDUType.P_DATA_TF, value))
    return b"".join(pdus)
