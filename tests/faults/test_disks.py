"""Disks that are full, nearly full or read-only: told to the sender, and over when they are."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ofsep_node.disk import Space
from ofsep_node.reception import pdu
from tests.reception_node import RunningReceiver
from tests.upper_layer import (
    IMPLICIT_VR_LITTLE_ENDIAN,
    MR_IMAGE,
    VERIFICATION,
    RawSender,
    associate_request,
)

Receiving = Callable[..., RunningReceiver]

MEGABYTE = 1 << 20
NO_ROOM = b"\0\x02\x03\x01"  # rejected-transient, presentation, temporary congestion


def test_an_object_over_the_limit_is_refused_and_the_next_one_stored(receiving: Receiving) -> None:
    node = receiving(maximum_object_mb=1)
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(bytes(3 * MEGABYTE)) == 0xA700
        assert node.parts() == []
        assert sender.store(bytes(MEGABYTE), "1.2.4") == 0
        sender.release()
    assert len(node.objects()) == 1
    assert "maximum_object_mb" in node.events("instance.refused")[0]["reason"]


def test_a_full_disk_is_answered_a700_and_recovers(receiving: Receiving, small_disk: Path) -> None:
    node = receiving(spool=small_disk / "spool", minimum_free_mb=0)
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(bytes(2_400_000)) == 0
        assert sender.store(bytes(2_400_000), "1.2.4") == 0xA700
        assert node.parts() == []
        assert "No space left" in node.events("instance.refused")[0]["reason"]
        node.objects()[0].unlink()
        assert sender.store(bytes(2_400_000), "1.2.4") == 0
        sender.release()
    assert len(node.objects()) == 1


def test_a_disk_full_from_the_start(receiving: Receiving, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    node = receiving(spool=small_disk / "spool", minimum_free_mb=0)
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(b"data") == 0xA700
        ballast.unlink()
        assert sender.store(b"data") == 0
        sender.release()
    (end,) = node.closed()
    assert (end.outcome, end.objects) == ("released", 1)


def test_a_disk_that_turns_read_only_and_back(receiving: Receiving, small_disk: Path) -> None:
    node = receiving(spool=small_disk / "spool", minimum_free_mb=0)
    with RawSender(node.port) as sender:
        sender.associate()
        assert sender.store(b"before") == 0
        _remount(small_disk, "ro")
        assert sender.store(b"meanwhile", "1.2.4") == 0xA700
        _remount(small_disk, "rw")
        assert sender.store(b"after", "1.2.5") == 0
        sender.release()
    assert "Read-only" in node.events("instance.refused")[0]["reason"]
    assert (len(node.objects()), node.parts()) == (2, [])
    assert [end.objects for end in node.closed()] == [2]


def _remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)


# --- the watermark ---


def answer_to(port: int, *contexts: tuple[int, str, tuple[str, ...]]) -> tuple[int, bytes]:
    with RawSender(port) as sender:
        sender.send(associate_request(contexts))
        return sender.pdu()


def test_below_the_watermark_new_associations_are_rejected_and_running_ones_finish(
    receiving: Receiving, small_disk: Path
) -> None:
    store = (1, MR_IMAGE, (IMPLICIT_VR_LITTLE_ENDIAN,))
    echo = (3, VERIFICATION, (IMPLICIT_VR_LITTLE_ENDIAN,))
    node = receiving(spool=small_disk / "spool", minimum_free_mb=2)
    with RawSender(node.port) as running:
        running.associate()
        (small_disk / "ballast").write_bytes(bytes(5 * MEGABYTE // 2))
        for _ in range(3):
            assert answer_to(node.port, store, echo) == (pdu.PDUType.A_ASSOCIATE_RJ, NO_ROOM)
        assert answer_to(node.port, echo)[0] == pdu.PDUType.A_ASSOCIATE_AC
        assert running.store(bytes(100_000)) == 0
        running.release()
    (low,) = node.events("spool.low")
    assert (low["minimum_free_mb"], low["log_level"]) == (2, "warning")
    assert "minimum_free_mb" in node.events("association.rejected")[0]["reason"]
    (small_disk / "ballast").unlink()
    assert answer_to(node.port, store)[0] == pdu.PDUType.A_ASSOCIATE_AC
    assert len(node.events("spool.roomy")) == 1


def test_the_watermark_where_no_disk_can_be_mounted(
    receiving: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = (1, MR_IMAGE, (IMPLICIT_VR_LITTLE_ENDIAN,))
    node = receiving(minimum_free_mb=2)
    with RawSender(node.port) as running:
        running.associate()
        with monkeypatch.context() as patched:
            nearly_full = Space(free=2 * MEGABYTE - 1, total=4 * MEGABYTE)
            patched.setattr("ofsep_node.reception.room.space_at", lambda _folder: nearly_full)
            assert answer_to(node.port, store) == (pdu.PDUType.A_ASSOCIATE_RJ, NO_ROOM)
            assert running.store(bytes(100_000)) == 0
            running.release()
        assert answer_to(node.port, store)[0] == pdu.PDUType.A_ASSOCIATE_AC
    assert (len(node.events("spool.low")), len(node.events("spool.roomy"))) == (1, 1)


def test_the_watermark_may_be_off(receiving: Receiving, small_disk: Path) -> None:
    node = receiving(spool=small_disk / "spool", minimum_free_mb=0)
    (small_disk / "ballast").write_bytes(bytes(3 * MEGABYTE))
    assert answer_to(node.port, (1, MR_IMAGE, (IMPLICIT_VR_LITTLE_ENDIAN,)))[0] == 2
