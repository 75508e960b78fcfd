"""Who has fetched a study, or had it sent to somebody: the last time of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ofsep_node.records.locks import lock_studies
from ofsep_node.records.schema import StudyRow
from ofsep_node.records.services_schema import RetrievalRow


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What a peer did with studies: `destination` is empty where it fetched them for itself.

    `sent` and `failed` count objects; None where several studies were fetched at once.
    """

    peer: str
    destination: str
    sent: int | None
    failed: int | None


@dataclass(frozen=True, slots=True)
class RetrievalEntry:
    """The last of several retrievals of one study, by one peer for one destination."""

    last: Retrieval
    times: int
    at: datetime


def keep(
    session: Session, retrieval: Retrieval, study_instance_uids: Sequence[str], at: datetime
) -> None:
    """Record a retrieval for those of the studies that are here. The first thing a transaction does."""
    lock_studies(session, study_instance_uids)
    for study in dict.fromkeys(study_instance_uids):
        if session.get(StudyRow, study) is None:
            continue
        key = (study, retrieval.peer, retrieval.destination)
        row = session.get(RetrievalRow, key)
        if row is None:
            row = RetrievalRow(
                study_instance_uid=study,
                peer=retrieval.peer,
                destination=retrieval.destination,
                times=0,
            )
            session.add(row)
        row.times += 1
        row.at, row.sent, row.failed = at, retrieval.sent, retrieval.failed


def retrievals_of(session: Session, study_instance_uid: str) -> list[RetrievalEntry]:
    """Those of a study, the last one last."""
    rows = session.scalars(
        select(RetrievalRow)
        .where(RetrievalRow.study_instance_uid == study_instance_uid)
        .order_by(RetrievalRow.at, RetrievalRow.peer, RetrievalRow.destination)
    )
    return [
        RetrievalEntry(
            Retrieval(row.peer, row.destination, row.sent, row.failed), row.times, row.at
        )
        for row in rows
    ]
