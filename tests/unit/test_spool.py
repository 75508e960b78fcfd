from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ofsep_node import spool
from ofsep_node.errors import NodeError


def opened(association_id: str | None = None) -> spool.AssociationOpened:
    return spool.AssociationOpened(
        association_id=association_id or spool.new_association_id(),
        node="node-1",
        calling_ae_title="MR_CONSOLE",
        called_ae_title="OFSEP_NODE",
        address="10.0.0.7",
        port=40123,
        implementation_class_uid="1.3.12.2.1107.5",
        implementation_version_name="SIEMENS_SWÉ",
        opened_at=spool.timestamp(),
    )


def closed(objects: int = 0) -> spool.AssociationClosed:
    return spool.AssociationClosed(
        outcome="released", closed_at=spool.timestamp(), objects=objects, reason="done"
    )


def put(folder: spool.AssociationFolder, content: bytes) -> str:
    incoming = folder.begin_object()
    incoming.write(content)
    folder.store(incoming)
    return incoming.name


def test_ids_sort_by_time_whatever_the_zone_and_differ_within_a_millisecond() -> None:
    moment = datetime(2026, 11, 23, 6, 15, 2, 123_000, UTC)
    paris = moment.astimezone(timezone(timedelta(hours=1)))
    first, again = spool.new_association_id(moment), spool.new_association_id(paris)
    later = spool.new_association_id(moment + timedelta(milliseconds=1))
    assert first.startswith("20261123T061502.123Z-")
    assert again.startswith("20261123T061502.123Z-")
    assert first != again
    assert max(first, again) < later


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    record = opened()
    folder = spool.AssociationFolder.open(tmp_path, record)
    assert spool.associations(tmp_path) == [record.association_id]
    assert spool.read_opened(tmp_path, record.association_id) == record
    assert spool.read_closed(tmp_path, record.association_id) is None
    put(folder, b"one")
    end = closed(1)
    folder.close(end)
    assert spool.read_closed(tmp_path, record.association_id) == end


def test_an_object_is_seen_only_when_stored(tmp_path: Path) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    incoming = folder.begin_object()
    incoming.write(b"half")
    assert spool.stored_objects(tmp_path, record.association_id) == []
    incoming.write(memoryview(b" and half"))
    folder.store(incoming)
    (stored,) = spool.stored_objects(tmp_path, record.association_id)
    assert stored.name == "000001.dcm"
    assert stored.read_bytes() == b"half and half"
    folder.abandon()


def test_a_discarded_object_leaves_nothing_and_its_number_is_used_up(tmp_path: Path) -> None:
    folder = spool.AssociationFolder.open(tmp_path, opened())
    incoming = folder.begin_object()
    incoming.write(b"to be refused")
    incoming.discard()
    assert list(folder.path.glob("0*")) == []
    assert put(folder, b"kept") == "000002.dcm"
    assert folder.objects == 1
    folder.abandon()


def test_requests_stand_among_objects_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    for ending in ("create", "dcm", "set", "action"):
        incoming = folder.begin_object(ending)
        incoming.write(b"said")
        folder.store(incoming)
    stored = spool.stored_objects(tmp_path, record.association_id)
    assert [p.name for p in stored] == [
        "000001.create",
        "000002.dcm",
        "000003.set",
        "000004.action",
    ]
    assert folder.objects == 1, "requests are none"
    folder.close(closed(1))
    stored[0].unlink()
    assert not spool.remove_if_done(tmp_path, record.association_id), "requests wait as objects do"


def test_an_object_taken_before_it_was_refused_gives_its_number_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    incoming = folder.begin_object()
    incoming.write(b"visible for a moment")
    seen: list[str] = []

    def failing(_descriptor: int) -> None:
        seen.extend(p.name for p in spool.stored_objects(tmp_path, record.association_id))
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing)
        with pytest.raises(OSError, match="Input/output"):
            folder.store(incoming)
    assert seen == ["000001.dcm"]
    assert spool.stored_objects(tmp_path, record.association_id) == []
    assert put(folder, b"the next one") not in seen
    assert folder.objects == 1
    folder.abandon()


def test_an_object_whose_folder_cannot_be_synced_is_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    (incoming := folder.begin_object()).write(b"in a folder without a durable name")

    def failing(_path: Path) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(spool, "sync_folder", failing)
        with pytest.raises(OSError, match="Input/output"):
            folder.store(incoming)
    assert spool.stored_objects(tmp_path, record.association_id) == []
    assert put(folder, b"the next one") == "000002.dcm"
    folder.abandon()


def test_a_part_that_could_not_be_removed_blocks_no_other_object(tmp_path: Path) -> None:
    folder = spool.AssociationFolder.open(tmp_path, opened())
    (folder.path / "000001.part").touch()
    with pytest.raises(FileExistsError):
        folder.begin_object()
    assert put(folder, b"the next one") == "000002.dcm"
    folder.abandon()


def test_the_millionth_object_comes_after_the_one_before(tmp_path: Path) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    folder.last_number = 999_998
    put(folder, b"a")
    put(folder, b"b")
    names = [path.name for path in spool.stored_objects(tmp_path, record.association_id)]
    assert names == ["999999.dcm", "1000000.dcm"]
    folder.abandon()


def test_only_a_closed_and_empty_folder_is_removed(tmp_path: Path) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    put(folder, b"one")
    assert not spool.remove_if_done(tmp_path, record.association_id)
    folder.close(closed(1))
    assert not spool.remove_if_done(tmp_path, record.association_id)
    (folder.path / "000001.dcm").unlink()
    assert spool.remove_if_done(tmp_path, record.association_id)
    assert list(tmp_path.iterdir()) == []
    assert not spool.remove_if_done(tmp_path, record.association_id)


def test_strange_names_in_the_spool_are_nobodys_association(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "notes.txt").write_text("a person was here")
    assert spool.associations(tmp_path) == []
    assert spool.associations(tmp_path / "absent") == []
    assert spool.close_orphans(tmp_path) == []


@pytest.mark.parametrize("content", ["", "[]", '{"node": "x"}', "{"])
def test_a_damaged_record_is_named(tmp_path: Path, content: str) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    folder.abandon()
    (folder.path / spool.OPENED).write_text(content)
    with pytest.raises(NodeError, match=record.association_id):
        spool.read_opened(tmp_path, record.association_id)


def test_an_unwritable_spool_leaves_no_half_made_folder(tmp_path: Path) -> None:
    record = opened()
    (tmp_path / record.association_id).mkdir()
    (tmp_path / record.association_id / "occupied").touch()
    with pytest.raises(OSError, match="not empty"):
        spool.AssociationFolder.open(tmp_path, record)
    assert [path.name for path in tmp_path.iterdir()] == [record.association_id]


# --- after a crash ---

WRITER = """
import os, signal, sys
from pathlib import Path
from ofsep_node import spool
from tests.unit.test_spool import opened, put
folder = spool.AssociationFolder.open(Path(sys.argv[1]), opened(sys.argv[2]))
put(folder, b"one"); put(folder, b"two")
incoming = folder.begin_object(); incoming.write(b"half")
print("ready", flush=True)
signal.pause()
"""


def test_orphans_are_closed_once_their_process_is_dead_and_not_before(tmp_path: Path) -> None:
    record = opened()
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), record.association_id],
        stdout=subprocess.PIPE,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        assert spool.close_orphans(tmp_path) == []
        assert spool.read_closed(tmp_path, record.association_id) is None
        writer.kill()
    moment = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert spool.close_orphans(tmp_path, moment) == [record.association_id]
    assert spool.read_closed(tmp_path, record.association_id) == spool.AssociationClosed(
        outcome="aborted",
        closed_at="2026-11-23T07:00:00.000Z",
        objects=2,
        reason="the receiver stopped",
    )
    names = sorted(path.name for path in (tmp_path / record.association_id).iterdir())
    assert names == ["000001.dcm", "000002.dcm", spool.OPENED, spool.CLOSED]
    assert spool.close_orphans(tmp_path) == []


def test_what_was_stored_is_counted_by_the_part_when_objects_were_taken(tmp_path: Path) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    for content in (b"1", b"2", b"3"):
        put(folder, content)
    folder.begin_object()
    for path in spool.stored_objects(tmp_path, record.association_id):
        path.unlink()
    folder.abandon()
    spool.close_orphans(tmp_path)
    end = spool.read_closed(tmp_path, record.association_id)
    assert end is not None
    assert end.objects == 3


def test_an_association_closed_by_its_receiver_is_left_as_it_is(tmp_path: Path) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    folder.close(end := closed(5))
    assert spool.close_orphans(tmp_path) == []
    assert spool.read_closed(tmp_path, record.association_id) == end


def test_an_association_that_is_being_removed_is_no_orphan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = spool.AssociationFolder.open(tmp_path, record := opened())
    folder.close(closed())
    lock = fcntl.flock

    def taken_meanwhile(descriptor: int, how: int) -> None:
        spool.remove_if_done(tmp_path, record.association_id)
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", taken_meanwhile)
    assert spool.close_orphans(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_old_half_made_folders_go_and_young_ones_stay(tmp_path: Path) -> None:
    old, young = tmp_path / ".a.opening", tmp_path / ".b.removing"
    for folder in (old, young):
        folder.mkdir()
        (folder / "x").touch()
    os.utime(old, (time.time() - 3600,) * 2)
    spool.close_orphans(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".b.removing"]
