"""One database: its worker thread, its transactions, and what its errors mean for a document."""

from __future__ import annotations

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    SQLAlchemyError,
    StatementError,
)

from connectors import fence
from connectors.answer import encode_json
from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError
from connectors.knocking import Knocking
from connectors.secrets import hide
from connectors.urls import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

T = TypeVar("T")

CONNECT_TIMEOUT: Final = 10
LOCK_TIMEOUT: Final = 30
"""Seconds that a write waits for somebody else's transaction before it is tried again later."""
UNREACHABLE_FOR: Final = 30.0
"""Seconds for which a check is left to the write after the database could not be reached: it would hold everything up."""
_DRIVERS: Final = {
    "postgresql": "psycopg",
    "mysql": "pymysql",
    "mariadb": "pymysql",
    "mssql": "pyodbc",
    "oracle": "oracledb",
}
_PERSON: Final = re.compile(
    r"authentication failed|role .* does not exist|database .* does not exist|no pg_hba\.conf entry|permission denied"
    r"|readonly database|unable to open database file|no such table|access denied|unknown database",
    re.IGNORECASE,
)
_PERSONS_CODES: Final = frozenset({1044, 1045, 1049, 1142, 1146})
"""MySQL's numbers for a wrong user, a missing right, database or table."""
_PERSONS_STATES: Final = ("28", "42501", "42P01", "3D", "3F")
"""Beginnings of SQLSTATEs with the same meaning."""


class Database:
    """A database with one connection, used by one thread, one transaction at a time."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.transactions = 0
        self._engine = _engine(name, url)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"docferry-{name}")
        self._unreachable_until = 0.0
        self._knocking = Knocking()

    @property
    def dialect(self) -> str:
        """The kind of database, such as sqlite, postgresql or mysql."""
        return self._engine.dialect.name

    async def do(self, work: Callable[[Connection], T]) -> T:
        """Do something in a transaction and return once it is committed. Raises ConnectorError."""
        loop = asyncio.get_running_loop()

        def transact() -> T:
            return self._transact(work, loop)

        return await loop.run_in_executor(self._thread, copy_context().run, transact)

    def now(self, work: Callable[[Connection], T]) -> T | None:
        """Do the same while the caller waits; None if the database has just been out of reach. For rare, short looks."""
        if time.monotonic() < self._unreachable_until:
            return None
        try:
            return self._thread.submit(self._transact, work).result(CONNECT_TIMEOUT)
        except (TransientError, TimeoutError):
            self._unreachable_until = time.monotonic() + UNREACHABLE_FOR
            return None

    async def check(self) -> str:
        """Ask something and say that it was answered."""
        await self.do(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
        return f"the {self.dialect} database answers"

    async def close(self) -> None:
        """Close the connection."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=False)

    def _transact(self, work: Callable[[Connection], T], loop: asyncio.AbstractEventLoop | None = None) -> T:
        self._knocking.ask()
        self.transactions += 1
        inside = False
        try:
            with self._engine.begin() as connection:
                inside = True
                done = work(connection)
                if loop is not None:
                    fence.ask_from_thread(loop)
                return done
        except SQLAlchemyError as error:
            fault = explain(self.name, error)
            if isinstance(fault, AccessError) and not inside:
                self._knocking.refused(fault)
            # no cause: drivers quote the row's values
            raise fault from None


def _engine(name: str, url: str) -> Engine:
    try:
        parts = make_url(url)
        hide(str(parts.password or ""))
        kind = parts.get_backend_name()
        if parts.drivername == "postgresql":  # the driver that comes with docferry, not SQLAlchemy's usual one
            parts = parts.set(drivername="postgresql+psycopg")
        engine = create_engine(
            parts,
            hide_parameters=True,
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args=_connecting(kind, parts.get_driver_name()),
            **({} if kind in _NO_JSON else {"json_serializer": lambda value: encode_json(value).decode()}),
        )
    except (ArgumentError, ValueError):
        raise SettingsError(
            f"{name}: the URL must look like postgresql://user:password@host/database or sqlite:////path/file.db"
        ) from None
    except (NoSuchModuleError, ImportError):
        package = _DRIVERS.get(kind, "its SQLAlchemy driver")
        raise SettingsError(
            f"{name}: {parts.drivername} needs a driver that is not installed; install {package}"
        ) from None
    _prepare(engine)
    return engine


_NO_JSON: Final = frozenset({"oracle", "access", "firebird"})


def _connecting(kind: str, driver: str) -> dict[str, str | int]:
    if kind == "sqlite":
        return {"timeout": LOCK_TIMEOUT}
    patience: dict[str, str | int] = (
        {"connect_timeout": CONNECT_TIMEOUT} if kind in {"postgresql", "mysql", "mariadb"} else {}
    )
    # Else psycopg follows the database, and gives bytes for text where that has no encoding (SQL_ASCII).
    return {**patience, "client_encoding": "utf8"} if driver == "psycopg" else patience


def _prepare(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
            connection.isolation_level = None  # transactions begin below, not where sqlite3 guesses
            connection.execute("PRAGMA foreign_keys=ON")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # A transaction that reads first and takes the write lock later can fail without having waited for it.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    elif engine.dialect.name == "postgresql":

        @event.listens_for(engine, "begin")
        def patient(connection: Connection) -> None:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}s'")


def explain(name: str, error: SQLAlchemyError) -> ConnectorError:
    """Return what a database's error means. Its text is not passed on where it may quote values."""
    origin = error.orig if isinstance(error, DBAPIError) else None
    state = str(getattr(origin, "sqlstate", None) or "")
    arguments = getattr(origin, "args", ()) or ("",)
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return RejectedError(f"{name}: a value is of a kind that its column's type does not take", connection=name)
    if isinstance(error, IntegrityError | DataError) or state[:2] in {"22", "23"}:
        return RejectedError(f"{name}: the database refuses the row{_which(origin)}", connection=name)
    if state.startswith(_PERSONS_STATES) or arguments[0] in _PERSONS_CODES or _PERSON.search(str(origin)):
        return AccessError(f"{name}: the database refuses access{_first_line(origin)}", connection=name)
    if isinstance(error, DBAPIError) and not state.startswith("42"):
        words = state or getattr(origin, "sqlite_errorname", None) or type(origin).__name__
        return TransientError(f"{name}: the database does not answer, or not now ({words})", connection=name)
    return ConnectorError(
        f"{name}: the database does not take the statement ({state or type(error).__name__})", connection=name
    )


def _which(origin: BaseException | None) -> str:
    """Say which rule was broken, as far as that can be said without quoting values."""
    diagnosis = getattr(origin, "diag", None)
    named = getattr(diagnosis, "constraint_name", None) or getattr(diagnosis, "column_name", None)
    if named:
        return f" ({named})"
    text = str(origin)
    if getattr(origin, "sqlite_errorcode", None) is not None:
        return f" ({text})"  # SQLite names the rule and the columns, no values
    key = re.search(r"for key '([^']+)'|CONSTRAINT `([^`]+)`", text)
    return (
        f" ({key.group(1) or key.group(2)})" if key else f" (SQLSTATE {getattr(origin, 'sqlstate', None) or 'unknown'})"
    )


def _first_line(origin: BaseException | None) -> str:
    """Quote what a database says about users, rights and tables; there are no values of documents in it."""
    text = " ".join(str(origin).partition("\n")[0].split())
    return f": {text.rpartition('FATAL:')[2].strip()[:200]}"
