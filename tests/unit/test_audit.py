"""Folders of files judged offline: what is found, and what is left out and why."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian

from ofsep_node.audit import Audit, files_below
from ofsep_node.errors import UnreadableInput
from tests.phantom import mr_object


def audited(*paths: Path) -> Audit:
    audit = Audit()
    for path in paths:
        audit.add(path)
    return audit


def images(audit: Audit) -> int:
    return sum(s.facts.instances for study in audit.studies() for s in study.series)


def test_files_below_folders_and_files_once_each(tmp_path: Path) -> None:
    for name in ("b/2.dcm", "b/1.dcm", "a.dcm", "b/c/DICOMDIR", "DICOMDIR"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    found = files_below([tmp_path / "b", tmp_path / "a.dcm", tmp_path])
    assert [str(p.relative_to(tmp_path)) for p in found] == ["b/1.dcm", "b/2.dcm", "a.dcm"]


def test_paths_that_hold_nothing_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="none: no such file or folder"):
        files_below([tmp_path / "none"])
    with pytest.raises(UnreadableInput, match="the folder holds no file"):
        files_below([tmp_path])


@pytest.mark.skipif(os.geteuid() == 0, reason="root lists every folder")
def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    with pytest.raises(UnreadableInput, match="closed: cannot be listed: Permission denied"):
        files_below([tmp_path])


def test_an_object_that_came_twice_counts_once(tmp_path: Path) -> None:
    first = mr_object(tmp_path / "1.dcm")
    second = Path(shutil.copy(first, tmp_path / "2.dcm"))
    (study,) = audited(first, second).studies()
    assert (study.series[0].facts.instances, study.conflicts) == (1, ())


def test_another_file_meta_is_no_other_object(tmp_path: Path) -> None:
    first, second = mr_object(tmp_path / "1.dcm"), mr_object(tmp_path / "2.dcm")
    dataset = pydicom.dcmread(second)
    dataset.file_meta.SourceApplicationEntityTitle = "ELSEWHERE"
    dataset.save_as(second)
    assert first.read_bytes() != second.read_bytes()
    assert audited(first, second).studies()[0].conflicts == ()


def test_another_transfer_syntax_is_no_other_object(tmp_path: Path) -> None:
    first, second = mr_object(tmp_path / "1.dcm"), tmp_path / "2.dcm"
    dataset = pydicom.dcmread(first)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(second, implicit_vr=True, little_endian=True)
    (study,) = audited(first, second).studies()
    assert (study.series[0].facts.instances, study.conflicts) == (1, ())
    dataset.SliceThickness = 7
    dataset.save_as(second, implicit_vr=True, little_endian=True)
    assert len(audited(first, second).studies()[0].conflicts) == 1


def test_what_cannot_be_read_is_held_against_the_only_study(tmp_path: Path) -> None:
    good, cut = mr_object(tmp_path / "1.dcm"), mr_object(tmp_path / "2.dcm", seed=1)
    os.truncate(cut, cut.stat().st_size - 100)
    (study,) = audited(good, cut).studies()
    assert study.unreadable == 1
    dataset = pydicom.dcmread(mr_object(tmp_path / "3.dcm", seed=2))
    dataset.StudyInstanceUID = "1.9"
    dataset.save_as(tmp_path / "3.dcm")
    studies = audited(good, cut, tmp_path / "3.dcm").studies()
    assert [s.unreadable for s in studies] == [0, 0]


def test_another_content_is_a_conflict_and_the_first_is_kept(tmp_path: Path) -> None:
    first, second = mr_object(tmp_path / "1.dcm"), mr_object(tmp_path / "2.dcm", matrix=32)
    dataset = pydicom.dcmread(second)
    dataset.SOPInstanceUID = pydicom.dcmread(first).SOPInstanceUID
    dataset.save_as(second)
    (study,) = audited(first, second).studies()
    assert [c.sop_instance_uid for c in study.conflicts] == [dataset.SOPInstanceUID]
    main = study.series[0].facts.main_volume
    assert main is not None
    assert main.stack.rows == 64


def test_the_same_data_set_without_a_head_counts_once(tmp_path: Path) -> None:
    bare = pydicom.dcmread(mr_object(tmp_path / "1.dcm", syntax="1.2.840.10008.1.2"))
    path = tmp_path / "bare.dcm"
    body = pydicom.Dataset(bare)
    body.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
    assert path.read_bytes()[:2] == b"\x08\x00"
    copy = Path(shutil.copy(path, tmp_path / "copy.dcm"))
    audit = audited(path, copy)
    assert (images(audit), audit.unreadable) == (1, [])


def test_what_cannot_be_read_is_noted_with_its_name(tmp_path: Path) -> None:
    good, cut = mr_object(tmp_path / "1.dcm"), mr_object(tmp_path / "2.dcm", seed=1)
    os.truncate(cut, cut.stat().st_size - 100)
    text = tmp_path / "notes.txt"
    text.write_text("Dear colleague,\n" * 20)
    audit = audited(good, cut, text, tmp_path / "gone.dcm")
    assert images(audit) == 1
    assert audit.not_dicom == [text]
    assert [str(cut) in audit.unreadable[0], "gone.dcm" in audit.unreadable[1]] == [True, True]


def test_studies_stand_in_the_order_of_their_uids(tmp_path: Path) -> None:
    for number, uid in enumerate(("1.9", "1.5")):
        dataset = pydicom.dcmread(mr_object(tmp_path / f"{number}.dcm", seed=number))
        dataset.StudyInstanceUID = uid
        dataset.save_as(tmp_path / f"{number}.dcm")
    studies = audited(tmp_path / "0.dcm", tmp_path / "1.dcm").studies()
    assert [s.study_instance_uid for s in studies] == ["1.5", "1.9"]
