"""What reports are made of, taken from the records and the archive."""

from __future__ import annotations

import io
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import UID

from ofsep_node.domain.routing import EVERYBODY, Route, Routing
from ofsep_node.errors import StudyNotFound, UnreadableObject
from ofsep_node.records import outbox
from ofsep_node.records.outbox import Target
from ofsep_node.reporting import Report, ReportContext
from ofsep_node.reporting.gathering import Recorded, context_of, recorded
from ofsep_node.reporting.making import report
from tests.destinations import told
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.structured_report import as_told, read_back

STUDY, SERIES = uid_of("study", 1), uid_of("series 1", 1)


def found(node: IntakeNode) -> Recorded:
    with node.records.reading() as session:
        return recorded(session, STUDY)


def gathered(node: IntakeNode) -> tuple[Recorded, ReportContext]:
    study = found(node)
    return study, context_of(study, node.archive, "fr", UTC)


def structured(node: IntakeNode) -> Report:
    study, context = gathered(node)
    return report("sr", study.verdict, context)


def test_the_newest_verdict_with_its_images(node: IntakeNode) -> None:
    node.send(*(t1_slice(n) for n in (3, 1, 5, 2, 4)))
    node.wait(61)
    study, context = gathered(node)
    assert study.verdict.state == "settled"
    series = context.series[SERIES]
    assert [o.sop_instance_uid for o in series.objects] == [
        uid_of("instance 1 1", n) for n in (1, 2, 3, 4, 5)
    ]
    assert series.middle.sop_instance_uid == uid_of("instance 1 1", 3)
    assert series.picture is not None
    assert series.picture.shape == (16, 16)
    assert all(o.is_image for o in series.objects)
    assert context.header.PatientName == "Secret^Name"
    assert "PixelData" not in context.header
    assert (context.judged_at, context.judged_at.tzinfo) == (study.judged_at, UTC)
    assert context.predecessor is None


@pytest.mark.parametrize("told_of_it", [False, True])
def test_a_later_version_names_the_report_that_somebody_had_before(
    node: IntakeNode, told_of_it: bool
) -> None:
    """A version that nobody was told of is no document that could be referred to."""
    told(node, Routing({"pacs": Route("pacs", ("sr",))}, {EVERYBODY: ("pacs",)}))
    node.send(*(t1_slice(n) for n in range(1, 6)))
    node.wait(61)
    first = structured(node)
    if told_of_it:
        _sent(node, first)
    node.send(*(t1_slice(n) for n in range(6, 12)))
    node.wait(61)
    second = structured(node)
    dataset = dcmread(io.BytesIO(second.content))
    if not told_of_it:
        assert "PredecessorDocumentsSequence" not in dataset
        return
    (study,) = dataset.PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == first.series_instance_uid == second.series_instance_uid
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first.sop_instance_uid
    assert read_back(dataset) == as_told(found(node).verdict, "fr")


def _sent(node: IntakeNode, made: Report) -> None:
    with node.records.writing() as session:
        taken = outbox.take(session, Target("pacs"), node.name, node.now, timedelta(hours=1))
        assert taken is not None
        assert outbox.sent(session, taken, node.now, made.sop_instance_uid, "")


def test_what_was_taken_out_of_the_archive_is_not_shown(node: IntakeNode) -> None:
    node.send(*(t1_slice(n) for n in range(1, 6)), t1_slice(9, series=2))
    node.wait(61)
    _archived(node, 3).unlink()
    study, context = gathered(node)
    assert context.series[SERIES].picture is None
    assert context.header.PatientID == "TEST-1"
    assert len(study.objects) == 6
    for path in node.archive.rglob("*.dcm"):
        path.unlink()
    with pytest.raises(UnreadableObject, match="none of the study's 6 objects"):
        gathered(node)


def _archived(node: IntakeNode, number: int) -> Path:
    uid = uid_of("instance 1 1", number)
    return next(p for p in node.archive.rglob("*.dcm") if p.stem == uid)


def raw_data(number: int) -> bytes:
    bare = {"PixelData": None, "Rows": None, "Columns": None}
    changes: dict[str, Any] = {"SOPClassUID": UID("1.2.840.10008.5.1.4.1.1.66"), **bare}
    return t1_slice(number, **changes)


def test_objects_without_pixels_are_referenced_as_such(node: IntakeNode) -> None:
    node.send(t1_slice(1), raw_data(2))
    node.wait(61)
    _, context = gathered(node)
    assert [o.is_image for o in context.series[SERIES].objects] == [True, False]


def test_a_study_that_is_not_judged_is_said_to_be(node: IntakeNode) -> None:
    with node.records.reading() as session, pytest.raises(StudyNotFound, match="not judged yet"):
        recorded(session, STUDY)
