"""Reports as DICOM objects to Storage SCPs that are down, refuse, abort, sleep, warn, or just work."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path
from typing import cast

import pytest
import structlog
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian

from ofsep_node.delivery import Peer
from ofsep_node.delivery.document import Document
from ofsep_node.delivery.objects import Objects
from ofsep_node.delivery.report_objects import ReportObjects
from ofsep_node.domain.routing import EVERYBODY, ReportKind, Route, Routing
from ofsep_node.reporting import Kind
from ofsep_node.reporting.gathering import context_of, recorded
from ofsep_node.reporting.making import report
from tests.destinations import delivered, entries, states, told
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.ports import free_port
from tests.reception_node import data_set
from tests.storescp import AE_TITLE, answering, storescp

STUDY = uid_of("study", 1)
ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"
KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"


def to_pacs(*kinds: ReportKind) -> Routing:
    return Routing({"pacs": Route("pacs", kinds or ("sr",))}, {EVERYBODY: ("pacs",)})


def courier(node: IntakeNode, port: int) -> Objects:
    peer = Peer("127.0.0.1", port, AE_TITLE, "OFSEP_NODE")
    return Objects(lambda _: peer, reports(node).draft)


def reports(node: IntakeNode) -> ReportObjects:
    return ReportObjects(node.archive, "en", UTC)


def settled(node: IntakeNode, *kinds: ReportKind, images: int = 3) -> None:
    told(node, to_pacs(*kinds))
    node.send(*(t1_slice(n, SliceThickness=1.5) for n in range(1, images + 1)))
    node.wait(61)


def state(node: IntakeNode) -> str:
    (entry,) = entries(node)
    return entry.state


def reason(node: IntakeNode) -> str:
    (entry,) = entries(node)
    return entry.reason or ""


def test_a_settled_verdict_reaches_a_pacs_as_a_structured_report(
    node: IntakeNode, peer: Callable[[str], str], tmp_path: Path
) -> None:
    settled(node)
    with storescp(peer("storescp"), tmp_path / "pacs") as pacs:
        delivered(node, {"pacs": courier(node, pacs.port)})
        (name,) = pacs.names()

    (entry,) = entries(node)
    taken = dcmread(pacs.folder / name)
    assert entry.state == "sent"
    assert (taken.SOPInstanceUID, taken.SOPClassUID) == (entry.uid, COMPREHENSIVE_SR)
    assert (taken.StudyInstanceUID, taken.PatientID) == (STUDY, "TEST-1")
    assert node.events("report.sent")[0].details["uid"] == entry.uid


def test_every_kind_of_object_reaches_a_pacs(
    node: IntakeNode, peer: Callable[[str], str], tmp_path: Path
) -> None:
    settled(node, "sr", "pdf", "sc", "ko")
    with storescp(peer("storescp"), tmp_path / "pacs") as pacs:
        delivered(node, {"pacs": courier(node, pacs.port)})
        taken = [dcmread(pacs.folder / name) for name in pacs.names()]

    assert {t.Modality for t in taken} == {"SR", "DOC", "OT", "KO"}
    assert {s for _, s in states(node)} == {"sent"}


def sent_report(node: IntakeNode) -> bytes:
    with node.records.reading() as session:
        (entry,) = entries(node)
        return reports(node).draft(session, entry)().content


def test_a_pacs_that_takes_only_the_default_transfer_syntax_has_the_same_report(
    node: IntakeNode, peer: Callable[[str], str], tmp_path: Path
) -> None:
    settled(node)
    with storescp(peer("storescp"), tmp_path / "pacs", "+xi") as pacs:
        delivered(node, {"pacs": courier(node, pacs.port)})
        (name,) = pacs.names()
    taken, made = dcmread(pacs.folder / name), dcmread(io.BytesIO(sent_report(node)))

    assert state(node) == "sent"
    assert taken.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert taken.file_meta.MediaStorageSOPInstanceUID == made.SOPInstanceUID
    assert list(taken) == list(made)


def test_a_pacs_that_takes_everything_has_the_report_byte_for_byte(
    node: IntakeNode, peer: Callable[[str], str], tmp_path: Path
) -> None:
    settled(node)
    with storescp(peer("storescp"), tmp_path / "pacs", "+B") as pacs:
        delivered(node, {"pacs": courier(node, pacs.port)})
        (name,) = pacs.names()
    made = tmp_path / "made.dcm"
    made.write_bytes(sent_report(node))

    assert data_set(pacs.folder / name) == data_set(made)


FAULTS = [
    (("--refuse",), "rejected the association"),
    (("--abort-during",), ""),
    (("--abort-after",), ""),
]


@pytest.mark.parametrize(("faults", "says"), FAULTS, ids="".join)
def test_a_destination_that_does_not_take_it_has_it_when_it_works_again(
    node: IntakeNode,
    peer: Callable[[str], str],
    tmp_path: Path,
    faults: tuple[str, ...],
    says: str,
) -> None:
    settled(node)
    port = free_port()
    with storescp(peer("storescp"), tmp_path / "pacs", *faults, port=port):
        delivered(node, {"pacs": courier(node, port)})
    assert state(node) == "waiting"
    assert f"{AE_TITLE} (127.0.0.1:{port})" in reason(node)
    assert says in reason(node)
    with storescp(peer("storescp"), tmp_path / "pacs", port=port) as pacs:
        node.now += timedelta(seconds=8)
        delivered(node, {"pacs": courier(node, port)})
        names = pacs.names()

    assert state(node) == "sent"
    assert len(names) == 1  # what came half, or unanswered, is the same object


@pytest.mark.parametrize("fault", ["--reject", "--sleep-during", "--sleep-after"])
def test_a_destination_that_is_odd_or_slow_takes_it(
    node: IntakeNode, peer: Callable[[str], str], tmp_path: Path, fault: str
) -> None:
    settled(node)
    options = (fault,) if fault == "--reject" else (fault, "1")
    with storescp(peer("storescp"), tmp_path / "pacs", *options) as pacs:
        delivered(node, {"pacs": courier(node, pacs.port)})

    assert (state(node), len(pacs.names())) == ("sent", 1)


def test_nobody_listens(node: IntakeNode) -> None:
    settled(node)
    delivered(node, {"pacs": courier(node, free_port())})

    assert state(node) == "waiting"
    assert "does not answer: check that it runs" in reason(node)


@pytest.mark.parametrize(
    ("status", "becomes", "says"),
    [
        (0x0000, "sent", ""),
        (0xB000, "sent", "status B000"),
        (0xB007, "sent", "status B007"),
        (0xA700, "waiting", "answered status A700"),
        (0xA900, "waiting", "answered status A900"),
        (0xC001, "waiting", "answered status C001"),
        (0x0122, "waiting", "answered status 0122"),
    ],
)
def test_what_a_destination_answers(node: IntakeNode, status: int, becomes: str, says: str) -> None:
    settled(node)
    with answering(status, COMPREHENSIVE_SR) as (port, came):
        delivered(node, {"pacs": courier(node, port)})

    assert (state(node), len(came)) == (becomes, 1)
    assert says in reason(node)


def test_a_destination_that_takes_no_such_objects_is_named_with_what_it_does_not_take(
    node: IntakeNode,
) -> None:
    settled(node)
    with answering(0, KEY_OBJECTS) as (port, came):
        delivered(node, {"pacs": courier(node, port)})

    assert (state(node), came) == ("waiting", [])
    assert reason(node) == (
        f"{AE_TITLE} (127.0.0.1:{port}) accepted the association, but does not accept "
        f"Comprehensive SR Storage ({COMPREHENSIVE_SR}) "
        "in Implicit VR Little Endian or Explicit VR Little Endian"
    )


def test_every_attempt_sends_the_same_object(node: IntakeNode) -> None:
    settled(node)
    with answering(0xA700, COMPREHENSIVE_SR) as (port, came):
        for _ in range(3):
            delivered(node, {"pacs": courier(node, port)})
            node.now = entries(node)[0].due_at

    assert (len(came), len(set(came))) == (3, 1)
    (entry,) = entries(node)
    with node.records.reading() as session:
        first, second = (reports(node).draft(session, entry) for _ in range(2))
    assert first() == second()


@pytest.mark.parametrize("kind", ["sr", "pdf"])
def test_what_is_made_by_hand_is_what_was_sent(node: IntakeNode, kind: Kind) -> None:
    """Also of a later version, and although the study counts as reported by then."""
    told(node, to_pacs(cast("ReportKind", kind)))
    for number in (1, 2):
        node.send(t1_slice(number, SliceThickness=1.5))
        node.wait(61)
        with answering(0, COMPREHENSIVE_SR, ENCAPSULATED_PDF) as (port, came):
            delivered(node, {"pacs": courier(node, port)})
    node.send(t1_slice(1, SliceThickness=1.5))
    newest = entries(node)[-1]
    with node.records.reading() as session:
        sent = reports(node).draft(session, newest)()
        study = recorded(session, STUDY)
    by_hand = report(kind, study.verdict, context_of(study, node.archive, "en", UTC))

    assert came == [newest.uid]
    assert (by_hand.sop_instance_uid, by_hand.content) == (sent.sop_instance_uid, sent.content)
    assert by_hand.sop_instance_uid == newest.uid


def predecessors(document: Document) -> list[str]:
    dataset = dcmread(io.BytesIO(document.content))
    return [
        sop.ReferencedSOPInstanceUID
        for study in dataset.get("PredecessorDocumentsSequence", [])
        for series in study.ReferencedSeriesSequence
        for sop in series.ReferencedSOPSequence
    ]


def test_a_report_names_the_one_that_the_same_destination_had_before(node: IntakeNode) -> None:
    """And is another object than the one that goes to a destination that had none."""
    routes = {name: Route(name, ("sr",)) for name in ("pacs", "archive")}
    told(node, Routing(routes, {EVERYBODY: ("pacs", "archive")}))
    for number in (1, 2):
        node.send(t1_slice(number, SliceThickness=1.5))
        node.wait(61)
        with answering(0, COMPREHENSIVE_SR) as (port, _):
            delivered(node, {"pacs": courier(node, port)})
    first, never_sent, second, to_archive = entries(node)
    with node.records.reading() as session:
        drafts = [reports(node).draft(session, e) for e in (first, second, to_archive)]
    before, after, other = (draft() for draft in drafts)

    assert (never_sent.state, never_sent.destination) == ("superseded", "archive")
    assert (predecessors(before), predecessors(other)) == ([], [])
    assert predecessors(after) == [first.uid] == [before.sop_instance_uid]
    assert after.sop_instance_uid == second.uid != other.sop_instance_uid


def test_an_archive_that_is_away_is_no_defect_of_the_program(node: IntakeNode) -> None:
    settled(node)
    for path in node.archive.rglob("*.dcm"):
        path.unlink()
    with structlog.testing.capture_logs() as lines, answering(0, COMPREHENSIVE_SR) as (port, _):
        delivered(node, {"pacs": courier(node, port)})

    assert (state(node), lines) == ("waiting", [])
    assert "none of the study's 3 objects can be read there" in reason(node)


def test_what_a_peer_says_of_the_patient_reaches_neither_records_nor_log(node: IntakeNode) -> None:
    settled(node)
    with answering(0xA700, COMPREHENSIVE_SR, comment="no room for Secret^Name") as (port, _):
        delivered(node, {"pacs": courier(node, port)})

    assert reason(node).endswith("answered status A700 Refused: Out of Resources")
    assert "Secret" not in str(node.events("report.failed"))


def test_nothing_of_a_report_is_left_in_a_folder(
    node: IntakeNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its content is a patient's: not even a process that is killed leaves it outside of the data."""
    settled(node)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "away"))  # no such folder
    with answering(0, COMPREHENSIVE_SR) as (port, came):
        delivered(node, {"pacs": courier(node, port)})

    assert (state(node), len(came)) == ("sent", 1)


def test_with_nothing_to_mark_no_key_objects_are_sent(node: IntakeNode) -> None:
    told(node, to_pacs("ko"))
    node.send(t1_slice(1, Modality="MR", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))
    node.wait(61)
    delivered(node, {"pacs": courier(node, free_port())})

    assert state(node) == "needless"
    assert "no series fails" in reason(node)
