"""The archive and its lock, and how folders are told apart."""

from __future__ import annotations

import errno
import fcntl
from pathlib import Path
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from ofsep_node.data_folder import folder_of_its_own
from ofsep_node.errors import NodeError
from ofsep_node.ownership import ArchiveLock, identity_of


def test_nodes_on_one_database_share_an_archive_and_others_do_not(tmp_path: Path) -> None:
    one, two = (ArchiveLock(tmp_path / "archive", shared=True) for _ in range(2))
    alone = ArchiveLock(tmp_path / "archive", shared=False)
    one.hold()
    two.hold()
    two.hold()  # has it already
    for lock in (one, two):
        with pytest.raises(NodeError, match="a node with other records keeps its objects"):
            alone.hold()
        lock.release()
    alone.hold()
    with pytest.raises(NodeError, match=r"set records.url of both"):
        one.hold()
    alone.release()


def test_an_archive_may_be_the_data_folder(tmp_path: Path) -> None:
    with folder_of_its_own(tmp_path):
        lock = ArchiveLock(tmp_path, shared=False)
        lock.hold()
        lock.release()


def test_an_archive_that_is_down_can_be_held_when_it_is_back(tmp_path: Path) -> None:
    lock = ArchiveLock(tmp_path / "archive", shared=False)
    lock.release()
    (tmp_path / "archive").touch()
    with pytest.raises(OSError, match="File exists"):
        lock.hold()
    (tmp_path / "archive").unlink()
    lock.hold()
    with pytest.raises(NodeError):
        ArchiveLock(tmp_path / "archive", shared=True).hold()
    lock.release()


def test_a_file_system_without_locks_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(_descriptor: int, _kind: int) -> NoReturn:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", without)
    lock = ArchiveLock(tmp_path, shared=False)
    with capture_logs() as log:
        lock.hold()
        lock.hold()
    assert [line["event"] for line in log] == ["archive.unlocked"]
    lock.release()


def test_an_identity_stays_and_is_no_other_folders(tmp_path: Path) -> None:
    one, two = identity_of(tmp_path / "one"), identity_of(tmp_path / "two")
    assert one != two
    (tmp_path / "one").rename(tmp_path / "moved")
    assert identity_of(tmp_path / "moved") == one
    assert [path.name for path in (tmp_path / "moved").iterdir()] == [".identity"]
