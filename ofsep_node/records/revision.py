"""Which schema a database has, and whether this version of the program works with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ofsep_node.errors import RecordsError
from ofsep_node.records.base import Base
from ofsep_node.records.database import (
    DatabaseUnavailable,
    Records,
    database_url,
    engine_for,
    may_pass,
    unavailable_message,
)
from ofsep_node.records.schema import REVISION

MIGRATIONS = Path(__file__).with_name("migrations")


def check(url: str | URL) -> str:
    """The schema's revision, when this version works with it.

    Raises RecordsError when the database cannot be reached, or has another schema.
    """
    _refuse_absent(database_url(url))
    with connected(url, writing=False) as connection:
        return _required_revision(connection)


def opened(url: str | URL) -> Records:
    """The records of a database whose schema this version works with. Raises as `check` does."""
    records = Records(url)
    _refuse_absent(records.url)
    with _transaction(records.engine) as connection:
        _required_revision(connection)
    return records


def _required_revision(connection: Connection) -> str:
    current = usable_revision(connection)
    if current != REVISION:
        state = "has no tables yet" if current is None else f"has the older schema {current}"
        raise RecordsError(
            f"the database {_named(connection)} {state}, and this version needs {REVISION}: "
            "run `ofsep-node db upgrade`"
        )
    return REVISION


def usable_revision(connection: Connection) -> str | None:
    """The revision of a database that this version can use or upgrade; None while it is empty.

    Raises RecordsError when it holds foreign tables, or was upgraded by a newer version.
    """
    current = _current(connection)
    if current is None:
        _refuse_occupied(connection)
    elif current not in _known():
        raise RecordsError(
            f"the database {_named(connection)} has schema {current}, newer than this version "
            f"knows ({REVISION}): install the version of ofsep-node that upgraded it, or name "
            "another database in records.url"
        )
    return current


@contextlib.contextmanager
def connected(url: str | URL, *, writing: bool) -> Iterator[Connection]:
    """One transaction on a connection of its own. Raises RecordsError."""
    engine = engine_for(database_url(url))
    try:
        with _transaction(engine.execution_options(writing=writing)) as connection:
            yield connection
    finally:
        engine.dispose()


@contextlib.contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise _mapped(engine.url, error) from error
    except SQLAlchemyError as error:
        raise RecordsError(
            f"the database {engine.url.render_as_string()} cannot be used: {error}"
        ) from error


def _known() -> set[str]:
    """Migrations are files that begin with the revision they lead to."""
    return {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}


def _current(connection: Connection) -> str | None:
    """What Alembic wrote down when it last upgraded the database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _refuse_absent(url: URL) -> None:
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return
    if not Path(str(url.database)).exists():
        raise RecordsError(
            f"the database {url.render_as_string()} does not exist: run `ofsep-node db upgrade`, "
            "or name the right one in records.url"
        )


def _refuse_occupied(connection: Connection) -> None:
    taken = sorted(set(inspect(connection).get_table_names()) & set(Base.metadata.tables))
    if taken:
        raise RecordsError(
            f"the database {_named(connection)} already holds tables of another program "
            f"({', '.join(taken)}): name an empty database in records.url"
        )


def _mapped(url: URL, error: DBAPIError) -> RecordsError:
    kind = DatabaseUnavailable if may_pass(error) else RecordsError
    return kind(unavailable_message(url, error))


def _named(connection: Connection) -> str:
    return connection.engine.url.render_as_string(hide_password=True)
