"""Names in the archive, and what happens when a name is taken."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofsep_node.dicom.part10 import data_set_digest
from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.errors import UnreadableObject
from ofsep_node.intake import durable
from ofsep_node.intake.archive import Archive, file_name_of
from tests.intake_node import t1_slice


def spooled(folder: Path, name: str, content: bytes) -> tuple[Path, InstanceFacts, str]:
    path = folder / name
    path.write_bytes(content)
    return path, read_facts(path), data_set_digest(path)


@given(st.text())
def test_no_uid_leaves_the_archive(uid: str) -> None:
    name = file_name_of(uid)

    assert Path(name).name == name
    assert name not in ("", ".", "..")
    assert len(name) <= 71


@given(st.text(), st.text())
def test_two_uids_never_share_a_name(one: str, other: str) -> None:
    assert (file_name_of(one) == file_name_of(other)) == (one == other)


@pytest.mark.parametrize("uid", ["1", "1.2.840.10008", "1" * 64])
def test_a_uid_names_its_file(uid: str) -> None:
    assert file_name_of(uid) == uid


@pytest.mark.parametrize("uid", ["", ".", "..", "1..2", "1.2.", "../1", "1" * 65, "1.2\n"])
def test_what_is_no_uid_is_hashed(uid: str) -> None:
    assert file_name_of(uid).startswith("sha256-")


def test_the_digest_is_of_the_data_set_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(t1_slice(1))
    content = bytearray(t1_slice(1))
    content[5] = 0xFF  # in the preamble
    (tmp_path / "b").write_bytes(content)
    content[-1] = 0xFF  # in the pixels
    (tmp_path / "c").write_bytes(content)
    a, b, c = (data_set_digest(tmp_path / name) for name in "abc")

    assert a == b != c


def test_what_has_no_head_has_no_digest(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"text")
    with pytest.raises(UnreadableObject):
        data_set_digest(tmp_path / "a")


def test_placing_twice_is_placing_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    source, facts, digest = spooled(tmp_path, "1.dcm", t1_slice(1))
    names = {archive.place(source, facts, digest) for _ in range(3)}
    archive.sync()

    assert len(names) == 1
    assert len(list((tmp_path / "archive").rglob("*.dcm"))) == 1


def test_a_taken_name_is_never_overwritten(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    one, facts, digest = spooled(tmp_path, "1.dcm", t1_slice(1))
    other, facts_2, digest_2 = spooled(
        tmp_path, "2.dcm", t1_slice(2, SOPInstanceUID=facts.sop_instance_uid)
    )
    first = archive.place(one, facts, digest)
    second = archive.place(other, facts_2, digest_2)

    assert (tmp_path / "archive" / first).read_bytes() == t1_slice(1)
    assert (tmp_path / "archive" / second).read_bytes() == other.read_bytes()
    assert digest_2[:16] in second


def test_another_file_system_gets_a_copy(tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")  # noqa: S108 - the one file system that is surely another
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system to be found at /dev/shm")
    source = elsewhere / f"{tmp_path.name}.dcm"
    source.write_bytes(t1_slice(1))
    try:
        archive = Archive(tmp_path / "archive")
        facts, digest = read_facts(source), data_set_digest(source)
        names = {archive.place(source, facts, digest) for _ in range(2)}
        archive.sync()
    finally:
        source.unlink()

    files = [p for p in (tmp_path / "archive").rglob("*") if p.is_file()]
    assert [str(p.relative_to(tmp_path / "archive")) for p in files] == list(names)
    assert files[0].read_bytes() == t1_slice(1)


def _without_links(monkeypatch: pytest.MonkeyPatch, *, every: bool) -> None:
    """As between file systems; `every`: as on one that knows no links at all."""
    link = os.link

    def refuse(source: Path, target: Path) -> None:
        if every or source.suffix != ".part":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        link(source, target)

    monkeypatch.setattr(os, "link", refuse)


@pytest.mark.parametrize("every", [False, True])
def test_a_copy_never_takes_the_place_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: bool
) -> None:
    _without_links(monkeypatch, every=every)
    target = tmp_path / "archive" / "1.dcm"
    archive = Archive(tmp_path / "archive")
    for name, content in (("a", b"first"), ("b", b"second")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "000001.dcm").write_bytes(content)
    assert archive.put(tmp_path / "a" / "000001.dcm", target)
    monkeypatch.setattr(Path, "exists", lambda _: False)  # what another node placed a moment ago
    if not every:
        assert not archive.put(tmp_path / "b" / "000001.dcm", target)

    assert target.read_bytes() == b"first"
    assert [p.name for p in target.parent.iterdir()] == ["1.dcm"]


def test_nothing_is_left_of_a_copy_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has its name, and its hidden one as well."""
    _without_links(monkeypatch, every=False)
    (tmp_path / "a").mkdir()
    source, target = tmp_path / "a" / "000001.dcm", tmp_path / "archive" / "1.dcm"
    source.write_bytes(b"content")
    archive = Archive(tmp_path / "archive")
    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr(Path, "unlink", _interrupted)
        archive.put(source, target)
    assert len(list(target.parent.iterdir())) == 2
    assert not archive.put(source, target)

    assert [p.name for p in target.parent.iterdir()] == ["1.dcm"]


def _interrupted(_path: Path) -> None:
    raise InterruptedError


def test_a_link_whose_answer_was_lost_is_found_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS repeats a request that got no answer, and is then told that the name is taken."""
    link = os.link

    def lose_the_answer(source: Path, target: Path) -> None:
        if source.suffix != ".part":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        link(source, target)
        link(source, target)

    monkeypatch.setattr(os, "link", lose_the_answer)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "000001.dcm").write_bytes(b"content")
    target = tmp_path / "archive" / "1.dcm"

    assert Archive(tmp_path / "archive").put(tmp_path / "a" / "000001.dcm", target)
    assert [p.name for p in target.parent.iterdir()] == ["1.dcm"]


def test_who_reads_or_copies_a_large_file_is_seen_to_be_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow disk one file of gigabytes takes longer than a part may be silent."""
    beats: list[None] = []
    source = tmp_path / "000001.dcm"
    source.write_bytes(t1_slice(1) + bytes(5 << 20))
    digest = data_set_digest(source, lambda: beats.append(None))
    assert len(beats) == 6
    _without_links(monkeypatch, every=False)
    monkeypatch.setattr(durable, "_BLOCK", 1 << 20)
    archive = Archive(tmp_path / "archive", lambda: beats.append(None))
    archive.place(source, read_facts(source), digest)
    assert len(beats) == 12
    archive.place(source, read_facts(source), digest)  # found, and compared
    assert len(beats) == 18
