"""Joins the parts: what each process of the node runs, and what all of them share.

The settings are taken apart here: who works receives what it needs of them.
"""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from ofsep_node import web
from ofsep_node.delivery.commitment import Commitments, Place
from ofsep_node.delivery.couriers import application_entity
from ofsep_node.delivery.outbox import Deliveries, Patience
from ofsep_node.errors import RecordsError, SettingsError
from ofsep_node.intake import Intake, IntakeSettings, Presence
from ofsep_node.logs.configuration import configure_logs
from ofsep_node.metrics import (
    DeliveryMeter,
    IntakeMeter,
    ReceptionMeter,
    RetentionMeter,
    counting,
)
from ofsep_node.metrics.counting import (
    DeliveryCounts,
    IntakeCounts,
    ReceptionCounts,
    RetentionCounts,
)
from ofsep_node.ownership import ArchiveLock
from ofsep_node.pulse import Pulses
from ofsep_node.reception import Entrance, Home, Receiver
from ofsep_node.reception.tls import own_certificate
from ofsep_node.records import commitments
from ofsep_node.records.database import Records, StatementFailed, now
from ofsep_node.reloading import Current, Orders, listening
from ofsep_node.retention import Retention, Rounds, Schedule
from ofsep_node.retrieval import Holdings, StudyRoot
from ofsep_node.settings import Settings

COMMITMENT_NICENESS = RETENTION_NICENESS = 10
INTAKE_NICENESS = 5
"""Enough to let receivers go first, and little enough that a busy machine still judges in time."""


@dataclass(frozen=True, slots=True)
class NudgePipe:
    """Tells the intake what has just come into the spool: one line a nudge.

    A full pipe loses the nudge, never the object: the intake also looks through the spool. Each
    process keeps the end it uses, and the supervisor both, for those it starts again.
    """

    receiving_end: int
    sending_end: int

    @classmethod
    def make(cls) -> NudgePipe:
        receiving_end, sending_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        return cls(receiving_end, sending_end)

    def send(self, what: str) -> None:
        try:
            os.write(self.sending_end, f"{what}\n".encode())
        except BlockingIOError:
            return

    def keep_sending_end(self) -> None:
        """In a receiver: it only tells."""
        os.close(self.receiving_end)

    def keep_receiving_end(self) -> None:
        """In the intake: it only hears, and so sees when nobody is left to tell."""
        os.close(self.sending_end)

    def close(self) -> None:
        os.close(self.receiving_end)
        os.close(self.sending_end)


@dataclass(frozen=True, slots=True)
class Shared:
    """What the parts of one node have in common, made before they are forked."""

    entrance: Entrance
    nudges: NudgePipe
    current: Current
    pulses: Pulses
    pages: socket.socket | None
    archive: ArchiveLock


def announce(settings: Settings) -> None:
    """Take the node's place on its database, before it listens.

    Raises RecordsError when it is another's, DatabaseUnavailable, and OSError (archive).
    """
    records = Records(settings.records_url)
    try:
        Presence(IntakeSettings.of(settings), records, now).announce()
    finally:
        records.close()


def owes_answers(settings: Settings) -> bool:
    """Whether peers are to be told what became of requests for commitment of an earlier run.

    Perhaps, while the database is down or its schema an older one.
    """
    records = Records(settings.records_url)
    try:
        with records.reading() as session:
            whose = settings.node.name if records.is_postgresql else None
            return commitments.is_any_open(session, whose)
    except (RecordsError, StatementFailed):
        return True
    finally:
        records.close()


def run_receiver(settings: Settings, shared: Shared, name: str, orders: Orders) -> None:
    """Receive until told to stop, then let running associations end."""
    nudges, current = shared.nudges, shared.current
    nudges.keep_sending_end()
    configure_logs(settings, name)
    receiver = Receiver(
        settings.reception,
        Home(settings.node.name, settings.spool, settings.steps),
        shared.entrance,
        current.content.access,
        nudge=nudges.send,
        log=structlog.get_logger(),
    )
    receiver.answer_by(_study_root(settings))
    listed = current.content.access.peers.listed or ()
    receiver.count_with(
        _reception_meter(settings, shared, name, {peer.ae_title for peer in listed})
    )
    orders.follow_reloads(settings, current, lambda content: receiver.replace(content.access))
    threading.Thread(
        target=_drain_when, args=(orders.stop, receiver, settings), daemon=True
    ).start()
    receiver.serve_forever(partial(shared.pulses.beat, name))


def _drain_when(stop: threading.Event, receiver: Receiver, settings: Settings) -> None:
    stop.wait()
    receiver.drain(settings.reception.drain_timeout_s)


def run_intake(settings: Settings, shared: Shared, orders: Orders) -> None:
    """Take what is in the spool until told to stop and the spool is empty.

    At a lower priority: while a study streams in, the processor is the receivers' first.
    """
    os.nice(INTAKE_NICENESS)
    shared.nudges.keep_receiving_end()
    configure_logs(settings, "intake")
    records = Records(settings.records_url)
    try:
        intake = Intake(
            IntakeSettings.of(settings),
            records,
            shared.current.content.edition,
            meter=_intake_meter(settings, shared),
            beat=partial(shared.pulses.beat, "intake"),
            hold_archive=shared.archive.hold,
        )
        orders.follow_reloads(
            settings, shared.current, lambda content: intake.judge_by(content.edition)
        )
        intake.run(orders.stop, shared.nudges.receiving_end)
    finally:
        records.close()


def run_delivery(settings: Settings, shared: Shared, orders: Orders) -> None:
    """Deliver what is due until told to stop."""
    shared.nudges.close()
    configure_logs(settings, "delivery")
    records = Records(settings.records_url)
    given = settings.delivery
    patience = Patience(
        first=timedelta(seconds=given.retry_first_s),
        last=timedelta(seconds=given.retry_last_s),
        give_up_after=timedelta(hours=given.give_up_after_h),
    )
    deliveries = Deliveries(
        records,
        shared.current.content.couriers,
        patience,
        settings.node.name,
        routing=settings.routing,
        meter=DeliveryCounts() if _counts_as("delivery", settings, shared) else DeliveryMeter(),
    )
    orders.follow_reloads(
        settings, shared.current, lambda content: deliveries.deliver_by(content.couriers)
    )
    try:
        deliveries.run(orders.stop, partial(shared.pulses.beat, "delivery"))
    finally:
        records.close()


def run_web(settings: Settings, shared: Shared, orders: Orders) -> None:
    """Answer what is asked over HTTP until told to stop."""
    if shared.pages is None:
        return
    shared.nudges.close()
    configure_logs(settings, "web")
    records = Records(settings.records_url)
    place = web.Place(
        spool=settings.spool,
        archive=settings.archive,
        metrics=settings.metrics,
        minimum_free_bytes=settings.reception.minimum_free_mb << 20,
    )
    facts = web.Facts(
        place,
        shared.pulses,
        records,
        shared.current.content.edition,
        partial(_certificate_ends, settings.tls.certificate),
    )
    orders.follow_reloads(settings, shared.current, lambda content: facts.judge_by(content.edition))
    beat = partial(shared.pulses.beat, "web")
    try:
        web.serve(web.application(facts), shared.pages, orders.stop, beat)
    finally:
        records.close()


def run_commitments(settings: Settings, shared: Shared, orders: Orders) -> None:
    """Answer for what peers have asked about until told to stop. Reads whole archives: last of all."""
    os.nice(COMMITMENT_NICENESS)
    shared.nudges.close()
    configure_logs(settings, "commitment")
    records = Records(settings.records_url)
    place = Place(settings.node.name, settings.spool, settings.archive)
    access = shared.current.content.access
    work = Commitments(place, records, partial(listening, settings, access.peers))
    orders.follow_reloads(
        settings,
        shared.current,
        lambda content: work.listen_where(partial(listening, settings, content.access.peers)),
    )
    try:
        work.run(orders.stop, partial(shared.pulses.beat, "commitment"))
    finally:
        records.close()


def run_retention(settings: Settings, shared: Shared, orders: Orders) -> None:
    """Drop images whose time is over until told to stop. Nothing waits for it."""
    os.nice(RETENTION_NICENESS)
    shared.nudges.close()
    configure_logs(settings, "retention")
    records, node = Records(settings.records_url), settings.node.name
    rounds = Rounds(
        Schedule.of(settings.retention),
        settings.archive,
        settings.retention.look_every_s,
        orders.stop,
        partial(shared.pulses.beat, "retention"),
        RetentionCounts() if _counts_as("retention", settings, shared) else RetentionMeter(),
    )
    try:
        rounds.run(Retention(records, settings.archive, node, node, pause=rounds.pause))
    finally:
        records.close()


def _study_root(settings: Settings) -> StudyRoot:
    """Answers queries, from within the receivers: no process runs for what most nodes do not do."""
    holdings = Holdings(
        records_url=settings.records_url,
        archive=settings.archive,
        ae_title=settings.reception.ae_title,
        language=settings.node.language,
        zone=settings.zone,
        report_kinds=settings.retrieval.reports,
    )
    return StudyRoot(holdings, partial(application_entity, settings))


def _certificate_ends(file: Path | None) -> float | None:
    """When our own certificate ends, in seconds since the epoch."""
    if file is None:
        return None
    try:
        return own_certificate(file).not_valid_after_utc.timestamp()
    except SettingsError:  # being exchanged at this moment
        return None


def _reception_meter(
    settings: Settings, shared: Shared, name: str, listed: set[str]
) -> ReceptionMeter:
    """Counts what the receiver does, unless nobody asks, or there is no room to count."""
    if not _counts_as(name, settings, shared):
        return ReceptionMeter()
    return ReceptionCounts(listed, counting.peers_counted(name, settings.metrics))


def _intake_meter(settings: Settings, shared: Shared) -> IntakeMeter:
    return IntakeCounts() if _counts_as("intake", settings, shared) else IntakeMeter()


def _counts_as(name: str, settings: Settings, shared: Shared) -> bool:
    if shared.pages is None:
        return False
    try:
        counting.count_as(name, settings.metrics)
    except OSError as error:
        structlog.get_logger().error(
            "metrics.unavailable", folder=str(settings.metrics), reason=error.strerror
        )
        return False
    return True
