"""Nobody but the node's own user reads what it keeps, whatever its user's umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pydicom

from tests.found import below
from tests.node import RunningNode, run
from tests.phantom import mr_object
from tests.reception_node import data_set
from tests.upper_layer import RawSender, associate_request


@contextmanager
def careless() -> Iterator[None]:
    """A user whose files everybody may read and write."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def open_to_others(folder: Path) -> dict[str, str]:
    """What others could read or write, and its mode."""
    found = {}
    for path in [folder, *below(folder)]:
        with suppress(FileNotFoundError):  # gone since it was listed
            mode = stat.S_IMODE(path.lstat().st_mode)
            if mode & 0o077:
                found[str(path.relative_to(folder))] = oct(mode)
    return found


def names(folder: Path) -> set[str]:
    return {path.name for path in below(folder)}


def climbing_object(path: Path) -> bytes:
    """The data set of an image whose UIDs would lead out of any folder."""
    image = pydicom.dcmread(mr_object(path))
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        image[keyword]._value = "../../../evil"
    image.save_as(path)
    return data_set(path)


def test_a_node_that_received_keeps_it_to_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with careless():
        node = RunningNode(data, STUDY__QUIET_PERIOD_S="60")
    (data / "stderr.txt").unlink()  # the test's own
    with node, RawSender(node.port) as sender:
        sender.associate(associate_request(calling=b"../../evil", called=b"../evil"))
        assert sender.store(climbing_object(tmp_path / "a.dcm"), "../../../evil") == 0
        assert sender.store(b"no DICOM", "../../../evil") == 0
        node.wait_for(lambda e: e["event"] == "instance.stored")
        node.wait_for(lambda e: e["event"] == "instance.unreadable")
        kept = names(data)
        assert {".lock", "records.sqlite", "records.sqlite-wal", "records.sqlite-shm"} <= kept
        assert {"ofsep-node.jsonl", "association.json"} <= kept
        assert len(node.archived()) == len(list((data / "quarantine").rglob("*.dcm"))) == 1
        assert open_to_others(data) == {}
        assert run("reload", "--data", data).returncode == 0
    assert open_to_others(data) == {}
    assert "evil" not in " ".join(names(tmp_path))


def test_records_that_are_made_by_hand_are_private_too(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with careless():
        assert run("db", "upgrade", "--data", data).returncode == 0
    assert (data / "records.sqlite").exists()
    assert open_to_others(data) == {}
