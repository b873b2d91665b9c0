"""How the ledger's database is opened, whichever it is: waiting for locks, and failing in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, StatementError

from state import postgres, sqlite
from state.errors import SettingError, StateError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.exc import SQLAlchemyError

_EXAMPLE = "write it like sqlite:///.docferry/state.db, or postgresql://user:password@host/database for workers on many machines"


def address(url: str) -> URL:
    """Check a database address; a SQLite file's folder is created. Raises SettingError or StateError."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the second for a port that is no number: it quotes what may be of a password
        raise SettingError(
            f"DOCFERRY_STATE_URL is not a database address; {_EXAMPLE}. In user and password write @ : / ? # and % as "
            "%40 %3A %2F %3F %23 and %25"
        ) from None
    if parsed.get_backend_name() == "postgresql":
        return postgres.address(parsed, _EXAMPLE)
    return sqlite.address(parsed, _EXAMPLE)


def password(url: str) -> str:
    """Return the password in a database address, wherever it stands; "" if there is none, or if it is no address."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return ""
    named = parsed.query.get("password", "")
    return parsed.password or (named if isinstance(named, str) else "")


def connect(url: URL, *, busy_timeout: float) -> Engine:
    """Make the engine. `busy_timeout` is how many seconds a write waits for another process's transaction."""
    if url.get_backend_name() == "postgresql":
        return postgres.connect(url, busy_timeout=busy_timeout)
    return sqlite.connect(url, busy_timeout=busy_timeout)


def writing(engine: Engine) -> Connection:
    """Connect for writing."""
    return engine.connect().execution_options(**(postgres.WRITING if is_postgres(engine) else sqlite.WRITING))


def reading(engine: Engine) -> Connection:
    """Connect for questions, each of which is answered from one picture."""
    return engine.connect().execution_options(**postgres.READING) if is_postgres(engine) else engine.connect()


def alone(connection: Connection) -> None:
    """Let no other writer that calls this in before this transaction ends, so that what is read here stays so.

    In SQLite every transaction that writes is alone from its beginning.
    """
    if is_postgres(connection.engine):
        postgres.alone(connection)


def place(engine: Engine) -> str:
    """Say where the ledger is, without secrets."""
    return postgres.place(engine) if is_postgres(engine) else sqlite.place(engine)


def late(engine: Engine) -> str:
    """Say why the database may be slow to take a write."""
    if is_postgres(engine):
        return "its server may be away, or another session may hold a lock (see pg_stat_activity)"
    return "another program may hold it open"


def surroundings(error: BaseException) -> bool:
    """Tell whether a failure lies in the file, the disk or the server, so that repeating a write would fail again."""
    return _sentence(error) is not None


def explain(error: SQLAlchemyError, engine: Engine) -> StateError:
    """Turn a database error into a sentence with a next step, free of row contents. Chain the original yourself."""
    sentence = _sentence(error)
    if sentence is not None:
        return StateError(f"The ledger {place(engine)} {sentence}")
    reason = type(error).__name__
    if isinstance(error, StatementError):
        reason = postgres.reason(error) if is_postgres(engine) else str(error.orig)
    return StateError(f"The ledger {place(engine)} refused a write or a query ({reason}); please report this")


def _sentence(error: BaseException) -> str | None:
    origin = error.orig if isinstance(error, StatementError) else None
    return postgres.sentence(error) if hasattr(origin, "sqlstate") else sqlite.sentence(error)


def is_postgres(engine: Engine) -> bool:
    """Tell whether the ledger is in a PostgreSQL server."""
    return engine.dialect.name == "postgresql"
