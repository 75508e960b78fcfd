"""Answers for what was asked of the node: looks into the archive, and tells who asked.

A request is a row: whoever is killed in the middle of it goes on with it after the start. What it
comes to is looked into once, and told until the peer has heard of it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from ofsep_node import spool
from ofsep_node.delivery.event_report import report_commitment, report_where_asked
from ofsep_node.delivery.peer import Peer
from ofsep_node.delivery.verifying import Known, failures
from ofsep_node.domain.events import Event, EventName
from ofsep_node.errors import PeerError, RecordsError, SettingsError
from ofsep_node.records import commitments, database, events, nodes
from ofsep_node.records.archived import KnownArchive
from ofsep_node.records.commitments import Due
from ofsep_node.records.database import Records, StatementFailed
from ofsep_node.records.locks import lock_studies
from ofsep_node.records.services_schema import CommitmentRow

LOOKED_FOR_EVERY_S = 0.5
LOOKED_AGAIN_AFTER = timedelta(seconds=1)
WAITED_FOR = timedelta(minutes=10)
"""How long objects that are not recorded may still be in a spool."""

RETRIED_FIRST, RETRIED_LAST = timedelta(seconds=10), timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=7)

log = structlog.get_logger()

Listed = Callable[[str, str, str], Peer]
"""Where a peer listens, by its AE title, its address and ours. Raises SettingsError."""


@dataclass(frozen=True, slots=True)
class Place:
    """The node whose requests these are, and where its objects lie."""

    node: str
    spool: Path
    archive: Path


class Stopped(Exception):
    """The node stops: what is being looked into is looked into again at its next start."""


class AskedAgain(Exception):
    """The same request came anew while it was being worked on, and is worked on from the start."""


class Commitments:
    """Works on one node's requests, one at a time. One process, one thread."""

    def __init__(
        self,
        place: Place,
        records: Records,
        listed: Listed,
        now: Callable[[Session], datetime] = database.now,
    ) -> None:
        self._place = place
        self._records = records
        self._listed = listed
        self._now = now
        self._down = False

    def listen_where(self, listed: Listed) -> None:
        """Find peers otherwise from now on. Any thread may call it."""
        self._listed = listed

    def run(self, stop: threading.Event, beat: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is set; `beat` is called all the time."""

        def go_on() -> None:
            beat()
            if stop.is_set():
                raise Stopped

        adopted = False
        while not stop.is_set():
            try:
                go_on()
                if not adopted:
                    self._adopt()
                    adopted = True
                busy = self.step(go_on)
                self._down = False
            except Stopped:
                return
            except (RecordsError, StatementFailed, OSError) as error:
                busy = False
                self._say_down(error)
            if not busy:
                stop.wait(LOOKED_FOR_EVERY_S)

    def step(self, go_on: Callable[[], None] = lambda: None) -> bool:
        """Do what is due for one request; False when nothing is. Raises RecordsError, OSError."""
        with self._records.reading() as session:
            at = self._now(session)
            due = commitments.next_due(session, self._place.node, at)
        if due is None:
            return False
        try:
            self._work_on(due, at, go_on)
        except (Stopped, RecordsError, StatementFailed):
            raise
        except OSError:  # the archive is away: what needs none of it comes first meanwhile
            self._look_again(due, at)
            raise
        except AskedAgain:
            return True
        except Exception as error:  # the other requests go on
            log.exception("commitment.unexpected", transaction=due.transaction_uid)
            with contextlib.suppress(AskedAgain):
                self._failed(due, at, f"an error in this program ({type(error).__name__})")
        return True

    def _adopt(self) -> None:
        """A database of one node's own holds nobody else's requests, whatever it was called."""
        if not self._records.is_postgresql:
            with self._records.writing() as session:
                commitments.adopt(session, self._place.node)

    def _look_again(self, due: Due, at: datetime) -> None:
        with contextlib.suppress(AskedAgain), self._writing(due) as (_, row):
            row.due_at = at + LOOKED_AGAIN_AFTER

    def _work_on(self, due: Due, at: datetime, go_on: Callable[[], None]) -> None:
        if due.failed is None:
            self._look_into(due, at, go_on)
        else:
            self._tell(due, at)

    def _say_down(self, error: Exception) -> None:
        if not self._down:
            log.warning("commitment.waiting", reason=str(error))
        self._down = True

    # --- looking into a request

    def _look_into(self, due: Due, at: datetime, go_on: Callable[[], None]) -> None:
        with self._records.reading() as session:
            awaited = self._may_yet_come(session, due, at)
        if awaited:
            self._look_again(due, at)
            return
        with self._records.reading() as session:  # after that: what was awaited may be here by now
            known = Known(
                commitments.copies_of(session, due.objects),
                commitments.unreadable_among(session, due.objects),
            )
            archive = KnownArchive.of(session, self._place.archive)
        if known.archived:
            archive.require()
        failed = list(failures(due.objects, known, archive, go_on))
        studies = {copy.study_instance_uid for copy in known.archived}
        with self._writing(due, studies) as (session, row):
            row.due_at = at
            # What was found intact is not dropped from here on until it is told; it may just have been.
            if set(known.archived) <= set(commitments.copies_of(session, due.objects)):
                commitments.verified(session, row, due, failed, known.copies)

    def _may_yet_come(self, session: Session, due: Due, at: datetime) -> bool:
        """Whether what came before the request is still to be recorded, here or elsewhere.

        Also of what is recorded: under its UID another content may have come.
        """
        asked_ago = at - due.asked_at
        if asked_ago > WAITED_FOR:
            return False
        others = nodes.recorded_until(session, at, apart_from=self._place.node)
        return others < due.asked_at or self._spool_holds_from(asked_ago)

    def _spool_holds_from(self, ago: timedelta) -> bool:
        """Whether something has lain in the spool for so long.

        Lengths of time are compared: requests go by the database's clock, files by the machine's.
        """
        folder, since = self._place.spool, time.time() - ago.total_seconds()
        found = (spool.stored_objects(folder, name) for name in spool.associations(folder))
        return any(_written_at(path) <= since for paths in found for path in paths)

    @contextlib.contextmanager
    def _writing(
        self, due: Due, studies: Collection[str] = ()
    ) -> Iterator[tuple[Session, CommitmentRow]]:
        """The request's row, unless it was asked again: then it is another one's turn."""
        with self._records.writing() as session:
            lock_studies(session, studies)
            row = commitments.row_of(session, due)
            if row is None:
                raise AskedAgain
            yield session, row

    # --- telling its outcome

    def _tell(self, due: Due, at: datetime) -> None:
        result, asked = due.result(), due.requester
        lingers = report_where_asked(asked.association_id, result)
        if not lingers:
            try:
                peer = self._listed(asked.calling_ae_title, asked.address, asked.called_ae_title)
                report_commitment(peer, result)
            except (PeerError, SettingsError) as error:
                self._failed(due, at, str(error))
                return
        with self._writing(due) as (session, row):
            commitments.end(row, "reported", self._now(session))
            row.problem = None
            row.attempts += 1
            commitments.hasten(session, row, at)
            counts = {"committed": len(result.committed), "failed": len(result.failed)}
            dropped = sum(failure.dropped for failure in result.failed)
            counts |= {"dropped": dropped} if dropped else {}
            self._say(session, "commitment.reported", row, where_asked=lingers, **counts)

    def _failed(self, due: Due, at: datetime, reason: str) -> None:
        with self._writing(due) as (session, row):
            row.problem = reason
            pause = min(RETRIED_FIRST * 2 ** min(row.attempts, 16), RETRIED_LAST)
            row.attempts += 1
            if at > row.asked_at + GIVEN_UP_AFTER:
                commitments.end(row, "given_up", at)
                self._say(session, "commitment.given_up", row, reason=reason)
            else:
                row.due_at = at + pause
                # One call is enough to know that a peer is away: the others' turn comes meanwhile.
                commitments.put_off(session, row, at + pause)
                again = {"reason": reason, "again_in_s": pause.total_seconds()}
                self._say(session, "commitment.unreported", row, **again)

    def _say(
        self, session: Session, name: EventName, row: CommitmentRow, **details: object
    ) -> None:
        about = {"transaction": row.transaction_uid, "attempts": row.attempts, **details}
        told = Event(
            name=name,
            level="info" if name == "commitment.reported" else "warning",
            association=row.association_id,
            peer=row.calling_ae_title,
            address=row.address,
            details=about,
        )
        events.append(session, [told], node=self._place.node, at=self._now(session))


def _written_at(path: Path) -> float:
    """Not when its names changed last: whoever files it at this moment gives it another one."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # recorded a moment ago
        return float("inf")
