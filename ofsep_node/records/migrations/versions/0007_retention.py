"""Which images were dropped, and how much of each study is in the archive."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("state IN ('asked', 'verified')")


def upgrade() -> None:
    """Add the columns, the table, and the indexes by which nothing is searched from end to end."""
    op.add_column("instance", sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True))
    _extend_studies()
    _count_what_is_archived()
    _index_studies()
    _add_headers()
    op.create_index(
        "ix_commitment_open",
        "commitment",
        ["state"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def _extend_studies() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("archived_bytes", _IDENTIFIER, nullable=False, server_default="0"),
        sa.Column("dropping", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_because", sa.String(length=16), nullable=True),
    )
    for column in columns:
        op.add_column("study", column)


def _count_what_is_archived() -> None:
    op.execute(
        "UPDATE study SET archived_bytes = (SELECT coalesce(sum(size), 0) FROM instance "
        "WHERE instance.study_instance_uid = study.study_instance_uid)"
    )


def _index_studies() -> None:
    archived, dropping = sa.text("archived_bytes > 0"), sa.text("dropping")
    op.create_index(
        "ix_study_archived",
        "study",
        ["last_received_at", "study_instance_uid"],
        sqlite_where=archived,
        postgresql_where=archived,
    )
    op.create_index(
        "ix_study_dropping",
        "study",
        ["dropped_at"],
        sqlite_where=dropping,
        postgresql_where=dropping,
    )


def _add_headers() -> None:
    op.create_table(
        "kept_header",
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_instance_uid"],
            ["study.study_instance_uid"],
            name=op.f("fk_kept_header_study_instance_uid_study"),
        ),
        sa.PrimaryKeyConstraint("study_instance_uid", name=op.f("pk_kept_header")),
    )
