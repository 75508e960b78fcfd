"""Performed procedure steps, and requests for storage commitment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    _add_performed_steps()
    _add_commitments()
    _add_committed_studies()


def _add_performed_steps() -> None:
    op.create_table(
        "performed_step",
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("association_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("texts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("series", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.association_id"],
            name=op.f("fk_performed_step_association_id_association"),
        ),
        sa.PrimaryKeyConstraint("sop_instance_uid", name=op.f("pk_performed_step")),
    )
    op.create_index(
        op.f("ix_performed_step_study_instance_uid"), "performed_step", ["study_instance_uid"]
    )


def _add_commitments() -> None:
    op.create_table(
        "commitment",
        sa.Column("commitment_id", _IDENTIFIER, nullable=False),
        sa.Column("transaction_uid", sa.Text(), nullable=False),
        sa.Column("calling_ae_title", sa.Text(), nullable=False),
        sa.Column("called_ae_title", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("association_id", sa.Text(), nullable=False),
        sa.Column("objects", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("failures", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["association_id"],
            ["association.association_id"],
            name=op.f("fk_commitment_association_id_association"),
        ),
        sa.PrimaryKeyConstraint("commitment_id", name=op.f("pk_commitment")),
        sa.UniqueConstraint(
            "transaction_uid",
            "calling_ae_title",
            name=op.f("uq_commitment_transaction_uid_calling_ae_title"),
        ),
    )
    op.create_index(
        op.f("ix_commitment_node_state_due_at"), "commitment", ["node", "state", "due_at"]
    )


def _add_committed_studies() -> None:
    op.create_table(
        "committed_study",
        sa.Column("commitment_id", _IDENTIFIER, nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("committed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["commitment_id"],
            ["commitment.commitment_id"],
            name=op.f("fk_committed_study_commitment_id_commitment"),
        ),
        sa.ForeignKeyConstraint(
            ["study_instance_uid"],
            ["study.study_instance_uid"],
            name=op.f("fk_committed_study_study_instance_uid_study"),
        ),
        sa.PrimaryKeyConstraint(
            "commitment_id", "study_instance_uid", name=op.f("pk_committed_study")
        ),
    )
    op.create_index(
        op.f("ix_committed_study_study_instance_uid"), "committed_study", ["study_instance_uid"]
    )
