"""How the ledger's database is opened: durable, waiting for locks, migrated, and failing in sentences."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError, StatementError
from sqlalchemy.pool import NullPool

from state.errors import SettingError, StateError
from state.migrations import HEAD, upgrade

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
    from sqlalchemy.pool import ConnectionPoolEntry

WRITING = {"docferry_writing": True}
"""Execution options of a connection whose transactions take the write lock when they begin."""

_SENTENCES = {
    sqlite3.SQLITE_BUSY: "is locked by another program; close what has it open (a backup, a database browser) and run again",
    sqlite3.SQLITE_LOCKED: "is locked by another program; close what has it open (a backup, a database browser) and run again",
    sqlite3.SQLITE_FULL: "cannot grow because the disk is full; free some space and run again, nothing written so far is lost",
    sqlite3.SQLITE_READONLY: "is read-only; give this user the right to write the file and its folder",
    sqlite3.SQLITE_PERM: "is read-only; give this user the right to write the file and its folder",
    sqlite3.SQLITE_IOERR: "cannot be read or written (the disk reports an error); check the disk and the mount, then run again",
    sqlite3.SQLITE_CORRUPT: "is damaged; put the last backup in its place",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its folder exists and that this user may write there",
    sqlite3.SQLITE_NOTADB: "is not a database; point DOCFERRY_STATE_URL at another file or move this one away",
}


def address(url: str) -> URL:
    """Check a database address and create its folder. Raises SettingError, or StateError if the folder cannot be made."""
    example = "write it like sqlite:///.docferry/state.db"
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingError(f"DOCFERRY_STATE_URL is not a database address; {example}") from error
    if parsed.get_backend_name() != "sqlite" or parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise SettingError(f"DOCFERRY_STATE_URL names {parsed.drivername}, but the ledger is kept in SQLite; {example}")
    if parsed.database in {None, "", ":memory:"} or str(parsed.database).startswith("file:"):
        raise SettingError(f"DOCFERRY_STATE_URL names no file, and a ledger in memory forgets; {example}")
    folder = Path(str(parsed.database)).absolute().parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"The ledger's folder {folder} cannot be created ({error.strerror}); create it or set DOCFERRY_STATE_URL"
        ) from error
    return parsed


def connect(url: URL, *, busy_timeout: float) -> Engine:
    """Make the engine. `busy_timeout` is how many seconds a write waits for another process's transaction."""
    # hide_parameters: an error must not carry what was in the row.
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": busy_timeout})

    # A group's rows go out as one statement with many VALUES. Row by row, sqlite3 lets go of the interpreter lock each
    # time, and a busy event loop then keeps it for a whole switch interval: commits took seconds instead of milliseconds.
    engine.dialect.use_insertmanyvalues_wo_returning = True

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # transactions begin where `begin` below says, not where sqlite3 guesses
        cursor = connection.cursor()
        _use_wal(cursor, busy_timeout)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("docferry_writing", False)
        # A transaction that reads first and takes the write lock later can fail without ever having waited for it.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _use_wal(cursor: DBAPICursor, patience: float) -> None:
    """Switch to write-ahead logging. SQLite does not wait for the lock this needs, so the waiting is done here."""
    until = time.monotonic() + patience
    while True:
        try:
            cursor.execute("PRAGMA journal_mode")
            if cursor.fetchone() == ("wal",):
                return
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def prepare(engine: Engine) -> None:
    """Bring the tables to this release's form; safe when several processes start at once. Raises StateError."""
    try:
        with engine.connect() as connection, connection.begin():
            here = _version(connection)
        if here == HEAD:
            return  # nothing to write, so that looking at a ledger waits for nobody
        # The write lock is held from the second look on: only one process migrates.
        with engine.connect().execution_options(**WRITING) as connection, connection.begin():
            here = _version(connection)
            if here != HEAD and not upgrade(connection, here):
                raise StateError(
                    f"The ledger {engine.url.database} was written by a newer docferry (its tables are at {here}, "
                    f"this one knows {HEAD}); install that release or point DOCFERRY_STATE_URL at another file"
                )
    except SQLAlchemyError as error:
        raise explain(error, engine) from error


def _version(connection: Connection) -> str | None:
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if tables:
        raise StateError(
            f"{connection.engine.url.database} is a database, but not a docferry ledger; "
            "point DOCFERRY_STATE_URL at another file"
        )
    return None


def surroundings(error: BaseException) -> bool:
    """Tell whether a failure lies in the file or the disk, so that repeating a write at once would fail again."""
    return _code(error) in _SENTENCES


def explain(error: SQLAlchemyError, engine: Engine) -> StateError:
    """Turn a database error into a sentence with a next step, free of row contents. Chain the original yourself."""
    sentence = _SENTENCES.get(_code(error) or 0)
    if sentence is not None:
        return StateError(f"The ledger {engine.url.database} {sentence}")
    reason = str(error.orig) if isinstance(error, StatementError) else type(error).__name__
    return StateError(f"The ledger {engine.url.database} refused a write or a query ({reason}); please report this")


def _code(error: BaseException) -> int | None:
    origin = error.orig if isinstance(error, StatementError) else None
    code = getattr(origin, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # the low byte is the primary code
