"""The intake under pressure: no database, no archive, a defect, thousands of objects."""

from __future__ import annotations

import os
import pkgutil
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
import structlog

from ofsep_node.errors import NodeError
from ofsep_node.intake.archive import Archive
from ofsep_node.intake.unavailable import ArchiveUnavailable
from ofsep_node.ownership import ArchiveLock
from ofsep_node.records.database import Records
from tests.databases import PostgresServer, new_database, postgresql_server
from tests.intake_node import IntakeNode, t1_slice
from tests.intake_process import start_intake


def test_postgresql_stops_and_starts_while_objects_arrive(tmp_path: Path) -> None:
    with postgresql_server() as server, new_database(server) as url:
        node = IntakeNode(tmp_path / "data", url)
        images = [t1_slice(n) for n in range(40)]
        stop, work = _running(node)
        with structlog.testing.capture_logs() as lines:
            work.start()
            node.spooled(images[:20])
            _wait(lambda: len(node.recorded()) == 20)
            server.stop()
            node.spooled(images[20:])
            _wait(lambda: any(line["event"] == "intake.waiting" for line in lines))
            time.sleep(1.0)
            server.start()
            _wait(lambda: any(line["event"] == "intake.resumed" for line in lines))
            _wait(lambda: node.waiting() == [])
            stop.set()
            work.join(60)
        node.assert_holds(images)
        assert [line["event"] for line in lines].count("intake.waiting") == 1
        node.records.close()


def test_a_database_that_is_down_at_the_start_is_waited_for(tmp_path: Path) -> None:
    with postgresql_server() as server, new_database(server) as url:
        node = IntakeNode(tmp_path / "data", url)
        server.stop()
        node.spooled([t1_slice(1)])
        stop, work = _running(node)
        with structlog.testing.capture_logs() as lines:
            work.start()
            _wait(lambda: any(line["event"] == "intake.waiting" for line in lines))
            server.start()
            _wait(lambda: node.waiting() == [])
            stop.set()
            work.join(60)
        node.assert_holds([t1_slice(1)])
        node.records.close()


def test_an_archive_that_cannot_be_written_is_waited_for(node: IntakeNode) -> None:
    node.spooled([t1_slice(1)])
    node.data.joinpath("archive").write_text("a file where the folder should be")
    stop, work = _running(node)
    with structlog.testing.capture_logs() as lines:
        work.start()
        _wait(lambda: any(line["event"] == "intake.waiting" for line in lines))
        node.archive.unlink()
        _wait(lambda: any(line["event"] == "intake.resumed" for line in lines))
        _wait(lambda: node.waiting() == [])
        stop.set()
        work.join(60)
    node.assert_holds([t1_slice(1)])


def test_an_archive_that_was_down_at_the_start_is_locked_when_it_is_back(node: IntakeNode) -> None:
    ours, others = (ArchiveLock(node.archive, shared=shared) for shared in (False, True))
    node.hold_archive = ours.hold
    node.restart()
    node.spooled([t1_slice(1)])
    node.archive.write_text("a file where the folder should be")
    with pytest.raises(ArchiveUnavailable, match="cannot be reached"):
        node.intake.drain()
    node.archive.unlink()
    others.hold()
    with pytest.raises(ArchiveUnavailable, match="a node with other records"):
        node.intake.drain()
    assert node.archived() == []
    others.release()
    node.intake.drain()
    node.assert_holds([t1_slice(1)])
    with pytest.raises(NodeError, match="a node with other records"):
        others.hold()
    ours.release()


def test_a_defect_costs_one_object_its_judgement_and_no_other(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Archive.place

    def defective(archive: Archive, source: Path, *rest: object) -> str:
        if source.name == "000002.dcm":
            raise ZeroDivisionError("a defect")
        return place(archive, source, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Archive, "place", defective)
    with structlog.testing.capture_logs() as lines:
        association = node.send(*(t1_slice(n) for n in range(1, 5)))

    assert node.outcomes() == {"stored": 3, "unreadable": 1}
    quarantined = node.quarantine / association / "000002.dcm"
    assert quarantined.read_bytes() == t1_slice(2)
    assert "ZeroDivisionError" in quarantined.with_suffix(".txt").read_text()
    assert any(line["event"] == "instance.unexpected" for line in lines)
    assert node.events("association.verdict")[0].details["images"] == 3
    assert node.waiting() == []


def test_a_defect_of_the_judge_keeps_no_image_out(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defective(*_args: object, **_keywords: object) -> None:
        raise ZeroDivisionError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr("ofsep_node.intake.judging.judge", defective)
        node.send(t1_slice(1))
    node.send(t1_slice(2))

    node.assert_holds([t1_slice(1), t1_slice(2)])
    assert len(node.events("association.verdict")) == 1


@pytest.mark.slow
def test_thousands_of_objects_drain_in_the_memory_of_a_few(node: IntakeNode) -> None:
    few, many = 200, 3_000
    node.spooled(t1_slice(n, study=0) for n in range(few))
    process = start_intake(node.data, node.url)
    watched = psutil.Process(process.pid)
    try:
        _wait(lambda: node.outcomes() == {"stored": few})
        before = watched.memory_info().rss
        for study in range(1, 11):
            node.spooled(t1_slice(n, study=study) for n in range(many // 10))
        _wait(lambda: node.outcomes() == {"stored": few + many}, 120)
        growth = watched.memory_info().rss - before
    finally:
        process.kill()
        process.wait()
    assert growth < 40_000_000


def test_a_long_batch_is_no_hang(node: IntakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    acts: list[str] = []

    def told(where: str, name: str) -> None:
        work = pkgutil.resolve_name(f"{where}.{name}")

        def tell(*given: object, **named: object) -> object:
            acts.append(name)
            return work(*given, **named)

        monkeypatch.setattr(f"{where}.{name}", tell)

    told("ofsep_node.intake.reading", "read_object")
    told("ofsep_node.intake.archive.Archive", "place")
    told("ofsep_node.intake.judging", "judge")
    node.beat = lambda: acts.append("beat")
    node.restart()
    node.send(*(t1_slice(1, study=n) for n in range(3)))
    node.wait(100)

    assert [two for two in pairwise(acts) if "beat" not in two] == []
    assert (acts.count("read_object"), acts.count("place")) == (3, 3)
    assert acts.count("judge") >= 6  # as the association ends, and as each study settles


def test_a_hanging_nudge_pipe_stops_nothing(node: IntakeNode) -> None:
    """Receivers may die with half a line written, or close their end."""
    read_end, write_end = os.pipe()
    stop = threading.Event()
    work = threading.Thread(target=node.intake.run, args=(stop, read_end))
    work.start()
    os.write(write_end, b"20261123T0615")
    os.close(write_end)
    node.spooled([t1_slice(1)])
    _wait(lambda: node.waiting() == [])
    stop.set()
    work.join(60)
    os.close(read_end)
    node.assert_holds([t1_slice(1)])


def test_two_nodes_share_one_postgresql(tmp_path: Path, postgresql: PostgresServer) -> None:
    """The same examination reaches both nodes at the same time; the archive is shared."""
    with new_database(postgresql) as url:
        images = [t1_slice(n) for n in range(60)]
        one, two = IntakeNode(tmp_path / "one", url), IntakeNode(tmp_path / "two", url)
        (tmp_path / "one" / "archive").mkdir(parents=True)
        (tmp_path / "two").mkdir(exist_ok=True)
        (tmp_path / "two" / "archive").symlink_to(tmp_path / "one" / "archive")
        for start in range(0, 60, 20):
            one.spooled(images[start : start + 20])
            two.spooled(images[start : start + 20][::-1])
        workers = [threading.Thread(target=n.intake.drain) for n in (one, two)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        one.assert_holds(images)
        assert one.outcomes() == {"stored": 60, "duplicate": 60}
        for each in (one, two):
            each.records.close()
        assert Records(url).is_postgresql


def _running(node: IntakeNode) -> tuple[threading.Event, threading.Thread]:
    read_end, write_end = os.pipe()
    stop = threading.Event()

    def work() -> None:
        node.intake.run(stop, read_end)
        os.close(read_end)
        os.close(write_end)

    return stop, threading.Thread(target=work)


def _wait(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
