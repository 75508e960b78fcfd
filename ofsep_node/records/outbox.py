"""The outbox: reports that are due, what became of each, and who is delivering one at the moment.

A row is written in the transaction of the verdict that makes it due. Whoever delivers it takes it
first, which counts the attempt and puts off the next one: killed in the middle, the row is due
again, and the same document is sent a second time. A row that names who has taken it is one of
which nobody knows yet whether it has arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Select, Update, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from ofsep_node.domain.lifecycle import Occurrence, after
from ofsep_node.domain.routing import NOBODY, DeliveryState, Due, Routing, Sender, Told
from ofsep_node.domain.verdict import Conclusion
from ofsep_node.records.locks import lock_studies, try_lock_study
from ofsep_node.records.outbox_schema import OutboxRow
from ofsep_node.records.schema import AssociationRow, StudyRow, VerdictRow, VisitRow


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """Where deliveries go one after the other: a destination, and which sender where it is those."""

    destination: str
    peer: str = ""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A report on its way, or at its end. `attempts` and `due_at` tell one attempt from the next."""

    entry_id: int
    study_instance_uid: str
    version: int
    provisional: bool
    destination: str
    kind: str
    sender: Sender
    back: bool
    state: DeliveryState
    queued_at: datetime
    due_at: datetime
    attempts: int
    taken_by: str | None
    ended_at: datetime | None
    uid: str | None
    reason: str | None

    @property
    def is_taken(self) -> bool:
        """Whether it is being delivered; `due_at` is then when it is given up for lost."""
        return self.state == "waiting" and self.taken_by is not None

    @property
    def target(self) -> Target:
        return Target(self.destination, self.sender.ae_title if self.back else "")


_LOOKED_AT = 32
"""Of what is due: more studies are hardly ever worked on at one moment."""


# --- what is due


def senders_of(session: Session, study_instance_uid: str) -> list[Sender]:
    """Who brought objects of a study, with the address each came from last; the last one first."""
    rows = session.execute(
        select(AssociationRow.calling_ae_title, AssociationRow.address)
        .join(VisitRow, VisitRow.association_id == AssociationRow.association_id)
        .where(VisitRow.study_instance_uid == study_instance_uid)
        .order_by(AssociationRow.opened_at.desc(), AssociationRow.association_id.desc())
    )
    newest: dict[str, str] = {}
    for title, address in rows:
        newest.setdefault(title, address)
    return [Sender(title, address) for title, address in newest.items()]


def told(session: Session, study_instance_uid: str) -> set[Told]:
    """Which destinations have had a report on a study, or may have it at any moment."""
    rows = session.execute(
        select(OutboxRow.destination, OutboxRow.back, OutboxRow.peer)
        .where(OutboxRow.study_instance_uid == study_instance_uid)
        .where(or_(OutboxRow.state == "sent", OutboxRow.taken_by.is_not(None)))
        .distinct()
    )
    return {(name, peer if back else "") for name, back, peer in rows}


def drop_outdated(session: Session, study_instance_uid: str, at: datetime) -> None:
    """A study has another verdict: what still waits to tell of an older one is not told."""
    session.execute(_waiting_of(study_instance_uid).values(state="superseded", ended_at=at))


def drop_provisional(session: Session, study_instance_uid: str, peer: str, at: datetime) -> None:
    """The same of provisional reports on what one sender has brought so far."""
    session.execute(
        _waiting_of(study_instance_uid)
        .where(OutboxRow.provisional, or_(OutboxRow.peer == peer, ~OutboxRow.back))
        .values(state="superseded", ended_at=at)
    )


def _waiting_of(study_instance_uid: str) -> Update:
    return update(OutboxRow).where(
        OutboxRow.study_instance_uid == study_instance_uid, OutboxRow.state == "waiting"
    )


def queue(
    session: Session,
    study: StudyRow,
    due: Iterable[Due],
    *,
    at: datetime,
    provisional: bool = False,
    delay: timedelta = timedelta(),
) -> list[OutboxEntry]:
    """Write down what is due."""
    rows = [
        OutboxRow(
            study_instance_uid=study.study_instance_uid,
            version=study.version,
            provisional=provisional,
            destination=one.destination,
            kind=one.kind,
            peer=one.sender.ae_title,
            address=one.sender.address,
            back=one.back,
            state="waiting",
            queued_at=at,
            due_at=at + delay,
            attempts=0,
        )
        for one in due
    ]
    session.add_all(rows)
    session.flush()
    return [entry_of(row) for row in rows]


# --- delivering it


def due_targets(session: Session, destinations: Collection[str], at: datetime) -> list[Target]:
    """Where something is to be delivered now, of the destinations that are known here."""
    rows = session.execute(
        _due(destinations, at)
        .with_only_columns(OutboxRow.destination, OutboxRow.back, OutboxRow.peer)
        .distinct()
    )
    return sorted({Target(name, peer if back else "") for name, back, peer in rows})


def take(
    session: Session,
    target: Target,
    node: str,
    at: datetime,
    lease: timedelta,
    routing: Routing = NOBODY,
) -> OutboxEntry | None:
    """The entry that has been due longest, taken for so long; None when there is none to be had.

    What another node has taken, or works on, is passed over. A provisional report tells the verdict
    as it stands now, which is frozen: what is told outside of the node can be looked up in it. It
    is told to nobody who by the routing wants no such verdict.
    """
    due = _due([target.destination], at).where(_goes_to(target))
    found = session.execute(
        due.with_only_columns(OutboxRow.entry_id, OutboxRow.study_instance_uid)
        .order_by(OutboxRow.due_at, OutboxRow.entry_id)
        .limit(_LOOKED_AT)
    ).all()
    for entry_id, study in found:
        if not try_lock_study(session, study):
            continue
        wanted = due.where(OutboxRow.entry_id == entry_id).with_for_update(skip_locked=True)
        row = session.scalars(wanted.execution_options(populate_existing=True)).first()
        if row is not None and _tells_what_stands(session, row, at, routing):
            row.attempts += 1
            row.taken_by, row.due_at = node, at + lease
            session.flush()
            return entry_of(row)
    return None


def _tells_what_stands(session: Session, row: OutboxRow, at: datetime, routing: Routing) -> bool:
    """Have a provisional report tell the newest verdict; False when that one is none of its matter."""
    if not row.provisional or row.attempts:
        return True
    study = session.get_one(StudyRow, row.study_instance_uid, populate_existing=True)
    newest = session.get_one(VerdictRow, (study.study_instance_uid, study.version))
    whom = (row.destination, row.peer if row.back else "")
    conclusion = cast("Conclusion", newest.conclusion)
    if not routing.wants(whom, conclusion, told(session, row.study_instance_uid)):
        row.state, row.ended_at = "superseded", at
        return False
    row.version, newest.frozen = study.version, True
    return True


def release(session: Session, node: str, at: datetime) -> None:
    """What this node had taken when it was stopped or killed is due at once."""
    session.execute(
        update(OutboxRow).where(OutboxRow.taken_by == node, OutboxRow.due_at > at).values(due_at=at)
    )


def sent(session: Session, entry: OutboxEntry, at: datetime, uid: str | None, reason: str) -> bool:
    """Record that an entry was delivered; False when a later attempt has done so."""
    row = _of_this_attempt(session, entry)
    if row is None:
        return False
    row.state, row.ended_at, row.taken_by = "sent", at, None
    row.uid, row.reason = uid, reason or None
    note_reported(session, entry.study_instance_uid)
    return True


def put_off(session: Session, entry: OutboxEntry, until: datetime, reason: str) -> bool:
    """Record that an attempt failed, the next one being due then; False when there is to be none."""
    row = _failed(session, entry)
    if row is not None:
        row.due_at, row.reason = until, reason
    return row is not None


def give_up(
    session: Session, entry: OutboxEntry, at: datetime, state: DeliveryState, reason: str
) -> bool:
    """Record that an entry will not be delivered: `failed`, or `needless`.

    False when it was not to be delivered any more.
    """
    row = _failed(session, entry)
    if row is not None:
        row.state, row.ended_at, row.reason = state, at, reason
        note_reported(session, entry.study_instance_uid)
    return row is not None


def _failed(session: Session, entry: OutboxEntry) -> OutboxRow | None:
    """The row of an attempt that did not arrive, if it still waits: it may be outdated by now."""
    row = _of_this_attempt(session, entry)
    if row is None:
        return None
    row.taken_by = None
    return row if row.state == "waiting" else None


def hasten(session: Session, target: Target, at: datetime) -> None:
    """A destination is there again: what waits for it need not wait any longer."""
    waiting = update(OutboxRow).where(
        OutboxRow.state == "waiting",
        OutboxRow.destination == target.destination,
        _goes_to(target),
        OutboxRow.taken_by.is_(None),
        OutboxRow.attempts > 0,
    )
    session.execute(waiting.values(due_at=at))


def report_before(
    session: Session, study_instance_uid: str, version: int, to: Target | None = None
) -> str | None:
    """The UID of the structured report of an earlier version that somebody, or `to`, had last."""
    wanted = (
        select(OutboxRow.uid)
        .where(
            OutboxRow.study_instance_uid == study_instance_uid,
            OutboxRow.kind == "sr",
            OutboxRow.state == "sent",
            OutboxRow.version < version,
        )
        .order_by(OutboxRow.entry_id.desc())
        .limit(1)
    )
    if to is not None:
        wanted = wanted.where(OutboxRow.destination == to.destination, _goes_to(to))
    return session.scalar(wanted)


def _of_this_attempt(session: Session, entry: OutboxEntry) -> OutboxRow | None:
    """The row, unless another attempt was begun meanwhile: the one in hand took too long."""
    lock_studies(session, [entry.study_instance_uid])
    row = session.get(OutboxRow, entry.entry_id, with_for_update=True, populate_existing=True)
    attempt = (entry.attempts, entry.due_at)
    return row if row is not None and (row.attempts, row.due_at) == attempt else None


def note_reported(session: Session, study_instance_uid: str) -> None:
    """A study is reported when nothing waits or has failed, and something was sent, of its verdict."""
    session.flush()
    study = session.get_one(StudyRow, study_instance_uid, populate_existing=True)
    states = session.scalars(
        select(OutboxRow.state).where(
            OutboxRow.study_instance_uid == study_instance_uid,
            OutboxRow.version == study.version,
            ~OutboxRow.provisional,
        )
    ).all()
    if "sent" in states and not {"waiting", "failed"} & set(states):
        study.state = after(study.state, Occurrence.DELIVERED).state


def _due(destinations: Collection[str], at: datetime) -> Select[OutboxRow]:
    """What may be sent now: nothing of a study of which the destination is just being told."""
    other = aliased(OutboxRow)
    under_way = exists().where(
        other.study_instance_uid == OutboxRow.study_instance_uid,
        other.destination == OutboxRow.destination,
        or_(~OutboxRow.back, other.peer == OutboxRow.peer),
        other.taken_by.is_not(None),
        other.due_at > at,
    )
    return select(OutboxRow).where(
        OutboxRow.state == "waiting",
        OutboxRow.destination.in_(destinations),
        OutboxRow.due_at <= at,
        ~under_way,
    )


def _goes_to(target: Target) -> ColumnElement[bool]:
    """Of a destination's rows: those to one sender, or those of a destination that is no sender."""
    return and_(OutboxRow.back, OutboxRow.peer == target.peer) if target.peer else ~OutboxRow.back


# --- what it holds


def entries(
    session: Session,
    states: Collection[DeliveryState] = (),
    study_instance_uid: str | None = None,
) -> list[OutboxEntry]:
    """The entries in these states, or in any, of one study or of all; oldest first."""
    wanted = select(OutboxRow).order_by(OutboxRow.entry_id)
    if states:
        wanted = wanted.where(OutboxRow.state.in_(states))
    if study_instance_uid is not None:
        wanted = wanted.where(OutboxRow.study_instance_uid == study_instance_uid)
    return [entry_of(row) for row in session.scalars(wanted)]


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many entries there are by destination and state."""
    wanted = select(OutboxRow.destination, OutboxRow.state, func.count()).group_by(
        OutboxRow.destination, OutboxRow.state
    )
    return {(name, state): count for name, state, count in session.execute(wanted)}


def oldest_waiting(session: Session) -> datetime | None:
    """Since when the entry that has waited longest is in the outbox."""
    waiting = select(func.min(OutboxRow.queued_at)).where(OutboxRow.state == "waiting")
    found: datetime | None = session.scalar(waiting)
    return found


def entry_of(row: OutboxRow) -> OutboxEntry:
    """The entry that a row holds."""
    return OutboxEntry(
        entry_id=row.entry_id,
        study_instance_uid=row.study_instance_uid,
        version=row.version,
        provisional=row.provisional,
        destination=row.destination,
        kind=row.kind,
        sender=Sender(row.peer, row.address),
        back=row.back,
        state=row.state,
        queued_at=row.queued_at,
        due_at=row.due_at,
        attempts=row.attempts,
        taken_by=row.taken_by,
        ended_at=row.ended_at,
        uid=row.uid,
        reason=row.reason,
    )
