"""The intake's process: woken by nudges, it empties the spool into the archive and the records."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from ofsep_node.domain.lifecycle import Act, Occurrence, states_where
from ofsep_node.intake.archive import Archive, Quarantine
from ofsep_node.intake.backlog import Backlog, Waiting
from ofsep_node.intake.batch import Batch, Desk, Transaction
from ofsep_node.intake.clock import Clock, utc_now
from ofsep_node.intake.dispatch import Dispatch
from ofsep_node.intake.examination import Examinations
from ofsep_node.intake.following import LogFollower
from ofsep_node.intake.judging import Judging, Pace
from ofsep_node.intake.nudges import Nudges
from ofsep_node.intake.objects import Readable, Unreadable, set_aside, unexpected
from ofsep_node.intake.presence import Presence
from ofsep_node.intake.reading import read_for
from ofsep_node.intake.requests import Item
from ofsep_node.intake.rhythm import Rhythm, Setbacks
from ofsep_node.intake.settings import IntakeSettings
from ofsep_node.intake.settling import Settling
from ofsep_node.intake.unavailable import UNAVAILABLE, ArchiveUnavailable, files
from ofsep_node.metrics import IntakeMeter
from ofsep_node.protocol import Edition
from ofsep_node.pulse import Beat, beating
from ofsep_node.records import arrivals, database, events
from ofsep_node.records.database import Records, repeated
from ofsep_node.records.locks import lock_studies, try_lock_study
from ofsep_node.records.migration import upgrade
from ofsep_node.spool import AssociationClosed

OBJECTS_A_BATCH = 64
READING_A_BATCH_S = 0.25
"""A batch ends after so long, so that the first objects in it are not kept waiting."""

FINISHING_S = 8.0
"""How long the spool is still emptied after the order to stop; the rest waits for the next start."""

log = structlog.get_logger()


class Intake:
    """Empties one node's spool. One process and one thread; the only writer of a SQLite file.

    On PostgreSQL other nodes write as well: whoever works on a study has it locked, and takes in
    first what the others recorded of it. The time is the database's, unless a clock is given.

    Nothing it meets stops it: an object that cannot be read goes to the quarantine, a database
    that is down is waited for while the spool fills.
    """

    def __init__(
        self,
        settings: IntakeSettings,
        records: Records,
        edition: Edition,
        *,
        clock: Clock | None = None,
        meter: IntakeMeter | None = None,
        beat: Beat = lambda: None,
        hold_archive: Callable[[], None] = lambda: None,
    ) -> None:
        self._records = records
        self._node = settings.node
        self._clock = clock or utc_now  # by which the receivers answer
        self._now = database.now if clock is None else lambda _: clock()
        self._presence = Presence(settings, records, self._now)
        self._meter = meter or IntakeMeter()
        self._beat = beat
        self._hold_archive = hold_archive
        self._backlog = Backlog(settings.spool, settings.node)
        self._settling = Settling(settings, self._backlog, self._presence, self._now)
        self._quiet_s = settings.quiet_period_s
        quiet = timedelta(seconds=settings.quiet_period_s)
        self._desk = Desk(
            archive=Archive(settings.archive, beat),
            quarantine=Quarantine(settings.quarantine, beat),
            examinations=Examinations(),
            judging=Judging(edition, settings.language, quiet, settings.patient_id_in_events),
            pace=Pace(),
            dispatch=Dispatch(settings.routing, settings.provisional_after_s),
            beat=beat,
        )
        self._edition = edition
        self._follower = LogFollower(records, settings.node, beat)
        self._setbacks = Setbacks()
        self._recorded: set[str] = set()
        self._down = False
        self._recovered = False

    # --- the loop

    def run(self, stop: threading.Event, nudges: int) -> None:
        """Work until `stop` is set, woken by lines from the file descriptor `nudges`.

        It beats with every turn, of which there is one a second at least, and within a turn with
        every object and every study.
        """
        heard = Nudges(nudges)
        rhythm = Rhythm(self._quiet_s)
        while not stop.is_set():
            self._beat()
            rhythm.begins()
            if not self._attempt(lambda: self._turn(rhythm, heard)):
                stop.wait(rhythm.retry_s())
                continue
            rhythm.worked()
            busy = bool(self._backlog)
            named = heard.wait(rhythm.rest_s(busy=busy), stop)
            self._backlog.add(named, heard.until)
            if named:
                stop.wait(rhythm.gathering_s(busy=busy))
        self._finish()

    def judge_by(self, edition: Edition) -> None:
        """Judge by another edition from the next turn on. Any thread may call it."""
        self._edition = edition

    def drain(self) -> None:
        """Record everything that is in the spool now. Raises RecordsError."""
        self._recover()
        self._backlog.add_all()
        while self._backlog:
            self.step()

    def step(self) -> None:
        """Record one batch of what is known to wait. Raises RecordsError."""
        waiting: list[Waiting] = []
        try:
            with files("the spool cannot be read"):
                waiting = list(self._backlog.take(OBJECTS_A_BATCH))
            self._record(waiting)
        except UNAVAILABLE:
            self._backlog.give_all_back(waiting)
            raise
        self._follower.follow()

    def settle(self) -> None:
        """Settle the studies that are over. Raises RecordsError."""
        with self._records.reading() as session:
            until = self._settling.recorded_until(session)
        if until is not None:
            self._settle_what_is_over(until)
        self._follower.follow()  # corrections are made by other processes

    def _settle_what_is_over(self, recorded_until: datetime) -> None:
        with self._records.reading() as session:
            over = self._settling.candidates(session, recorded_until)
        for uid in over:
            work = functools.partial(repeated, functools.partial(self._settle, uid, recorded_until))
            self._apart(uid, work, "study.unjudged", study=uid)

    def judge_waiting(self) -> None:
        """Judge the studies that were left for later. Raises RecordsError."""
        overdue = self._desk.pace.overdue()
        for uid in overdue:
            work = functools.partial(repeated, functools.partial(self._rejudge, uid))
            self._apart(uid, work, "study.unjudged", study=uid)
        if overdue:
            self._follower.follow()

    def _apart(self, uid: str, work: Callable[[], None], event: str, **about: str) -> None:
        """Work on one study or association; where that fails it is tried later, and stops no other."""
        self._beat()
        if uid in self._setbacks:
            return
        try:
            work()
        except UNAVAILABLE:
            raise
        except Exception:
            if self._setbacks.add(uid):
                log.exception(event, **about)
            return
        self._setbacks.discard(uid)

    def _turn(self, rhythm: Rhythm, heard: Nudges) -> None:
        if self._down:
            self._records.ping()  # a turn with nothing to do would look like a success
        self._recover()
        self._adopt(self._edition)
        if self._presence.is_due():
            self._renew()
        if rhythm.scan_is_due(busy=bool(self._backlog)) or heard.overflowed:
            self._backlog.add_all()
            heard.overflowed = False
        if self._backlog:
            self.step()
        self.judge_waiting()
        if rhythm.settling_is_due(busy=bool(self._backlog)):
            self.settle()

    def _adopt(self, edition: Edition) -> None:
        """Judge by this edition; what is not settled is judged again, if it says anything else."""
        judging = self._desk.judging
        if judging.edition.digest == edition.digest:
            return
        with self._records.reading() as session:
            unsettled = arrivals.studies_in(
                session, states_where(Occurrence.RULES_CHANGED, Act.JUDGE_IN_TURN)
            )
        self._desk = replace(self._desk, judging=replace(judging, edition=edition))
        self._desk.pace.ask_for(unsettled)

    def _renew(self) -> None:
        waiting = len(self._backlog.present())
        if self._presence.renew(self._backlog.waiting_since(), waiting):
            self._recorded.clear()  # the others took them for lost: they are opened again
            self._backlog.begin_again()

    def _finish(self) -> None:
        until = time.monotonic() + FINISHING_S
        self._attempt(self._backlog.add_all)
        while self._backlog and time.monotonic() < until and self._attempt(self.step):
            pass
        self._attempt(self._mark)
        self._attempt(lambda: self._presence.leave(self._backlog.left()))

    def _attempt(self, work: Callable[[], object]) -> bool:
        """Whether the work was done; says once that something it needs is down, once that it is up."""
        try:
            work()
        except UNAVAILABLE as error:
            self._meter.hindered()
            if not self._down:
                log.warning("intake.waiting", reason=str(error))
            self._down = True
            return False
        if self._down:
            log.info("intake.resumed", database=self._records.name)
        self._down = False
        return True

    def _recover(self) -> None:
        """After a start: what the log missed, and associations that the spool has lost."""
        if self._recovered:
            return
        with beating(self._beat):
            upgrade(self._records.url)  # it may have been down when the node started
        with files("the archive cannot be reached"):
            self._hold_archive()
            self._presence.announce()
        self._follower.follow()
        present = set(self._backlog.add_all())
        with self._records.writing() as session:
            # A database of one node's own holds nobody else's associations, whatever it was called.
            whose = self._node if self._records.is_postgresql else None
            for lost in set(arrivals.open_associations(session, whose)) - present:
                arrivals.close_gone(session, lost, self._now(session))
        self._recovered = True

    # --- one batch

    def _record(self, waiting: Sequence[Waiting]) -> None:
        taken = [spooled for w in waiting for spooled in w.objects]
        objects, left, held = read_for(taken, READING_A_BATCH_S, self._backlog, self._beat)
        self._commit(
            heard={w.association_id for w in waiting},
            objects=objects,
            closed={w.association_id: w.closed for w in waiting if w.closed},
            late={spooled.association_id for spooled in (*left, *held)},
        )
        self._backlog.give_back(left)

    def _commit(
        self,
        heard: set[str],
        objects: Sequence[Item],
        closed: Mapping[str, AssociationClosed],
        late: set[str],
    ) -> None:
        ended = {
            uid: end for uid, end in closed.items() if uid not in late and uid not in self._setbacks
        }
        if not objects and not ended and heard <= self._recorded:
            return
        try:
            self._transact(heard, objects, ended)
        except UNAVAILABLE:
            raise
        except Exception:
            log.exception("intake.one_by_one", objects=len(objects))
            self._commit_one_by_one(objects, ended)

    def _commit_one_by_one(
        self, objects: Sequence[Item], ended: Mapping[str, AssociationClosed]
    ) -> None:
        """Find the object that no transaction accepts, and put it aside."""
        kept = {item.spooled.association_id for item in objects if not self._commit_one(item)}
        for uid, end in ended.items():
            if uid not in kept:
                close = functools.partial(self._transact, {uid}, (), {uid: end})
                self._apart(uid, close, "intake.waiting", association=uid)

    def _commit_one(self, item: Item) -> bool:
        """False when not even its being unreadable can be recorded: it stays in the spool."""
        try:
            self._transact({item.spooled.association_id}, [item], {})
        except UNAVAILABLE:
            raise
        except Exception as error:
            log.exception("instance.unexpected", file=str(item.spooled.path))
            aside = set_aside(item.spooled, unexpected(error))
            read_as = item if isinstance(item, Readable) else None
            return self._put_aside(replace(aside, read_as=read_as))
        return True

    def _put_aside(self, item: Unreadable) -> bool:
        try:
            self._transact({item.spooled.association_id}, [item], {})
        except UNAVAILABLE:
            raise
        except Exception:
            if self._backlog.hold_back(item.spooled):
                reason = f"{item.spooled.path} cannot be recorded; it is tried again"
                log.exception("intake.waiting", reason=reason)
            return False
        return True

    def _transact(
        self,
        heard: set[str],
        objects: Sequence[Item],
        closed: Mapping[str, AssociationClosed],
    ) -> None:
        opened = {uid: self._backlog.opened(uid) for uid in sorted(heard)}
        batch = Batch(opened, objects, closed)
        repeated(lambda: self._record_batch(batch))
        self._recorded |= heard
        now = self._clock()
        self._meter.recorded(batch.waited_s(now))
        self._meter.judged(batch.unjudged_s(now))
        self._clear(objects, closed)

    def _record_batch(self, batch: Batch) -> None:
        with self._transaction() as transaction:
            transaction.record(batch)

    def _clear(self, objects: Sequence[Item], closed: Iterable[str]) -> None:
        """Let go of what is recorded. A name that stays is recognised when it is seen again."""
        with files("the spool cannot be emptied"):
            for item in objects:
                item.spooled.path.unlink(missing_ok=True)
                self._backlog.recorded(item.spooled)
            for uid in closed:
                self._backlog.done(uid)
                self._recorded.discard(uid)

    def _settle(self, study_instance_uid: str, recorded_until: datetime) -> None:
        with self._transaction() as transaction:
            session = transaction.session
            if not try_lock_study(session, study_instance_uid):
                return
            row = arrivals.study_being_received(session, study_instance_uid)
            because = None if row is None else self._settling.why(session, row, recorded_until)
            if row is not None and because is not None:
                transaction.settle(row, because)

    def _rejudge(self, study_instance_uid: str) -> None:
        with self._transaction() as transaction:
            lock_studies(transaction.session, [study_instance_uid])
            transaction.rejudge(study_instance_uid)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        transaction: Transaction | None = None
        try:
            with self._records.writing() as session:
                transaction = Transaction(session, self._desk, self._now)
                yield transaction
                events.append(session, transaction.events, node=self._node, at=transaction.at)
                self._follower.mark(session)
        except BaseException as error:
            if transaction is not None:
                self._desk.examinations.forget(transaction.touched)
            if isinstance(error, OSError):
                raise ArchiveUnavailable(f"the archive cannot be written: {error}") from error
            raise
        self._follower.marked()
        self._meter.committed(transaction.events)

    def _mark(self) -> None:
        self._follower.follow()
        with self._records.writing() as session:
            self._follower.mark(session)
        self._follower.marked()
