"""What a power loss or a kill leaves at any moment, on real processes (docs/decisions/0003)."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ofsep_node import spool
from ofsep_node.dicom.part10 import data_set_offset
from tests.found import parts_below
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.intake_process import start_intake
from tests.receiver_process import receiver_process
from tests.reception_node import data_set, wait_until
from tests.syscalls import CHANGES, Call, Disk, calls, strace
from tests.upper_layer import RawSender

OBJECTS = 3
PATIENCE_S = 120


def body_of(number: int) -> bytes:
    file = t1_slice(number)
    return file[data_set_offset(io.BytesIO(file)) :]


def send(port: int, numbers: range) -> int:
    """Send images until the node dies; how many were answered Success."""
    answered = 0
    try:
        with RawSender(port, PATIENCE_S) as sender:
            sender.associate()
            for number in numbers:
                answered += sender.store(body_of(number), uid_of("instance 1 1", number)) == 0
            sender.release()
    except ConnectionError:
        pass
    return answered


@pytest.fixture(scope="module")
def recorded(
    tmp_path_factory: pytest.TempPathFactory, peer: Callable[[str], str]
) -> tuple[Path, list[Call]]:
    """A spool, and the calls of the thread that received three objects into it."""
    peer("strace")
    folder = tmp_path_factory.mktemp("recorded")
    trace = folder / "trace"
    with receiver_process(folder / "spool", wrapped_in=strace(trace)) as node:
        assert send(node.port, range(1, OBJECTS + 1)) == OBJECTS
        node.process.terminate()
        node.process.wait(PATIENCE_S)
    everything = calls(trace)
    thread = next(c.thread for c in everything if c.paths and c.paths[0].endswith(".part"))
    return folder / "spool", [c for c in everything if c.thread == thread]


def test_success_is_answered_when_a_power_loss_can_take_nothing(
    recorded: tuple[Path, list[Call]],
) -> None:
    root, received = recorded
    (association,) = spool.associations(root)
    disk, answers = Disk(), 0
    peer = next(call.paths for call in received if call.kind == "sendto")
    for call in received:
        disk.apply(call)
        stored = [root / association / f"{n:06d}.dcm" for n in range(1, OBJECTS + 1)]
        if call.kind == "rename" and call.paths[1] in map(str, stored):
            assert disk.is_whole(call.paths[1]), "a name before its bytes are safe"
        if call.kind == "sendto" and call.paths == peer:
            answers += 1  # the first accepts the association, the last its release
            for path in stored[: min(answers - 1, OBJECTS)]:
                assert disk.is_whole(str(path)), f"answer {answers} before {path.name} is synced"
                assert disk.is_named(str(path)), f"answer {answers} before its folder is synced"
    assert answers == OBJECTS + 2


def test_the_order_is_write_sync_rename_sync_answer(recorded: tuple[Path, list[Call]]) -> None:
    _, received = recorded
    second = [c.kind for c in received if c.paths and "000002." in c.paths[0]]
    assert [kind for kind in second if kind != "write"] == ["fdatasync", "rename"]
    renamed = next(
        i for i, c in enumerate(received) if c.kind == "rename" and "000002." in c.paths[0]
    )
    assert [c.kind for c in received[renamed : renamed + 3]] == ["rename", "fsync", "sendto"]


@pytest.mark.slow
def test_killed_before_any_step_of_the_receiver(
    recorded: tuple[Path, list[Call]], tmp_path: Path
) -> None:
    """Between any two steps is before the second of them; the kill comes as the call begins."""
    _, received = recorded
    seen: Counter[str] = Counter()
    for call in received:
        if call.kind not in CHANGES:
            continue
        seen[call.name] += 1
        if seen[call.name] == 1 and call.kind in ("write", "sendto"):
            continue  # strace counts by thread, and the main thread makes one such call of its own
        data = tmp_path / f"{call.name}-{seen[call.name]}"
        data.mkdir()
        node = IntakeNode(data, f"sqlite:///{data}/records.sqlite")
        fate = ("-e", f"inject={call.name}:signal=SIGKILL:when={seen[call.name]}")
        with receiver_process(node.spool, wrapped_in=strace(tmp_path / "trace", *fate)) as server:
            answered = send(server.port, range(1, OBJECTS + 1))
            server.process.wait(PATIENCE_S)
        _assert_nothing_lost_or_half_written(node, answered)
        node.records.close()


def _assert_nothing_lost_or_half_written(node: IntakeNode, answered: int) -> None:
    spool.close_orphans(node.spool)
    there = [p for a in spool.associations(node.spool) for p in spool.stored_objects(node.spool, a)]
    assert answered <= len(there) <= answered + 1
    assert [data_set(path) for path in there] == [body_of(n + 1) for n in range(len(there))]
    assert parts_below(node.spool) == []
    node.intake.drain()
    node.spooled([t1_slice(n) for n in range(1, OBJECTS + 1)])  # the sender sends all of it again
    node.intake.drain()
    assert node.outcomes().get("duplicate", 0) == len(there)
    assert len(list(node.archive.rglob("*.dcm"))) == OBJECTS


def test_the_intake_lets_go_of_a_name_when_a_power_loss_can_take_nothing(
    tmp_path: Path, peer: Callable[[str], str]
) -> None:
    peer("strace")
    node = IntakeNode(tmp_path / "data", f"sqlite:///{tmp_path / 'data' / 'records.sqlite'}")
    association = node.spooled([t1_slice(n) for n in range(1, OBJECTS + 1)])
    trace = tmp_path / "trace"
    process = start_intake(node.data, node.url, wrapped_in=strace(trace))
    wait_until(lambda: node.waiting() == [], PATIENCE_S)
    process.terminate()
    process.wait(PATIENCE_S)
    disk, committed, let_go = Disk(), False, 0
    archived: dict[str, str] = {}
    for call in calls(trace):
        disk.apply(call)
        if call.kind == "link":
            archived[call.paths[0]], committed = call.paths[1], False
        if call.kind in ("fsync", "fdatasync") and "records.sqlite" in call.paths[0]:
            committed = True
        if call.kind == "unlink" and call.paths[0] in archived:
            let_go += 1
            assert disk.is_named(archived[call.paths[0]])
            assert committed
    assert let_go == OBJECTS
    assert set(archived) == {
        str(node.spool / association / f"{n:06d}.dcm") for n in range(1, OBJECTS + 1)
    }
