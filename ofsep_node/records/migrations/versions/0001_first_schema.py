"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "association",
        sa.Column("association_id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("calling_ae_title", sa.Text(), nullable=False),
        sa.Column("called_ae_title", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("implementation_class_uid", sa.Text(), nullable=True),
        sa.Column("implementation_version_name", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("objects", sa.Integer(), nullable=True),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("association_id", name=op.f("pk_association")),
    )
    op.create_index(op.f("ix_association_node_closed_at"), "association", ["node", "closed_at"])
    op.create_index(
        op.f("ix_association_calling_ae_title_address_opened_at"),
        "association",
        ["calling_ae_title", "address", "opened_at"],
    )

    op.create_table(
        "event",
        sa.Column("event_id", _IDENTIFIER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("association", sa.Text(), nullable=True),
        sa.Column("peer", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("study", sa.Text(), nullable=True),
        sa.Column("series", sa.Text(), nullable=True),
        sa.Column("instance", sa.Text(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_node_event_id"), "event", ["node", "event_id"])
    op.create_index(op.f("ix_event_study"), "event", ["study"])

    op.create_table(
        "event_cursor",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("follower", sa.Text(), nullable=False),
        sa.Column("position", _IDENTIFIER, nullable=False),
        sa.PrimaryKeyConstraint("node", "follower", name=op.f("pk_event_cursor")),
    )
    op.create_table(
        "study",
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=True),
        sa.Column("study_date", sa.Text(), nullable=True),
        sa.Column("study_time", sa.Text(), nullable=True),
        sa.Column("study_description", sa.Text(), nullable=True),
        sa.Column("accession_number", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("first_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("study_instance_uid", name=op.f("pk_study")),
    )
    op.create_index(op.f("ix_study_last_received_at"), "study", ["last_received_at"])
    op.create_index(op.f("ix_study_patient_id"), "study", ["patient_id"])
    op.create_index(op.f("ix_study_state_last_received_at"), "study", ["state", "last_received_at"])

    op.create_table(
        "series",
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("series_instance_uid", sa.Text(), nullable=False),
        sa.Column("series_number", _IDENTIFIER, nullable=True),
        sa.Column("series_description", sa.Text(), nullable=True),
        sa.Column("modality", sa.Text(), nullable=True),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("identity", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["study_instance_uid"],
            ["study.study_instance_uid"],
            name=op.f("fk_series_study_instance_uid_study"),
        ),
        sa.PrimaryKeyConstraint(
            "study_instance_uid", "series_instance_uid", name=op.f("pk_series")
        ),
    )
    op.create_table(
        "verdict",
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("conclusion", sa.String(length=32), nullable=False),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_instance_uid"],
            ["study.study_instance_uid"],
            name=op.f("fk_verdict_study_instance_uid_study"),
        ),
        sa.PrimaryKeyConstraint("study_instance_uid", "version", name=op.f("pk_verdict")),
    )
    op.create_table(
        "visit",
        sa.Column("association_id", sa.Text(), nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.association_id"],
            name=op.f("fk_visit_association_id_association"),
        ),
        sa.ForeignKeyConstraint(
            ["study_instance_uid"],
            ["study.study_instance_uid"],
            name=op.f("fk_visit_study_instance_uid_study"),
        ),
        sa.PrimaryKeyConstraint("association_id", "study_instance_uid", name=op.f("pk_visit")),
    )
    op.create_index(op.f("ix_visit_study_instance_uid"), "visit", ["study_instance_uid"])

    op.create_table(
        "instance",
        sa.Column("instance_id", _IDENTIFIER, nullable=False),
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sop_class_uid", sa.Text(), nullable=False),
        sa.Column("transfer_syntax_uid", sa.Text(), nullable=True),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("series_instance_uid", sa.Text(), nullable=False),
        sa.Column("association_id", sa.Text(), nullable=False),
        sa.Column("archived_as", sa.Text(), nullable=False),
        sa.Column("size", _IDENTIFIER, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.association_id"],
            name=op.f("fk_instance_association_id_association"),
        ),
        sa.ForeignKeyConstraint(
            ["study_instance_uid", "series_instance_uid"],
            ["series.study_instance_uid", "series.series_instance_uid"],
            name=op.f("fk_instance_study_instance_uid_series_instance_uid_series"),
        ),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_instance")),
        sa.UniqueConstraint(
            "sop_instance_uid", "digest", name=op.f("uq_instance_sop_instance_uid_digest")
        ),
    )
    op.create_index(
        op.f("ix_instance_study_instance_uid_series_instance_uid"),
        "instance",
        ["study_instance_uid", "series_instance_uid"],
    )

    op.create_table(
        "arrival",
        sa.Column("association_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instance_id", _IDENTIFIER, nullable=True),
        sa.Column("kept_as", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.association_id"],
            name=op.f("fk_arrival_association_id_association"),
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.instance_id"], name=op.f("fk_arrival_instance_id_instance")
        ),
        sa.PrimaryKeyConstraint("association_id", "sequence", name=op.f("pk_arrival")),
    )
    op.create_index(op.f("ix_arrival_instance_id"), "arrival", ["instance_id"])
