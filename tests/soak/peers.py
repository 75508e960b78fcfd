"""The peers of a soak: each works in a thread of its own, pauses, and begins again."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ofsep_node.dicom.part10 import data_set_offset
from ofsep_node.reception import pdu
from tests.fuzz.streams import ABORT, ECHO, REQUESTS, seeds
from tests.intake_node import t1_slice, uid_of
from tests.upper_layer import RawSender, store_request, values

IMAGES = 12
CLOSED_WITHIN_S = 30.0
SEEDS = tuple(seeds())
NOT_DICOM = bytes(range(256)) * 8


@dataclass
class Soak:
    """What all peers share, and what they count."""

    port: int
    stop: threading.Event = field(default_factory=threading.Event)
    counts: Counter[str] = field(default_factory=Counter)
    stored: set[str] = field(default_factory=set)  # SOP Instance UIDs answered Success
    failures: list[str] = field(default_factory=list)
    studies: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.counts[what] += number

    def next_study(self) -> int:
        with self._lock:
            self.studies += 1
            return self.studies

    def sender(self) -> RawSender:
        return RawSender(self.port, CLOSED_WITHIN_S)

    def store(self, sender: RawSender, study: int, numbers: Iterable[int]) -> None:
        """Send images, which must be answered Success."""
        for number in numbers:
            uid = uid_of(f"instance {study} 1", number)
            file = t1_slice(number, study=study)
            status = sender.store(file[data_set_offset(io.BytesIO(file)) :], uid)
            if status:
                raise AssertionError(f"image {number} of study {study} was answered {status:04X}")
            with self._lock:
                self.stored.add(uid)
                self.counts["images answered Success"] += 1


def good(soak: Soak, _chance: random.Random) -> None:
    """A study in one association."""
    with soak.sender() as sender:
        sender.associate()
        soak.store(sender, soak.next_study(), range(1, IMAGES))
        sender.release()
    soak.count("studies")


def one_by_one(soak: Soak, _chance: random.Random) -> None:
    """A study in an association for each image."""
    study = soak.next_study()
    for number in range(1, IMAGES // 2):
        with soak.sender() as sender:
            sender.associate()
            soak.store(sender, study, [number])
            sender.release()
    soak.count("studies")


def again(soak: Soak, chance: random.Random) -> None:
    """A study that was sent before, or is being sent."""
    with soak.sender() as sender:
        sender.associate()
        soak.store(sender, chance.randint(1, max(1, soak.studies)), range(1, IMAGES))
        sender.release()
    soak.count("studies sent again")


def aborting(soak: Soak, chance: random.Random) -> None:
    """Ends in the middle of an object: by an abort, a close, or a reset."""
    with soak.sender() as sender:
        sender.associate()
        soak.store(sender, soak.next_study(), [1])
        sender.send(values(1, pdu.COMMAND, store_request()) + values(1, 0, bytes(9_000))[:-700])
        if chance.random() < 0.5:
            sender.send(bytes(700) + ABORT)
        elif chance.random() < 0.5:
            sender.reset()
    soak.count("associations broken off")


def slow(soak: Soak, _chance: random.Random) -> None:
    """A byte now and then within a PDU, until the node has had enough."""
    with soak.sender() as sender, contextlib.suppress(ConnectionError):
        sender.associate()
        for byte in values(1, pdu.COMMAND, store_request()):
            sender.send(bytes((byte,)))
            time.sleep(0.2)
    soak.count("slow peers ended")


def silent(soak: Soak, _chance: random.Random) -> None:
    """Connects and says nothing."""
    with soak.sender() as sender:
        while sender.socket.recv(64):
            continue
    soak.count("silent peers ended")


def deaf(soak: Soak, _chance: random.Random) -> None:
    """Asks and asks, and reads no answer."""
    with soak.sender() as sender, contextlib.suppress(OSError):
        sender.associate()
        for _ in range(400):
            sender.send(values(3, pdu.COMMAND, ECHO) * 500)
    soak.count("deaf peers ended")


def hostile(soak: Soak, chance: random.Random) -> None:
    """Conversations that are damaged, and announcements that are lies."""
    stream = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 8)):
        stream[chance.randrange(len(stream))] = chance.randrange(256)
    if chance.random() < 0.2:
        stream = bytearray(REQUESTS[0] + struct.pack(">BxI", 4, 0xFFFFFFF0) + bytes(2_000))
    with soak.sender() as sender, contextlib.suppress(OSError):
        sender.send(bytes(stream))
        sender.end()
        while sender.socket.recv(4_096):
            continue
    soak.count("hostile conversations")


def broken_objects(soak: Soak, chance: random.Random) -> None:
    """Objects that no reader understands: answered Success, and kept in quarantine."""
    with soak.sender() as sender:
        sender.associate()
        status = sender.store(NOT_DICOM, f"1.2.{chance.randrange(10**9)}")
        if status:
            raise AssertionError(f"an unreadable object was answered {status:04X}")
        sender.release()
    soak.count("unreadable objects")


Peer = Callable[[Soak, random.Random], None]

PEERS: tuple[tuple[Peer, float], ...] = (
    (good, 3.0),
    (good, 4.0),
    (one_by_one, 4.0),
    (again, 6.0),
    (aborting, 2.0),
    (slow, 1.0),
    (silent, 1.0),
    (deaf, 5.0),
    (hostile, 0.3),
    (broken_objects, 20.0),
)
"""Each with the seconds it rests between two tries."""

MUST_SUCCEED = (good, one_by_one, again, broken_objects)


def work(soak: Soak, peer: Peer, rest_s: float, seed: int) -> None:
    """Be one peer until the soak is over. What a good one meets is a failure of the node."""
    chance = random.Random(seed)
    while not soak.stop.wait(rest_s * chance.uniform(0.5, 1.5)):
        try:
            peer(soak, chance)
        except (OSError, AssertionError) as error:
            if peer in MUST_SUCCEED:
                soak.failures.append(f"{peer.__name__}: {error!r}")
            else:
                soak.count(f"{peer.__name__}: cut short")
