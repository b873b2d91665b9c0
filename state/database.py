"""How the ledger's database is opened, whichever it is: migrated, waiting for locks, and failing in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError, StatementError

from state import postgres, sqlite
from state.errors import SettingError, StateError
from state.migrations import HEAD, upgrade

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_EXAMPLE = "write it like sqlite:///.docferry/state.db, or postgresql://user:password@host/database for workers on many machines"


def address(url: str) -> URL:
    """Check a database address; a SQLite file's folder is created. Raises SettingError or StateError."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingError(f"DOCFERRY_STATE_URL is not a database address; {_EXAMPLE}") from error
    if parsed.get_backend_name() == "postgresql":
        return postgres.address(parsed, _EXAMPLE)
    return sqlite.address(parsed, _EXAMPLE)


def connect(url: URL, *, busy_timeout: float) -> Engine:
    """Make the engine. `busy_timeout` is how many seconds a write waits for another process's transaction."""
    if url.get_backend_name() == "postgresql":
        return postgres.connect(url, busy_timeout=busy_timeout)
    return sqlite.connect(url, busy_timeout=busy_timeout)


def writing(engine: Engine) -> Connection:
    """Connect for writing."""
    return engine.connect().execution_options(**(postgres.WRITING if _is_postgres(engine) else sqlite.WRITING))


def reading(engine: Engine) -> Connection:
    """Connect for questions, each of which is answered from one picture."""
    return engine.connect().execution_options(**postgres.READING) if _is_postgres(engine) else engine.connect()


def alone(connection: Connection) -> None:
    """Let no other writer that calls this in before this transaction ends, so that what is read here stays so.

    In SQLite every transaction that writes is alone from its beginning.
    """
    if _is_postgres(connection.engine):
        postgres.alone(connection)


def place(engine: Engine) -> str:
    """Say where the ledger is, without secrets."""
    return postgres.place(engine) if _is_postgres(engine) else sqlite.place(engine)


def prepare(engine: Engine) -> None:
    """Bring the tables to this release's form; safe when several processes start at once. Raises StateError."""
    try:
        with engine.connect() as connection, connection.begin():
            here = _version(connection)
        if here == HEAD:
            return  # nothing to write, so that looking at a ledger waits for nobody
        with writing(engine) as connection, connection.begin():
            alone(connection)  # from here on only one process migrates
            if _is_postgres(engine):
                postgres.create_schema(connection)
            here = _version(connection)
            if here != HEAD and not upgrade(connection, here):
                raise StateError(
                    f"The ledger {place(engine)} was written by a newer docferry (its tables are at {here}, "
                    f"this one knows {HEAD}); install that release or point DOCFERRY_STATE_URL elsewhere"
                )
    except SQLAlchemyError as error:
        raise explain(error, engine) from error


def _version(connection: Connection) -> str | None:
    schema = postgres.schema_of(connection) if _is_postgres(connection.engine) else None
    tables = inspect(connection).get_table_names(schema=schema)
    if "alembic_version" in tables:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if tables:
        raise StateError(
            f"{place(connection.engine)} is a database, but not a docferry ledger; point DOCFERRY_STATE_URL elsewhere"
        )
    return None


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
        reason = postgres.reason(error) if _is_postgres(engine) else str(error.orig)
    return StateError(f"The ledger {place(engine)} refused a write or a query ({reason}); please report this")


def _sentence(error: BaseException) -> str | None:
    origin = error.orig if isinstance(error, StatementError) else None
    return postgres.sentence(error) if hasattr(origin, "sqlstate") else sqlite.sentence(error)


def _is_postgres(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"
