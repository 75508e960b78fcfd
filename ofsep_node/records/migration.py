"""Brings a database to the schema of this version, or says why it cannot.

There is no way down: an older version of the program never works on a newer schema.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ofsep_node.errors import RecordsError
from ofsep_node.records.database import (
    DatabaseUnavailable,
    database_url,
    engine_for,
    may_pass,
    unavailable_message,
)
from ofsep_node.records.locks import SCHEMA_LOCK
from ofsep_node.records.schema import REVISION, Base


def upgrade(url: str | URL) -> str:
    """Create or upgrade the schema; returns its revision.

    Raises RecordsError when the database cannot be reached, holds foreign tables, or was
    upgraded by a newer version of the program (nothing is changed then).
    """
    with _connected(url, writing=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SCHEMA_LOCK})
        current = _current(connection)
        _refuse_foreign(connection, current)
        if current != REVISION:
            command.upgrade(_configuration(connection), "head")
        return REVISION


def check(url: str | URL) -> str:
    """The schema's revision, when this version works with it.

    Raises RecordsError when the database cannot be reached, or has another schema.
    """
    _refuse_absent(database_url(url))
    with _connected(url, writing=False) as connection:
        current = _current(connection)
        _refuse_foreign(connection, current)
        if current != REVISION:
            state = "has no tables yet" if current is None else f"has the older schema {current}"
            raise RecordsError(
                f"the database {_named(connection)} {state}, and this version needs {REVISION}: "
                "run `ofsep-node db upgrade`"
            )
        return REVISION


def _refuse_absent(url: URL) -> None:
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return
    if not Path(str(url.database)).exists():
        raise RecordsError(
            f"the database {url.render_as_string()} does not exist: run `ofsep-node db upgrade`, "
            "or name the right one in records.url"
        )


@contextlib.contextmanager
def _connected(url: str | URL, *, writing: bool) -> Iterator[Connection]:
    parsed = database_url(url)
    engine = engine_for(parsed)
    try:
        with engine.execution_options(writing=writing).begin() as connection:
            yield connection
    except DBAPIError as error:
        raise _mapped(parsed, error) from error
    except SQLAlchemyError as error:
        raise RecordsError(
            f"the database {parsed.render_as_string()} cannot be used: {error}"
        ) from error
    finally:
        engine.dispose()


def _mapped(url: URL, error: DBAPIError) -> RecordsError:
    kind = DatabaseUnavailable if may_pass(error) else RecordsError
    return kind(unavailable_message(url, error))


def _configuration(connection: Connection | None = None) -> Config:
    configuration = Config()
    folder = Path(__file__).with_name("migrations")
    configuration.set_main_option("script_location", str(folder).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_foreign(connection: Connection, current: str | None) -> None:
    if current is None:
        _refuse_occupied(connection)
        return
    known = {s.revision for s in ScriptDirectory.from_config(_configuration()).walk_revisions()}
    if current not in known:
        raise RecordsError(
            f"the database {_named(connection)} has schema {current}, newer than this version "
            f"knows ({REVISION}): install the version of ofsep-node that upgraded it, or name "
            "another database in records.url"
        )


def _refuse_occupied(connection: Connection) -> None:
    taken = sorted(set(inspect(connection).get_table_names()) & set(Base.metadata.tables))
    if taken:
        raise RecordsError(
            f"the database {_named(connection)} already holds tables of another program "
            f"({', '.join(taken)}): name an empty database in records.url"
        )


def _named(connection: Connection) -> str:
    return connection.engine.url.render_as_string(hide_password=True)
