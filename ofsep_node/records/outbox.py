"""The outbox: reports that are due, what became of each, and who is delivering one at the moment.

A row is written in the transaction of the verdict that makes it due. Whoever delivers it takes it
first, which counts the attempt and puts off the next one: killed in the middle, the row is due
again, and the same document is sent a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, Update, func, or_, select, update
from sqlalchemy.orm import Session

from ofsep_node.domain.lifecycle import Occurrence, after
from ofsep_node.domain.routing import Due, Sender, Told
from ofsep_node.errors import ReportNotFound
from ofsep_node.records.base import DeliveryState
from ofsep_node.records.locks import lock_studies, try_lock_study
from ofsep_node.records.schema import AssociationRow, OutboxRow, StudyRow, VerdictRow, VisitRow


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A report on its way, or at its end. `attempts` also tells one attempt from the next."""

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


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """Where deliveries go one after the other: a destination, and which sender where it is those."""

    destination: str
    peer: str = ""


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
    """Which destinations have had a report on a study: of whatever it says now, too."""
    rows = session.execute(
        select(OutboxRow.destination, OutboxRow.back, OutboxRow.peer)
        .where(OutboxRow.study_instance_uid == study_instance_uid, OutboxRow.state == "sent")
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
    return [_entry(row) for row in rows]


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
    session: Session, target: Target, node: str, at: datetime, lease: timedelta
) -> OutboxEntry | None:
    """The entry that has been due longest, taken for so long; None when there is none to be had.

    What another node has taken, or works on, is passed over. A provisional report tells the verdict
    as it stands now, which is frozen: what is told outside of the node can be looked up in it.
    """
    row = session.scalars(
        _due([target.destination], at)
        .where(OutboxRow.peer == target.peer if target.peer else ~OutboxRow.back)
        .order_by(OutboxRow.due_at, OutboxRow.entry_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None or not try_lock_study(session, row.study_instance_uid):
        return None
    if row.provisional and not row.attempts:
        study = session.get_one(StudyRow, row.study_instance_uid, populate_existing=True)
        newest = session.get_one(VerdictRow, (study.study_instance_uid, study.version))
        row.version, newest.frozen = study.version, True
    row.attempts += 1
    row.taken_by, row.due_at = node, at + lease
    session.flush()
    return _entry(row)


def release(session: Session, node: str, at: datetime) -> None:
    """What this node had taken when it was stopped or killed is due at once."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.state == "waiting", OutboxRow.taken_by == node)
        .values(taken_by=None, due_at=at)
    )


def sent(session: Session, entry: OutboxEntry, at: datetime, uid: str | None, reason: str) -> bool:
    """Record that an entry was delivered; False when a later attempt has done so."""
    row = _of_this_attempt(session, entry)
    if row is None:
        return False
    row.state, row.ended_at, row.taken_by = "sent", at, None
    row.uid, row.reason = uid, reason or None
    _reported(session, entry.study_instance_uid)
    return True


def put_off(session: Session, entry: OutboxEntry, until: datetime, reason: str) -> None:
    """Record that an attempt failed; the next one is due then."""
    row = _of_this_attempt(session, entry)
    if row is not None:
        row.due_at, row.taken_by, row.reason = until, None, reason


def give_up(
    session: Session, entry: OutboxEntry, at: datetime, state: DeliveryState, reason: str
) -> None:
    """Record that an entry will not be delivered: `failed`, or `cancelled` where nothing is to tell."""
    row = _of_this_attempt(session, entry)
    if row is not None and row.state == "waiting":
        row.state, row.ended_at, row.taken_by, row.reason = state, at, None, reason
        _reported(session, entry.study_instance_uid)


def hasten(session: Session, target: Target, at: datetime) -> None:
    """A destination is there again: what waits for it need not wait any longer."""
    waiting = update(OutboxRow).where(
        OutboxRow.state == "waiting",
        OutboxRow.destination == target.destination,
        OutboxRow.taken_by.is_(None),
        OutboxRow.attempts > 0,
    )
    if target.peer:
        waiting = waiting.where(OutboxRow.peer == target.peer)
    session.execute(waiting.values(due_at=at))


def sent_before(session: Session, entry: OutboxEntry) -> str | None:
    """The UID of the object of this kind that the same destination had of the study before."""
    wanted = (
        select(OutboxRow.uid)
        .where(
            OutboxRow.study_instance_uid == entry.study_instance_uid,
            OutboxRow.destination == entry.destination,
            OutboxRow.kind == entry.kind,
            OutboxRow.state == "sent",
            OutboxRow.entry_id < entry.entry_id,
        )
        .order_by(OutboxRow.entry_id.desc())
        .limit(1)
    )
    if entry.back:
        wanted = wanted.where(OutboxRow.peer == entry.sender.ae_title)
    return session.scalar(wanted)


def _of_this_attempt(session: Session, entry: OutboxEntry) -> OutboxRow | None:
    """The row, unless another attempt was begun meanwhile: the one in hand took too long."""
    lock_studies(session, [entry.study_instance_uid])
    row = session.get(OutboxRow, entry.entry_id, with_for_update=True, populate_existing=True)
    return row if row is not None and row.attempts == entry.attempts else None


def _reported(session: Session, study_instance_uid: str) -> None:
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
    return select(OutboxRow).where(
        OutboxRow.state == "waiting",
        OutboxRow.destination.in_(destinations),
        OutboxRow.due_at <= at,
    )


# --- what people ask of it


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
    return [_entry(row) for row in session.scalars(wanted)]


def retry(session: Session, entry_id: int, at: datetime) -> OutboxEntry:
    """Have an entry tried now, and for as long as a new one. Raises ReportNotFound."""
    row = _called(session, entry_id)
    if row.state not in ("waiting", "failed", "cancelled"):
        raise ReportNotFound(f"report {entry_id} is {row.state}: there is nothing to retry")
    if row.taken_by is not None and row.due_at > at:
        raise ReportNotFound(f"report {entry_id} is being delivered at this moment")
    row.state, row.queued_at, row.due_at, row.ended_at = "waiting", at, at, None
    row.taken_by = None
    return _entry(row)


def cancel(session: Session, entry_id: int, at: datetime, by: str) -> OutboxEntry:
    """Have an entry tried no more. Raises ReportNotFound."""
    row = _called(session, entry_id)
    if row.state not in ("waiting", "failed"):
        raise ReportNotFound(f"report {entry_id} is {row.state}: there is nothing to cancel")
    row.state, row.ended_at, row.reason = "cancelled", at, by
    row.taken_by = None
    _reported(session, row.study_instance_uid)
    return _entry(row)


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


def _called(session: Session, entry_id: int) -> OutboxRow:
    row = session.get(OutboxRow, entry_id)
    if row is None:
        raise ReportNotFound(
            f"no report has the number {entry_id}: `ofsep-node outbox list --all` shows them"
        )
    lock_studies(session, [row.study_instance_uid])
    session.refresh(row, with_for_update=True)
    return row


def _entry(row: OutboxRow) -> OutboxEntry:
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
