"""Steps and requests for commitment into the records, in whatever order they are recorded."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from threading import Event

import pytest
from pydicom.dataset import Dataset

from ofsep_node.delivery import commitment as committing
from ofsep_node.delivery.commitment import Commitments, Place
from ofsep_node.delivery.peer import Peer
from ofsep_node.domain.commitment import CommitmentResult, FailureReason
from ofsep_node.domain.sop_classes import PERFORMED_PROCEDURE_STEP, STORAGE_COMMITMENT
from ofsep_node.errors import PeerError, SettingsError
from ofsep_node.records.base import Base
from ofsep_node.records.commitments import commitment_counts, commitments_of
from ofsep_node.records.services_schema import CommitmentRow, PerformedStepRow
from ofsep_node.records.steps import steps_of
from tests.intake_node import MR_IMAGE_STORAGE, NODE, IntakeNode, t1_slice, uid_of
from tests.modality import TITLE, commitment_request, end_of_step, kept, new_step, receive

STEP = "1.2.826.0.1.9"
STUDY = uid_of("study", 1)
SERIES = uid_of("series 1", 1)


def step(content: Dataset) -> bytes:
    return kept(content, PERFORMED_PROCEDURE_STEP, STEP)


def instance(number: int) -> tuple[str, str]:
    return str(MR_IMAGE_STORAGE), uid_of("instance 1 1", number)


REPORTS = {
    "create": ("create", new_step(STUDY)),
    "set": (
        "set",
        end_of_step({SERIES: [instance(1)]}, PerformedProcedureStepStatus="IN PROGRESS"),
    ),
    "end": ("set", end_of_step({SERIES: [instance(1), instance(2)]})),
}


@pytest.mark.parametrize("order", list(permutations(REPORTS)))
def test_what_was_told_last_stands_whatever_is_recorded_last(
    node: IntakeNode, order: Sequence[str], tmp_path: Path
) -> None:
    folders = {}
    for name, (ending, content) in REPORTS.items():
        receive(node, ending, step(content))
        (folders[name],) = node.spool.iterdir()
        folders[name] = folders[name].rename(tmp_path / folders[name].name)
    for name in order:
        folders[name].rename(node.spool / folders[name].name)
        node.intake.drain()
    with node.records.reading() as session:
        (told,) = steps_of(session, STUDY)
    assert told.status == "COMPLETED"
    assert [(s.announced, s.arrived) for s in told.series] == [(2, 0)]
    assert "IRM cerebrale" in told.texts


def test_a_report_that_is_recorded_twice_tells_once(node: IntakeNode) -> None:
    receive(node, "create", step(new_step(STUDY)))
    (folder,) = node.spool.iterdir()
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    node.intake.drain()
    folder.mkdir()
    for name, written in files.items():
        (folder / name).write_bytes(written)
    node.restart()
    node.intake.drain()
    with node.records.reading() as session:
        assert session.query(PerformedStepRow).count() == 1
    assert [e.name for e in node.events()].count("mpps.in_progress") == 1


def test_a_study_of_which_a_series_is_awaited_does_not_settle_at_once(node: IntakeNode) -> None:
    receive(node, "create", step(new_step(STUDY)))
    ending = end_of_step({SERIES: [instance(1), instance(2)]})
    receive(node, "set", step(ending), [t1_slice(1)])
    node.intake.drain()
    node.wait(1)
    assert "study.settled" not in [e.name for e in node.events()]
    node.send(t1_slice(2))
    node.intake.drain()
    node.wait(1)
    (settled,) = (e for e in node.events() if e.name == "study.settled")
    assert settled.details["because"] == "procedure_completed"


def test_an_image_that_no_step_announced_opens_the_study_for_a_quiet_period(
    node: IntakeNode,
) -> None:
    receive(node, "create", step(new_step(STUDY)))
    receive(node, "set", step(end_of_step({SERIES: [instance(1)]})), [t1_slice(1)])
    node.intake.drain()
    node.wait(1)
    assert because(node) == ["procedure_completed"]
    node.send(t1_slice(2))
    node.wait(1)
    assert because(node) == ["procedure_completed"]
    node.wait(61)
    assert because(node) == ["procedure_completed", "quiet"]


def test_a_study_of_which_announced_images_are_missing_is_not_locked_again_and_again(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(node, "create", step(new_step(STUDY)))
    ending = end_of_step({SERIES: [instance(1), instance(2)]})
    receive(node, "set", step(ending), [t1_slice(1)])
    node.intake.drain()
    settled: list[str] = []
    monkeypatch.setattr(node.intake, "_settle", lambda uid, _until: settled.append(uid))
    node.wait(1)
    assert settled == []
    node.send(t1_slice(2))
    node.wait(1)
    assert settled == [STUDY]


def because(node: IntakeNode) -> list[object]:
    """Why the study settled, each time."""
    return [e.details["because"] for e in node.events() if e.name == "study.settled"]


# --- storage commitment


class Telling:
    """Stands where the network would be: `told` holds the results, `refusals` what to raise."""

    def __init__(self) -> None:
        self.told: list[CommitmentResult] = []
        self.refusals: list[PeerError] = []

    def __call__(self, _peer: Peer, result: CommitmentResult) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.told.append(result)


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch) -> Telling:
    telling = Telling()
    monkeypatch.setattr(committing, "report_commitment", telling)
    return telling


def listed(title: str, address: str, ours: str) -> Peer:
    return Peer(address, 104, title, ours)


def commitments(node: IntakeNode, where: Callable[[str, str, str], Peer] = listed) -> Commitments:
    place = Place(NODE, node.spool, node.archive)
    return Commitments(place, node.records, where, now=lambda _: node.now)


def ask(node: IntakeNode, *numbers: int, transaction: str = "1.2.3") -> None:
    asked = commitment_request(transaction, [instance(n) for n in numbers])
    receive(node, "action", kept(asked, STORAGE_COMMITMENT))


def work(committer: Commitments) -> None:
    while committer.step():
        continue


def rows(node: IntakeNode, kind: type[Base] = CommitmentRow) -> list[CommitmentRow]:
    with node.records.reading() as session:
        found = session.query(kind).all()
        session.expunge_all()
    return [row for row in found if isinstance(row, CommitmentRow)]


def test_a_result_is_recorded_told_and_shown(node: IntakeNode, telling: Telling) -> None:
    node.send(t1_slice(1), t1_slice(2))
    ask(node, 1, 2, 3)
    node.intake.drain()
    work(commitments(node))
    (result,) = telling.told
    assert [r.sop_instance_uid for r in result.committed] == [instance(n)[1] for n in (1, 2)]
    assert [f.reason for f in result.failed] == [FailureReason.NO_SUCH_OBJECT_INSTANCE]
    with node.records.reading() as session:
        (entry,) = commitments_of(session, STUDY)
        assert commitment_counts(session) == {"reported": 1}
    assert (entry.state, entry.asked, entry.committed) == ("reported", 2, 2)
    assert [(row.objects, row.failures) for row in rows(node)] == [([], [])]
    assert [e.name for e in node.events()].count("commitment.reported") == 1


def test_what_waits_in_the_spool_is_waited_for(node: IntakeNode, telling: Telling) -> None:
    node.open().store(t1_slice(1))
    (waiting,) = node.spool.iterdir()
    aside = waiting.rename(node.data / "aside")  # the intake has not come to it yet
    ask(node, 1)
    node.intake.drain()
    aside.rename(waiting)
    committer = commitments(node)
    committer.step()
    assert telling.told == []
    (row,) = rows(node)
    assert row.state == "asked"
    node.intake.drain()
    make_due(node)
    work(committer)
    (result,) = telling.told
    assert not result.failed


def test_what_waits_under_the_uid_of_what_is_recorded_is_waited_for(
    node: IntakeNode, telling: Telling
) -> None:
    """Whoever asks may mean this one; and it may turn out to be one that cannot be read."""
    node.send(t1_slice(1))
    node.open().store(t1_slice(1, SliceThickness=2))
    (waiting,) = node.spool.iterdir()
    aside = waiting.rename(node.data / "aside")
    ask(node, 1)
    node.intake.drain()
    aside.rename(waiting)
    commitments(node).step()
    assert [row.state for row in rows(node)] == ["asked"]
    node.intake.drain()
    make_due(node)
    work(commitments(node))
    assert [len(result.committed) for result in telling.told] == [1]


def test_what_is_being_filed_at_this_moment_is_waited_for(
    node: IntakeNode, telling: Telling
) -> None:
    """It has its name in the archive, and what it belongs to is not committed yet."""
    node.open().store(t1_slice(1))
    (waiting,) = node.spool.iterdir()
    aside = waiting.rename(node.data / "aside")
    (spooled,) = aside.glob("*.dcm")
    written = time.time() - 120
    os.utime(spooled, (written, written))
    ask(node, 1)
    node.intake.drain()
    node.now += timedelta(minutes=1)
    aside.rename(waiting)
    node.archive.mkdir(exist_ok=True)
    (node.archive / "filed").hardlink_to(waiting / spooled.name)
    work(commitments(node))
    assert [row.state for row in rows(node)] == ["asked"]
    assert telling.told == []


@pytest.mark.parametrize("ahead", [timedelta(days=-30), timedelta(), timedelta(days=30)])
def test_the_database_may_have_another_clock_than_the_machine(
    node: IntakeNode, telling: Telling, ahead: timedelta
) -> None:
    node.now += ahead
    ask(node, 1)
    node.intake.drain()
    (row,) = rows(node)
    node.open().store(t1_slice(1))  # only after that
    node.now += timedelta(minutes=1)
    work(commitments(node))
    assert row.asked_at < node.now
    assert [len(result.failed) for result in telling.told] == [1]


def make_due(node: IntakeNode) -> None:
    with node.records.writing() as session:
        for row in session.query(CommitmentRow):
            row.due_at = row.asked_at


def test_who_cannot_be_told_is_told_later_and_less_often(
    node: IntakeNode, telling: Telling
) -> None:
    node.send(t1_slice(1))
    ask(node, 1)
    node.intake.drain()
    telling.refusals = [PeerError("away")] * 3
    committer, pauses = commitments(node), []
    for _ in range(3):
        make_due(node)
        work(committer)
        unreported = [e for e in node.events() if e.name == "commitment.unreported"]
        pauses.append(unreported[-1].details["again_in_s"])
    assert pauses == [10, 20, 40]
    assert rows(node)[0].problem == "away"
    make_due(node)
    work(commitments(node))  # as after a restart
    assert len(telling.told) == 1
    assert rows(node)[0].problem is None


def test_one_call_is_enough_to_know_that_a_peer_is_away(node: IntakeNode, telling: Telling) -> None:
    node.send(t1_slice(1))
    for transaction in ("1.2.3", "1.2.4", "1.2.5"):
        ask(node, 1, transaction=transaction)
    node.intake.drain()
    committer = commitments(node)
    telling.refusals = [PeerError("away")]
    work(committer)
    assert telling.told == []
    node.now += timedelta(seconds=11)
    work(committer)
    assert len(telling.told) == 3


def test_after_a_week_a_peer_is_given_up(node: IntakeNode, telling: Telling) -> None:
    node.send(t1_slice(1))
    ask(node, 1)
    node.intake.drain()

    def unlisted(title: str, _address: str, _ours: str) -> Peer:
        raise SettingsError(f"{title} is not listed")

    with node.records.writing() as session:
        row = session.query(CommitmentRow).one()
        row.asked_at = row.due_at = row.asked_at - timedelta(days=8)
    work(commitments(node, unlisted))
    (row,) = rows(node)
    assert (row.state, row.problem) == ("given_up", f"{TITLE} is not listed")
    assert (row.objects, row.failures) == ([], [])
    assert telling.told == []


def test_what_was_asked_of_a_node_is_told_when_it_has_another_name(
    node: IntakeNode, telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not by another node, on a database that several share."""
    node.send(t1_slice(1))
    ask(node, 1)
    node.intake.drain()
    monkeypatch.setattr(committing, "LOOKED_FOR_EVERY_S", 0.01)
    stop, beats = Event(), itertools.count()

    def beat() -> None:
        if telling.told or next(beats) == 20:
            stop.set()

    place = Place("renamed", node.spool, node.archive)
    Commitments(place, node.records, listed, now=lambda _: node.now).run(stop, beat)
    assert [len(r.committed) for r in telling.told] == ([] if node.records.is_postgresql else [1])


def test_a_request_that_comes_again_is_looked_into_and_told_again(
    node: IntakeNode, telling: Telling
) -> None:
    node.send(t1_slice(1), t1_slice(2))
    for _ in range(2):
        ask(node, 1)
        node.intake.drain()
        work(commitments(node))
        for path in node.archive.rglob(f"{instance(1)[1]}.dcm"):
            path.unlink()
    first, second = telling.told
    assert (len(first.committed), len(second.committed)) == (1, 0)
    assert [f.reason for f in second.failed] == [FailureReason.NO_SUCH_OBJECT_INSTANCE]
    assert len(rows(node)) == 1


UNMOUNTED = (".", "1.2.826.0.1.4711")
"""What is found where an archive is not mounted: nothing, or images of long ago."""


@pytest.mark.parametrize("found", UNMOUNTED)
def test_an_archive_that_is_not_mounted_has_lost_nothing(
    node: IntakeNode, telling: Telling, found: str
) -> None:
    node.send(t1_slice(1))
    ask(node, 1)
    node.intake.drain()
    away = node.archive.rename(node.data / "unmounted")
    (node.archive / found).mkdir(parents=True)
    committer = commitments(node)
    with pytest.raises(FileNotFoundError, match="the archive is not there"):
        committer.step()
    mount_again(node, away)
    work(committer)
    (result,) = telling.told
    assert not result.failed


def mount_again(node: IntakeNode, away: Path) -> None:
    shutil.rmtree(node.archive)
    away.rename(node.archive)
    node.now += timedelta(seconds=2)


@pytest.mark.parametrize("found", UNMOUNTED)
def test_an_archive_that_is_lost_while_it_is_looked_into_has_lost_nothing(
    node: IntakeNode, telling: Telling, found: str
) -> None:
    node.send(t1_slice(1), t1_slice(2))
    ask(node, 1, 2)
    node.intake.drain()
    committer, away = commitments(node), node.data / "unmounted"

    def lose_it_after_the_first() -> None:
        if next(looked_at) == 2:
            node.archive.rename(away)
            (node.archive / found).mkdir(parents=True)

    looked_at = itertools.count()
    with pytest.raises(FileNotFoundError, match="the archive is not there"):
        committer.step(lose_it_after_the_first)
    assert [row.state for row in rows(node)] == ["asked"]
    mount_again(node, away)
    work(committer)
    (result,) = telling.told
    assert not result.failed


def test_an_unreadable_object_is_not_safe(node: IntakeNode, telling: Telling) -> None:
    whole = t1_slice(1)
    sending = node.open()
    sending.store(whole[: whole.index(b"SIEMENS")])
    sending.release()
    ask(node, 1)
    node.intake.drain()
    work(commitments(node))
    (result,) = telling.told
    assert [f.reason for f in result.failed] == [FailureReason.PROCESSING_FAILURE]
