"""What drops images is killed, anywhere; or there are several; or images come back meanwhile."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ofsep_node.disk import space_at
from ofsep_node.domain.retention import Rule, Watermark
from ofsep_node.records import Records
from ofsep_node.retention import Look, Retention, Rounds, Schedule
from tests.databases import PostgresServer, new_database
from tests.death import Death
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.reception_node import wait_until
from tests.retention_process import start_retention

STUDIES, SLICES = 2, 40

PLACES = [
    # looked at, nothing done
    Death("ofsep_node.retention.dropping:Retention._mark", 1, before=True),
    # marked, not committed
    Death("ofsep_node.records.retention:mark", 1),
    # marked and committed, no file gone
    Death("ofsep_node.retention.dropping:Retention._mark", 1),
    # in the middle of the first files
    Death("os:unlink", 7),
    # the first files gone, and told as nothing
    Death("ofsep_node.retention.dropping:remove", 1),
    # all files gone, the folders not
    Death("ofsep_node.retention.dropping:remove", 2),
    # the folders gone, their being gone not recorded
    Death("ofsep_node.retention.dropping:remove_empty_folders", 1),
    # recorded and told, not committed
    Death("ofsep_node.records.events:append", 1),
    # the first study done, the second one not begun
    Death("ofsep_node.retention.dropping:Retention.finish", 3, before=True),
]


@pytest.fixture
def old(node: IntakeNode) -> IntakeNode:
    """A node with studies whose time is over."""
    return aged(node)


def aged(node: IntakeNode, studies: int = STUDIES) -> IntakeNode:
    node.now = datetime.now(UTC) - timedelta(days=1)  # the retention goes by its own clock
    for study in range(studies):
        node.now += timedelta(seconds=1)
        node.send(*(t1_slice(n, study=study) for n in range(SLICES)))
    node.wait(61)
    return node


def is_done(node: IntakeNode) -> bool:
    return not node.archived() and len(node.events("study.images_dropped")) >= STUDIES


def look_through(node: IntakeNode, records: Records | None = None, name: str = "test") -> None:
    rounds = Rounds(Schedule(Rule("age", timedelta())), node.archive, 1, threading.Event())
    rounds.round(Retention(records or node.records, node.archive, name, name, pause=rounds.pause))


def assert_everything_is_dropped(node: IntakeNode) -> None:
    assert node.archived() == []
    assert [p for p in node.archive.iterdir() if p.name[0] != "."] == []
    assert all(row.dropped_at is not None for row in node.recorded())
    told = node.events("study.images_dropped")
    assert {e.study: e.details["objects"] for e in told} == {
        uid_of("study", n): SLICES for n in range(STUDIES)
    }
    assert len(told) == STUDIES


@pytest.mark.parametrize("death", PLACES, ids=str)
def test_a_kill_between_two_steps(old: IntakeNode, death: Death) -> None:
    assert start_retention(old.archive, old.url, death=death).wait(60) == -9
    known = {row.archived_as for row in old.recorded()}
    kept = {row.archived_as for row in old.recorded() if row.dropped_at is None}
    assert kept <= set(old.archived()) <= known, "no record without its file, no file unknown"
    for _ in range(2):  # as after a restart; the second look finds nothing
        look_through(old)
    assert_everything_is_dropped(old)


@pytest.mark.parametrize("death", PLACES[2:8], ids=str)
def test_what_comes_again_before_the_rest_is_removed_is_kept(old: IntakeNode, death: Death) -> None:
    """Three images of the study that is being dropped, and one that takes the name of none."""
    assert start_retention(old.archive, old.url, death=death).wait(60) == -9
    old.now = datetime.now(UTC) + timedelta(days=1)  # they are not over their time
    back = [t1_slice(n, study=0) for n in (0, 17, 39)]
    other = t1_slice(5, study=0, EchoTime=9)
    old.send(*back, other)
    retention = Retention(old.records, old.archive, old.name, "test")
    for uid in retention.unfinished():
        retention.finish(uid)
    assert retention.unfinished() == []
    folder = old.archive / uid_of("study", 0)
    assert {p.read_bytes() for p in folder.rglob("*.dcm")} == {*back, other}
    kept = {row.archived_as for row in old.recorded() if row.dropped_at is None}
    assert kept == set(old.archived())


def test_several_nodes_at_once_drop_each_study_once(
    tmp_path: Path, postgresql: PostgresServer
) -> None:
    with new_database(postgresql) as url:
        node = aged(IntakeNode(tmp_path / "data", url))
        begin, names = threading.Barrier(3), ("a", "b", "c")

        def one(name: str) -> None:
            with contextlib.closing(Records(url)) as records:
                begin.wait(30)
                look_through(node, records, name)

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(one, names))
        assert_everything_is_dropped(node)
        node.records.close()


def test_a_disk_above_its_watermark_is_below_it_afterwards(
    tmp_path: Path, small_disk: Path
) -> None:
    node = IntakeNode(
        tmp_path / "data", f"sqlite:///{tmp_path / 'records.sqlite'}", shared_archive=small_disk
    )
    large: dict[str, Any] = {"Rows": 256, "Columns": 256, "PixelData": bytes(2 * 256 * 256)}
    for study in range(25):
        node.send(t1_slice(1, study=study, **large))
        node.wait(61)
    mark = Watermark(high=75, low=40)
    assert excess(small_disk, mark) > 0
    retention = Retention(
        node.records, small_disk, node.name, "test", now=lambda _: node.now, pause=lambda _: None
    )
    look = Look(retention, Schedule(watermark=mark), small_disk)
    gone = [outcome.study.study_instance_uid for outcome in look.through(retention.drop)]
    assert gone == [uid_of("study", n) for n in range(len(gone))], "the oldest first"
    space = space_at(small_disk)
    assert 0.3 < 1 - space.free / space.total < 0.41
    node.records.close()


def excess(disk: Path, mark: Watermark) -> int:
    space = space_at(disk)
    return mark.excess(free=space.free, total=space.total)


def test_a_disk_that_is_read_only_is_left_alone_and_tried_again(
    tmp_path: Path, small_disk: Path
) -> None:
    node = IntakeNode(
        tmp_path / "data", f"sqlite:///{tmp_path / 'records.sqlite'}", shared_archive=small_disk
    )
    aged(node)
    remount(small_disk, "ro")
    process = start_retention(small_disk, node.url)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)
        assert len(node.archived()) == STUDIES * SLICES
        assert all(row.dropped_at is None for row in node.recorded())
        remount(small_disk, "rw")
        wait_until(lambda: is_done(node), timeout_s=60)
    finally:
        process.terminate()
        assert process.wait(60) == 0
    assert_everything_is_dropped(node)
    node.records.close()


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)
