"""The intake is killed, anywhere: afterwards every object is in archive and records, once."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable

import pytest

from ofsep_node.intake.rhythm import SCAN_WHEN_IDLE_S
from ofsep_node.records.schema import AssociationRow
from tests.death import Death
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.intake_process import start_intake

PLACES = [
    # after a name in the archive was given, before its folder was synced
    Death("ofsep_node.intake.durable:DurableFolder.put", 5),
    # everything synced, the transaction still open
    Death("ofsep_node.intake.durable:DurableFolder.sync", 1),
    Death("ofsep_node.intake.filing:Filing.file", 1),
    # judged and told, not committed
    Death("ofsep_node.records.events:append", 1),
    # committed, all names still in the spool
    Death("ofsep_node.intake.loop:Intake._clear", 1, before=True),
    # some names gone from the spool
    Death("pathlib:Path.unlink", 3),
    # everything done but the folder of the association
    Death("ofsep_node.intake.backlog:Backlog.done", 1, before=True),
    # recorded, not logged
    Death("ofsep_node.intake.following:LogFollower._say", 2),
]


@pytest.mark.parametrize("death", PLACES, ids=str)
def test_a_kill_between_two_steps(node: IntakeNode, death: Death) -> None:
    images = [t1_slice(n) for n in range(1, 11)]
    node.spooled([*images, images[0]])
    process = start_intake(node.data, node.url, death)
    assert process.wait(60) == -9

    node.restart()
    node.intake.drain()
    node.assert_holds(images)
    assert node.outcomes() == {"stored": 10, "duplicate": 1}
    assert len(node.events("instance.stored")) == 10
    assert len(node.events("association.verdict")) == 1


@pytest.mark.slow
def test_kills_at_random_moments(node: IntakeNode) -> None:
    chance = random.Random(7)
    images = [t1_slice(n, series=n % 4) for n in range(300)]
    for start in range(0, 300, 100):
        node.spooled(images[start : start + 100])
    for _ in range(4):
        _kill_after(node, chance.uniform(0.0, 0.3))
    node.restart()
    node.intake.drain()

    node.assert_holds(images)
    assert node.outcomes() == {"stored": 300}
    assert len(node.events("association.verdict")) == 3


def test_an_unreadable_object_survives_a_kill(node: IntakeNode) -> None:
    association = node.spooled([b"not DICOM", t1_slice(1)])
    death = Death("ofsep_node.intake.archive:Quarantine.place", 1)
    assert start_intake(node.data, node.url, death).wait(60) == -9

    node.restart()
    node.intake.drain()
    node.assert_holds([t1_slice(1)])
    assert (node.quarantine / association / "000001.dcm").read_bytes() == b"not DICOM"
    assert node.outcomes() == {"stored": 1, "unreadable": 1}


def test_an_intake_that_is_told_to_stop_finishes_the_spool(node: IntakeNode) -> None:
    process = start_intake(node.data, node.url)
    _wait((node.data / "intake.log").exists)
    images = [t1_slice(n) for n in range(100)]
    node.spooled(images)
    process.terminate()
    assert process.wait(60) in (0, -15)  # -15: before it had set its handler

    node.intake.drain()
    node.assert_holds(images)


def test_a_nudge_is_answered_at_once(node: IntakeNode) -> None:
    process = start_intake(node.data, node.url)
    try:
        sending = node.open()
        _nudge(process, sending.association_id)
        _wait(lambda: _is_open(node, sending.association_id))
        started = time.monotonic()
        for number in range(1, 6):
            sending.store(t1_slice(number))
            _nudge(process, f"{sending.association_id}/{number:06}.dcm")
            _wait_for_images(node, number)
        # Looking through the spool now and then, it would see one image at each look.
        assert time.monotonic() - started < 4 * SCAN_WHEN_IDLE_S
    finally:
        process.kill()
        process.wait()
    assert node.recorded()[0].sop_instance_uid == uid_of("instance 1 1", 1)


def _kill_after(node: IntakeNode, seconds: float) -> None:
    """Kill an intake so long after it has begun to work."""
    before = (node.archived(), node.waiting())
    process = start_intake(node.data, node.url)
    _wait(lambda: (node.archived(), node.waiting()) != before or node.waiting() == [])
    time.sleep(seconds)
    process.kill()
    process.wait()


def _nudge(process: subprocess.Popen[bytes], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())
    process.stdin.flush()


def _wait_for_images(node: IntakeNode, number: int) -> None:
    _wait(lambda: len(node.recorded()) == number)


def _is_open(node: IntakeNode, association_id: str) -> bool:
    with node.records.reading() as session:
        return session.get(AssociationRow, association_id) is not None


def _wait(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
