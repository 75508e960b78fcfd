"""The tables of the services beside storage: performed steps, storage commitment, retrievals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ofsep_node.domain.commitment import CommitmentState
from ofsep_node.records.base import Base
from ofsep_node.records.columns import Identifier

_OPEN = text("state IN ('asked', 'verified')")


class PerformedStepRow(Base):
    """One performed procedure step, as far as its scanner has told of it.

    It may be there before the first image of its study. `told_at` is when the newest of its
    reports was answered, by the clock of the receiver; `recorded_at` when that one was recorded, by
    the clock that studies go by.
    """

    __tablename__ = "performed_step"

    sop_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    study_instance_uid: Mapped[str | None] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(String(16))
    association_id: Mapped[str] = mapped_column(ForeignKey("association.association_id"))
    reason: Mapped[str | None]
    texts: Mapped[list[str]]
    series: Mapped[list[dict[str, Any]]]
    told_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class CommitmentRow(Base):
    """One request for storage commitment, until its outcome was told.

    `objects` are SOP Class and SOP Instance UIDs as they were asked for, `failures` those that the
    node does not answer for, each with its reason; None until that was looked into. Both are empty
    once it is over. Something is to be done about it at `due_at`, until then. `problem` is why the
    last try failed.
    """

    __tablename__ = "commitment"

    commitment_id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    transaction_uid: Mapped[str]
    calling_ae_title: Mapped[str]
    called_ae_title: Mapped[str]
    address: Mapped[str]
    node: Mapped[str]
    association_id: Mapped[str] = mapped_column(ForeignKey("association.association_id"))
    objects: Mapped[list[list[str]]]
    failures: Mapped[list[dict[str, Any]] | None]
    state: Mapped[CommitmentState]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("transaction_uid", "calling_ae_title"),
        Index(None, "node", "state", "due_at"),
        Index("ix_commitment_open", "state", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )


class CommittedStudyRow(Base):
    """That a request for storage commitment was about objects of a study; of how many it holds."""

    __tablename__ = "committed_study"

    commitment_id: Mapped[int] = mapped_column(
        Identifier, ForeignKey("commitment.commitment_id"), primary_key=True
    )
    study_instance_uid: Mapped[str] = mapped_column(
        ForeignKey("study.study_instance_uid"), primary_key=True, index=True
    )
    asked: Mapped[int]
    committed: Mapped[int]


class RetrievalRow(Base):
    """What a peer fetched of a study, for itself or for a destination: how often, and the last time.

    `sent` and `failed` count the objects of the last time; None where it was of several studies.
    """

    __tablename__ = "retrieval"

    study_instance_uid: Mapped[str] = mapped_column(
        ForeignKey("study.study_instance_uid"), primary_key=True
    )
    peer: Mapped[str] = mapped_column(primary_key=True)
    destination: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]
    sent: Mapped[int | None]
    failed: Mapped[int | None]
    at: Mapped[datetime]
