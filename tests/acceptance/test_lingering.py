"""A peer that lingers after it asked for storage commitment is told on the same association."""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.presentation import build_context

from ofsep_node import association_door, spool
from ofsep_node.domain.sop_classes import STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE
from ofsep_node.reception import pdu
from ofsep_node.reception.lingering import LINGERS_AFTER_S
from tests.modality import TITLE, Modality, Told, commitment_request, encoded, listening
from tests.node import RunningNode
from tests.phantom import mr_object
from tests.reception_node import RunningReceiver, data_set, wait_until
from tests.upper_layer import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    RawSender,
    associate_request,
    command_set,
    even,
    store_request,
    us,
    values,
)

Receiving = Callable[..., RunningReceiver]

MR = "1.2.840.10008.5.1.4.1.1.4"
WITHIN_S = 60
STORE, ASK = 1, 3
"""Presentation contexts."""


# --- whole nodes, and pynetdicom as the scanner


@contextlib.contextmanager
def asking(node: RunningNode, modality: Modality) -> Iterator[Association]:
    """An association on which the modality also listens."""
    ae = AE(ae_title=TITLE)
    ae.dimse_timeout = WITHIN_S
    association = ae.associate(
        "127.0.0.1",
        node.port,
        [build_context(STORAGE_COMMITMENT), build_context(MR)],
        ae_title="OFSEP_NODE",
        evt_handlers=[(evt.EVT_N_EVENT_REPORT, modality.hear)],
    )
    assert association.is_established
    yield association
    association.release()


def store(association: Association, path: Path) -> tuple[str, str]:
    image = pydicom.dcmread(path)
    assert association.send_c_store(image).Status == 0x0000
    return str(image.SOPClassUID), str(image.SOPInstanceUID)


def ask(association: Association, transaction: str, *objects: tuple[str, str]) -> None:
    request = commitment_request(transaction, objects)
    instance = STORAGE_COMMITMENT_INSTANCE
    answer, _ = association.send_n_action(request, 1, STORAGE_COMMITMENT, instance)
    assert answer.Status == 0x0000


def where(told: Told) -> str:
    """Whose association it was."""
    return told.calling


@pytest.fixture
def modality() -> Iterator[Modality]:
    with listening() as one:
        yield one


@pytest.fixture
def running(tmp_path: Path, modality: Modality) -> Iterator[RunningNode]:
    peers = modality.peers_file(tmp_path / "peers.toml")
    with RunningNode(tmp_path / "node", RECEPTION__PEERS=str(peers)) as node:
        yield node


def test_a_peer_that_waits_is_told_where_it_asked(
    tmp_path: Path, running: RunningNode, modality: Modality
) -> None:
    with asking(running, modality) as association:
        sent = [store(association, mr_object(tmp_path / f"{n}.dcm", seed=n)) for n in range(3)]
        ask(association, "1.2.3", *sent)
        first = modality.told.get(timeout=WITHIN_S)
        ask(association, "1.2.4", (MR, "1.9.9"))
        second = modality.told.get(timeout=WITHIN_S)
        running.wait_for(lambda e: e.get("transaction") == "1.2.4" and "where_asked" in e)
    reported = running.events("commitment.reported")
    assert [where(told) for told in (first, second)] == [TITLE, TITLE]
    assert (first.event_type, first.committed, first.failed) == (1, sent, [])
    assert (second.event_type, second.failed) == (2, [(MR, "1.9.9", 0x0112)])
    assert [e["where_asked"] for e in reported] == [True, True]
    assert modality.told.empty()


def test_a_peer_that_sends_on_is_told_on_another_association(
    tmp_path: Path, running: RunningNode, modality: Modality
) -> None:
    with asking(running, modality) as association:
        sent = store(association, mr_object(tmp_path / "a.dcm"))
        ask(association, "1.2.3", sent)
        seed = 0
        while modality.told.empty():
            seed += 1
            store(association, mr_object(tmp_path / f"{seed}.dcm", seed=seed))
            time.sleep(LINGERS_AFTER_S / 10)
        told = modality.told.get()
    assert (where(told), told.committed) == ("OFSEP_NODE", [sent])
    assert not running.wait_for(lambda e: e["event"] == "commitment.reported")["where_asked"]


def test_a_peer_that_answers_otherwise_is_told_again_on_another_association(
    tmp_path: Path, running: RunningNode, modality: Modality
) -> None:
    modality.answers = [0x0110]
    with asking(running, modality) as association:
        sent = store(association, mr_object(tmp_path / "a.dcm"))
        ask(association, "1.2.3", sent)
        first, second = (modality.told.get(timeout=WITHIN_S) for _ in range(2))
    assert [where(told) for told in (first, second)] == [TITLE, "OFSEP_NODE"]
    assert first.committed == second.committed == [sent]


# --- a receiver, and a scanner byte by byte; who knows the outcome is the test


class Asked(RawSender):
    """A peer that has asked on an association, and been answered."""

    def __init__(self, node: RunningReceiver, syntax: str = IMPLICIT_VR_LITTLE_ENDIAN) -> None:
        super().__init__(node.port)
        contexts = [
            (STORE, MR, (EXPLICIT_VR_LITTLE_ENDIAN,)),
            (ASK, STORAGE_COMMITMENT, (syntax,)),
        ]
        self.associate(associate_request(contexts, calling=TITLE.encode()))
        self.syntax = syntax
        self.ask()
        (self.association,) = spool.associations(node.spool)

    def ask(self) -> None:
        self.request()
        assert self.answer()[0x0900] == us(0)

    def request(self) -> None:
        action = command_set(
            (0x0003, even(STORAGE_COMMITMENT)),
            (0x0100, us(0x0130)),
            (0x0110, us(9)),
            (0x0800, us(0)),
            (0x1001, even(STORAGE_COMMITMENT_INSTANCE)),
            (0x1008, us(1)),
        )
        request = encoded(commitment_request("1.2.3", [(MR, "1.2.5")]), self.syntax)
        self.send(values(ASK, pdu.COMMAND, action) + values(ASK, 0, request))

    def reported(self) -> tuple[dict[int, bytes], bytes]:
        """The command set and the data set of the N-EVENT-REPORT that comes."""
        command, content, last = self.answer(), b"", False
        assert command[0x0100] == us(0x0100)
        while not last:
            kind, body = self.pdu()
            assert (kind, body[4]) == (pdu.PDUType.P_DATA_TF, ASK)
            content, last = content + body[6:], bool(body[5] & pdu.LAST)
        return command, content

    def respond(self, message_id: bytes, status: int = 0) -> None:
        answer = command_set(
            (0x0002, even(STORAGE_COMMITMENT)),
            (0x0100, us(0x8100)),
            (0x0120, message_id),
            (0x0800, us(0x0101)),
            (0x0900, us(status)),
        )
        self.send(values(ASK, pdu.COMMAND, answer))


class Outcome:
    """Tells a peer in a thread of its own; `status` is what comes of it."""

    def __init__(self, association: str, information: Callable[[str], bytes]) -> None:
        self._status: queue.Queue[int | None] = queue.Queue()

        def told() -> None:
            self._status.put(association_door.tell(association, 1, information))

        threading.Thread(target=told, daemon=True).start()

    @property
    def status(self) -> int | None:
        return self._status.get(timeout=WITHIN_S)


@pytest.fixture
def receiver(receiving: Receiving, tmp_path: Path) -> Callable[..., RunningReceiver]:
    peers = tmp_path / "peers.toml"
    entry = f'[[peer]]\nae_title = "{TITLE}"\naddresses = ["127.0.0.1"]\nport = 104\n'
    peers.write_text(entry, encoding="utf-8")

    def start(**settings: Any) -> RunningReceiver:
        return receiving(peers=peers, **settings)

    return start


@pytest.mark.parametrize("syntax", [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN])
def test_the_report_is_as_the_standard_writes_it(receiver: Receiving, syntax: str) -> None:
    long = b"\x08\x00" * 40_000  # more than one PDU
    asked_for = []

    def information(syntax: str) -> bytes:
        asked_for.append(syntax)
        return long

    with Asked(receiver(), syntax) as peer:
        outcome = Outcome(peer.association, information)
        command, content = peer.reported()
        peer.respond(command[0x0110], 0x0123)
        assert outcome.status == 0x0123
        peer.release()
    assert asked_for == [syntax]
    assert content == long
    assert command[0x0002] == even(STORAGE_COMMITMENT)
    assert command[0x1000] == even(STORAGE_COMMITMENT_INSTANCE)
    assert command[0x1002] == us(1)
    assert command[0x0800] != us(0x0101)


def test_what_the_peer_says_meanwhile_is_done(receiver: Receiving, tmp_path: Path) -> None:
    image = data_set(mr_object(tmp_path / "a.dcm"))
    node = receiver()
    with Asked(node) as peer:
        outcome = Outcome(peer.association, lambda _: b"1234")
        command, _ = peer.reported()
        peer.send(values(STORE, pdu.COMMAND, store_request("1.2.5")) + values(STORE, 0, image))
        assert peer.answer()[0x0900] == us(0)
        peer.respond(us(4711))  # to nothing that was said
        peer.respond(command[0x0110])
        peer.respond(command[0x0110])  # once more
        assert outcome.status == 0
        peer.release()
    assert [o.suffix for o in node.objects()] == [".action", ".dcm"]


def test_a_peer_that_leaves_without_an_answer_was_not_told(receiver: Receiving) -> None:
    node = receiver()
    with Asked(node) as peer:
        outcome = Outcome(peer.association, lambda _: b"1234")
        peer.reported()
        peer.release()
        assert outcome.status is None
    (closed,) = node.closed()
    assert closed.outcome == "released"
    assert association_door.tell(peer.association, 1, lambda _: b"1234") is None


def test_a_peer_that_does_not_answer_keeps_its_association(
    receiver: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ofsep_node.reception.lingering.ANSWERED_WITHIN_S", 0.2)
    with Asked(receiver()) as peer:
        silent = Outcome(peer.association, lambda _: b"1234")
        first, _ = peer.reported()
        assert silent.status is None
        again = Outcome(peer.association, lambda _: b"1234")
        second, _ = peer.reported()
        peer.respond(first[0x0110])  # too late: what is awaited is another one
        peer.respond(second[0x0110])
        assert again.status == 0
        peer.release()


def test_lingering_is_no_way_around_the_idle_time(receiver: Receiving) -> None:
    node = receiver(idle_timeout_s=2)
    with Asked(node) as peer:
        assert peer.pdu()[0] == pdu.PDUType.A_ABORT
    (closed,) = node.closed()
    assert closed.reason == "idle for too long"


def test_a_node_that_stops_waits_for_nobody_who_lingers(receiver: Receiving) -> None:
    node = receiver()
    with Asked(node) as peer:
        time.sleep(1.5 * LINGERS_AFTER_S)  # so that it waits at its door
        node.stop()
        assert peer.pdu()[0] == pdu.PDUType.A_ABORT


def test_whoever_leaves_before_it_is_heard_leaves_nothing(receiver: Receiving) -> None:
    with Asked(receiver()) as peer:
        for sent in (b"", b"\0", b"\0\1"):
            with socket.socket(socket.AF_UNIX) as visitor:
                visitor.connect(association_door._address(peer.association))
                visitor.sendall(sent)
        outcome = Outcome(peer.association, lambda _: b"1234")
        command, _ = peer.reported()
        peer.respond(command[0x0110])
        assert outcome.status == 0
        peer.release()


def test_two_requests_have_one_door(receiver: Receiving) -> None:
    with Asked(receiver()) as peer:
        peer.ask()
        outcome = Outcome(peer.association, lambda _: b"1234")
        command, _ = peer.reported()
        peer.respond(command[0x0110])
        assert outcome.status == 0
        peer.release()


def test_a_name_that_is_taken_keeps_nobody_from_asking(
    receiver: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.bind(b"\0ofsep-node/taken-by-a-test")
        monkeypatch.setattr(association_door, "_address", lambda _: b"\0ofsep-node/taken-by-a-test")
        with Asked(receiver()) as peer:
            peer.release()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_another_user_of_the_machine_is_not_let_in(receiver: Receiving) -> None:
    node = receiver()
    with Asked(node) as peer:
        wait_until(lambda: bool(node.nudges))
        knock = (
            "import os, socket, sys\n"
            "os.setuid(65534)\n"
            "with socket.socket(socket.AF_UNIX) as visitor:\n"
            "    visitor.connect(b'\\0ofsep-node/' + sys.argv[1].encode())\n"
            "    print(visitor.recv(64))\n"
        )
        said = subprocess.run(
            [sys.executable, "-c", knock, peer.association],
            capture_output=True,
            text=True,
            check=True,
            timeout=WITHIN_S,
        )
        peer.release()
    assert said.stdout == "b''\n"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_nothing_is_told_to_another_user_of_the_machine() -> None:
    listen = (
        "import os, socket\n"
        "os.setuid(65534)\n"
        "with socket.socket(socket.AF_UNIX) as door:\n"
        "    door.bind(b'\\0ofsep-node/in-a-strangers-hands')\n"
        "    door.listen()\n"
        "    print('ready', flush=True)\n"
        "    visitor, _ = door.accept()\n"
        "    try:\n"
        "        visitor.sendall(b'1.2.840.10008.1.2')\n"
        "        print(visitor.recv(64))\n"
        "    except OSError:\n"
        "        print(b'')\n"
    )
    command = [sys.executable, "-c", listen]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stranger:
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == "ready\n"
        assert association_door.tell("in-a-strangers-hands", 1, lambda _: b"secret") is None
        assert stranger.stdout.read() == "b''\n"
