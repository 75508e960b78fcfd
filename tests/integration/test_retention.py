"""Images out of the archive, and what meets what is gone."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterable
from datetime import UTC, timedelta
from pathlib import Path
from threading import Event as Stop
from typing import Any

import pytest
import structlog
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian
from sqlalchemy import select

from ofsep_node.delivery import commitment
from ofsep_node.delivery.report_objects import ReportObjects
from ofsep_node.delivery.verifying import failures
from ofsep_node.disk import Space
from ofsep_node.domain.commitment import FailureReason
from ofsep_node.domain.retention import Hold, Rule, Watermark
from ofsep_node.errors import PeerError
from ofsep_node.records import holdings, outbox, outbox_by_hand
from ofsep_node.records import retention as records_of
from ofsep_node.records.archived import archived_files
from ofsep_node.records.commitments import commitment_counts, commitments_of, give_up_of
from ofsep_node.records.outbox_by_hand import Hand
from ofsep_node.records.schema import StudyRow
from ofsep_node.reporting import Report
from ofsep_node.reporting.gathering import recorded
from ofsep_node.retention import Look, NotOfTheArchive, Outcome, Retention, Rounds, Schedule
from tests.destinations import HttpDestination, delivered, routing, told
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.integration.test_services import (
    UNMOUNTED,
    ask,
    commitments,
    make_due,
    telling,
    work,
)

__all__ = ["telling"]

STUDY = uid_of("study", 1)
DAY = Rule("age", timedelta(days=1))
ANY_AGE = Rule("request", timedelta())


def retention(node: IntakeNode, by: str = "retention") -> Retention:
    return Retention(
        node.records, node.archive, node.name, by, now=lambda _: node.now, pause=lambda _: None
    )


def drop(node: IntakeNode, study: int = 1, rule: Rule = ANY_AGE) -> Outcome:
    work_of = retention(node)
    return work_of.drop(work_of.study(uid_of("study", study)), rule)


def settled(node: IntakeNode, *slices: int, study: int = 1) -> None:
    node.send(*(t1_slice(n, study=study) for n in slices or (1, 2)))
    node.wait(61)


def row_of(node: IntakeNode, study: int = 1) -> StudyRow:
    with node.records.reading() as session:
        row = session.scalars(
            select(StudyRow).where(StudyRow.study_instance_uid == uid_of("study", study))
        ).one()
        session.expunge_all()
    return row


def folders(node: IntakeNode) -> list[str]:
    return [p.name for p in node.archive.rglob("*") if p.is_dir()]


def assert_dropped(node: IntakeNode, objects: int, study: int = 1) -> None:
    row = row_of(node, study)
    assert (row.archived_bytes, row.dropping) == (0, False)
    assert row.dropped_at is not None
    gone = [r for r in node.recorded() if r.study_instance_uid == row.study_instance_uid]
    assert len([r for r in gone if r.dropped_at == row.dropped_at]) == objects
    assert not any((node.archive / r.archived_as).exists() for r in gone)
    assert row.study_instance_uid not in folders(node)


# --- what goes


def test_the_files_go_and_verdict_and_facts_stay(node: IntakeNode) -> None:
    settled(node)
    settled(node, study=2)
    before = row_of(node)
    assert before.archived_bytes == sum(
        p.stat().st_size for p in node.archive.rglob(f"{STUDY}/*/*")
    )
    outcome = drop(node)
    assert (outcome.objects, outcome.size) == (2, before.archived_bytes)
    assert_dropped(node, objects=2)
    assert len(node.archived()) == 2, "the other study's"
    after = row_of(node)
    assert (after.state, after.conclusion, after.version, after.images) == (
        before.state, before.conclusion, before.version, 2,
    )  # fmt: skip
    (event,) = node.events("study.images_dropped")
    assert event.study == STUDY
    assert event.details == {
        "objects": 2, "bytes": before.archived_bytes, "because": "request", "by": "retention",
    }  # fmt: skip
    assert drop(node).size == 0
    assert len(node.events("study.images_dropped")) == 1


def test_a_study_goes_when_its_time_is_over_and_not_before(node: IntakeNode) -> None:
    settled(node)
    assert list(retention(node).over_time(DAY)) == []
    assert drop(node, rule=DAY).size == 0
    node.now += timedelta(days=1)
    (study,) = retention(node).over_time(DAY)
    assert study.study_instance_uid == STUDY
    assert retention(node).drop(study, DAY).size > 0
    assert list(retention(node).over_time(DAY)) == []


def test_images_that_are_sent_again_stay_as_long_again(node: IntakeNode) -> None:
    settled(node)
    before = row_of(node)
    ninety = Rule("age", timedelta(days=90))
    node.now += timedelta(days=89)
    node.send(t1_slice(1))  # a copy of what is here
    node.now += timedelta(days=2)
    assert drop(node, rule=ninety).size == 0
    after = row_of(node)
    assert (after.state, after.version, after.settled_at) == (
        "settled",
        before.version,
        before.settled_at,
    )
    node.now += timedelta(days=88)
    assert drop(node, rule=ninety).objects == 2
    assert_dropped(node, objects=2)


def test_the_oldest_are_found_first_a_few_at_a_time(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ofsep_node.retention.dropping.STUDIES_AT_A_TIME", 2)
    for study in (3, 1, 2, 5, 4):
        settled(node, 1, study=study)
    node.now += timedelta(days=2)
    found = [s.study_instance_uid for s in retention(node).over_time(DAY)]
    assert found == [uid_of("study", n) for n in (3, 1, 2, 5, 4)]


def test_a_study_of_more_files_than_a_turn(node: IntakeNode) -> None:
    settled(node, *range(1, 80))
    assert drop(node).objects == 79
    assert_dropped(node, objects=79)


# --- what stays


def holds(node: IntakeNode, study: int = 1) -> tuple[Hold, ...]:
    before = node.archived()
    kept = drop(node, study).holds
    assert not kept or node.archived() == before
    return kept


def test_a_study_that_is_received_stays(node: IntakeNode) -> None:
    sending = node.open()
    sending.store(t1_slice(1))
    node.intake.drain()
    assert holds(node) == (Hold.RECEIVING, Hold.SENDING)
    sending.release()
    node.intake.drain()
    assert holds(node) == (Hold.RECEIVING,)
    node.wait(61)
    assert holds(node) == ()
    assert_dropped(node, objects=1)


def test_a_study_that_comes_a_second_time_stays_while_it_does(node: IntakeNode) -> None:
    settled(node)
    sending = node.open()
    sending.store(t1_slice(1))
    node.intake.drain()
    assert holds(node) == (Hold.SENDING,)
    sending.release()
    node.intake.drain()
    assert holds(node) == ()


def test_a_study_with_an_open_commitment_stays(node: IntakeNode, telling: Any) -> None:
    settled(node)
    settled(node, study=2)
    ask(node, 1)
    node.intake.drain()
    assert holds(node) == (Hold.COMMITMENT,), "asked, and not looked into"
    assert drop(node, study=2).size > 0, "another study is not what was asked about"
    telling.refusals = [PeerError("away")]
    work(commitments(node))
    assert holds(node) == (Hold.COMMITMENT,), "looked into, and not told"
    make_due(node)
    work(commitments(node))
    assert holds(node) == ()
    assert_dropped(node, objects=2)


def test_each_study_that_has_a_content_of_an_object_that_was_asked_about_stays(
    node: IntakeNode, telling: Any
) -> None:
    settled(node)
    node.send(t1_slice(1, study=2, SOPInstanceUID=uid_of("instance 1 1", 1)))
    node.wait(61)
    ask(node, 1)
    node.intake.drain()
    telling.refusals = [PeerError("away")]
    work(commitments(node))
    assert holds(node) == (Hold.COMMITMENT,)
    assert holds(node, study=2) == (Hold.COMMITMENT,)
    with node.records.reading() as session:
        entries = [commitments_of(session, uid_of("study", n)) for n in (1, 2)]
    assert [(e.asked, e.committed) for (e,) in entries] == [(1, 1), (1, 1)]


def test_what_a_node_that_is_gone_was_to_tell_keeps_nothing(node: IntakeNode) -> None:
    settled(node)
    ask(node, 1)
    node.intake.drain()
    with node.records.writing() as session:
        give_up_of(session, node.name, node.now)
        assert commitment_counts(session) == {"given_up": 1}
    assert holds(node) == ()


def test_a_study_with_an_undelivered_report_stays(node: IntakeNode) -> None:
    told(node, routing("dashboard"))
    settled(node)
    assert holds(node) == (Hold.REPORT,)
    with HttpDestination(status=500) as dashboard:
        delivered(node, {"dashboard": dashboard.webhook()})
        assert holds(node) == (Hold.REPORT,), "tried, and to be tried again"
        node.now += timedelta(hours=3)
        delivered(node, {"dashboard": dashboard.webhook()})
    with node.records.reading() as session:
        (entry,) = outbox.entries(session)
    assert entry.state == "failed"
    assert holds(node) == (Hold.REPORT,), "given up, and a person may want it yet"
    with node.records.writing() as session:
        outbox_by_hand.cancel(session, entry.entry_id, node.now, Hand("M", node.name))
    assert holds(node) == ()


def test_a_failed_report_on_what_no_longer_stands_keeps_nothing(node: IntakeNode) -> None:
    told(node, routing("dashboard"))
    settled(node)
    with HttpDestination(status=500) as dashboard:
        node.now += timedelta(hours=3)
        delivered(node, {"dashboard": dashboard.webhook()})
    node.send(t1_slice(3, EchoTime=90))
    node.wait(61)
    with HttpDestination() as dashboard:
        delivered(node, {"dashboard": dashboard.webhook()})
    with node.records.reading() as session:
        assert [e.state for e in outbox.entries(session)] == ["failed", "sent"]
    assert holds(node) == ()


# --- what meets what is gone


def test_an_object_that_comes_again_is_kept_anew_and_changes_no_verdict(node: IntakeNode) -> None:
    settled(node)
    before = row_of(node)
    drop(node)
    node.now += timedelta(days=3)
    node.send(t1_slice(1))
    node.wait(61)
    after = row_of(node)
    assert (after.state, after.version, after.images) == (before.state, before.version, 2)
    assert after.settled_at == before.settled_at
    assert node.events("study.reopened") == []
    assert [r.dropped_at is None for r in node.recorded()] == [True, False]
    assert (node.archive / node.recorded()[0].archived_as).read_bytes() == t1_slice(1)
    stored = node.events("instance.stored")[-1]
    assert stored.details["dropped_before"] is True
    assert node.outcomes() == {"stored": 3}
    assert list(retention(node).over_time(DAY)) == [], "its time begins anew"
    node.send(t1_slice(1))
    assert node.outcomes() == {"stored": 3, "duplicate": 1}
    assert drop(node).objects == 1
    assert_dropped(node, objects=1)


def test_a_copy_in_another_syntax_takes_the_place_of_what_was_dropped(node: IntakeNode) -> None:
    settled(node)
    drop(node)
    again = implicit(t1_slice(1))
    node.send(again)
    (first, _) = node.recorded()
    assert first.dropped_at is None
    assert (node.archive / first.archived_as).read_bytes() == again
    assert len(node.archived()) == 1
    node.send(t1_slice(1))  # what it was at first: a copy, now
    assert node.outcomes() == {"stored": 3, "duplicate": 1}
    assert len(node.archived()) == 2


def test_whichever_of_two_syntaxes_comes_again_is_given_to_others(node: IntakeNode) -> None:
    again = implicit(t1_slice(1))
    node.send(t1_slice(1), again)
    node.wait(61)
    assert drop(node).objects == 2
    node.send(again)
    assert given(node) == {again: str(ImplicitVRLittleEndian)}
    assert [(r.counted, r.dropped_at is None) for r in node.recorded()] == [
        (True, True),
        (False, False),
    ]
    node.send(t1_slice(1))
    assert given(node) == {again: str(ImplicitVRLittleEndian)}
    assert len(node.archived()) == 2
    node.restart()
    node.send(t1_slice(2))
    assert row_of(node).images == 2
    node.wait(61)
    assert drop(node).objects == 3
    assert_dropped(node, objects=3)


def given(node: IntakeNode) -> dict[bytes, str]:
    """What others get of the study, each object with the transfer syntax that is said of it."""
    with node.records.reading() as session:
        held = holdings.objects_of(session, [STUDY])
    return {(node.archive / h.archived_as).read_bytes(): h.transfer_syntax_uid for h in held}


def implicit(content: bytes) -> bytes:
    image = dcmread(io.BytesIO(content))
    image.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    written = io.BytesIO()
    image.save_as(written, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return written.getvalue()


def test_other_content_never_gets_the_name_of_what_was_dropped(node: IntakeNode) -> None:
    settled(node)
    drop(node)
    other = t1_slice(1, EchoTime=9)
    node.send(other)
    node.send(t1_slice(1))
    rows = {r.digest: r for r in node.recorded()}
    assert len({r.archived_as for r in rows.values()}) == 3
    contents = {(node.archive / name).read_bytes() for name in node.archived()}
    assert contents == {other, t1_slice(1)}


def structured(node: IntakeNode) -> Report:
    with node.records.reading() as session:
        study = recorded(session, STUDY)
    return ReportObjects(node.archive, "en", UTC).report("sr", study)


def test_the_report_on_a_version_stays_the_same_object(node: IntakeNode) -> None:
    """Images of a study may differ in what they say of it; a retrieval may make the report again."""
    unlike: dict[str, Any] = {
        "AccessionNumber": "A-2",
        "StudyDescription": "BRAIN",
        "PatientName": "LEFÈVRE^Élodie",
    }
    first = t1_slice(
        1, SpecificCharacterSet="ISO_IR 100", PatientName="Lefèvre^E", PatientWeight="63.50"
    )
    images = [first, *(t1_slice(n, SpecificCharacterSet="ISO_IR 192", **unlike) for n in (2, 3))]
    node.send(*images)
    node.wait(61)
    before = structured(node)
    drop(node)
    assert structured(node) == before
    node.send(*images[1:])
    node.wait(61)
    assert structured(node) == before
    drop(node)
    assert structured(node) == before


def test_a_late_image_is_judged_together_with_what_is_known(node: IntakeNode) -> None:
    settled(node, *range(1, 6))
    drop(node)
    node.send(t1_slice(6))
    node.wait(61)
    row = row_of(node)
    assert (row.images, row.state) == (6, "settled")
    assert len(node.events("study.reopened")) == 1
    assert len(node.archived()) == 1
    node.restart()  # all of it from the records
    node.send(t1_slice(7))
    node.wait(61)
    assert row_of(node).images == 7
    assert drop(node).objects == 2
    assert_dropped(node, objects=2)
    with node.records.reading() as session:
        assert archived_files(session, STUDY) == {}


def test_nobody_is_told_that_what_was_dropped_is_safe(node: IntakeNode, telling: Any) -> None:
    settled(node)
    drop(node)
    ask(node, 1, 2)
    node.intake.drain()
    work(commitments(node))
    (result,) = telling.told
    assert result.committed == ()
    assert {f.reason for f in result.failed} == {FailureReason.NO_SUCH_OBJECT_INSTANCE}
    (reported,) = node.events("commitment.reported")
    assert (reported.details["failed"], reported.details["dropped"]) == (2, 2)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        pytest.param(implicit(t1_slice(1)), (1, 0), id="the same in another transfer syntax"),
        pytest.param(t1_slice(1, SliceThickness=2), (0, 1), id="another content"),
    ],
)
def test_of_two_objects_under_one_uid_one_comes_again(
    node: IntakeNode, telling: Any, other: bytes, told: tuple[int, int]
) -> None:
    """Whoever asks may mean either of two contents; in two transfer syntaxes it is one object."""
    node.send(t1_slice(1), other)
    node.wait(61)
    drop(node)
    node.send(t1_slice(1))
    ask(node, 1)
    node.intake.drain()
    work(commitments(node))
    assert [(len(r.committed), len(r.failed)) for r in telling.told] == [told]


def test_what_is_dropped_while_it_is_looked_into_is_not_promised(
    node: IntakeNode, telling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is recorded after the drop was decided, and its files are read before they go."""
    settled(node)
    settled(node, study=2)
    ask(node, 1)
    node.intake.drain()
    dropped: list[bool] = []

    def verify_and_drop(*args: Any) -> Iterable[Any]:
        found = list(failures(*args))
        if not dropped:
            dropped.append(True)
            with node.records.writing() as session:
                records_of.mark(session, STUDY, "age", node.now)
            retention(node).finish(STUDY)
        return found

    monkeypatch.setattr(commitment, "failures", verify_and_drop)
    work(commitments(node))
    (result,) = telling.told
    assert (len(result.committed), len(result.failed)) == (0, 1)


# --- files


def test_nothing_is_removed_through_a_symbolic_link(node: IntakeNode, tmp_path: Path) -> None:
    settled(node)
    settled(node, study=2)
    moved = tmp_path / "elsewhere"
    (node.archive / STUDY).rename(moved)
    (node.archive / STUDY).symlink_to(moved)
    with pytest.raises(NotOfTheArchive, match="symbolic link"):
        drop(node)
    assert len(list(moved.rglob("*.dcm"))) == 2
    (node.archive / STUDY).unlink()
    moved.rename(node.archive / STUDY)
    assert retention(node).unfinished() == [STUDY]
    retention(node).finish(STUDY)
    assert_dropped(node, objects=2)


def test_a_file_that_is_a_link_goes_and_what_it_leads_to_stays(
    node: IntakeNode, tmp_path: Path
) -> None:
    settled(node)
    file = node.archive / node.recorded()[0].archived_as
    target = file.rename(tmp_path / "target.dcm")
    file.symlink_to(target)
    drop(node)
    assert_dropped(node, objects=2)
    assert target.exists()


def test_what_else_lies_in_a_folder_stays(node: IntakeNode) -> None:
    settled(node)
    note = node.archive / STUDY / "note.txt"
    note.write_text("ours")
    drop(node)
    assert note.read_text() == "ours"
    assert not row_of(node).dropping


def test_what_another_has_dropped_meanwhile_is_no_archive_that_is_away(node: IntakeNode) -> None:
    settled(node)
    late = retention(node)
    study = late.study(STUDY)
    drop(node)
    assert late.drop(study, ANY_AGE).holds == ()
    assert_dropped(node, objects=2)


@pytest.mark.parametrize("found", UNMOUNTED)
def test_an_archive_that_is_away_is_not_taken_for_an_empty_one(
    node: IntakeNode, tmp_path: Path, found: str
) -> None:
    settled(node)
    node.archive.rename(tmp_path / "unmounted")
    (node.archive / found).mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="archive is not there"):
        drop(node)
    assert row_of(node).dropped_at is None
    shutil.rmtree(node.archive)
    (tmp_path / "unmounted").rename(node.archive)
    drop(node)
    assert_dropped(node, objects=2)


# --- for room, and unasked


def look(node: IntakeNode, schedule: Schedule, *free: int, dry: bool = False) -> list[Outcome]:
    spaces = iter(free)
    one = Look(
        retention(node), schedule, node.archive, dry=dry, space=lambda _: Space(next(spaces), 100)
    )
    act = retention(node).looked_at if dry else retention(node).drop
    return list(one.through(act))


MARK = Schedule(watermark=Watermark(90, 80))


def test_above_the_watermark_the_oldest_go_until_there_is_room(node: IntakeNode) -> None:
    for study in (1, 2, 3):
        settled(node, 1, study=study)
    size = row_of(node).archived_bytes
    total = 10 * size
    mark = Watermark(high=90, low=75)  # 1.6 studies too many

    def space(_: Path) -> Space:
        return Space(free=int(0.09 * total), total=total)

    done = Look(retention(node), Schedule(watermark=mark), node.archive, space=space)
    found = [o.study.study_instance_uid for o in done.through(retention(node).drop)]
    assert found == [uid_of("study", 1), uid_of("study", 2)]
    assert done.excess < 0
    assert len(node.archived()) == 1


def test_below_the_watermark_and_before_their_age_nothing_goes(node: IntakeNode) -> None:
    settled(node)
    assert look(node, MARK, 50) == []
    assert look(node, Schedule(watermark=Watermark(90, 80), at_least=timedelta(days=1)), 5) == []


def test_a_dry_look_counts_what_would_have_gone(node: IntakeNode) -> None:
    settled(node, 1)
    node.now += timedelta(days=2)
    settled(node, 1, study=2)
    schedule = Schedule(DAY, Watermark(90, 80))
    size = row_of(node).archived_bytes
    found = Look(
        retention(node),
        schedule,
        node.archive,
        dry=True,
        space=lambda _: Space(free=0, total=5 * size),
    ).through(retention(node).looked_at)
    assert [o.rule.cause for o in found] == ["age"], "which is room enough"
    assert len(node.archived()) == 2


def test_rounds_drop_and_say_what_hinders_them(node: IntakeNode, tmp_path: Path) -> None:
    settled(node)
    settled(node, study=2)
    node.now += timedelta(days=2)
    away = node.archive.rename(tmp_path / "unmounted")
    rounds = Rounds(Schedule(DAY), node.archive, 1, Stop())
    with structlog.testing.capture_logs() as said:
        rounds._attempt(retention(node))
        rounds._attempt(retention(node))
        assert [s["event"] for s in said] == ["retention.waiting"]
        away.rename(node.archive)
        rounds._attempt(retention(node))
    assert [s["event"] for s in said] == ["retention.waiting"]
    assert_dropped(node, objects=2)
    assert_dropped(node, objects=2, study=2)


def test_a_study_in_a_strange_place_stops_no_other(node: IntakeNode, tmp_path: Path) -> None:
    settled(node)
    settled(node, study=2)
    node.now += timedelta(days=2)
    moved = tmp_path / "elsewhere"
    (node.archive / STUDY).rename(moved)
    (node.archive / STUDY).symlink_to(moved)
    rounds = Rounds(Schedule(DAY), node.archive, 1, Stop())
    with structlog.testing.capture_logs() as said:
        rounds._attempt(retention(node))
        rounds._attempt(retention(node))
    assert [(s["event"], s["study"]) for s in said] == [("retention.refused", STUDY)]
    assert_dropped(node, objects=2, study=2)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_archive_that_cannot_be_written_is_told_before_anything_is(node: IntakeNode) -> None:
    settled(node)
    node.archive.chmod(0o500)
    with pytest.raises(PermissionError, match="cannot be written"):
        drop(node)
    assert row_of(node).dropped_at is None
    node.archive.chmod(0o700)
