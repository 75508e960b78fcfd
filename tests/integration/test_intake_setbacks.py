"""What fails inside the node: nothing false is told, nothing is lost, and no other study waits."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
import structlog

from ofsep_node import spool
from ofsep_node.dicom.reading import read_facts
from ofsep_node.domain.instance import InstanceFacts
from ofsep_node.intake import objects, rhythm
from ofsep_node.intake.archive import Archive
from ofsep_node.intake.filing import Filing
from ofsep_node.intake.objects import Readable
from ofsep_node.intake.rows import Rows
from ofsep_node.intake.unavailable import ArchiveUnavailable
from ofsep_node.records import arrivals, queries
from ofsep_node.records.schema import StudyRow
from tests.intake_node import IntakeNode, t1_slice, uid_of

STUDY = uid_of("study", 1)


def defective(*_args: object, **_keywords: object) -> Any:
    raise ZeroDivisionError("a defect")


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as captured:
        yield captured


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rhythm, "SETBACK_FIRST_S", 0.0)


def states(node: IntakeNode) -> dict[str, str]:
    with node.records.reading() as session:
        return {s.study_instance_uid: s.state for s in queries.studies(session)}


def unreadable(node: IntakeNode, study: str = STUDY) -> int:
    with node.records.reading() as session:
        return arrivals.unreadable_with(session, study, timedelta(seconds=60))


def test_a_study_that_cannot_be_judged_does_not_settle(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.send(t1_slice(1))
    with monkeypatch.context() as patch:
        patch.setattr("ofsep_node.intake.judging.judge", defective)
        node.wait(61)

        assert node.events("study.settled", "study.verdict") == []
        assert states(node) == {STUDY: "receiving"}
    node.wait(1)
    assert [e.name for e in node.events("study.settled", "study.verdict")] == [
        "study.settled",
        "study.verdict",
    ]


def test_a_verdict_of_fewer_images_is_not_told(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.send(t1_slice(1))
    with monkeypatch.context() as patch:
        patch.setattr("ofsep_node.intake.judging.judge", defective)
        node.send(t1_slice(2))

    assert [e.details["images"] for e in node.events("association.verdict")] == [1]


def test_a_study_that_cannot_settle_stops_no_other(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.send(t1_slice(1), t1_slice(1, study=2))
    freeze = "ofsep_node.records.verdicts.freeze"

    def frozen(_session: object, row: StudyRow) -> None:
        if row.study_instance_uid == STUDY:
            raise ZeroDivisionError("a defect")

    monkeypatch.setattr(freeze, frozen)
    node.wait(61)
    node.wait(1)

    assert states(node) == {STUDY: "receiving", uid_of("study", 2): "settled"}


def test_a_setback_is_said_once_and_tried_ever_more_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(rhythm, "SETBACK_FIRST_S", 1.0)
    setbacks = rhythm.Setbacks()
    said = []
    for wait_s in (1, 2, 4):
        said.append(setbacks.add("a"))
        now[0] += wait_s - 0.5
        assert "a" in setbacks
        now[0] += 0.5
        assert "a" not in setbacks

    assert said == [True, False, False]
    assert "b" not in setbacks


def test_a_verdict_of_another_version_is_judged_afresh(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    with node.records.writing() as session:
        session.execute(sqlalchemy.text("""UPDATE verdict SET document = '{"schema": 0}'"""))
    node.send(t1_slice(2))
    node.wait(61)

    assert [e.details["images"] for e in node.events("study.verdict")] == [2]


def test_an_object_that_nothing_can_record_stays_in_the_spool(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch, lines: list[Any]
) -> None:
    file = Filing.file

    def filing(self: Filing, items: Any) -> None:
        if any(item.spooled.sequence == 2 for item in items):
            raise ZeroDivisionError("a defect")
        file(self, items)

    with monkeypatch.context() as patch:
        patch.setattr(Filing, "file", filing)
        patch.setattr(rhythm, "SETBACK_FIRST_S", 60.0)
        association = node.send(*(t1_slice(n) for n in range(1, 4)))
        node.intake.drain()
        assert len(node.recorded()) == 2
        assert f"{association}/000002.dcm" in node.waiting()
    assert [line["event"] for line in lines].count("intake.waiting") == 1
    node.restart()
    node.intake.drain()
    node.assert_holds([t1_slice(n) for n in range(1, 4)])


def test_what_is_put_aside_leaves_no_file_in_the_archive(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Rows, "instance", _failing_at_second(Rows.instance))
        node.send(*(t1_slice(n) for n in range(1, 4)))
    assert node.outcomes() == {"stored": 2, "unreadable": 1}
    assert node.archived() == sorted(row.archived_as for row in node.recorded())


def test_a_copy_that_is_put_aside_takes_no_file_with_it(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.send(t1_slice(1))
    with monkeypatch.context() as patch:
        patch.setattr(Rows, "visit", _failing_at_second(Rows.visit))
        node.send(t1_slice(2), t1_slice(1))
    assert node.outcomes() == {"stored": 2, "unreadable": 1}
    node.assert_holds([t1_slice(1), t1_slice(2)])


def _failing_at_second(method: Callable[..., Any]) -> Callable[..., Any]:
    """Of each association, the second object meets a defect."""

    def failing(rows: Rows, item: Readable, *args: Any, **keywords: Any) -> Any:
        if item.spooled.sequence == 2:
            raise ZeroDivisionError("a defect")
        return method(rows, item, *args, **keywords)

    return failing


@pytest.mark.parametrize("error", [OSError(errno.EMFILE, "Too many"), MemoryError()])
def test_what_the_machine_cannot_read_now_waits(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch, lines: list[Any], error: Exception
) -> None:
    read = read_facts

    def reading(path: Path) -> Any:
        if path.name == "000002.dcm":
            raise error
        return read(path)

    monkeypatch.setattr(rhythm, "SETBACK_FIRST_S", 60.0)
    with monkeypatch.context() as patch:
        patch.setattr(objects, "read_facts", reading)
        node.send(t1_slice(1), t1_slice(2))
        node.wait(61)
        assert node.outcomes() == {"stored": 1}
        assert node.events("study.settled", "association.verdict") == []
    node.restart()
    node.intake.drain()
    node.assert_holds([t1_slice(1), t1_slice(2)])
    assert [line["event"] for line in lines].count("intake.waiting") == 1


def test_a_spool_that_cannot_be_emptied_is_waited_for(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_args: object, **_keywords: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", read_only)
        with pytest.raises(ArchiveUnavailable, match="Read-only"):
            node.send(t1_slice(1))
    node.intake.drain()

    node.assert_holds([t1_slice(1)])


def test_unreadable_objects_of_one_association_each_are_counted(node: IntakeNode) -> None:
    node.send(b"damaged")
    node.send(t1_slice(1))
    node.send(b"damaged too")
    node.send(t1_slice(2))
    node.wait(61)

    assert unreadable(node) == 2
    problems = node.events("study.verdict")[0].details["problems"]
    assert any("unreadable" in problem and "2" in problem for problem in problems)


def test_unreadable_objects_of_others_are_not_counted(node: IntakeNode) -> None:
    node.send(t1_slice(1))
    node.send(b"damaged", peer="OTHER")
    node.send(b"damaged", t1_slice(1, study=2))

    assert unreadable(node) == 0
    assert unreadable(node, uid_of("study", 2)) == 1


def test_copies_sent_after_an_upgrade_open_no_version(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.send(t1_slice(1))
    node.wait(61)
    monkeypatch.setattr("ofsep_node.intake.judging.__version__", "99")
    node.send(t1_slice(1))

    with node.records.reading() as session:
        versions = queries.verdict_history(session, STUDY)
    assert [(v.version, v.frozen) for v in versions] == [(1, True)]
    assert len(node.events("association.verdict")) == 2


def test_no_patient_is_told_when_a_statement_fails(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.configure(processors=[structlog.processors.format_exc_info,
                                    structlog.processors.JSONRenderer()])  # fmt: skip
    try:
        with monkeypatch.context() as patch:
            patch.setattr("ofsep_node.intake.rows._study_row", _without_first_received_at)
            association = node.send(t1_slice(1))
    finally:
        structlog.reset_defaults()
    said = capsys.readouterr().out
    reason = (node.quarantine / association / "000001.txt").read_text()

    assert "instance.unexpected" in said
    assert "StatementFailed" in reason
    assert "TEST-1" not in said + reason + str([e.details for e in node.events()])


def _without_first_received_at(facts: InstanceFacts, at: Any) -> StudyRow:
    return StudyRow(
        study_instance_uid=facts.study_instance_uid,
        patient_id=facts.patient_id,
        state="receiving",
        first_received_at=None,
        last_received_at=at,
    )


def test_a_log_line_has_the_time_of_its_event(node: IntakeNode, lines: list[Any]) -> None:
    node.send(t1_slice(1))

    assert {line["at"] for line in lines} == {node.now}


def test_a_folder_that_was_removed_costs_one_attempt(node: IntakeNode) -> None:
    archive = Archive(node.archive)
    archive.make(node.archive / "a")
    (node.archive / "a").rmdir()
    archive.make(node.archive / "a" / "b")
    (node.archive / "a" / "b").rmdir()
    (node.archive / "a").rmdir()
    with pytest.raises(FileNotFoundError):
        archive.sync()
    archive.sync()

    assert spool.associations(node.archive) == []


def test_a_transaction_locks_all_its_studies_at_once(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = node.open()
    sending.store(t1_slice(1))
    node.intake.drain()
    locked: list[set[str]] = []
    monkeypatch.setattr(
        "ofsep_node.intake.batch.lock_studies", lambda _, uids: locked.append(set(uids))
    )
    sending.store(t1_slice(1, study=2))
    sending.release()
    node.intake.drain()

    assert locked == [{STUDY, uid_of("study", 2)}]


def _broken(number: int) -> bytes:
    """The head says what it is; the data set ends in the midst of the header."""
    return t1_slice(number)[:400]


def test_an_object_that_comes_again_whole_is_unreadable_no_more(node: IntakeNode) -> None:
    node.send(t1_slice(1), _broken(2), _broken(3))
    assert unreadable(node) == 2
    node.send(t1_slice(2))
    assert unreadable(node) == 1
    node.send(t1_slice(3), _broken(3))

    assert unreadable(node) == 0
    problems = node.events("association.verdict")[-1].details["problems"]
    assert not any("unreadable" in problem for problem in problems)
    assert node.outcomes() == {"stored": 3, "unreadable": 3}
    assert len(list(node.quarantine.rglob("*.dcm"))) == 3


def test_broken_and_whole_in_one_batch_in_any_order(node: IntakeNode) -> None:
    node.send(_broken(1), t1_slice(1), _broken(1), _broken(2))

    assert unreadable(node) == 1
