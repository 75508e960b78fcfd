"""Run by Alembic; `ofsep_node.records.migration` hands it an open connection."""

from __future__ import annotations

from alembic import context

from ofsep_node.records.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    # SQLite can roll a CREATE TABLE back as well; an upgrade happens whole or not at all.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
