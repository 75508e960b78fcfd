"""Brings a database to the schema of this version.

There is no way down: an older version of the program never works on a newer schema.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from ofsep_node.records.locks import SCHEMA_LOCK
from ofsep_node.records.revision import MIGRATIONS, connected, usable_revision
from ofsep_node.records.schema import REVISION


def upgrade(url: str | URL) -> str:
    """Create or upgrade the schema; returns its revision.

    Raises RecordsError when the database cannot be reached, holds foreign tables, or was
    upgraded by a newer version of the program (nothing is changed then).
    """
    with connected(url, writing=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SCHEMA_LOCK})
        if usable_revision(connection) != REVISION:
            command.upgrade(_configuration(connection), "head")
        return REVISION


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration
