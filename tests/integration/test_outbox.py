"""From a verdict to whoever is told of it: queued with it, delivered once, whatever fails between."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy.orm import Session

from ofsep_node.delivery import Peer
from ofsep_node.delivery.document import Courier, Document, Draft
from ofsep_node.delivery.objects import Objects
from ofsep_node.delivery.outbox import Deliveries, Patience
from ofsep_node.delivery.report_objects import ReportObjects
from ofsep_node.delivery.webhook import DELIVERY, SIGNATURE, Webhook
from ofsep_node.domain.routing import EVERYBODY, NOBODY, ReportKind, Route, Routing
from ofsep_node.errors import ReportNotFound
from ofsep_node.intake.dispatch import Dispatch
from ofsep_node.intake.judging import Judging
from ofsep_node.intake.review import Person, Reviewing
from ofsep_node.records import events, outbox, outbox_by_hand, queries
from ofsep_node.records.database import DatabaseUnavailable
from ofsep_node.records.outbox import OutboxEntry, Target
from ofsep_node.records.outbox_by_hand import Hand
from ofsep_node.records.series import find_series
from ofsep_node.reporting.composite import FORMATS
from tests.destinations import (
    PATIENCE,
    SECRET,
    HttpDestination,
    delivered,
    deliveries,
    entries,
    routing,
    settled,
    states,
    told,
    tried_until_given_up,
)
from tests.intake_node import IntakeNode, t1_slice, uid_of
from tests.reception_node import wait_until
from tests.storescp import AE_TITLE, answering

STUDY = uid_of("study", 1)


@pytest.fixture
def archive() -> Iterator[HttpDestination]:
    with HttpDestination() as destination:
        yield destination


def state(node: IntakeNode) -> str:
    with node.records.reading() as session:
        return queries.study(session, STUDY).state


# --- a settled verdict


def test_a_settled_verdict_is_delivered_signed_and_the_study_is_reported(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard"))
    settled(node)
    assert (states(node), state(node)) == ([("dashboard", "waiting")], "settled")
    delivered(node, {"dashboard": dashboard.webhook()})

    (posted,) = dashboard.posted
    signature = hmac.new(SECRET, posted.body, hashlib.sha256).hexdigest()
    assert posted.path == "/ofsep"
    assert posted.headers[SIGNATURE] == f"sha256={signature}"
    assert posted.headers["Content-Type"] == "application/json"
    document = json.loads(posted.body)
    assert (document["study"]["study_instance_uid"], document["state"]) == (STUDY, "settled")
    assert document["findings"]
    assert (states(node), state(node)) == ([("dashboard", "sent")], "reported")
    names = [e.name for e in node.events("report.queued", "report.sent", "report.failed")]
    assert names == ["report.queued", "report.sent"]


def test_the_patient_is_told_only_where_the_site_says_so(
    node: IntakeNode, dashboard: HttpDestination, archive: HttpDestination
) -> None:
    told(node, routing("dashboard", "archive"))
    settled(node)
    couriers = {"dashboard": dashboard.webhook(), "archive": archive.webhook(patient_id=True)}
    delivered(node, couriers)

    assert json.loads(dashboard.posted[0].body)["study"]["patient_id"] is None
    assert json.loads(archive.posted[0].body)["study"]["patient_id"] == "TEST-1"
    for posted in (*dashboard.posted, *archive.posted):
        assert b"Secret" not in posted.body


def test_what_arrived_is_not_sent_again_for_a_database_that_was_away_meanwhile(
    node: IntakeNode, dashboard: HttpDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(node, routing("dashboard"))
    settled(node)
    sent, away = outbox.sent, [DatabaseUnavailable("away"), DatabaseUnavailable("still away")]

    def later(*given: Any) -> bool:
        if away:
            raise away.pop()
        return sent(*given)

    monkeypatch.setattr(outbox, "sent", later)
    delivered(node, {"dashboard": dashboard.webhook()})

    assert (states(node), len(dashboard.posted)) == ([("dashboard", "sent")], 1)


def test_what_was_taken_before_the_database_went_away_is_due_when_it_is_back(
    node: IntakeNode, dashboard: HttpDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not when its time is over: nothing had left."""
    told(node, routing("dashboard"))
    settled(node)
    webhook = dashboard.webhook()
    draft, away = Webhook.draft, [DatabaseUnavailable("away")]

    def later(courier: Webhook, session: Session, entry: OutboxEntry) -> Draft:
        if away:
            raise away.pop()
        return draft(courier, session, entry)

    monkeypatch.setattr(Webhook, "draft", later)
    delivered(node, {"dashboard": webhook})

    assert (states(node), len(dashboard.posted)) == ([("dashboard", "sent")], 1)


def test_the_log_tells_no_secret_of_an_address(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard"))
    settled(node)
    dashboard.status = 503
    courier = dashboard.webhook()
    delivered(node, {"dashboard": replace(courier, url=f"{courier.url}?token=hush")})

    (entry,) = entries(node)
    assert "answered 503" in (entry.reason or "")
    assert "hush" not in (entry.reason or "")


def test_without_destinations_nothing_is_queued_and_the_study_stays_settled(
    node: IntakeNode,
) -> None:
    settled(node)

    assert (states(node), state(node)) == ([], "settled")


def test_a_verdict_that_is_not_committed_is_not_queued(
    node: IntakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(node, routing("dashboard"))
    node.send(t1_slice(1))
    append = events.append

    def fails(*_args: object, **_keywords: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(events, "append", fails)
    with pytest.raises(Exception, match="No space left"):
        node.wait(61)
    assert (states(node), state(node)) == ([], "receiving")
    monkeypatch.setattr(events, "append", append)
    node.wait(1)

    assert (states(node), state(node)) == ([("dashboard", "waiting")], "settled")


def test_a_study_is_reported_when_the_last_of_its_reports_has_arrived(
    node: IntakeNode, dashboard: HttpDestination, archive: HttpDestination
) -> None:
    told(node, routing("dashboard", "archive"))
    settled(node)
    couriers = {"dashboard": dashboard.webhook(), "archive": archive.webhook()}
    archive.status = 503
    delivered(node, couriers)
    assert (states(node), state(node)) == (
        [("dashboard", "sent"), ("archive", "waiting")], "settled",
    )  # fmt: skip
    archive.status = 200
    node.now += timedelta(seconds=8)
    delivered(node, couriers)

    assert state(node) == "reported"
    assert len(dashboard.posted) == 1


def test_a_later_verdict_takes_the_place_of_one_that_waits(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard"))
    settled(node)
    node.send(t1_slice(2))
    node.wait(61)
    assert [(e.version, e.state) for e in entries(node)] == [(1, "superseded"), (2, "waiting")]
    delivered(node, {"dashboard": dashboard.webhook()})

    (posted,) = dashboard.posted
    assert json.loads(posted.body)["version"] == 2


def test_a_later_verdict_ends_what_waits_for_somebody_who_is_told_no_more(node: IntakeNode) -> None:
    told(node, routing("dashboard"))
    settled(node)
    told(node, NOBODY)
    node.send(t1_slice(2))
    node.wait(61)
    assert [(e.version, e.state) for e in entries(node)] == [(1, "superseded")]


def test_a_correction_is_told_again(node: IntakeNode, dashboard: HttpDestination) -> None:
    told(node, routing("dashboard"))
    settled(node)
    delivered(node, {"dashboard": dashboard.webhook()})
    judging = Judging(node.edition, "en", timedelta(seconds=60))
    dispatch = Dispatch(routing("dashboard"))
    reviewing = Reviewing(
        node.records, judging, "elsewhere", clock=lambda: node.now, dispatch=dispatch
    )
    with node.records.reading() as session:
        series = find_series(session, f"{STUDY}/1")
    reviewing.pin(series, {"weighting": "t2"}, Person("Marie"))
    assert state(node) == "settled"
    delivered(node, {"dashboard": dashboard.webhook()})

    assert [json.loads(p.body)["version"] for p in dashboard.posted] == [1, 2]
    assert state(node) == "reported"


class Watching:
    """A courier that notes how many connections to the database are open as it makes a document."""

    def __init__(self, node: IntakeNode, courier: Courier) -> None:
        self.open: list[int] = []
        self._courier = courier
        self._pool: Any = node.records.engine.pool

    def draft(self, session: Session, entry: OutboxEntry) -> Draft:
        draft = self._courier.draft(session, entry)

        def made() -> Document:
            self.open.append(self._pool.checkedout())
            return draft()

        return made

    def deliver(self, entry: OutboxEntry, document: Document) -> str:
        return self._courier.deliver(entry, document)


@pytest.mark.parametrize("kind", ["sr", "pdf"])
def test_documents_are_made_while_nobody_waits_for_the_database(
    node: IntakeNode, kind: ReportKind
) -> None:
    routes = {"pacs": Route("pacs", (kind,))}
    told(node, Routing(routes, {EVERYBODY: ("pacs",)}))
    settled(node)
    draft = ReportObjects(node.archive, "en", UTC).draft
    with answering(0, *(form.sop_class_uid for form in FORMATS.values())) as (port, came):
        peer = Peer("127.0.0.1", port, AE_TITLE)
        pacs = Watching(node, Objects(lambda _: peer, draft))
        delivered(node, {"pacs": pacs})

    assert (pacs.open, len(came)) == ([0], 1)


# --- provisional verdicts


def test_provisional_reports_wait_for_newer_ones_and_tell_what_is_then_kept(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard", provisional=True), provisional_after_s=10)
    node.send(t1_slice(1))
    delivered(node, {"dashboard": dashboard.webhook()})
    assert dashboard.posted == []
    node.now += timedelta(seconds=9)
    node.send(t1_slice(2))
    node.now += timedelta(seconds=10)
    delivered(node, {"dashboard": dashboard.webhook()})
    node.send(t1_slice(3))

    (posted,) = dashboard.posted
    document = json.loads(posted.body)
    assert (document["state"], document["series"][0]["instances"]) == ("receiving", 2)
    with node.records.reading() as session:
        history = queries.verdict_history(session, STUDY)
    assert [v.frozen for v in history] == [True, False]
    assert history[0].document == document | {
        "study": history[0].document["study"]
    }  # but for the patient's id
    assert state(node) == "receiving"


def test_a_settled_verdict_takes_the_place_of_a_provisional_one(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard", provisional=True), provisional_after_s=600)
    settled(node)
    delivered(node, {"dashboard": dashboard.webhook()})

    assert [(e.provisional, e.state) for e in entries(node)] == [
        (True, "superseded"), (False, "sent"),
    ]  # fmt: skip
    assert json.loads(dashboard.posted[0].body)["state"] == "settled"


# --- destinations that do not take it


def test_a_destination_that_is_down_is_tried_ever_more_seldom_until_it_is_given_up(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    pauses = tried_until_given_up(node, dashboard)
    (entry,) = entries(node)
    assert entry.state == "failed"
    assert "answered 503" in (entry.reason or "")
    for number, pause in enumerate(pauses):
        longest = min(8 * 2**number, 600)
        assert longest / 2 <= pause <= longest
    assert node.now - entry.queued_at >= PATIENCE.give_up_after
    failures = node.events("report.failed")
    assert len(failures) == entry.attempts == len(dashboard.posted) == len(pauses) + 1
    levels = [e.level for e in failures]
    assert (levels[0], set(levels[1:-1]), levels[-1]) == ("warning", {"debug"}, "error")
    assert len({p.headers[DELIVERY] for p in dashboard.posted}) == 1
    assert len({p.body for p in dashboard.posted}) == 1
    assert state(node) == "settled"


def test_what_was_given_up_is_retried_when_somebody_asks(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    tried_until_given_up(node, dashboard)
    dashboard.status = 200
    delivered(node, {"dashboard": dashboard.webhook()})
    assert states(node) == [("dashboard", "failed")]
    with node.records.writing() as session:
        outbox_by_hand.retry(session, entries(node)[0].entry_id, node.now, Hand("Marie", node.name))
    delivered(node, {"dashboard": dashboard.webhook()})

    assert (states(node), state(node)) == ([("dashboard", "sent")], "reported")


def test_what_somebody_cancels_is_tried_no_more_and_keeps_no_study_from_being_reported(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard", "gone"))
    settled(node)
    delivered(node, {"dashboard": dashboard.webhook()})
    assert state(node) == "settled"
    gone = next(e for e in entries(node) if e.destination == "gone")
    with node.records.writing() as session:
        outbox_by_hand.cancel(
            session, gone.entry_id, node.now, Hand("Marie", node.name, "it was sold")
        )

    assert (dict(states(node)), state(node)) == (
        {"dashboard": "sent", "gone": "cancelled"}, "reported",
    )  # fmt: skip
    (told_of,) = node.events("report.cancelled")
    assert (told_of.study, told_of.level, told_of.peer) == (STUDY, "info", "SIEMENS_MR")
    assert told_of.details == {
        "report": gone.entry_id, "destination": "gone", "kind": "json", "version": 1,
        "attempts": 0, "by": "Marie", "reason": "it was sold",
    }  # fmt: skip
    with node.records.writing() as session:
        for number, says in ((99, "no report has the number 99"), (1, "there is nothing to")):
            with pytest.raises(ReportNotFound, match=says):
                outbox_by_hand.cancel(session, number, node.now, Hand("Marie", node.name))


def test_when_a_destination_is_there_again_what_waits_for_it_is_sent_at_once(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard"))
    settled(node, 1, 2, 3)
    dashboard.status = 500
    for _ in range(3):
        delivered(node, {"dashboard": dashboard.webhook()})
    dashboard.status = 200
    node.now = min(e.due_at for e in entries(node))
    delivered(node, {"dashboard": dashboard.webhook()})

    assert {s for _, s in states(node)} == {"sent"}


def test_nobody_listens(node: IntakeNode) -> None:
    told(node, routing("dashboard"))
    settled(node)
    with HttpDestination() as gone:
        webhook = gone.webhook()
    delivered(node, {"dashboard": webhook})

    (entry,) = entries(node)
    assert entry.state == "waiting"
    assert "Connection refused" in (entry.reason or "")


def test_a_defect_of_a_document_is_said_and_tried_again(
    node: IntakeNode, dashboard: HttpDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(node, routing("dashboard"))
    settled(node)

    def defective(*_: object, **__: object) -> None:
        raise KeyError("patient")

    monkeypatch.setattr("ofsep_node.delivery.webhook.as_json", defective)
    delivered(node, {"dashboard": dashboard.webhook()})
    (entry,) = entries(node)
    assert (entry.state, entry.reason) == ("waiting", "a defect of this program: KeyError")


def test_a_database_that_can_be_read_and_not_written_is_told_once(
    node: IntakeNode, dashboard: HttpDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(node, routing("dashboard"))
    settled(node)
    tried = threading.Semaphore(0)

    def full(*_: object) -> None:
        tried.release()
        raise DatabaseUnavailable("database or disk is full")

    monkeypatch.setattr(outbox, "take", full)
    with (
        structlog.testing.capture_logs() as lines,
        running(deliveries(node, {"dashboard": dashboard.webhook()})),
    ):
        assert all(tried.acquire(timeout=60) for _ in range(5))

    assert [line["event"] for line in lines] == ["delivery.waiting"]


# --- workers


@contextlib.contextmanager
def running(*all_of_them: Deliveries) -> Iterator[None]:
    """Deliveries at work, each in a thread."""
    stop = threading.Event()
    threads = [threading.Thread(target=d.run, args=(stop,)) for d in all_of_them]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_dead_destination_keeps_no_other_waiting(
    node: IntakeNode, dashboard: HttpDestination, archive: HttpDestination
) -> None:
    told(node, routing("archive", "dashboard"))
    settled(node, *range(1, 21))
    archive.open.clear()  # takes the first request, and never answers
    couriers = {"dashboard": dashboard.webhook(), "archive": archive.webhook()}
    with running(deliveries(node, couriers)):
        wait_until(lambda: len(dashboard.posted) == 20, timeout_s=60)
        assert len(archive.posted) == 1
        archive.open.set()
        wait_until(lambda: len(archive.posted) == 20, timeout_s=60)
        wait_until(lambda: {s for _, s in states(node)} == {"sent"}, timeout_s=60)


def test_two_nodes_deliver_each_report_once(
    node: IntakeNode, dashboard: HttpDestination, archive: HttpDestination
) -> None:
    told(node, routing("archive", "dashboard"))
    settled(node, *range(1, 16))
    couriers = {"dashboard": dashboard.webhook(), "archive": archive.webhook()}
    with running(*(deliveries(node, couriers, name) for name in ("one", "two"))):
        wait_until(lambda: {s for _, s in states(node)} == {"sent"}, timeout_s=60)

    for destination in (dashboard, archive):
        numbers = [p.headers[DELIVERY] for p in destination.posted]
        assert len(numbers) == len(set(numbers)) == 15


def test_what_a_node_had_taken_when_it_was_killed_it_sends_when_it_is_there_again(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard"))
    settled(node)
    with node.records.writing() as session:
        lost = outbox.take(session, Target("dashboard"), node.name, node.now, timedelta(hours=1))
    assert lost is not None
    delivered(node, {"dashboard": dashboard.webhook()})
    assert dashboard.posted == []
    with running(deliveries(node, {"dashboard": dashboard.webhook()})):
        wait_until(lambda: states(node) == [("dashboard", "sent")], timeout_s=60)

    assert len(dashboard.posted) == 1


def test_what_another_node_had_taken_is_sent_when_its_time_is_over(
    node: IntakeNode, dashboard: HttpDestination
) -> None:
    told(node, routing("dashboard"))
    settled(node)
    with node.records.writing() as session:
        lost = outbox.take(session, Target("dashboard"), "other", node.now, timedelta(minutes=15))
    assert lost is not None
    node.now += timedelta(minutes=14)
    delivered(node, {"dashboard": dashboard.webhook()})
    assert dashboard.posted == []
    node.now += timedelta(minutes=1)
    delivered(node, {"dashboard": dashboard.webhook()})
    assert states(node) == [("dashboard", "sent")]
    with node.records.writing() as session:  # the other one comes back from the dead
        assert not outbox.sent(session, lost, node.now, None, "")
        outbox.put_off(session, lost, node.now, "late")

    assert states(node) == [("dashboard", "sent")]


def test_the_pause_doubles_to_a_longest_one_and_chance_takes_half_of_it_at_most() -> None:
    patience = Patience(timedelta(seconds=5), timedelta(seconds=60), timedelta(hours=1))
    assert [patience.pause(n, 0.0).total_seconds() for n in (1, 2, 3, 4, 5, 99)] == [
        5, 10, 20, 40, 60, 60,
    ]  # fmt: skip
    assert patience.pause(1, 1.0).total_seconds() == 2.5
