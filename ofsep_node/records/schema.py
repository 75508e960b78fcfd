"""The tables. A change here needs a migration; a test compares the two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ofsep_node.domain.lifecycle import FIRST
from ofsep_node.domain.retention import Cause
from ofsep_node.domain.verdict import State
from ofsep_node.records.base import ArrivalOutcome, Base, NodeState
from ofsep_node.records.columns import Identifier
from ofsep_node.records.outbox_schema import OutboxRow
from ofsep_node.records.retention_schema import KeptHeaderRow
from ofsep_node.records.services_schema import (
    CommitmentRow,
    CommittedStudyRow,
    PerformedStepRow,
    RetrievalRow,
)

REVISION = "0010"
"""The newest migration's: a transaction that writes makes sure that the database has it."""

_OPEN = text("closed_at IS NULL")
_UNREADABLE = text("unreadable > 0")
_CONFLICT = text("conflict")
_ARCHIVED = text("archived_bytes > 0")
_DROPPING = text("dropping")

_PATIENT_ID = "substr(patient_id, 1, 64)"
_ACCESSION_NUMBER = "substr(accession_number, 1, 64)"
"""As they are looked for: whatever a sender writes there must fit into an index."""

LONGEST_DATE = 64
"""Characters that are kept of a StudyDate, which has eight, or ten: they too are in an index."""

ELSEWHERE = (
    OutboxRow,
    PerformedStepRow,
    CommitmentRow,
    CommittedStudyRow,
    RetrievalRow,
    KeptHeaderRow,
)
"""Tables of the same schema, which modules of their own describe."""


class NodeRow(Base):
    """One of the nodes that work on this database. All times are of the database's clock.

    `identity` is its data folder's, `incarnation` that of the process that renews the lease.
    `present_since` is when it was last heard of again after a silence. Everything that came to
    the node before `recorded_until` is recorded; `waiting` counts the associations in its spool.
    `archive` is the identity of the archive it files in.
    """

    __tablename__ = "node"

    name: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str]
    incarnation: Mapped[str]
    archive: Mapped[str]
    host: Mapped[str]
    version: Mapped[str]
    state: Mapped[NodeState]
    started_at: Mapped[datetime]
    present_since: Mapped[datetime]
    seen_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    recorded_until: Mapped[datetime]
    waiting: Mapped[int] = mapped_column(default=0)


class AssociationRow(Base):
    """One association, as the receiver described it in the spool.

    The `outcome` is `released` or `aborted`; `lost` while its node is away, and nobody knows.
    """

    __tablename__ = "association"

    association_id: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[str]
    calling_ae_title: Mapped[str]
    called_ae_title: Mapped[str]
    address: Mapped[str]
    port: Mapped[int | None]
    implementation_class_uid: Mapped[str | None]
    implementation_version_name: Mapped[str | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    objects: Mapped[int | None]
    unreadable: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index(None, "node", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            None,
            "calling_ae_title",
            "address",
            "opened_at",
            sqlite_where=_UNREADABLE,
            postgresql_where=_UNREADABLE,
        ),
    )


class StudyRow(Base):
    """One study: what its first image says of it, and where its judgement stands.

    `receiving_since` is when its first image came, or the last one that opened it again.

    `revision` counts the transactions that changed the study, so that a process knows when what
    it holds in memory is no longer the whole of it. `version` is the newest verdict's.
    `told` are the findings that were raised and not cleared since. `parts` and `whole_cord` are
    what the newest verdict found imaged, for the patient's later examinations. `annotated` says
    that corrections or measurements are recorded: most studies have none, and are judged without
    looking for them. `patient_name_folded` is the name as it is looked for; the attributes from
    `patient_name` to `referring_physician_name` are there for queries only.

    `archived_bytes` is the size of its files in the archive. Those that are not there any more
    were dropped at `dropped_at`, the last of them; while `dropping`, files may be left of them.
    """

    __tablename__ = "study"

    study_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str | None]
    patient_name: Mapped[str | None]
    patient_name_folded: Mapped[str | None] = mapped_column(index=True)
    patient_birth_date: Mapped[str | None]
    patient_sex: Mapped[str | None]
    study_id: Mapped[str | None]
    referring_physician_name: Mapped[str | None]
    study_date: Mapped[str | None] = mapped_column(index=True)
    study_time: Mapped[str | None]
    study_description: Mapped[str | None]
    accession_number: Mapped[str | None]
    state: Mapped[State] = mapped_column(default=FIRST)
    conclusion: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    images: Mapped[int] = mapped_column(default=0)
    first_received_at: Mapped[datetime]
    last_received_at: Mapped[datetime] = mapped_column(index=True)
    receiving_since: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    told: Mapped[list[dict[str, Any]] | None]
    parts: Mapped[list[str] | None]
    whole_cord: Mapped[bool] = mapped_column(default=False)
    annotated: Mapped[bool] = mapped_column(default=False)
    archived_bytes: Mapped[int] = mapped_column(Identifier, default=0)
    dropping: Mapped[bool] = mapped_column(default=False)
    dropped_at: Mapped[datetime | None]
    dropped_because: Mapped[Cause | None]

    __table_args__ = (
        Index(None, "state", "last_received_at"),
        Index("ix_study_patient_id_study_date", text(_PATIENT_ID), "study_date"),
        Index(
            "ix_study_archived",
            "last_received_at",
            "study_instance_uid",
            sqlite_where=_ARCHIVED,
            postgresql_where=_ARCHIVED,
        ),
        Index(
            "ix_study_dropping", "dropped_at", sqlite_where=_DROPPING, postgresql_where=_DROPPING
        ),
        Index("ix_study_accession_number", text(_ACCESSION_NUMBER)),
    )


class SeriesRow(Base):
    """One series; `identity` is what the log last said that it is."""

    __tablename__ = "series"

    study_instance_uid: Mapped[str] = mapped_column(
        ForeignKey("study.study_instance_uid"), primary_key=True
    )
    series_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    series_number: Mapped[int | None] = mapped_column(Identifier)
    series_description: Mapped[str | None]
    modality: Mapped[str | None]
    images: Mapped[int] = mapped_column(default=0)
    identity: Mapped[dict[str, Any] | None]


class InstanceRow(Base):
    """One object in the archive; one of which only the facts are left when it was dropped.

    No other object ever gets the name `archived_as`, so that it can be removed at any time.

    `digest` is the SHA-256 of the data set without its file meta information; `conflict` marks an
    object whose SOP Instance UID an earlier one already had, with other content. The judge sees
    the facts of `counted` objects only: the first of each UID.
    """

    __tablename__ = "instance"

    instance_id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    sop_instance_uid: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    sop_class_uid: Mapped[str]
    transfer_syntax_uid: Mapped[str | None]
    study_instance_uid: Mapped[str]
    series_instance_uid: Mapped[str]
    association_id: Mapped[str] = mapped_column(ForeignKey("association.association_id"))
    archived_as: Mapped[str]
    size: Mapped[int] = mapped_column(Identifier)
    facts: Mapped[str]
    conflict: Mapped[bool] = mapped_column(default=False)
    counted: Mapped[bool] = mapped_column(default=True)
    received_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("sop_instance_uid", "digest"),
        ForeignKeyConstraint(
            ["study_instance_uid", "series_instance_uid"],
            ["series.study_instance_uid", "series.series_instance_uid"],
        ),
        Index(None, "study_instance_uid", "instance_id"),
        Index(
            "ix_instance_conflict",
            "study_instance_uid",
            "instance_id",
            sqlite_where=_CONFLICT,
            postgresql_where=_CONFLICT,
        ),
    )


class ArrivalRow(Base):
    """What became of one spooled object; tells a replay after a crash from a second arrival.

    An unreadable object has the SOP Instance UID that its sender announced, and an `instance_id`
    once an object of that UID is in the archive.
    """

    __tablename__ = "arrival"

    association_id: Mapped[str] = mapped_column(
        ForeignKey("association.association_id"), primary_key=True
    )
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[ArrivalOutcome]
    at: Mapped[datetime]
    instance_id: Mapped[int | None] = mapped_column(
        Identifier, ForeignKey("instance.instance_id"), index=True
    )
    kept_as: Mapped[str | None]
    reason: Mapped[str | None]
    sop_instance_uid: Mapped[str | None]

    __table_args__ = (
        Index(
            None,
            "sop_instance_uid",
            sqlite_where=text("sop_instance_uid IS NOT NULL"),
            postgresql_where=text("sop_instance_uid IS NOT NULL"),
        ),
    )


class VisitRow(Base):
    """That an association brought objects of a study, and how many."""

    __tablename__ = "visit"

    association_id: Mapped[str] = mapped_column(
        ForeignKey("association.association_id"), primary_key=True
    )
    study_instance_uid: Mapped[str] = mapped_column(
        ForeignKey("study.study_instance_uid"), primary_key=True, index=True
    )
    stored: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    conflicts: Mapped[int] = mapped_column(default=0)


class VerdictRow(Base):
    """One version of a study's verdict. Once frozen, it is never written again."""

    __tablename__ = "verdict"

    study_instance_uid: Mapped[str] = mapped_column(
        ForeignKey("study.study_instance_uid"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16))
    conclusion: Mapped[str] = mapped_column(String(32))
    frozen: Mapped[bool] = mapped_column(default=False)
    judged_at: Mapped[datetime]
    document: Mapped[dict[str, Any]]


class CorrectionRow(Base):
    """One thing that a person said of a study or of one of its series; never changed.

    What is said later of the same attribute replaces it; a `value` of None withdraws it.
    """

    __tablename__ = "correction"

    correction_id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    study_instance_uid: Mapped[str] = mapped_column(
        ForeignKey("study.study_instance_uid"), index=True
    )
    series_instance_uid: Mapped[str | None]
    attribute: Mapped[str] = mapped_column(String(16))
    value: Mapped[str | None]
    by: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]


class ImagingMeasurementRow(Base):
    """A number measured on the pixels of a series; a later one of the same quantity replaces it."""

    __tablename__ = "imaging_measurement"

    study_instance_uid: Mapped[str] = mapped_column(
        ForeignKey("study.study_instance_uid"), primary_key=True
    )
    series_instance_uid: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[float] = mapped_column(Double)
    unit: Mapped[str]
    method: Mapped[str]
    reference_series_instance_uid: Mapped[str | None]
    measured_at: Mapped[datetime]


class EventRow(Base):
    """One thing that happened; written with what it tells, never changed."""

    __tablename__ = "event"

    event_id: Mapped[int] = mapped_column(Identifier, primary_key=True)
    at: Mapped[datetime]
    node: Mapped[str]
    name: Mapped[str] = mapped_column(String(64))
    level: Mapped[str] = mapped_column(String(16))
    association: Mapped[str | None]
    peer: Mapped[str | None]
    address: Mapped[str | None]
    study: Mapped[str | None] = mapped_column(index=True)
    series: Mapped[str | None]
    instance: Mapped[str | None]
    details: Mapped[dict[str, Any]]

    __table_args__ = (
        Index(None, "node", "event_id"),
        # A follower's cursor must never meet a number for the second time.
        {"sqlite_autoincrement": True},
    )


class EventCursorRow(Base):
    """How far a follower of a node's events has come."""

    __tablename__ = "event_cursor"

    node: Mapped[str] = mapped_column(primary_key=True)
    follower: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Identifier)


# Written as the partial indexes are: neither database sees that another spelling means the same.
IS_UNREADABLE = literal_column("association.unreadable") > literal_column("0")
PATIENT_ID: ColumnElement[str] = literal_column("substr(study.patient_id, 1, 64)", String)
ACCESSION_NUMBER: ColumnElement[str] = literal_column(
    "substr(study.accession_number, 1, 64)", String
)
INDEXED_CHARACTERS = 64
"""Of both: what is asked for is held against the whole value as well."""
IS_CONFLICT = literal_column("instance.conflict", Boolean)
IS_ARCHIVED = literal_column("study.archived_bytes") > literal_column("0")
IS_BEING_DROPPED = literal_column("study.dropping", Boolean)
