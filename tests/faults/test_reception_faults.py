"""Peers that stall, lie, vanish or flood; disks that are full; receivers that are killed."""

from __future__ import annotations

import contextlib
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ofsep_node import spool
from ofsep_node.reception import Access, pdu
from ofsep_node.reception.admission import Admission
from ofsep_node.reception.connection import Connection, Interrupted, TimedOut
from ofsep_node.reception.peers import Peers
from ofsep_node.reception.places import Places
from tests.found import parts_below
from tests.receiver_process import receiver_process
from tests.reception_node import RunningReceiver, data_set, wait_until
from tests.upper_layer import (
    MR_IMAGE,
    RawSender,
    associate_request,
    command_set,
    item,
    store_request,
    us,
    values,
)

Receiving = Callable[..., RunningReceiver]

ABORT = pdu.PDUType.A_ABORT
MEGABYTE = 1 << 20


def aborted(sender: RawSender) -> int:
    """Waits for an A-ABORT and the end of the connection; the reason given."""
    kind, body = sender.pdu()
    assert kind == ABORT
    assert body[2] == 2  # by the service provider
    assert sender.is_closed()
    return body[3]


def many_empty_values(count: int) -> bytes:
    """One PDU of presentation data values that hold nothing."""
    body = struct.pack(">IBB", 2, 1, 0) * count
    return struct.pack(">BxI", 4, len(body)) + body


def still_serves(node: RunningReceiver) -> None:
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(b"after", "1.2.99") == 0
        sender.release()


# --- peers that stall ---


def test_a_stall_within_a_pdu_ends_that_association_only(receiving: Receiving) -> None:
    node = receiving(stall_timeout_s=3, idle_timeout_s=60)
    with RawSender(node.port) as stalled, RawSender(node.port) as other:
        other.associate()
        stalled.associate()
        stalled.send(values(1, pdu.COMMAND, store_request()) + values(1, 0, b"x" * 5000)[:-100])
        wait_until(lambda: len(node.parts()) == 1)
        aborted(stalled)
        assert node.parts() == []
        assert other.store(b"meanwhile") == 0
        other.release()
    ends = {end.outcome: end for end in node.closed()}
    assert "stalled" in ends["aborted"].reason
    assert ends["released"].objects == 1


def test_a_byte_now_and_then_is_a_stall_too(receiving: Receiving) -> None:
    node = receiving(stall_timeout_s=2, idle_timeout_s=60)
    with RawSender(node.port) as sender:
        sender.associate()
        request = values(1, pdu.COMMAND, store_request())
        sender.send(request[: pdu.HEADER.size])
        with contextlib.suppress(ConnectionError):
            for byte in request[pdu.HEADER.size :]:
                sender.send(bytes((byte,)))
                time.sleep(0.05)
    wait_until(lambda: bool(node.events("association.aborted")))
    assert node.events("association.aborted")[0]["reason"] == "stalled within a PDU"


def test_a_trickle_of_tiny_pdus_is_a_stall_too(receiving: Receiving) -> None:
    node = receiving(stall_timeout_s=2, idle_timeout_s=60)
    fragment = values(1, 0, b"xx")[:-3] + b"\0xx"  # not the last
    with RawSender(node.port) as sender, RawSender(node.port) as other:
        other.associate()
        sender.associate()
        assert sender.store(b"an object", "1.2.2") == 0
        time.sleep(2.2)  # between two messages one may wait
        sender.send(values(1, pdu.COMMAND, store_request()))
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                sender.send(fragment)
                time.sleep(0.05)
        assert other.store(b"meanwhile") == 0
    wait_until(lambda: bool(node.events("association.aborted")))
    assert node.events("association.aborted")[0]["reason"] == "sends too slowly within a message"
    assert node.parts() == []


def test_a_stall_between_the_pdus_of_a_message(receiving: Receiving) -> None:
    node = receiving(stall_timeout_s=0.3, idle_timeout_s=60)
    with RawSender(node.port) as sender:
        sender.associate()
        sender.send(values(1, pdu.COMMAND, store_request()))
        aborted(sender)
    assert node.closed()[0].reason == "stalled within a message"


def test_an_idle_association_is_ended_after_its_own_time(receiving: Receiving) -> None:
    node = receiving(stall_timeout_s=60, idle_timeout_s=3)
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(b"data") == 0
        aborted(sender)
    (end,) = node.closed()
    assert (end.outcome, end.objects, end.reason) == ("aborted", 1, "idle for too long")


def test_silent_connections_take_no_associations_place_and_are_closed(receiving: Receiving) -> None:
    node = receiving(maximum_associations=1, negotiation_timeout_s=3)
    silent = [RawSender(node.port) for _ in range(20)]
    still_serves(node)
    for sender in silent:
        assert aborted(sender) == 0
        sender.socket.close()


def test_a_flood_of_silent_connections_is_bounded_and_blocks_nobody(receiving: Receiving) -> None:
    node = receiving(maximum_associations=1, negotiation_timeout_s=60)
    silent = [RawSender(node.port) for _ in range(80)]
    still_serves(node)
    assert aborted(silent[0]) == 0
    for sender in silent:
        sender.socket.close()


def test_a_connection_that_gets_no_thread_leaves_nothing(
    receiving: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = receiving()

    def no_more(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_more)
        with RawSender(node.port) as sender:
            assert sender.is_closed()
    assert node.events("reception.accept_failed")[0]["reason"] == "can't start new thread"
    assert node.receiver._admission.waiting == 0
    still_serves(node)


def test_a_connection_that_is_interrupted_waits_no_longer() -> None:
    admission = Admission(Access(Peers()), Places(1, 1), 2, lambda: None)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        connections = []
        for _ in range(66):
            stack.enter_context(socket.create_connection(listener.getsockname()))
            connections.append(Connection(stack.enter_context(listener.accept()[0]), 1))
            admission.arrive(connections[-1])
        assert admission.waiting == 64
        for interrupted in connections[:2]:
            with pytest.raises(Interrupted, match="too many"):
                interrupted.header(1, "is silent")


def test_a_peer_that_does_not_read_its_answers() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()
        connection = Connection(accepted, stall_timeout_s=0.2)
        with pytest.raises(TimedOut, match="does not read"):
            connection.send(bytes(64 * MEGABYTE))
        connection.close()


# --- peers that lie ---


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: node\r\n\r\n", 1),
        (b"\xff" * 64, 1),
        (struct.pack(">BxI", 1, 600_000_000), 6),
        (struct.pack(">BxI", 1, 10) + bytes(10), 6),
        (associate_request()[:100] + b"\xff" * (len(associate_request()) - 100), 6),
        (associate_request([(1, MR_IMAGE, ("1.2",))] * 129), 6),
        (associate_request([(1, MR_IMAGE, ("1.2",) * 257)]), 6),
        (associate_request([(1, "1" * 129, ("1.2",))]), 6),
        (associate_request(user_items=item(0x54, b"\0\x03" + b"1.2\1\0") * 1_025), 6),
        (values(1, 0, b"no association yet"), 2),
        (struct.pack(">BxI", 5, 4) + bytes(4), 2),
    ],
)
def test_nonsense_instead_of_an_association_request(
    receiving: Receiving, sent: bytes, reason: int
) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.send(sent)
        assert aborted(sender) == reason
    assert spool.associations(node.spool) == []
    assert node.events("association.rejected")
    still_serves(node)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (struct.pack(">BxI", 4, 0xFFFFFFFF), 6),
        (struct.pack(">BxI", 4, 131_072 + 257), 6),
        (struct.pack(">BxI", 9, 4) + bytes(4), 1),
        (associate_request(), 2),
        (struct.pack(">BxI", 5, 0xFFFFFFFF), 6),
        (struct.pack(">BxI", 4, 3) + bytes(3), 6),
        (struct.pack(">BxIIBB", 4, 6, 1, 1, 3), 6),
        (struct.pack(">BxIIBB", 4, 6, 4000, 1, 3), 6),
        (values(1, 0, b"a data set without a command set"), 6),
        (values(9, pdu.COMMAND, store_request()), 6),
        (values(1, pdu.COMMAND, b"\x08\0\0\0\1\0\0\0x"), 6),
        (values(1, pdu.COMMAND, b"\0\0"), 6),
        (values(1, pdu.COMMAND, command_set((0x0100, us(1)))), 6),
        (values(1, pdu.COMMAND, command_set((0x0110, us(1)))), 6),
        (values(1, pdu.COMMAND, bytes(20_000)), 6),
        (values(1, pdu.COMMAND, store_request()) + many_empty_values(1_025), 6),
        (values(1, pdu.COMMAND, store_request()) * 2, 6),
        (values(1, pdu.COMMAND, store_request()) + values(3, 0, b"x"), 6),
        (values(1, pdu.COMMAND, store_request()) + struct.pack(">BxI", 5, 4) + bytes(4), 2),
    ],
)
def test_nonsense_within_an_association(receiving: Receiving, sent: bytes, reason: int) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(b"before") == 0
        sender.send(sent)
        assert aborted(sender) == reason
    (end,) = node.closed()
    assert (end.outcome, end.objects) == ("aborted", 1)
    assert node.parts() == []
    still_serves(node)


def test_announced_lengths_take_no_memory(receiving: Receiving) -> None:
    node = receiving()
    before = psutil.Process().memory_info().rss
    senders = [RawSender(node.port) for _ in range(8)]
    for sender in senders:
        sender.send(struct.pack(">BxI", 1, 600_000_000))
        aborted(sender)
        sender.socket.close()
    assert psutil.Process().memory_info().rss - before < 50 * MEGABYTE


def test_an_object_takes_no_memory_of_its_size(receiving: Receiving) -> None:
    node = receiving()
    before = psutil.Process().memory_info().rss
    fragment = values(1, 0, bytes(131_066), size=131_066)[:-131_067] + b"\0"  # not the last
    fragment += bytes(131_066)
    peak = 0
    with RawSender(node.port) as sender:
        sender.associate()
        sender.send(values(1, pdu.COMMAND, store_request()))
        for _ in range(800):
            sender.send(fragment)
            peak = max(peak, psutil.Process().memory_info().rss)
        sender.send(values(1, 0, b"end"))
        assert sender.answer()[0x0900] == us(0)
    assert peak - before < 16 * MEGABYTE
    (stored,) = node.objects()
    assert stored.stat().st_size > 800 * 131_066


# --- peers that vanish ---


@pytest.mark.parametrize("how", ["close", "reset", "abort"])
def test_a_peer_gone_in_the_middle_of_an_object_leaves_no_part(
    receiving: Receiving, how: str
) -> None:
    node = receiving()
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(b"whole") == 0
        sender.send(values(1, pdu.COMMAND, store_request("1.2.4")))
        sender.send(values(1, 0, b"x" * 50_000)[:-20_000])
        wait_until(lambda: len(node.parts()) == 1)
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            sender.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if how == "abort":
            sender.send(values(1, 0, b"x")[:-1])
    (end,) = node.closed()
    assert (end.outcome, end.objects) == ("aborted", 1)
    wait_until(lambda: node.parts() == [])
    assert [data_set(path) for path in node.objects()] == [b"whole"]
    still_serves(node)


# --- receivers in a process of their own ---


def test_a_file_size_limit_is_answered_a700(tmp_path: Path) -> None:
    with (
        receiver_process(tmp_path, file_limit=200_000) as node,
        RawSender(node.port) as sender,
    ):
        sender.associate()
        assert sender.store(bytes(300_000)) == 0xA700
        assert sender.store(bytes(100_000), "1.2.4") == 0
        sender.release()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 200_000


def test_killed_after_success_the_object_is_there(tmp_path: Path) -> None:
    with receiver_process(tmp_path) as node, RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(b"answered") == 0
        sender.send(values(1, pdu.COMMAND, store_request("1.2.4")) + values(1, 0, bytes(9000))[:-1])
        wait_until(lambda: len(parts_below(tmp_path)) == 1)
        node.process.kill()
        assert sender.is_closed()
        node.process.wait()
    (name,) = spool.close_orphans(tmp_path)
    assert [data_set(path) for path in spool.stored_objects(tmp_path, name)] == [b"answered"]
    end = spool.read_closed(tmp_path, name)
    assert end is not None
    assert (end.outcome, end.objects, end.reason) == ("aborted", 1, "the receiver stopped")
    assert parts_below(tmp_path) == []


# --- draining ---


def test_draining_rejects_new_associations_and_lets_running_ones_end(receiving: Receiving) -> None:
    node = receiving()
    with RawSender(node.port) as running, RawSender(node.port) as late:
        running.associate()
        node.receiver.drain(30)
        late.send(associate_request())
        assert late.pdu() == (pdu.PDUType.A_ASSOCIATE_RJ, b"\0\x02\x03\x01")
        assert running.store(b"the last one") == 0
        running.release()
        wait_until(lambda: not node.is_running())
    assert [end.outcome for end in node.closed()] == ["released"]
    assert len(node.objects()) == 1


def test_draining_aborts_what_does_not_end_in_time(receiving: Receiving) -> None:
    node = receiving()
    with RawSender(node.port) as idle, RawSender(node.port) as busy:
        idle.associate()
        busy.associate()
        busy.send(values(1, pdu.COMMAND, store_request()) + values(1, 0, b"x" * 9000)[:-10])
        wait_until(lambda: len(node.parts()) == 1)
        started = time.monotonic()
        node.receiver.drain(0.3)
        aborted(idle)
        aborted(busy)
        wait_until(lambda: not node.is_running())
    assert 0.25 < time.monotonic() - started < 60
    assert node.parts() == []
    assert [(end.outcome, end.reason) for end in node.closed()] == [("aborted", "the node stopped")]
    ends = [event["reason"] for event in node.events("association.aborted")]
    assert ends == ["the node stopped"] * 2


def test_a_signal_drains_a_receiver_without_associations_at_once(tmp_path: Path) -> None:
    with receiver_process(tmp_path) as node:
        with RawSender(node.port) as sender:
            sender.associate()
            sender.release()
        node.process.terminate()
        assert node.process.wait(60) == 0


def test_a_shared_socket_goes_on_when_one_receiver_is_drained(receiving: Receiving) -> None:
    one = receiving()
    assert one.entrance.plain is not None
    other = receiving(entrance=replace(one.entrance, plain=one.entrance.plain.dup()))
    one.receiver.drain(0)
    wait_until(lambda: not one.is_running())
    still_serves(other)
    assert len(other.objects()) == 1


def test_a_nudge_that_fails_costs_nothing(receiving: Receiving) -> None:
    node = receiving()

    def broken(_: str) -> None:
        raise BrokenPipeError("the intake is not there")

    object.__setattr__(node.receiver._surroundings, "nudge", broken)
    still_serves(node)
    assert node.closed()[0].objects == 1
    assert node.events("spool.nudge_failed")
