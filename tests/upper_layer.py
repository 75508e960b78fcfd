"""A sender that speaks the DICOM Upper Layer byte by byte, well or badly as a test wants."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Self

from ofsep_node.reception import command as dimse
from ofsep_node.reception import pdu

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
VERIFICATION = "1.2.840.10008.1.1"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"

Context = tuple[int, str, Sequence[str]]
"""Identifier, abstract syntax, transfer syntaxes."""

DEFAULT_CONTEXTS: tuple[Context, ...] = (
    (1, MR_IMAGE, (EXPLICIT_VR_LITTLE_ENDIAN,)),
    (3, VERIFICATION, (IMPLICIT_VR_LITTLE_ENDIAN,)),
)


def item(kind: int, content: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(content)) + content


def associate_request(
    contexts: Iterable[Context] = DEFAULT_CONTEXTS,
    *,
    called: bytes = b"OFSEP_NODE",
    calling: bytes = b"MR_CONSOLE",
    user_items: bytes = b"",
    version: int = 1,
    application_context: str = pdu.APPLICATION_CONTEXT,
) -> bytes:
    """An A-ASSOCIATE-RQ PDU."""
    items = [item(0x10, application_context.encode())]
    for identifier, abstract_syntax, syntaxes in contexts:
        body = bytes((identifier, 0, 0, 0)) + item(0x30, abstract_syntax.encode())
        body += b"".join(item(0x40, syntax.encode()) for syntax in syntaxes)
        items.append(item(0x20, body))
    user = item(0x51, (16384).to_bytes(4, "big")) + item(0x52, b"1.2.3.4") + user_items
    items.append(item(0x50, user))
    head = version.to_bytes(2, "big") + b"\0\0" + called.ljust(16) + calling.ljust(16) + bytes(32)
    body = head + b"".join(items)
    return struct.pack(">BxI", 1, len(body)) + body


def command_set(*elements: tuple[int, bytes]) -> bytes:
    """A command set of (element, value) pairs of group 0000."""
    body = b"".join(
        struct.pack("<HHI", 0, number, len(value)) + value for number, value in elements
    )
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def us(number: int) -> bytes:
    return number.to_bytes(2, "little")


def even(uid: str) -> bytes:
    value = uid.encode("latin-1")
    return value + b"\0" * (len(value) % 2)


def store_request(
    instance: str | None = "1.2.3", *, sop_class: str = MR_IMAGE, message_id: int = 7
) -> bytes:
    """The command set of a C-STORE-RQ that announces a data set."""
    elements = [
        (0x0002, even(sop_class)),
        (0x0100, us(0x0001)),
        (0x0110, us(message_id)),
        (0x0700, us(0)),
        (0x0800, us(0)),
    ]
    if instance is not None:
        elements.append((0x1000, even(instance)))
    return command_set(*elements)


def values(context: int, control: int, content: bytes, size: int = 16_000) -> bytes:
    """P-DATA-TF PDUs of one value each, the last marked as such."""
    pdus = []
    for start in range(0, max(len(content), 1), size):
        fragment = content[start : start + size]
        last = pdu.LAST if start + size >= len(content) else 0
        body = struct.pack(">IBB", len(fragment) + 2, context, control | last) + fragment
        pdus.append(struct.pack(">BxI", 4, len(body)) + body)
    return b"".join(pdus)


class RawSender:
    """A connected peer. Reading raises ConnectionError when the node has hung up."""

    def __init__(self, port: int, timeout_s: float = 60.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def end(self) -> None:
        """Say that nothing more comes; answers may still be read."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Close so that the node sees the connection reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            received = self.socket.recv(count - len(data))
            if not received:
                raise ConnectionError("the node closed the connection")
            data += received
        return data

    def pdu(self) -> tuple[int, bytes]:
        """Type and body of the next PDU."""
        kind, length = struct.unpack(">BxI", self.exactly(6))
        return kind, self.exactly(length)

    def is_closed(self) -> bool:
        """Waits for the node to hang up."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def associate(self, request: bytes | None = None) -> bytes:
        """Ask for an association and return the body of the A-ASSOCIATE-AC."""
        self.send(request or associate_request())
        kind, body = self.pdu()
        assert kind == pdu.PDUType.A_ASSOCIATE_AC, f"PDU {kind:#x} {body!r}"
        return body

    def answer(self) -> dict[int, bytes]:
        """The command set of the next message, element by element."""
        content = b""
        while True:
            kind, body = self.pdu()
            assert kind == pdu.PDUType.P_DATA_TF, f"PDU {kind:#x} {body!r}"
            content += body[6:]
            if body[5] & pdu.LAST:
                return dimse._elements(content)

    def store(
        self,
        data_set: bytes,
        instance: str | None = "1.2.3",
        *,
        context: int = 1,
        sop_class: str = MR_IMAGE,
        size: int = 16_000,
    ) -> int:
        """Send an object and return the status of the response."""
        request = store_request(instance, sop_class=sop_class)
        self.send(values(context, pdu.COMMAND, request))
        self.send(values(context, 0, data_set, size))
        return int.from_bytes(self.answer()[0x0900], "little")

    def release(self) -> None:
        self.send(struct.pack(">BxI", 5, 4) + bytes(4))
        kind, _ = self.pdu()
        assert kind == pdu.PDUType.A_RELEASE_RP


def answered_contexts(body: bytes) -> dict[int, tuple[int, str]]:
    """Result and transfer syntax by identifier, out of an A-ASSOCIATE-AC's body."""
    found = {}
    for kind, content in pdu._items(body[68:]):
        if kind == 0x21:
            syntaxes = [value.decode() for sub, value in pdu._items(content[4:]) if sub == 0x40]
            found[content[0]] = (content[2], syntaxes[0])
    return found


def user_items(body: bytes) -> dict[int, bytes]:
    """User information sub-items out of an A-ASSOCIATE-AC's body."""
    for kind, content in pdu._items(body[68:]):
        if kind == 0x50:
            return dict(pdu._items(content))
    return {}
