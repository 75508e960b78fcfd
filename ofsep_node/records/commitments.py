"""Requests for storage commitment, from their being asked to their outcome being told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.orm import Session

from ofsep_node.domain.commitment import (
    CommitmentRequest,
    CommitmentResult,
    CommitmentState,
    Failure,
    FailureReason,
    Reference,
)
from ofsep_node.records.schema import ArrivalRow, InstanceRow
from ofsep_node.records.services_schema import CommitmentRow, CommittedStudyRow

OPEN: tuple[CommitmentState, ...] = ("asked", "verified")
IS_OPEN = text(f"commitment.state IN ({', '.join(repr(state) for state in OPEN)})")
"""Written as the partial index is: neither database sees that another spelling means the same."""

_UIDS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked, on which association."""

    association_id: str
    calling_ae_title: str
    called_ae_title: str
    address: str


@dataclass(frozen=True, slots=True)
class Due:
    """A request for which something is to be done: looked into, or told of once it was.

    `failed` is None until it was looked into.
    """

    commitment_id: int
    transaction_uid: str
    requester: Requester
    objects: tuple[Reference, ...]
    failed: tuple[Failure, ...] | None
    asked_at: datetime

    def result(self) -> CommitmentResult:
        """What is told of it."""
        without = {failure.reference for failure in self.failed or ()}
        committed = tuple(r for r in self.objects if r not in without)
        return CommitmentResult(self.transaction_uid, committed, self.failed or ())


@dataclass(frozen=True, slots=True)
class Copy:
    """One object in the archive, or dropped from it, as it was recorded.

    `re_encoded` is what another of the same UID is in another transfer syntax.
    """

    reference: Reference
    study_instance_uid: str
    archived_as: str
    digest: str
    transfer_syntax_uid: str | None
    dropped_at: datetime | None
    re_encoded: bool


@dataclass(frozen=True, slots=True)
class CommitmentEntry:
    """What was asked of the node for objects of one study, and what came of it."""

    transaction_uid: str
    calling_ae_title: str
    state: CommitmentState
    asked_at: datetime
    ended_at: datetime | None
    asked: int
    committed: int
    problem: str | None


def ask(
    session: Session, request: CommitmentRequest, requester: Requester, node: str, at: datetime
) -> CommitmentRow:
    """Record a request. One that is asked again is looked into again, and told again."""
    row = session.scalar(
        select(CommitmentRow).where(
            CommitmentRow.transaction_uid == request.transaction_uid,
            CommitmentRow.calling_ae_title == requester.calling_ae_title,
        )
    )
    if row is None:
        row = CommitmentRow(transaction_uid=request.transaction_uid)
        row.calling_ae_title = requester.calling_ae_title
        session.add(row)
    row.called_ae_title, row.address = requester.called_ae_title, requester.address
    row.association_id, row.node = requester.association_id, node
    row.objects = [[r.sop_class_uid, r.sop_instance_uid] for r in request.references]
    row.state, row.failures, row.problem, row.ended_at = "asked", None, None, None
    row.asked_at = row.due_at = at
    row.attempts = 0
    session.flush()
    return row


def next_due(session: Session, node: str, at: datetime) -> Due | None:
    """The request of a node for which something is to be done since longest."""
    row = session.scalar(
        select(CommitmentRow)
        .where(CommitmentRow.node == node, CommitmentRow.state.in_(OPEN))
        .where(CommitmentRow.due_at <= at)
        .order_by(CommitmentRow.due_at, CommitmentRow.commitment_id)
        .limit(1)
    )
    return None if row is None else _due(row)


def row_of(session: Session, due: Due) -> CommitmentRow | None:
    """The request's row, to be written; None when it was asked again meanwhile."""
    row = session.get(CommitmentRow, due.commitment_id, with_for_update=True)
    return row if row is not None and row.asked_at == due.asked_at else None


def put_off(session: Session, row: CommitmentRow, until: datetime) -> None:
    """Tell whoever asked for this of nothing else either before that."""
    _retime(session, row, CommitmentRow.due_at < until, until)


def hasten(session: Session, row: CommitmentRow, at: datetime) -> None:
    """Tell whoever asked for this the rest at once."""
    _retime(session, row, CommitmentRow.due_at > at, at)


def _retime(
    session: Session, row: CommitmentRow, which: ColumnElement[bool], due_at: datetime
) -> None:
    session.execute(
        update(CommitmentRow)
        .where(CommitmentRow.node == row.node, CommitmentRow.state.in_(OPEN), which)
        .where(CommitmentRow.calling_ae_title == row.calling_ae_title)
        .where(CommitmentRow.address == row.address)
        .values(due_at=due_at)
    )


def end(row: CommitmentRow, state: CommitmentState, at: datetime) -> None:
    """It is over. Which objects it was about nobody asks any more, and they may be 140,000."""
    row.state, row.ended_at = state, at
    row.objects, row.failures = [], []


def is_any_open(session: Session, node: str | None) -> bool:
    """Whether somebody is still to be told; `node` None asks for whatever the node was called."""
    ours = [] if node is None else [CommitmentRow.node == node]
    wanted = select(CommitmentRow.commitment_id).where(IS_OPEN, *ours).limit(1)
    return session.scalar(wanted) is not None


def adopt(session: Session, node: str) -> None:
    """Take over what was asked of the node when it had another name."""
    session.execute(
        update(CommitmentRow).where(IS_OPEN, CommitmentRow.node != node).values(node=node)
    )


def give_up_of(session: Session, node: str, at: datetime) -> None:
    """Nobody will be told what was asked of a node that is gone for good."""
    session.execute(
        update(CommitmentRow)
        .where(CommitmentRow.node == node, CommitmentRow.state.in_(OPEN))
        .values(state="given_up", ended_at=at, problem=f"the node {node} is gone")
        .values(objects=[], failures=[])
    )


def copies_of(session: Session, references: Sequence[Reference]) -> list[Copy]:
    """Everything that is or was in the archive under one of these SOP Instance UIDs."""
    found: list[Copy] = []
    for uids in _uids(references):
        rows = session.execute(
            select(
                InstanceRow.sop_class_uid,
                InstanceRow.sop_instance_uid,
                InstanceRow.study_instance_uid,
                InstanceRow.archived_as,
                InstanceRow.digest,
                InstanceRow.transfer_syntax_uid,
                InstanceRow.dropped_at,
                InstanceRow.counted.is_(False) & InstanceRow.conflict.is_(False),
            ).where(InstanceRow.sop_instance_uid.in_(uids))
        )
        found += [Copy(Reference(*row[:2]), *row[2:]) for row in rows]
    return found


def unreadable_among(session: Session, references: Sequence[Reference]) -> set[str]:
    """The SOP Instance UIDs under which only something came that cannot be read."""
    found: set[str] = set()
    for uids in _uids(references):
        found.update(
            session.scalars(
                select(ArrivalRow.sop_instance_uid)
                .where(ArrivalRow.sop_instance_uid.in_(uids))
                .where(ArrivalRow.outcome == "unreadable", ArrivalRow.instance_id.is_(None))
            )
        )
    return found


def verified(
    session: Session, row: CommitmentRow, due: Due, failed: Sequence[Failure], copies: list[Copy]
) -> None:
    """Record what a request comes to, and of which studies its objects are.

    Of two contents under one UID each may be of another study: about both it was asked.
    """
    row.failures = [
        {
            "object": [f.reference.sop_class_uid, f.reference.sop_instance_uid],
            "reason": f.reason,
            "dropped": f.dropped,
        }
        for f in failed
    ]
    row.state = "verified"
    without = {f.reference for f in failed}
    studies_of: dict[Reference, set[str]] = defaultdict(set)
    for copy in copies:
        studies_of[copy.reference].add(copy.study_instance_uid)
    asked = Counter(study for r in due.objects for study in studies_of[r])
    committed = Counter(study for r in due.objects if r not in without for study in studies_of[r])
    for study, count in asked.items():
        session.merge(
            CommittedStudyRow(
                commitment_id=row.commitment_id,
                study_instance_uid=study,
                asked=count,
                committed=committed[study],
            )
        )


def _due(row: CommitmentRow) -> Due:
    return Due(
        commitment_id=row.commitment_id,
        transaction_uid=row.transaction_uid,
        requester=Requester(
            row.association_id, row.calling_ae_title, row.called_ae_title, row.address
        ),
        objects=tuple(Reference(*names) for names in row.objects),
        failed=None if row.failures is None else tuple(map(_failure, row.failures)),
        asked_at=row.asked_at,
    )


def _failure(document: dict[str, Any]) -> Failure:
    reason, dropped = FailureReason(document["reason"]), document.get("dropped", False)
    return Failure(Reference(*document["object"]), reason, dropped=dropped)


def commitments_of(session: Session, study_instance_uid: str) -> list[CommitmentEntry]:
    """What was asked of the node for a study, the first request first."""
    rows = session.execute(
        select(CommitmentRow, CommittedStudyRow)
        .join(CommittedStudyRow, CommittedStudyRow.commitment_id == CommitmentRow.commitment_id)
        .where(CommittedStudyRow.study_instance_uid == study_instance_uid)
        .order_by(CommitmentRow.commitment_id)
    )
    return [
        CommitmentEntry(
            transaction_uid=row.transaction_uid,
            calling_ae_title=row.calling_ae_title,
            state=row.state,
            asked_at=row.asked_at,
            ended_at=row.ended_at,
            asked=about.asked,
            committed=about.committed,
            problem=row.problem,
        )
        for row, about in rows
    ]


def commitment_counts(session: Session) -> dict[str, int]:
    """How many requests there are in each state."""
    wanted = select(CommitmentRow.state, func.count()).group_by(CommitmentRow.state)
    return {str(state): int(count) for state, count in session.execute(wanted)}


def _uids(references: Sequence[Reference]) -> Iterator[list[str]]:
    """The SOP Instance UIDs, as many at a time as a statement takes."""
    for start in range(0, len(references), _UIDS_A_QUERY):
        yield [r.sop_instance_uid for r in references[start : start + _UIDS_A_QUERY]]
