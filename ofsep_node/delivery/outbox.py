"""Empties the outbox: each destination by a worker of its own, so that none waits for another.

Before a document leaves, the attempt is recorded; when it has arrived, that is. A process that is
killed between the two cannot know whether it arrived: the document is sent again, the same one.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog
from sqlalchemy.orm import Session

from ofsep_node.delivery.document import Courier, Document, Draft, NotDelivered
from ofsep_node.domain.events import EventLevel, EventName
from ofsep_node.domain.routing import NOBODY, Routing
from ofsep_node.errors import (
    NothingToReport,
    PeerError,
    RecordsError,
    SettingsError,
    UnreadableObject,
)
from ofsep_node.metrics import DeliveryMeter
from ofsep_node.records import events, outbox
from ofsep_node.records.database import Records, StatementFailed, now, repeated
from ofsep_node.records.documents import UnreadableDocument
from ofsep_node.records.outbox import OutboxEntry, Target
from ofsep_node.records.report_events import of_report

LOOKED_FOR_EVERY_S = 0.5
WORKERS_AT_MOST = 32
LEASE = timedelta(minutes=15)
"""After so long an attempt of which nothing was heard is another node's to repeat."""

FINISHING_S = 10.0
"""How long deliveries may go on after the order to stop; what is cut off is due at the next start."""

FORESEEN = (
    NotDelivered, PeerError, SettingsError, UnreadableObject, UnreadableDocument, OSError,
)  # fmt: skip
"""What may keep a report from going out that is no defect of the program: it is tried again."""

_Need = Literal["reading", "writing"]
"""What the database may fail at."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait between attempts, and when to give up."""

    first: timedelta = timedelta(seconds=5)
    last: timedelta = timedelta(minutes=15)
    give_up_after: timedelta = timedelta(hours=72)

    def pause(self, attempts: int, chance: float) -> timedelta:
        """The wait after so many failed attempts: doubled each time, and `chance` (0 to 1) less.

        At most half less, so that what failed together does not come back together.
        """
        doubled: timedelta = self.first * 2 ** min(attempts - 1, 30)
        return min(doubled, self.last) * (1 - chance / 2)


class Deliveries:
    """Delivers what is due to the destinations it has couriers for."""

    def __init__(
        self,
        records: Records,
        couriers: Mapping[str, Courier],
        patience: Patience,
        node: str,
        *,
        routing: Routing = NOBODY,
        clock: Callable[[], datetime] | None = None,
        meter: DeliveryMeter | None = None,
    ) -> None:
        self._records = records
        self._couriers = couriers
        self._patience = patience
        self._node = node
        self._routing = routing
        self._now: Callable[[Session], datetime] = now if clock is None else lambda _: clock()
        self._meter = meter or DeliveryMeter()
        self._workers: dict[Target, threading.Thread] = {}
        self._down: set[_Need] = set()
        self._stop = threading.Event()

    def run(self, stop: threading.Event, beat: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is set; `beat` is called all the time."""
        released, self._stop = False, stop
        while not stop.is_set():
            beat()
            try:
                released = released or self._release()
                for target in self._due():
                    self._begin(target, stop)
                self._down.discard("reading")
            except (RecordsError, StatementFailed) as error:
                self._say_down("reading", error)
            stop.wait(LOOKED_FOR_EVERY_S)
        deadline = time.monotonic() + FINISHING_S
        for worker in self._workers.values():
            worker.join(max(0.0, deadline - time.monotonic()))

    def deliver_by(self, couriers: Mapping[str, Courier]) -> None:
        """Deliver by other couriers from the next attempt on. Any thread may call it."""
        self._couriers = couriers

    def step(self, target: Target) -> bool:
        """Deliver what has been due longest; False when nothing was, or it was not taken.

        Raises RecordsError.
        """
        entry = repeated(lambda: self._take(target))
        self._down.discard("writing")
        if entry is None:
            return False
        try:
            courier = self._couriers[target.destination]
            document = self._draft(courier, entry)()
            remark = courier.deliver(entry, document)
        except NothingToReport as error:
            reason = str(error)
            self._record(lambda: self._let_go(entry, reason))
            return True
        except FORESEEN as error:
            reason = str(error)
            self._record(lambda: self._failed(entry, reason))
            return False
        except RecordsError as error:
            reason = str(error)
            self._record(lambda: self._give_back(entry, reason))
            return True
        except Exception as error:
            log.exception("report.unmade", report=entry.entry_id, study=entry.study_instance_uid)
            reason = f"a defect of this program: {type(error).__name__}"
            self._record(lambda: self._failed(entry, reason))
            return False
        self._record(lambda: self._sent(target, entry, document, remark))
        return True

    def _record(self, outcome: Callable[[], None]) -> None:
        """Record what became of an attempt, however long the database is away.

        Forgotten, the report would be sent once more. Raises RecordsError when the node stops.
        """
        while True:
            try:
                repeated(outcome)
            except RecordsError as error:
                self._say_down("writing", error)
                if self._stop.wait(LOOKED_FOR_EVERY_S):
                    raise
            else:
                return

    # --- workers

    def _due(self) -> list[Target]:
        with self._records.reading() as session:
            return outbox.due_targets(session, self._couriers.keys(), self._now(session))

    def _begin(self, target: Target, stop: threading.Event) -> None:
        """Start the target's worker, unless it is at work, or too many are."""
        self._workers = {t: w for t, w in self._workers.items() if w.is_alive()}
        if target in self._workers or len(self._workers) >= WORKERS_AT_MOST:
            return
        worker = threading.Thread(
            target=self._deliver_all, args=(target, stop), name=str(target), daemon=True
        )
        self._workers[target] = worker
        worker.start()

    def _deliver_all(self, target: Target, stop: threading.Event) -> None:
        """Until nothing is due, or the destination does not take it."""
        try:
            while not stop.is_set() and self.step(target):
                pass
        except (RecordsError, StatementFailed) as error:
            self._say_down("writing", error)

    def _say_down(self, need: _Need, error: Exception) -> None:
        """Once: a database that can be read may be one that cannot be written for days."""
        if need not in self._down:
            log.warning("delivery.waiting", reason=str(error))
        self._down.add(need)

    # --- steps, each a transaction

    def _release(self) -> bool:
        with self._records.writing() as session:
            outbox.release(session, self._node, self._now(session))
        return True

    def _take(self, target: Target) -> OutboxEntry | None:
        with self._records.writing() as session:
            at = self._now(session)
            return outbox.take(session, target, self._node, at, LEASE, self._routing)

    def _draft(self, courier: Courier, entry: OutboxEntry) -> Draft:
        with self._records.reading() as session:
            return courier.draft(session, entry)

    def _sent(self, target: Target, entry: OutboxEntry, document: Document, remark: str) -> None:
        with self._records.writing() as session:
            at = self._now(session)
            if not outbox.sent(session, entry, at, document.sop_instance_uid, remark):
                return
            if entry.attempts > 1:
                outbox.hasten(session, target, at)
            about = {"warning": remark} if remark else {}
            if document.sop_instance_uid:
                about["uid"] = document.sop_instance_uid
            self._say(session, "report.sent", "info", entry, at, **about)
        self._meter.sent(entry.destination, (at - entry.queued_at).total_seconds())

    def _failed(self, entry: OutboxEntry, reason: str) -> None:
        self._meter.failed(entry.destination)
        with self._records.writing() as session:
            at = self._now(session)
            if at >= entry.queued_at + self._patience.give_up_after:
                if outbox.give_up(session, entry, at, "failed", reason):
                    about: dict[str, object] = {"reason": reason, "given_up": True}
                    self._say(session, "report.failed", "error", entry, at, **about)
                return
            chance = secrets.randbelow(1000) / 1000
            again = at + self._patience.pause(entry.attempts, chance)
            if outbox.put_off(session, entry, again, reason):
                level: EventLevel = "warning" if entry.attempts == 1 else "debug"
                about = {"reason": reason, "again_at": again.isoformat()}
                self._say(session, "report.failed", level, entry, at, **about)

    def _give_back(self, entry: OutboxEntry, reason: str) -> None:
        """Nothing has left: it is due as before it was taken."""
        with self._records.writing() as session:
            outbox.put_off(session, entry, self._now(session), reason)

    def _let_go(self, entry: OutboxEntry, reason: str) -> None:
        with self._records.writing() as session:
            outbox.give_up(session, entry, self._now(session), "needless", reason)

    def _say(
        self,
        session: Session,
        name: EventName,
        level: EventLevel,
        entry: OutboxEntry,
        at: datetime,
        **details: object,
    ) -> None:
        told = of_report(entry, name, level, **details)
        events.append(session, [told], node=self._node, at=at)
