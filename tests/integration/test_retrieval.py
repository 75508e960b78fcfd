"""Queries and retrievals over the network, of what an intake has recorded in either database."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
import structlog
from pydicom import dcmread
from pydicom.uid import JPEGLossless
from pynetdicom.association import Association
from sqlalchemy import text, update

from ofsep_node.delivery import Peer
from ofsep_node.delivery.report_objects import ReportObjects
from ofsep_node.domain.retention import Rule
from ofsep_node.domain.sop_classes import STUDY_ROOT_FIND
from ofsep_node.errors import SettingsError
from ofsep_node.reception import pdu
from ofsep_node.records import queries
from ofsep_node.records.retrievals import retrievals_of
from ofsep_node.records.schema import StudyRow
from ofsep_node.reporting import Kind, Report
from ofsep_node.reporting.gathering import Recorded
from ofsep_node.retention import Retention
from ofsep_node.retrieval import Holdings, StudyRoot
from ofsep_node.retrieval import finding as finding_module
from tests.databases import PostgresServer, closed_to_others
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.integration.test_query_plans import noted, scans_of_postgresql, scans_of_sqlite
from tests.reception_node import RunningReceiver, data_set, wait_until
from tests.retrieving import (
    MR,
    PDF,
    SR,
    TITLE,
    association,
    find,
    find_on,
    get,
    identifier,
    identifier_bytes,
    move,
    peers_file,
)
from tests.storescp import answering, storescp
from tests.upper_layer import (
    IMPLICIT_VR_LITTLE_ENDIAN,
    RawSender,
    associate_request,
    command_set,
    even,
    us,
    values,
)

STUDY, SERIES = uid_of("study", 1), uid_of("series 1", 1)

Program = Callable[[str], str]


@pytest.fixture
def destinations() -> dict[str, Peer]:
    """Where a C-MOVE may send to, by AE title."""
    return {}


@pytest.fixture
def asked(
    node: IntakeNode,
    receiving: Callable[..., RunningReceiver],
    tmp_path: Path,
    destinations: dict[str, Peer],
) -> RunningReceiver:
    """A receiver that answers for the node of the test."""
    receiver = receiving(peers=peers_file(tmp_path / "peers.toml"))
    holdings = Holdings(node.url, node.archive, "OFSEP_NODE", "en", UTC, ("sr", "pdf"))
    receiver.receiver.answer_by(StudyRoot(holdings, destinations.get))
    return receiver


def settled(node: IntakeNode, *objects: bytes) -> None:
    node.send(*objects)
    node.wait(node.quiet_period_s + 1)


# --- finding


def test_studies_are_found_by_what_people_know_of_them(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(
        t1_slice(1, SpecificCharacterSet="ISO_IR 100", PatientName="Dupré^Élodie", PatientSex="F",
                 PatientBirthDate="19830714", StudyID="S1", AccessionNumber="A-1",
                 ReferringPhysicianName="Le Goff^Anaïs", StudyTime="083000"),
        t1_slice(1, study=2, PatientName="Martin^Luc", StudyDate="20251231", AccessionNumber="B-1"),
    )  # fmt: skip
    for keys in (
        {"PatientName": "DUPRE^ELODIE"},
        {"PatientName": "dupr*"},
        {"PatientName": "*lodie"},
        {"PatientID": "TEST-1"},
        {"PatientID": "TEST-?", "AccessionNumber": "A*"},
        {"AccessionNumber": "A-1"},
        {"StudyID": "S1"},
        {"StudyDate": "20260101-"},
        {"StudyDate": "20261123", "StudyTime": "0800-0900"},
        {"PatientBirthDate": "19830714"},
        {"PatientSex": "F"},
        {"ReferringPhysicianName": "le goff*"},
        {"StudyInstanceUID": STUDY},
        {"StudyInstanceUID": ["1.2.3", STUDY]},
        {"ModalitiesInStudy": "MR", "PatientName": "D*"},
    ):
        answer = find(asked.port, "STUDY", **{"StudyInstanceUID": "", **keys})
        assert (answer.status, answer.values("StudyInstanceUID")) == (0x0000, [STUDY]), keys
    for keys in ({"PatientName": "DUPRE"}, {"PatientID": "test-1"}, {"StudyTime": "-0800"}):
        assert find(asked.port, "STUDY", **keys).found == [], keys
    everything = find(asked.port, "STUDY", StudyInstanceUID="", PatientName="")
    assert set(everything.values("StudyInstanceUID")) == {STUDY, uid_of("study", 2)}
    assert "Dupré^Élodie" in everything.values("PatientName")


def test_a_match_says_what_was_asked_for_and_where_it_is(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    settled(node, t1_slice(1), t1_slice(2), t1_slice(1, series=2))
    (study,) = find(
        asked.port, "STUDY", StudyInstanceUID="", PatientName="", StudyDescription="",
        ModalitiesInStudy="", NumberOfStudyRelatedSeries="", NumberOfStudyRelatedInstances="",
    ).found  # fmt: skip
    assert (study.QueryRetrieveLevel, study.RetrieveAETitle) == ("STUDY", "OFSEP_NODE")
    assert study.InstanceAvailability == "ONLINE"
    assert (study.PatientName, study.StudyDescription) == ("Secret^Name", "BRAIN")
    assert list(study.ModalitiesInStudy) == ["DOC", "MR", "SR"]
    assert (study.NumberOfStudyRelatedSeries, study.NumberOfStudyRelatedInstances) == (4, 5)
    assert "PatientID" not in study, "which was not asked for"


def test_series_and_objects_are_found_below_their_study(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    settled(node, t1_slice(1), t1_slice(2), t1_slice(1, series=2, SeriesDescription="FLAIR"))
    series = find(
        asked.port, "SERIES", StudyInstanceUID=STUDY, SeriesInstanceUID="", SeriesNumber="",
        Modality="", SeriesDescription="", NumberOfSeriesRelatedInstances="",
    )  # fmt: skip
    assert series.values("SeriesNumber") == ["1", "2", "9901", "9902"]
    assert series.values("Modality") == ["MR", "MR", "SR", "DOC"]
    assert series.values("NumberOfSeriesRelatedInstances") == ["2", "1", "1", "1"]
    flair = find(asked.port, "SERIES", StudyInstanceUID=STUDY, SeriesDescription="FL*R")
    assert len(flair.found) == 1
    by_number = find(asked.port, "SERIES", StudyInstanceUID=STUDY, SeriesNumber="9901", Modality="")
    assert by_number.values("Modality") == ["SR"]
    images = find(
        asked.port, "IMAGE", StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES,
        SOPInstanceUID="", SOPClassUID="", InstanceNumber="",
    )  # fmt: skip
    assert images.values("InstanceNumber") == ["1", "2"]
    assert set(images.values("SOPClassUID")) == {MR}
    second = find(
        asked.port, "IMAGE", StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES,
        InstanceNumber="2", SOPInstanceUID="",
    )  # fmt: skip
    assert second.values("SOPInstanceUID") == [uid_of("instance 1 1", 2)]


def test_a_key_nobody_knows_is_told(node: IntakeNode, asked: RunningReceiver) -> None:
    node.send(t1_slice(1))
    assert find(asked.port, "STUDY", PatientID="").statuses == [0xFF00, 0x0000]
    answer = find(asked.port, "STUDY", PatientID="", PatientComments="")
    assert answer.statuses == [0xFF01, 0x0000]
    assert "PatientComments" not in answer.found[0]


def test_pages_follow_each_other(
    node: IntakeNode, asked: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding_module, "STUDIES_AT_A_TIME", 2)
    node.send(*(t1_slice(1, study=n) for n in range(1, 6)))
    answer = find(asked.port, "STUDY", StudyInstanceUID="", NumberOfStudyRelatedInstances="")
    assert sorted(answer.values("StudyInstanceUID")) == sorted(
        uid_of("study", n) for n in range(1, 6)
    )
    assert set(answer.values("NumberOfStudyRelatedInstances")) == {"1"}


def test_a_second_content_under_one_uid_is_offered_to_nobody(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(t1_slice(1), t1_slice(2))
    node.send(t1_slice(1, EchoTime=9), peer="PACS")
    answer = get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    assert sorted(float(one.EchoTime) for one in answer.stored) == [2.98, 2.98]


def test_what_was_recorded_without_a_name_gets_one_with_the_next_image(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(t1_slice(1))
    with node.records.writing() as session:
        session.execute(update(StudyRow).values(patient_name=None, patient_name_folded=None))
    assert find(asked.port, "STUDY", PatientName="SECRET*").found == []
    assert len(find(asked.port, "STUDY", PatientName="", StudyInstanceUID=STUDY).found) == 1
    node.send(t1_slice(2))
    assert len(find(asked.port, "STUDY", PatientName="SECRET*").found) == 1


def test_a_study_without_a_name_and_one_with_any_are_recorded(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(
        t1_slice(1, PatientName=None, PatientID=None),
        t1_slice(1, study=2, PatientName="^".join(["ÀÉ" * 900] * 3), AccessionNumber="9" * 4_000),
    )
    answer = find(asked.port, "STUDY", StudyInstanceUID="", PatientName="", AccessionNumber="")
    assert len(answer.found) == 2
    assert len(find(asked.port, "STUDY", AccessionNumber="9" * 4_000).found) == 1


def test_a_date_as_acr_nema_wrote_it_is_found(node: IntakeNode, asked: RunningReceiver) -> None:
    node.send(t1_slice(1, StudyDate="1993.11.23"))
    for wanted in ("19931123", "1993.11.23", "19931101-19931130", "-19931123", "19931123-"):
        found = find(asked.port, "STUDY", StudyInstanceUID="", StudyDate=wanted).found
        assert [one.StudyDate for one in found] == ["19931123"], wanted
    assert not find(asked.port, "STUDY", StudyInstanceUID="", StudyDate="19931124-").found


def test_a_query_is_cancelled(
    node: IntakeNode, asked: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding_module, "STUDIES_AT_A_TIME", 1)
    node.send(*(t1_slice(1, study=n) for n in range(1, 21)))
    with association(asked.port) as opened:
        answers = opened.send_c_find(
            identifier(QueryRetrieveLevel="STUDY", StudyInstanceUID=""), STUDY_ROOT_FIND, msg_id=7
        )
        statuses = [next(answers)[0].Status]
        opened.send_c_cancel(7, query_model=STUDY_ROOT_FIND)
        statuses += [status.Status for status, _ in answers]
        assert set(statuses[:-1]) == {0xFF00}
        assert statuses[-1] in {0xFE00, 0x0000}
        assert len(find_on(opened, "STUDY", PatientID="").found) == 20, "the association goes on"


# --- what is refused


@pytest.mark.parametrize(
    ("level", "keys"),
    [
        ("PATIENT", {"PatientID": ""}),
        ("SERIES", {"SeriesInstanceUID": ""}),
        ("IMAGE", {"StudyInstanceUID": STUDY, "SOPInstanceUID": ""}),
    ],
)
def test_what_breaks_the_hierarchy_is_refused_and_told(
    asked: RunningReceiver, level: str, keys: dict[str, object]
) -> None:
    answer = find(asked.port, level, **keys)
    assert answer.statuses == [0xA900]
    assert answer.last.ErrorComment
    (line,) = asked.events("query.refused")
    assert (line["peer"], line["status"]) == (TITLE, "A900")


def test_nothing_but_a_uid_is_retrieved(asked: RunningReceiver) -> None:
    assert get(asked.port, "STUDY", PatientID="TEST-1").statuses == [0xA900]
    assert get(asked.port, "STUDY", StudyInstanceUID="").statuses == [0xA900]
    assert move(asked.port, "NOBODY", "STUDY", StudyInstanceUID=STUDY).statuses == [0xA801]


def test_a_database_that_is_away_is_an_answer(
    request: pytest.FixtureRequest, node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(t1_slice(1))
    with association(asked.port) as opened:
        with _away(request, node):
            answer = find_on(opened, "STUDY", PatientID="")
            assert answer.statuses == [0xA700]
            assert "Secret" not in str(answer.last)
        assert find_on(opened, "STUDY", PatientID="").statuses == [0xFF00, 0x0000]
    assert asked.events("query.unavailable")


@contextlib.contextmanager
def _away(request: pytest.FixtureRequest, node: IntakeNode) -> Iterator[None]:
    if node.records.is_postgresql:
        server: PostgresServer = request.getfixturevalue("postgresql")
        with node.records.engine.connect() as kept, closed_to_others(server, node.url, kept):
            yield
        return
    database = Path(str(node.records.url.database))
    kept_at = database.with_suffix(".away")
    node.records.close()
    database.rename(kept_at)
    database.mkdir()
    try:
        yield
    finally:
        database.rmdir()
        kept_at.rename(database)


# --- fetching


def test_objects_are_given_as_they_lie_in_the_archive(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(t1_slice(1), t1_slice(2), t1_slice(1, series=2))
    answer = get(asked.port, "SERIES", StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES)
    assert (answer.status, answer.counts) == (0x0000, (2, 0, 0))
    assert {str(one.SOPInstanceUID) for one in answer.stored} == {
        uid_of("instance 1 1", n) for n in (1, 2)
    }
    assert [one.PatientName for one in answer.stored] == ["Secret^Name"] * 2
    one = get(
        asked.port, "IMAGE", StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES,
        SOPInstanceUID=uid_of("instance 1 1", 2),
    )  # fmt: skip
    assert [int(i.InstanceNumber) for i in one.stored] == [2]
    assert get(asked.port, "STUDY", StudyInstanceUID="1.2.3").statuses == [0x0000]
    done = asked.events("retrieve.done")
    assert [(line["operation"], line["sent"], line["failed"]) for line in done] == [
        ("C-GET", 2, 0), ("C-GET", 1, 0), ("C-GET", 0, 0),
    ]  # fmt: skip
    assert "Secret" not in str(asked._capture.entries)


def test_what_is_missing_or_not_accepted_is_counted_and_named(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(*(t1_slice(n) for n in (1, 2, 3)))
    gone = next(p for p in node.archive.rglob("*.dcm") if dcmread(p).InstanceNumber == 2)
    gone.unlink()
    answer = get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    assert (answer.status, answer.counts) == (0xB000, (2, 1, 0))
    assert answer.failed == [uid_of("instance 1 1", 2)]
    (line,) = asked.events("retrieve.object_failed")
    assert line["instance"] == uid_of("instance 1 1", 2)

    wrong = get(asked.port, "STUDY", StudyInstanceUID=STUDY, syntaxes=(JPEGLossless,))
    assert (wrong.status, wrong.counts) == (0xA702, (0, 3, 0))
    assert sorted(wrong.failed) == sorted(uid_of("instance 1 1", n) for n in (1, 2, 3))
    refused = get(asked.port, "STUDY", StudyInstanceUID=STUDY, status=0xA700)
    assert (refused.status, refused.counts) == (0xA702, (0, 3, 0))
    changed = get(asked.port, "STUDY", StudyInstanceUID=STUDY, status=0xB000)
    assert (changed.status, changed.counts) == (0xB000, (0, 1, 2))


def test_objects_are_moved_to_a_destination_that_the_settings_name(
    node: IntakeNode,
    asked: RunningReceiver,
    destinations: dict[str, Peer],
    peer: Program,
    tmp_path: Path,
) -> None:
    node.send(t1_slice(1), t1_slice(2))
    with storescp(peer("storescp"), tmp_path / "pacs") as pacs:
        destinations["PACS"] = Peer("127.0.0.1", pacs.port, "PACS", "OFSEP_NODE")
        answer = move(asked.port, "PACS", "STUDY", StudyInstanceUID=STUDY)
        assert (answer.statuses, answer.counts) == ([0xFF00, 0xFF00, 0x0000], (2, 0, 0))
        archived = sorted(data_set(path) for path in node.archive.rglob("*.dcm"))
        assert sorted(data_set(path) for path in pacs.folder.iterdir()) == archived
    down = move(asked.port, "PACS", "STUDY", StudyInstanceUID=STUDY)
    assert (down.status, down.counts) == (0xA702, (0, 2, 0))
    assert sorted(down.failed) == sorted(uid_of("instance 1 1", n) for n in (1, 2))
    assert [line["destination"] for line in asked.events("retrieve.failed")] == ["PACS"]


def test_a_destination_is_told_who_asked_and_its_answers_are_counted(
    node: IntakeNode, asked: RunningReceiver, destinations: dict[str, Peer]
) -> None:
    node.send(t1_slice(1))
    for status, counts, told in (
        (0xA700, (0, 1, 0), 0xA702),
        (0xB000, (0, 0, 1), 0xB000),
        (0x0000, (1, 0, 0), 0x0000),
    ):
        with answering(status, MR) as (port, came):
            destinations["PACS"] = Peer("127.0.0.1", port, "PACS", "OFSEP_NODE")
            answer = move(asked.port, "PACS", "STUDY", StudyInstanceUID=STUDY)
        assert (answer.counts, came) == (counts, [uid_of("instance 1 1", 1)])
        assert answer.status == told


def test_a_destination_that_cannot_be_used_is_said(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    def broken(_title: str) -> Peer | None:
        raise SettingsError("[destinations.pacs] no certificate")

    holdings = Holdings(node.url, node.archive, "OFSEP_NODE", "en", UTC, ())
    asked.receiver.answer_by(StudyRoot(holdings, broken))
    answer = move(asked.port, "PACS", "STUDY", StudyInstanceUID=STUDY)
    assert (answer.status, answer.last.ErrorComment) == (
        0xA702,
        "[destinations.pacs] no certificate",
    )


def test_who_has_fetched_a_study_is_recorded(
    node: IntakeNode,
    asked: RunningReceiver,
    destinations: dict[str, Peer],
    peer: Program,
    tmp_path: Path,
) -> None:
    node.send(t1_slice(1), t1_slice(2), t1_slice(1, study=2))
    other = uid_of("study", 2)
    with storescp(peer("storescp"), tmp_path / "pacs") as pacs:
        destinations["PACS"] = Peer("127.0.0.1", pacs.port, "PACS", "OFSEP_NODE")
        move(asked.port, "PACS", "STUDY", StudyInstanceUID=STUDY)
    get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    get(asked.port, "SERIES", StudyInstanceUID=STUDY, SeriesInstanceUID="1.2.3")  # nothing is there
    get(asked.port, "STUDY", StudyInstanceUID=["1.2.3", STUDY, other])
    next(node.archive.rglob("*.dcm")).unlink()
    get(asked.port, "STUDY", StudyInstanceUID=STUDY, status=0xA700)
    assert _fetched(node, STUDY) == [("PACS", 1, 2, 0), ("", 3, 0, 2)]
    assert _fetched(node, other) == [("", 1, None, None)]


def test_an_answer_does_not_depend_on_its_being_recorded(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(t1_slice(1))
    with node.records.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    answer = get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    assert (answer.status, answer.counts) == (0x0000, (1, 0, 0))
    (line,) = asked.events("retrieve.unrecorded")
    assert "later" in line["reason"]
    assert _fetched(node, STUDY) == []


def _fetched(node: IntakeNode, study: str) -> list[tuple[str, int, int | None, int | None]]:
    """Destination, times, sent and failed of each entry, all of which are the viewer's."""
    with node.records.reading() as session:
        entries = retrievals_of(session, study)
    assert {entry.last.peer for entry in entries} <= {TITLE}
    return [(e.last.destination, e.times, e.last.sent, e.last.failed) for e in entries]


# --- reports


def test_the_reports_of_a_settled_study_are_found_and_given_the_same_each_time(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(t1_slice(1))
    assert get(asked.port, "STUDY", StudyInstanceUID=STUDY).counts == (1, 0, 0), "being received"
    node.wait(node.quiet_period_s + 1)
    first = get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    assert (first.status, first.counts) == (0x0000, (3, 0, 0))
    reports = {str(one.SOPClassUID): one for one in first.stored if one.SOPClassUID != MR}
    assert set(reports) == {SR, PDF}
    with node.records.reading() as session:
        verdict = queries.newest_verdict(session, STUDY)
    assert verdict is not None
    assert {int(one.InstanceNumber) for one in reports.values()} == {verdict.version}
    for one in reports.values():
        found = find(
            asked.port, "IMAGE", StudyInstanceUID=STUDY,
            SeriesInstanceUID=one.SeriesInstanceUID, SOPInstanceUID="", SOPClassUID="",
        )  # fmt: skip
        assert found.values("SOPInstanceUID") == [one.SOPInstanceUID]
        again = get(
            asked.port, "IMAGE", StudyInstanceUID=STUDY,
            SeriesInstanceUID=one.SeriesInstanceUID, SOPInstanceUID=one.SOPInstanceUID,
        )  # fmt: skip
        assert again.stored == [one]


def test_reports_are_made_one_after_the_other_as_the_peer_takes_them(
    node: IntakeNode,
    asked: RunningReceiver,
    destinations: dict[str, Peer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All at once they would fill memory and descriptors, and nobody could cancel meanwhile."""
    settled(node, *(t1_slice(1, study=n) for n in (1, 2, 3)))
    make, made = ReportObjects.report, list[Kind]()

    def noted(objects: ReportObjects, kind: Kind, study: Recorded) -> Report:
        made.append(kind)
        return make(objects, kind, study)

    monkeypatch.setattr(ReportObjects, "report", noted)
    studies, made_by_then = [uid_of("study", n) for n in (1, 2, 3)], list[int]()
    given = get(
        asked.port, "STUDY", StudyInstanceUID=studies,
        meanwhile=lambda: made_by_then.append(len(made)),
    )  # fmt: skip
    assert (given.status, given.counts) == (0x0000, (9, 0, 0))
    assert made_by_then == [0, 0, 0, 1, 2, 3, 4, 5, 6]

    in_memory = list[int]()
    with answering(
        0x0000, MR, SR, PDF, meanwhile=lambda: in_memory.append(_reports_in_files())
    ) as (port, came):
        destinations["PACS"] = Peer("127.0.0.1", port, "PACS", "OFSEP_NODE")
        moved = move(asked.port, "PACS", "STUDY", StudyInstanceUID=studies)
    assert (moved.status, moved.counts) == (0x0000, (9, 0, 0))
    assert sorted(came) == sorted(one.SOPInstanceUID for one in given.stored)
    assert sorted(in_memory) == [0, 0, 0, 1, 1, 1, 1, 1, 1]


def _reports_in_files() -> int:
    """How many files in memory this process has open."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if "memfd:object" in str(descriptor.readlink()):
                found.add(descriptor.stat().st_ino)
    return len(found)


def test_a_report_that_cannot_be_made_is_one_that_failed(
    node: IntakeNode, asked: RunningReceiver, destinations: dict[str, Peer]
) -> None:
    settled(node, t1_slice(1))
    with node.records.writing() as session:
        session.execute(text("UPDATE verdict SET document = '{}'"))
    with structlog.testing.capture_logs() as lines:
        given = get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    assert (given.status, given.counts) == (0xB000, (1, 2, 0))
    assert {line["kind"] for line in lines if line["event"] == "retrieve.unmade"} == {"sr", "pdf"}
    with answering(0x0000, MR, SR, PDF) as (port, came):
        destinations["PACS"] = Peer("127.0.0.1", port, "PACS", "OFSEP_NODE")
        moved = move(asked.port, "PACS", "STUDY", StudyInstanceUID=STUDY)
    assert (moved.status, moved.counts) == (0xB000, (1, 2, 0))
    assert (len(came), moved.failed) == (1, [])


def test_a_study_that_is_received_again_still_has_its_last_report(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    settled(node, t1_slice(1))
    before = get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    node.send(t1_slice(2))
    after = get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    assert len(after.stored) == len(before.stored) + 1
    kept = {str(one.SOPInstanceUID) for one in before.stored}
    assert kept <= {str(one.SOPInstanceUID) for one in after.stored}


def _drop(node: IntakeNode) -> None:
    work = Retention(
        node.records, node.archive, node.name, "test", now=lambda _: node.now, pause=lambda _: None
    )
    outcome = work.drop(work.study(STUDY), Rule("request", timedelta()))
    assert outcome.objects == 2


def test_reports_are_left_of_a_study_whose_images_were_dropped(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    settled(node, t1_slice(1), t1_slice(2))
    _drop(node)
    found = find(asked.port, "STUDY", StudyInstanceUID="", NumberOfStudyRelatedInstances="")
    assert found.values("StudyInstanceUID") == [STUDY]
    assert found.values("NumberOfStudyRelatedInstances") == ["2"]
    given = get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    assert (given.status, given.counts) == (0x0000, (2, 0, 0))
    assert {one.SOPClassUID for one in given.stored} == {SR, PDF}


# --- peers that misbehave


def test_a_peer_that_goes_away_costs_its_association_only(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(*(t1_slice(n) for n in range(1, 30)))
    with association(asked.port, MR) as opened:
        asked_for = identifier(QueryRetrieveLevel="STUDY", StudyInstanceUID=STUDY)
        answers = opened.send_c_get(asked_for, "1.2.840.10008.5.1.4.1.2.2.3")
        connection = opened.dul.socket
        assert connection is not None
        assert connection.socket is not None
        connection.socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(Exception):
            list(answers)
    wait_until(lambda: bool(asked.events("association.aborted")))
    assert find(asked.port, "STUDY", PatientID="").status == 0x0000
    assert not asked.events("reception.failed")


def test_two_ask_at_the_same_time(node: IntakeNode, asked: RunningReceiver) -> None:
    node.send(t1_slice(1))

    def status(opened: Association) -> int:
        return find_on(opened, "STUDY", PatientID="").status

    with association(asked.port) as one, association(asked.port) as other:
        assert [status(one), status(other), status(one)] == [0, 0, 0]


def test_nothing_else_may_be_asked_before_the_answer(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    node.send(t1_slice(1))
    keys = identifier_bytes(IMPLICIT_VR_LITTLE_ENDIAN, QueryRetrieveLevel="STUDY", PatientID="")
    find_request = command_set(
        (0x0002, even(STUDY_ROOT_FIND)), (0x0100, us(0x0020)), (0x0110, us(7)), (0x0800, us(0)),
    )  # fmt: skip
    whole = values(1, pdu.COMMAND, find_request) + values(1, 0, keys)
    context = (1, STUDY_ROOT_FIND, (IMPLICIT_VR_LITTLE_ENDIAN,))
    with RawSender(asked.port) as sender:
        sender.associate(associate_request([context], calling=TITLE.encode()))
        sender.send(whole * 2)
        kinds = [sender.pdu()[0]]
        while kinds[-1] == pdu.PDUType.P_DATA_TF:
            kinds.append(sender.pdu()[0])
    assert kinds[-1] == pdu.PDUType.A_ABORT
    assert find(asked.port, "STUDY", PatientID="").status == 0x0000


def test_nothing_that_grows_is_read_from_end_to_end(
    node: IntakeNode, asked: RunningReceiver
) -> None:
    settled(node, t1_slice(1), t1_slice(1, study=2))
    with noted() as statements:
        find(
            asked.port, "STUDY", PatientName="SECRET*", StudyDate="2026-2027",
            ModalitiesInStudy="MR", NumberOfStudyRelatedInstances="",
        )  # fmt: skip
        find(asked.port, "SERIES", StudyInstanceUID=STUDY, SeriesInstanceUID="")
        find(asked.port, "IMAGE", StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES)
        get(asked.port, "STUDY", StudyInstanceUID=STUDY)
    assert len(statements) > 5
    scans = scans_of_postgresql if node.records.is_postgresql else scans_of_sqlite
    with node.records.reading() as session:
        read = {s: scans(session.connection(), s, v) for s, v in statements.items()}
    assert {statement: steps for statement, steps in read.items() if steps} == {}
