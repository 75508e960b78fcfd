"""One whole association, from the first byte to the last, without network and disk.

Everything between the socket's calls and the file's is the program's own: `converse` gives a stream
of bytes to `Association.run`, and checks what must hold whatever they are. Its peer may do whatever
a peer can be allowed, and something is held that it may query and retrieve.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import struct
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast
from unittest.mock import patch

import structlog

from ofsep_node import spool
from ofsep_node.metrics import ReceptionMeter
from ofsep_node.reception import command, pdu
from ofsep_node.reception.admission import Access, Admission
from ofsep_node.reception.association import Association, Surroundings
from ofsep_node.reception.command import Status, SubOperations
from ofsep_node.reception.commitment import StorageCommitment
from ofsep_node.reception.connection import Connection
from ofsep_node.reception.inquiries import Ending, Inquiry, NotAccepted, Operation, Talk
from ofsep_node.reception.peers import Peers
from ofsep_node.reception.places import Places
from ofsep_node.reception.policy import Policy, Role
from ofsep_node.reception.room import Room
from ofsep_node.reception.steps import PerformedSteps
from ofsep_node.retrieval.identifier import Unfit, read_identifier
from ofsep_node.settings import ReceptionSection
from tests.upper_layer import EXPLICIT_VR_LITTLE_ENDIAN, MR_IMAGE

_GIVEN_BYTES = 300

LAST_WORDS = (
    pdu.PDUType.A_ASSOCIATE_RJ,
    pdu.PDUType.A_RELEASE_RP,
    pdu.PDUType.A_ABORT,
)


class DefectFound(Exception):
    """The association did what no input may make it do."""


@dataclass
class ScriptedSocket:
    """A peer that sends its bytes in pieces of `piece` bytes, closes, and reads every answer."""

    script: bytes
    piece: int = 1 << 20
    sent: bytearray = field(default_factory=bytearray)
    _position: int = 0

    def recv_into(self, buffer: memoryview) -> int:
        data = self.script[self._position : self._position + min(len(buffer), self.piece)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def fileno(self) -> int:
        return _always_readable()

    def setsockopt(self, *_: object) -> None: ...
    def settimeout(self, *_: object) -> None: ...
    def shutdown(self, *_: object) -> None: ...
    def close(self) -> None: ...


@functools.cache
def _always_readable() -> int:
    """As a socket is whose peer has more to say, or has closed."""
    return os.open(os.devnull, os.O_RDONLY)


class MemoryObject:
    """An incoming object, or a request, that keeps its length only."""

    def __init__(self, number: int, ending: str) -> None:
        self.name = f"{number:06d}.{ending}"
        self.is_object = ending == "dcm"
        self.length = 0

    def write(self, data: bytes | memoryview) -> None:
        self.length += len(data)

    def discard(self) -> None:
        self.length = -1


@dataclass
class MemoryFolder:
    """An association's folder in memory, with the writing side's calls."""

    objects: int = 0
    last_number: int = 0

    def begin_object(self, ending: str = "dcm") -> MemoryObject:
        self.last_number += 1
        return MemoryObject(self.last_number, ending)

    def store(self, incoming: MemoryObject) -> None:
        if incoming.length <= 0:
            raise DefectFound("an object was stored that is empty or discarded")
        self.objects += incoming.is_object

    def close(self, closed: spool.AssociationClosed) -> None:
        if closed.objects != self.objects:
            raise DefectFound(f"{closed.objects} objects were said, {self.objects} stored")


class Everything(Peers):
    """Whoever comes may do all that there is to be allowed."""

    def roles(self, *_: object) -> frozenset[Role]:
        return frozenset(Role)


@dataclass(frozen=True)
class Given:
    """An object for a C-GET."""

    sop_class_uid: str = MR_IMAGE
    sop_instance_uid: str = "1.2.3"
    transfer_syntax_uid: str = EXPLICIT_VR_LITTLE_ENDIAN

    def open(self) -> tuple[BinaryIO, int]:
        return io.BytesIO(bytes(_GIVEN_BYTES)), _GIVEN_BYTES


class Held:
    """Two matches for each query, two objects for each C-GET.

    Only to messages of odd numbers it is asked whether they were cancelled: the scripted peer has
    always more to say, so that it is heard to its end.
    """

    def answer(self, inquiry: Inquiry, talk: Talk) -> Ending:
        try:
            identifier = read_identifier(inquiry.identifier, inquiry.transfer_syntax_uid)
        except Unfit as unfit:
            return Ending(unfit.status, unfit.reason)
        for number in range(2):
            if inquiry.message_id % 2 and talk.is_cancelled():
                return Ending(Status.CANCELLED)
            if inquiry.operation is Operation.FIND:
                talk.found(inquiry.identifier, all_keys=identifier.all_keys)
            else:
                self._give(talk, SubOperations(2 - number, number))
        return Ending(Status.SUCCESS)

    def _give(self, talk: Talk, counts: SubOperations) -> None:
        with contextlib.suppress(NotAccepted):
            talk.give(Given())
        talk.progress(counts)


@dataclass
class Conversation:
    """What came of a stream: the PDUs that were answered, and the objects that were stored."""

    answers: list[tuple[int, bytes]]
    stored: int


def converse(script: bytes, piece: int = 1 << 20) -> Conversation:
    """Run an association on these bytes. Raises DefectFound."""
    peer = ScriptedSocket(script, piece)
    folder = MemoryFolder()
    with patch.object(spool.AssociationFolder, "open", lambda *_: folder):
        connection = Connection(cast("Any", peer), stall_timeout_s=60)
        around = _surroundings()
        around.admission.arrive(connection)
        Association(connection, ("192.0.2.1", 104), around).run()
    if around.admission.associations or around.admission.waiting:
        raise DefectFound("the association still has its place")
    conversation = Conversation(list(_pdus(bytes(peer.sent))), folder.objects)
    _check(conversation)
    return conversation


@functools.cache
def _surroundings() -> Surroundings:
    section = ReceptionSection(accept_every_sop_class=True, maximum_object_mb=1)
    log = structlog.wrap_logger(None, processors=[_no_defect])
    return Surroundings(
        section=section,
        policy=Policy(accept_every_sop_class=True),
        spool=Path("/"),
        node="fuzz",
        nudge=lambda _: None,
        log=log,
        admission=Admission(Access(Everything()), Places(8, 8), 8, lambda: None),
        room=Room(Path("/"), 0, log),
        meter=ReceptionMeter(),
        commitment=StorageCommitment(),
        steps=PerformedSteps(Path("/proc/steps")),  # which cannot be made: every step is refused
        answering=Held(),
    )


def _no_defect(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    if event["event"] == "reception.failed":
        raise DefectFound(event["event"])
    raise structlog.DropEvent


def _pdus(sent: bytes) -> Iterator[tuple[int, bytes]]:
    while sent:
        if len(sent) < pdu.HEADER.size:
            raise DefectFound("an answer is cut short")
        kind, length = pdu.HEADER.unpack_from(sent)
        body, sent = sent[6 : 6 + length], sent[6 + length :]
        if len(body) != length:
            raise DefectFound("an answer is shorter than it says")
        yield kind, body


def _check(conversation: Conversation) -> None:
    kinds = [kind for kind, _ in conversation.answers]
    if any(kind in LAST_WORDS for kind in kinds[:-1]):
        raise DefectFound("something was said after the last word")
    if pdu.PDUType.P_DATA_TF in kinds and kinds[0] != pdu.PDUType.A_ASSOCIATE_AC:
        raise DefectFound("a message was answered without an association")
    if (answered := len(list(_successes(conversation)))) != conversation.stored:
        raise DefectFound(f"{answered} objects were answered Success, {conversation.stored} stored")


def _successes(conversation: Conversation) -> Iterator[dict[int, bytes]]:
    """The C-STORE responses with Success."""
    content = b""
    for kind, body in conversation.answers:
        if kind != pdu.PDUType.P_DATA_TF or not body[5] & pdu.COMMAND:
            continue
        content += body[6:]
        if body[5] & pdu.LAST:
            elements, content = command._elements(content), b""
            if elements[0x0100] == struct.pack("<H", 0x8001) and not any(elements[0x0900]):
                yield elements
