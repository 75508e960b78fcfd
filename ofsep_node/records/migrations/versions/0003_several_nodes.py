"""The nodes that share a database, and indexes for what is asked of a large one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OPEN = sa.text("closed_at IS NULL")
_UNREADABLE = sa.text("unreadable > 0")
_CONFLICT = sa.text("conflict")


def upgrade() -> None:
    """Add the table, and put narrower indexes in the place of wider ones."""
    _add_nodes()
    _index_associations()
    _index_instances()


def _add_nodes() -> None:
    op.create_table(
        "node",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.Text(), nullable=False),
        sa.Column("archive", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("present_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_node")),
    )


def _index_associations() -> None:
    op.drop_index(op.f("ix_association_node_closed_at"), "association")
    op.create_index(
        op.f("ix_association_node"),
        "association",
        ["node"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.drop_index(op.f("ix_association_calling_ae_title_address_opened_at"), "association")
    op.create_index(
        op.f("ix_association_calling_ae_title_address_opened_at"),
        "association",
        ["calling_ae_title", "address", "opened_at"],
        sqlite_where=_UNREADABLE,
        postgresql_where=_UNREADABLE,
    )


def _index_instances() -> None:
    op.drop_index(op.f("ix_instance_study_instance_uid_series_instance_uid"), "instance")
    op.create_index(
        op.f("ix_instance_study_instance_uid_instance_id"),
        "instance",
        ["study_instance_uid", "instance_id"],
    )
    op.create_index(
        "ix_instance_conflict",
        "instance",
        ["study_instance_uid", "instance_id"],
        sqlite_where=_CONFLICT,
        postgresql_where=_CONFLICT,
    )
