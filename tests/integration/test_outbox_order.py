"""What a destination hears last is what holds, whatever was under way, failed or is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ofsep_node.domain.events import Event
from ofsep_node.errors import ReportNotFound
from ofsep_node.intake.dispatch import Dispatch
from ofsep_node.records import outbox, outbox_by_hand
from ofsep_node.records.locks import lock_studies
from ofsep_node.records.outbox import OutboxEntry, Target
from ofsep_node.records.outbox_by_hand import Hand
from ofsep_node.records.schema import StudyRow, VerdictRow
from tests.destinations import (
    PATIENCE,
    HttpDestination,
    delivered,
    entries,
    routing,
    settled,
    states,
    told,
    tried_until_given_up,
)
from tests.intake_node import IntakeNode, t1_slice, uid_of

STUDY = uid_of("study", 1)
FAULTS_ONLY = routing("dashboard", conclusions=("non_compliant",))


def mended(node: IntakeNode) -> list[Event]:
    """The study is compliant from now on; the reports that this makes due."""
    with node.records.writing() as session:
        study = session.get_one(StudyRow, STUDY)
        study.conclusion = "compliant"
        return Dispatch(FAULTS_ONLY).settled(session, study, node.now)


def taken(node: IntakeNode, by: str = "") -> OutboxEntry:
    """A report is on its way."""
    lease = timedelta(minutes=15)
    with node.records.writing() as session:
        entry = outbox.take(session, Target("dashboard"), by or node.name, node.now, lease)
    assert entry is not None
    return entry


@pytest.mark.parametrize("told_of_it", [False, True])
def test_who_was_told_of_a_fault_and_nobody_else_is_told_that_it_is_mended(
    node: IntakeNode, dashboard: HttpDestination, told_of_it: bool
) -> None:
    told(node, FAULTS_ONLY)
    settled(node)
    if told_of_it:
        delivered(node, {"dashboard": dashboard.webhook()})
    queued = mended(node)

    assert [e.details["destination"] for e in queued] == (["dashboard"] if told_of_it else [])
    assert [s for _, s in states(node)] == (["sent", "waiting"] if told_of_it else ["superseded"])


def test_who_is_just_being_told_of_a_fault_is_told_after_that_that_it_is_mended(
    node: IntakeNode,
) -> None:
    """By whichever node: what was settled last is what arrives last."""
    told(node, FAULTS_ONLY)
    settled(node)
    fault = taken(node)
    queued = mended(node)
    assert [e.details["destination"] for e in queued] == ["dashboard"]
    with node.records.writing() as session:
        lease = timedelta(minutes=15)
        assert outbox.due_targets(session, ["dashboard"], node.now) == []
        assert outbox.take(session, Target("dashboard"), "other", node.now, lease) is None
        assert outbox.sent(session, fault, node.now, None, "")

    assert taken(node, "other").entry_id == queued[0].details["report"]
    assert [s for _, s in states(node)] == ["sent", "waiting"]


def test_who_may_have_been_told_of_a_fault_when_its_node_was_killed_hears_that_it_is_mended(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, FAULTS_ONLY)
    settled(node)
    taken(node)
    with node.records.writing() as session:
        outbox.release(session, node.name, node.now)
    mended(node)
    delivered(node, {"dashboard": dashboard.webhook()})

    assert [s for _, s in states(node)] == ["superseded", "sent"]


def test_an_attempt_that_fails_changes_nothing_of_what_was_cancelled_meanwhile(
    node: IntakeNode,
) -> None:
    told(node, routing("dashboard"))
    settled(node)
    entry = taken(node)
    with node.records.writing() as session:
        outbox_by_hand.cancel(
            session, entry.entry_id, node.now, Hand("Marie", node.name, "it was sold")
        )
    with node.records.writing() as session:
        assert not outbox.put_off(session, entry, node.now, "no answer")

    (left,) = entries(node)
    assert (left.state, left.reason, left.taken_by) == ("cancelled", "Marie: it was sold", None)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_study_that_is_worked_on_keeps_no_other_waiting(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard"))
    settled(node, 1, 2)
    with node.records.writing() as session:
        lock_studies(session, [STUDY])
        delivered(node, {"dashboard": dashboard.webhook()})

    assert [s for _, s in states(node)] == ["waiting", "sent"]


@pytest.mark.parametrize("conclusion", ["non_compliant", "compliant"])
def test_a_provisional_report_tells_no_other_conclusion_than_is_asked_for(
    node: IntakeNode, dashboard: HttpDestination, conclusion: str
) -> None:
    told(node, replace(FAULTS_ONLY, routes={
        "dashboard": replace(FAULTS_ONLY.routes["dashboard"], provisional=True),
    }), provisional_after_s=10)  # fmt: skip
    node.send(t1_slice(1))
    with node.records.writing() as session:
        study = session.get_one(StudyRow, STUDY)
        newest = session.get_one(VerdictRow, (STUDY, study.version))
        assert newest.conclusion == "non_compliant"
        newest.conclusion = conclusion
    node.now += timedelta(seconds=10)
    delivered(node, {"dashboard": dashboard.webhook()})

    becomes = {"non_compliant": "sent", "compliant": "superseded"}
    assert states(node) == [("dashboard", becomes[conclusion])]
    assert len(dashboard.posted) == (conclusion == "non_compliant")


def test_what_is_retried_is_tried_as_often_as_what_is_new(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    tried_until_given_up(node, dashboard)
    (entry,) = entries(node)
    assert entry.attempts > 2
    with node.records.writing() as session:
        outbox_by_hand.retry(session, entry.entry_id, node.now, Hand("Marie", node.name))
    delivered(node, {"dashboard": dashboard.webhook()})

    (retried,) = node.events("report.retried")
    assert (retried.details["by"], retried.details["attempts"]) == ("Marie", entry.attempts)
    (entry,) = entries(node)
    assert (entry.state, entry.attempts) == ("waiting", 1)
    assert entry.due_at - node.now <= PATIENCE.first


def test_an_attempt_from_before_a_retry_is_not_taken_for_the_one_after_it(
    node: IntakeNode,
) -> None:
    told(node, routing("dashboard"))
    settled(node)
    lost = taken(node)
    node.now += timedelta(minutes=15)
    with node.records.writing() as session:
        outbox_by_hand.retry(session, lost.entry_id, node.now, Hand("Marie", node.name))
    again = taken(node)
    with node.records.writing() as session:
        assert (lost.attempts, again.attempts) == (1, 1)
        assert not outbox.put_off(session, lost, node.now, "late")
        assert outbox.put_off(session, again, node.now, "away")


def test_a_report_on_a_verdict_that_is_outdated_is_not_retried(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    """It would arrive after what was settled later."""
    tried_until_given_up(node, dashboard)
    (entry,) = entries(node)
    node.send(t1_slice(2))
    with node.records.writing() as session:  # so far it is the newest that is settled
        outbox_by_hand.retry(session, entry.entry_id, node.now, Hand("Marie", node.name))
        outbox_by_hand.cancel(session, entry.entry_id, node.now, Hand("Marie", node.name))
    node.wait(61)
    with (
        node.records.writing() as session,
        pytest.raises(
            ReportNotFound, match="tells version 1 of a study that is settled as version 2"
        ),
    ):
        outbox_by_hand.retry(session, entry.entry_id, node.now, Hand("Marie", node.name))

    assert len(node.events("report.retried")) == 1, "of what is refused nothing is told"
    assert states(node) == [("dashboard", "cancelled"), ("dashboard", "waiting")]
