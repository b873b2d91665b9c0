"""The ledger in a SQLite file: durable, waiting for locks, and failing in sentences."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event
from sqlalchemy.exc import StatementError
from sqlalchemy.pool import NullPool

from state.errors import SettingError, StateError
from state.options import check

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
_SENTENCES[sqlite3.SQLITE_IOERR_SHMSIZE] = _SENTENCES[sqlite3.SQLITE_FULL]
"""What the first program meets that opens a ledger on a full disk: beside the file there is no room for its index of the log."""


def address(url: URL, example: str) -> URL:
    """Check an address and create its folder. Raises SettingError, or StateError if the folder cannot be made."""
    if url.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise SettingError(f"DOCFERRY_STATE_URL names {url.drivername}, which docferry does not speak; {example}")
    if url.database in {None, "", ":memory:"} or str(url.database).startswith("file:"):
        raise SettingError(f"DOCFERRY_STATE_URL names no file, and a ledger in memory forgets; {example}")
    if os.name != "nt" and PureWindowsPath(str(url.database)).drive:
        # It would be a file of that name in the working folder: a new, empty ledger, to which every document is new.
        raise SettingError(
            f"DOCFERRY_STATE_URL names {url.database}, a place on Windows, and this machine has none; {example}"
        )
    check(url, (), "the address of a SQLite file takes none")
    folder = Path(str(url.database)).absolute().parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"The ledger's folder {folder} cannot be created ({error.strerror}); create it or set DOCFERRY_STATE_URL"
        ) from error
    return url


def place(engine: Engine) -> str:
    """Say where the ledger is."""
    return str(engine.url.database)


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


def faults(connection: Connection) -> list[str]:
    """Read the whole file and return what is wrong with it: pages, indexes, rows that refer to nothing."""
    found = [str(line) for line in connection.exec_driver_sql("PRAGMA integrity_check").scalars() if line != "ok"]
    astray = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return found + [f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there" for row in astray]


def size(connection: Connection) -> int:
    """Return how many bytes the file has."""
    return int(
        connection.exec_driver_sql(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        ).scalar_one()
    )


def unused(connection: Connection) -> int:
    """Return how many bytes of the file hold nothing: they are used again before the file grows."""
    return int(
        connection.exec_driver_sql(
            "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"
        ).scalar_one()
    )


def compact(engine: Engine) -> None:
    """Write the file anew without what holds nothing. Takes as much free disk again. Raises StateError, also for a lock."""
    with engine.connect() as connection:
        try:
            # Past SQLAlchemy, which would begin a transaction: SQLite refuses to do this inside one.
            connection.connection.cursor().execute("VACUUM")
        except sqlite3.Error as error:
            words = _SENTENCES.get(error.sqlite_errorcode & 0xFF, f"cannot be compacted ({error})")
            raise StateError(f"The ledger {place(engine)} {words}") from error


def sentence(error: BaseException) -> str | None:
    """Say what is wrong with the file or the disk and what to do, None if nothing is."""
    origin = error.orig if isinstance(error, StatementError) else None
    code = getattr(origin, "sqlite_errorcode", None)
    if code is None:
        return None
    return _SENTENCES.get(code) or _SENTENCES.get(code & 0xFF)  # the low byte is the primary code
