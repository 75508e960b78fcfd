"""Objects from the spool into archive and records: new, again, in conflict, unreadable."""

from __future__ import annotations

import io
import random
import string
from typing import Any

import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian

from ofsep_node.domain.instance import LONGEST_UID
from ofsep_node.records import queries
from tests.intake_node import IntakeNode, Sending, t1_slice, uid_of


def test_an_object_is_archived_recorded_and_gone_from_the_spool(node: IntakeNode) -> None:
    node.send(t1_slice(1))

    node.assert_holds([t1_slice(1)])
    row = node.recorded()[0]
    study, series = uid_of("study", 1), uid_of("series 1", 1)
    assert row.archived_as == f"{study}/{series}/{row.sop_instance_uid}.dcm"
    assert row.size == len(t1_slice(1))


def test_objects_are_taken_while_their_association_is_open(node: IntakeNode) -> None:
    sending = node.open()
    sending.store(t1_slice(1), t1_slice(2))
    node.intake.drain()

    assert len(node.recorded()) == 2
    assert [e.name for e in node.events("association.verdict")] == []
    sending.release()
    node.intake.drain()
    assert [e.name for e in node.events("association.verdict")] == ["association.verdict"]
    assert node.waiting() == []


def test_the_same_object_twice_is_one_record_and_one_file(node: IntakeNode) -> None:
    node.send(t1_slice(1), t1_slice(1))
    node.send(t1_slice(1))

    node.assert_holds([t1_slice(1)])
    assert node.outcomes() == {"stored": 1, "duplicate": 2}
    assert [e.level for e in node.events("instance.duplicate")] == ["debug", "debug"]


def test_a_duplicate_brings_back_a_file_that_was_lost(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    (node.archive / node.archived()[0]).unlink()
    node.send(t1_slice(1))

    node.assert_holds([t1_slice(1)])


def test_two_contents_under_one_uid_are_both_kept(node: IntakeNode) -> None:
    uid = uid_of("instance 1 1", 1)
    other = t1_slice(2, SOPInstanceUID=uid)
    node.send(t1_slice(1), other)
    node.send(other)

    first, second = node.recorded()
    assert (first.conflict, second.conflict) == (False, True)
    assert second.archived_as == first.archived_as.replace(".dcm", f"-{second.digest[:16]}.dcm")
    assert (node.archive / second.archived_as).read_bytes() == other
    assert node.outcomes() == {"stored": 1, "conflict": 1, "duplicate": 1}
    conflict = node.events("instance.conflict")[0]
    assert (conflict.level, conflict.instance) == ("warning", uid)
    with node.records.reading() as session:
        assert [c.sop_instance_uid for c in queries.conflicts(session)] == [uid]
        study = uid_of("study", 1)
        assert [v.conflicts for v in queries.associations(session, study)] == [1, 0]


def test_the_judge_sees_the_first_of_two_contents_and_the_conflict(node: IntakeNode) -> None:
    node.send(t1_slice(1), t1_slice(2, SOPInstanceUID=uid_of("instance 1 1", 1)))

    with node.records.reading() as session:
        verdict = queries.newest_verdict(session, uid_of("study", 1))
    assert verdict is not None
    assert verdict.document["series"][0]["instances"] == 1
    assert any("contents: 1" in f["message"]["en"] for f in verdict.document["findings"])


def test_another_transfer_syntax_is_no_conflict(node: IntakeNode) -> None:
    image = pydicom.dcmread(io.BytesIO(t1_slice(1)))
    image.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    implicit = io.BytesIO()
    image.save_as(implicit, enforce_file_format=True)
    node.send(t1_slice(1), implicit.getvalue())

    assert [(r.counted, r.conflict) for r in node.recorded()] == [(True, False), (False, False)]
    assert len(node.archived()) == 2
    assert node.outcomes() == {"stored": 1, "duplicate": 1}


@pytest.mark.parametrize(
    "content",
    [b"", b"not DICOM at all", t1_slice(1)[:700], t1_slice(1, StudyInstanceUID=None)],
    ids=["empty", "text", "truncated", "no study"],
)
def test_an_unreadable_object_is_kept_with_the_reason(node: IntakeNode, content: bytes) -> None:
    association = node.send(t1_slice(1), content, t1_slice(2))

    assert len(node.recorded()) == 2
    assert node.outcomes() == {"stored": 2, "unreadable": 1}
    quarantined = node.quarantine / association / "000002.dcm"
    assert quarantined.read_bytes() == content
    reason = quarantined.with_suffix(".txt").read_text()
    event = node.events("instance.unreadable")[0]
    assert event.details["reason"] == reason.strip()
    assert (event.level, event.association, event.peer) == ("error", association, "SIEMENS_MR")
    assert node.waiting() == []


def test_uids_that_are_no_uids_never_name_a_file(node: IntakeNode) -> None:
    node.send(t1_slice(1, SOPInstanceUID="../../../evil", SeriesInstanceUID="a/b"))

    name = node.archived()[0].split("/")
    assert len(name) == 3
    assert all(part.startswith("sha256-") for part in name[1:])
    assert node.recorded()[0].sop_instance_uid == "../../../evil"


def test_text_that_a_database_refuses_costs_no_object(node: IntakeNode) -> None:
    node.send(t1_slice(1, SeriesDescription="T1\0SAG", StudyDescription="c\0\0"))

    assert len(node.recorded()) == 1
    assert node.outcomes() == {"stored": 1}


def _long(characters: int, among: str = string.ascii_letters) -> str:
    """What no database compresses until it fits into an index."""
    return "".join(random.Random(7).choices(among, k=characters))


def _saying(value: str, *keywords: str) -> bytes:
    changes: dict[str, Any] = dict.fromkeys(keywords, value)
    return t1_slice(1, **changes)


def test_values_too_long_for_an_index_cost_no_object(node: IntakeNode) -> None:
    name = _long(20_000)
    node.send(
        _saying(name, "PatientID", "PatientName", "AccessionNumber", "StudyDate"),
        t1_slice(2, study=2, PatientID=name[:-1]),
    )

    assert node.outcomes() == {"stored": 2}
    with node.records.reading() as session:
        assert queries.find_study(session, name) == uid_of("study", 1)
        assert queries.study(session, uid_of("study", 1)).patient_id == name


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"])
def test_an_object_under_a_uid_too_long_for_an_index_is_unreadable(
    node: IntakeNode, keyword: str
) -> None:
    long = "1." + _long(10_000, string.digits)
    association = node.send(_saying(long, keyword), _saying("1" * LONGEST_UID, keyword))

    assert node.outcomes() == {"stored": 1, "unreadable": 1}
    assert node.waiting() == []
    reason = (node.quarantine / association / "000001.txt").read_text()
    assert f"{keyword} has 10002 characters" in reason


def test_numbers_that_a_database_cannot_hold_cost_no_object(node: IntakeNode) -> None:
    large, small = "9" * 12, "-99999999999"
    node.send(
        t1_slice(1, SeriesNumber=large, InstanceNumber=large, AcquisitionNumber=large),
        t1_slice(2, study=2, SeriesNumber=small, InstanceNumber=small),
    )
    assert node.outcomes() == {"stored": 2}


def test_a_damaged_association_record_loses_no_object(node: IntakeNode) -> None:
    sending = node.open()
    sending.store(t1_slice(1))
    (node.spool / sending.association_id / "association.json").write_text("{")
    sending.release()
    node.intake.drain()

    node.assert_holds([t1_slice(1)])
    assert node.events("instance.stored")[0].peer == "UNKNOWN"


def test_parallel_associations_with_the_same_objects(node: IntakeNode) -> None:
    images = [t1_slice(n) for n in range(1, 21)]
    one, two = node.open("SCANNER"), node.open("PACS")
    for image in images:
        _store_both(one, two, image)
        node.intake.drain()
    one.release()
    two.release()
    node.intake.drain()

    node.assert_holds(images)
    assert node.outcomes() == {"stored": 20, "duplicate": 20}


def _store_both(one: Sending, two: Sending, image: bytes) -> None:
    one.store(image)
    two.store(image)


def test_an_association_that_the_spool_lost_is_closed_at_the_start(node: IntakeNode) -> None:
    sending = node.open()
    sending.store(t1_slice(1))
    node.intake.drain()
    for file in (node.spool / sending.association_id).iterdir():
        file.unlink()
    (node.spool / sending.association_id).rmdir()
    node.restart()
    node.intake.drain()

    with node.records.reading() as session:
        association = queries.associations(session, uid_of("study", 1))[0]
    assert (association.outcome, association.closed_at) == ("aborted", node.now)
    node.wait(61)
    assert [e.name for e in node.events("study.settled")] == ["study.settled"]
