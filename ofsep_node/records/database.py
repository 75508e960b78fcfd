"""The connection to the database, and the one border where its errors become ours."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session

from ofsep_node.errors import RecordsError
from ofsep_node.records.locks import is_shared, lock_schema
from ofsep_node.records.schema import REVISION

BUSY_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_S = 5

_KEEPALIVES = {
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}  # fmt: skip
_SESSION = {
    # Seconds, as the server watches its side of the connection; 0 on a socket of the machine.
    "tcp_keepalives_idle": 10, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 3,
    # Milliseconds. A transaction copies and judges between its statements, for minutes at worst.
    "idle_in_transaction_session_timeout": 600_000,
    "lock_timeout": 20_000,
}  # fmt: skip

_MAY_PASS = frozenset(
    (
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
    )
)  # fmt: skip
_LOST = ("40001", "40P01")  # serialization failure, deadlock
_TRIES = 5
_DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))

_CONNECTION_LOST = ("08", "25", "40", "53", "55", "57", "58")
"""SQLSTATE classes that say nothing against the statement: it may be tried again."""


class DatabaseUnavailable(RecordsError):
    """The database cannot be reached, or cannot work, at the moment; what was asked may be retried."""


class TransactionLost(DatabaseUnavailable):
    """The database gave up one of several transactions that waited for each other: do it again."""


class StatementFailed(Exception):
    """The database refused a statement. The values in it are patients': none is in the message."""


class Records:
    """The node's memory: a pool of connections, used one transaction at a time.

    Safe to share between threads; each transaction takes a connection of its own. Nothing is
    connected before the first transaction.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = database_url(url)
        self.name = self.url.render_as_string(hide_password=True)
        self.engine = engine_for(self.url)
        self._writer = self.engine.execution_options(writing=True)

    @property
    def is_postgresql(self) -> bool:
        """Whether other nodes may write to the same database."""
        return self.url.get_backend_name() == "postgresql"

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that writes: commits at the end of the block, or leaves no trace.

        Raises DatabaseUnavailable when the same work may succeed later, RecordsError when the
        database is damaged or has been upgraded meanwhile, and StatementFailed when it is the
        work that is wrong.
        """
        session = Session(self._writer, expire_on_commit=False)
        with self._unavailable(), session, session.begin():
            lock_schema(session)
            self._require_schema(session)
            yield session

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads. Raises as `writing` does."""
        with self._unavailable(), Session(self.engine) as session, session.begin():
            yield session

    def ping(self) -> None:
        """Raises DatabaseUnavailable when the database does not answer."""
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _require_schema(self, session: Session) -> None:
        """A node that runs while another one of a newer version upgrades must write no more."""
        found = session.scalar(text("SELECT version_num FROM alembic_version"))
        if found != REVISION:
            raise RecordsError(
                f"the database {self.name} has schema {found}, and this version writes {REVISION}: "
                "install the version of ofsep-node that upgraded it, and start this node again"
            )

    @contextlib.contextmanager
    def _unavailable(self) -> Iterator[None]:
        try:
            yield
        except PoolExhausted as error:
            raise DatabaseUnavailable(
                f"the database {self.name} cannot be used: all connections to it wait for an answer"
            ) from error
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _LOST:
                raise TransactionLost(unavailable_message(self.url, error)) from error
            if may_pass(error):
                raise DatabaseUnavailable(unavailable_message(self.url, error)) from error
            if _is_damaged(error):
                raise RecordsError(unavailable_message(self.url, error)) from error
            # PostgreSQL's own message quotes the row: the cause must not reach the log.
            raise StatementFailed(_without_values(error)).with_traceback(
                error.__traceback__
            ) from None


Result = TypeVar("Result")


def repeated(work: Callable[[], Result]) -> Result:
    """The result of a whole transaction, done again when the database gave it up for another."""
    for _ in range(_TRIES - 1):
        try:
            return work()
        except TransactionLost:
            continue
    return work()


def now(session: Session) -> datetime:
    """The time, timezone-aware: by one clock for all nodes that share a database."""
    if is_shared(session):
        moment: datetime = session.scalars(text("SELECT clock_timestamp()")).one()
        return moment.astimezone(UTC)
    return datetime.now(UTC)


def database_url(url: str | URL) -> URL:
    """The URL with its driver named. Raises RecordsError when it is not SQLite or PostgreSQL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        # The text may hold a password, and no part of it can be trusted to be something else.
        raise RecordsError(
            "records.url is not a database URL: write sqlite:////path/records.sqlite "
            "or postgresql://user@host/database"
        ) from error
    drivers = {
        "sqlite": "sqlite",
        "postgresql": "postgresql+psycopg",
        "postgres": "postgresql+psycopg",
    }
    driver = drivers.get(parsed.drivername.partition("+")[0])
    if driver is None:
        raise RecordsError(
            f"records.url: {parsed.drivername} is not supported; use sqlite:// or postgresql://"
        )
    return parsed.set(drivername=driver)


def engine_for(url: URL) -> Engine:
    """A pool of connections to `url`, set up as the records need them."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=CONNECT_TIMEOUT_S,
        hide_parameters=True,
        use_native_hstore=False,  # no column is one; the driver would ask for the type first
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, **_KEEPALIVES},
    )
    event.listen(engine, "connect", _configure_postgresql)
    return engine


def may_pass(error: DBAPIError) -> bool:
    """Whether the database, not what it was asked to do, is what failed."""
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_code(error) in _MAY_PASS
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is None:
        return isinstance(error, OperationalError | InterfaceError)
    return str(sqlstate).startswith(_CONNECTION_LOST)


def _is_damaged(error: DBAPIError) -> bool:
    return isinstance(error.orig, sqlite3.Error) and _sqlite_code(error) in _DAMAGED


def _sqlite_code(error: DBAPIError) -> int | None:
    """SQLite's primary result code: the extended ones add to it above the first eight bits."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def _without_values(error: DBAPIError) -> str:
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return f"{type(error.orig).__name__} {code or ''} in: {error.statement}"


def unavailable_message(url: URL, error: DBAPIError) -> str:
    """One line that names the database without its password, and says what it answered."""
    reason = " ".join(str(error.orig).split())
    if url.password:
        reason = reason.replace(str(url.password), "***")
    return (
        f"the database {url.render_as_string(hide_password=True)} cannot be used: {reason}"
        f"{'' if reason.endswith(('.', '?')) else '.'} Check that it runs, and the setting records.url"
    )


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}
    )
    event.listen(engine, "do_connect", _make_folder)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_postgresql(connection: Any, _record: object) -> None:
    """A node that lost its power, or froze, must not keep the locks of its last transaction."""
    with connection.cursor() as cursor:
        for name, value in _SESSION.items():
            cursor.execute(f"SET {name} = {value}")
    connection.commit()


def _make_folder(_dialect: object, _record: object, args: list[Any], _keywords: object) -> None:
    path = str(args[0]) if args else ""
    if path and path != ":memory:" and not path.startswith("file:"):
        with contextlib.suppress(OSError):  # SQLite's own message says which file it cannot open
            Path(path).parent.mkdir(parents=True, exist_ok=True)


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transactions begin too late (at the first write); ours begin at BEGIN.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL, not NORMAL: in WAL mode NORMAL does not sync the log at commit, so that a power loss
    # takes back the last transactions. An object leaves the spool right after the commit; with
    # NORMAL it could come back from a power loss in the archive but unknown to the records. One
    # sync for a batch of objects is a small price.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another one wrote in
    # between; taking the write lock at the start waits for it instead.
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
