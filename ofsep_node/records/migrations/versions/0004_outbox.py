"""The outbox of reports, and since when a study is being received."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Add the column and the table."""
    _date_receptions()
    _add_outbox()


def _date_receptions() -> None:
    """As far as is known, a study has been received since its last image."""
    op.add_column(
        "study",
        sa.Column(
            "receiving_since",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default="1970-01-01 00:00:00",  # SQLite takes no column that is empty
        ),
    )
    op.execute("UPDATE study SET receiving_since = last_received_at")


def _add_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("entry_id", _IDENTIFIER, nullable=False),
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("back", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uid", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["study_instance_uid"],
            ["study.study_instance_uid"],
            name=op.f("fk_outbox_study_instance_uid_study"),
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_study_instance_uid"), "outbox", ["study_instance_uid"])
    op.create_index(
        op.f("ix_outbox_destination_due_at"),
        "outbox",
        ["destination", "due_at"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
