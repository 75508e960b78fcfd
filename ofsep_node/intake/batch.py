"""One transaction: a few objects out of the spool, the associations that ended, the judgement.

The order is what makes it survive a kill or a power loss anywhere: files get their names in the
archive, the folders are synced, the transaction commits; only then do the names in the spool go.
A replay after a crash finds the file named already, or the arrival recorded already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from ofsep_node.domain.events import Event
from ofsep_node.domain.lifecycle import Act, Occurrence, Step, after
from ofsep_node.domain.routing import Sender
from ofsep_node.intake.archive import Archive, Quarantine
from ofsep_node.intake.dispatch import Dispatch
from ofsep_node.intake.events import Origin, event
from ofsep_node.intake.examination import Examinations
from ofsep_node.intake.filing import Filing
from ofsep_node.intake.judging import Judging, Pace, Unjudged, VerdictTold
from ofsep_node.intake.objects import Readable, Unreadable
from ofsep_node.intake.requests import Item, StepTold
from ofsep_node.intake.rows import Rows
from ofsep_node.pulse import Beat
from ofsep_node.records import arrivals, steps, verdicts
from ofsep_node.records.locks import lock_studies, lock_unreadable
from ofsep_node.records.schema import AssociationRow, StudyRow, VisitRow
from ofsep_node.spool import AssociationClosed, AssociationOpened

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes into one transaction.

    `opened` holds every association that is heard of, `closed` those that have ended and of
    which no object is left behind this batch.
    """

    opened: Mapping[str, AssociationOpened]
    objects: Sequence[Item] = ()
    closed: Mapping[str, AssociationClosed] | None = None

    @property
    def studies(self) -> set[str]:
        """The studies that the objects belong to."""
        return {o.facts.study_instance_uid for o in self.objects if isinstance(o, Readable)}

    @property
    def steps(self) -> Mapping[str, str | None]:
        """The steps that are told of, each with its study where the scanner names it."""
        told = (o for o in self.objects if isinstance(o, StepTold))
        return {o.sop_instance_uid: o.report.study_instance_uid for o in told}

    @property
    def has_unreadable(self) -> bool:
        """Whether an object does not say which study it belongs to."""
        return any(isinstance(o, Unreadable) for o in self.objects)

    def waited_s(self, now: datetime) -> Iterator[float]:
        """How long each object has waited since its sender was answered."""
        at = now.timestamp()
        return (at - o.answered_at for o in self.objects if isinstance(o, Readable))

    def unjudged_s(self, now: datetime) -> Iterator[float]:
        """How long each association that ended has waited for its verdicts."""
        ends = (datetime.fromisoformat(end.closed_at) for end in (self.closed or {}).values())
        return ((now - end).total_seconds() for end in ends)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every transaction of one intake works with."""

    archive: Archive
    quarantine: Quarantine
    examinations: Examinations
    judging: Judging
    pace: Pace
    dispatch: Dispatch
    beat: Beat


class Transaction:
    """Files, records and judges in an open transaction; `events` is what it has to tell.

    When the transaction fails, the studies in `touched` must be forgotten: their folds hold
    images that were not recorded.
    """

    def __init__(self, session: Session, desk: Desk, now: Callable[[Session], datetime]) -> None:
        self.session = session
        self.events: list[Event] = []
        self.touched: set[str] = set()
        self._desk = desk
        self._rows = Rows(session, desk.examinations, now)
        self._filing = Filing(session, self._rows, desk.archive, desk.quarantine, desk.beat)

    @property
    def at(self) -> datetime:
        """The transaction's time; not to be asked for before its studies are locked."""
        return self._rows.at

    def record(self, batch: Batch) -> None:
        """Do all of a batch but the commit. Raises OSError when the archive cannot be written."""
        self.touched |= batch.studies | self._studies_told_of(batch.steps)
        left = {v.study_instance_uid for v in self._visits(batch.closed or {})}
        # All at once, in one order: two nodes that lock as they go wait for each other for ever.
        lock_unreadable(self.session, alone=batch.has_unreadable)
        lock_studies(self.session, self.touched | left)
        self._rows.add_associations(batch.opened)
        self._filing.file(batch.objects)
        self.events += self._filing.events
        self._reopen()
        self._judge_what_is_over()
        self._close(batch.closed or {})

    def _studies_told_of(self, told: Mapping[str, str | None]) -> set[str]:
        known = steps.studies_of(self.session, told) if told else set()
        return known | {study for study in told.values() if study is not None}

    def rejudge(self, study_instance_uid: str) -> None:
        """Judge a study that has waited its turn."""
        row = self.session.get(StudyRow, study_instance_uid)
        if row is None or not _is_judged(row, Occurrence.TURN):  # rolled back, or settled meanwhile
            self._desk.pace.forget(study_instance_uid)
            return
        self._hold({study_instance_uid})
        self._judge(study_instance_uid, complete=False)

    def settle(self, row: StudyRow, because: Occurrence) -> None:
        """Declare a study complete, judge it as such, and freeze its verdict. Raises Unjudged.

        A verdict that is not that of all its images must neither be frozen nor told.
        """
        uid = row.study_instance_uid
        self._hold({uid})
        step = after(row.state, because)
        row.state, row.settled_at = step.state, self.at
        origin = self._origin(uid)
        details = {"images": row.images, "because": because.name.lower()}
        details |= self._desk.judging.patient(row)
        self.events.append(event("study.settled", origin, study=uid, details=details))
        self._judge_now(uid, complete=True)
        self._publish(row, step, origin)
        self._desk.pace.forget(uid)

    def _publish(self, row: StudyRow, step: Step, origin: Origin) -> None:
        """Do with a verdict what the step says."""
        if Act.FREEZE in step.acts:
            verdicts.freeze(self.session, row)
        if Act.TELL_VERDICT in step.acts:
            told = self._desk.judging.verdict_event(self.session, "study.verdict", row, origin)
            self.events += told
        if Act.REPORT in step.acts:
            self.events += self._desk.dispatch.settled(self.session, row, self.at)

    def _reopen(self) -> None:
        self._desk.pace.waiting |= self._filing.changed | self._told(Act.JUDGE_IN_TURN)
        for uid, origin in self._filing.reopened.items():
            details = self._desk.judging.patient(self._rows.studies[uid])
            self.events.append(event("study.reopened", origin, study=uid, details=details))

    def _told(self, act: Act) -> set[str]:
        """The studies for which a step that was told of asks for something to be done."""
        studies, told = self._rows.studies, self._filing.services.told
        return {uid for uid in told if act in after(studies[uid].state, Occurrence.STEP_TOLD).acts}

    def _judge_what_is_over(self) -> None:
        """A step may tell of a study that is over that it is not: its next verdict says so."""
        for uid in sorted(self._told(Act.JUDGE) & self._filing.services.troubled):
            row = self._rows.studies[uid]
            version = row.version
            if self._judge(uid, complete=True) and row.version != version:
                self._revise(row)

    def _revise(self, row: StudyRow) -> None:
        step = after(row.state, Occurrence.REVISED)
        row.state = step.state
        self._publish(row, step, self._origin(row.study_instance_uid))

    def _close(self, closed: Mapping[str, AssociationClosed]) -> None:
        """Judge what is due, and all that the ended associations leave behind.

        A study that is over got nothing but copies: it is told of, and not judged.
        """
        rows = [self._rows.associations[uid] for uid in closed]
        ended = [row for row in rows if row.closed_at is None]
        for row in ended:
            _write_end(row, closed[row.association_id])
        self.session.flush()
        visits = self._visits({row.association_id for row in ended})
        left = {visit.study_instance_uid for visit in visits}
        self._hold(left)
        due = [uid for uid in self._rows.studies if self._is_due(uid, ended=uid in left)]
        unjudged = {uid for uid in due if not self._judge(uid, complete=uid in left)}
        told = {uid: self._desk.judging.told(self.session, self._rows.studies[uid]) for uid in left}
        for visit in visits:
            if visit.study_instance_uid not in unjudged:
                self._tell_verdict(visit, told[visit.study_instance_uid])

    def _is_due(self, study_instance_uid: str, *, ended: bool) -> bool:
        row, pace = self._rows.studies[study_instance_uid], self._desk.pace
        if ended:
            return _is_judged(row, Occurrence.ASSOCIATION_ENDED)
        its_turn = study_instance_uid in pace.waiting and pace.is_due(study_instance_uid)
        return its_turn and _is_judged(row, Occurrence.TURN)

    def _visits(self, associations: Collection[str]) -> list[VisitRow]:
        return arrivals.visits_of(self.session, associations) if associations else []

    def _hold(self, study_instance_uids: set[str]) -> None:
        self.touched |= study_instance_uids
        self._rows.hold_more(study_instance_uids)

    def _judge(self, study_instance_uid: str, *, complete: bool) -> bool:
        """False when the judge failed: images keep arriving, and the next one asks again."""
        try:
            self._judge_now(study_instance_uid, complete=complete)
        except Unjudged:
            log.exception("study.unjudged", study=study_instance_uid)
            self._desk.pace.judged(study_instance_uid, 0.0)
            return False
        return True

    def _judge_now(self, study_instance_uid: str, *, complete: bool) -> None:
        self._desk.beat()
        started = time.perf_counter()
        self.events += self._desk.judging.judge(
            self.session,
            self._rows.studies[study_instance_uid],
            self._rows.examination(study_instance_uid),
            origin=self._origin(study_instance_uid),
            at=self.at,
            complete=complete,
        )
        self.session.flush()
        self._desk.pace.judged(study_instance_uid, time.perf_counter() - started)

    def _origin(self, study_instance_uid: str) -> Origin:
        known = self._filing.origins.get(study_instance_uid)
        return known or Origin.of(arrivals.last_association(self.session, study_instance_uid))

    def _tell_verdict(self, visit: VisitRow, told: VerdictTold | None) -> None:
        association = self._rows.associations[visit.association_id]
        row = self._rows.studies[visit.study_instance_uid]
        acts = after(row.state, Occurrence.ASSOCIATION_ENDED).acts
        if Act.TELL_ASSOCIATION in acts and told is not None:
            origin, unreadable = Origin.of(association), association.unreadable
            self.events.append(told.event("association.verdict", origin, unreadable=unreadable))
        if Act.REPORT_PROVISIONALLY in acts:
            sender = Sender(association.calling_ae_title, association.address)
            self.events += self._desk.dispatch.provisional(self.session, row, sender, self.at)


def _is_judged(row: StudyRow, occurrence: Occurrence) -> bool:
    return Act.JUDGE in after(row.state, occurrence).acts


def _write_end(row: AssociationRow, closed: AssociationClosed) -> None:
    row.closed_at = datetime.fromisoformat(closed.closed_at)
    row.outcome, row.reason, row.objects = closed.outcome, closed.reason, closed.objects
