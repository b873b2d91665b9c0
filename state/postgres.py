"""The ledger in PostgreSQL, in a schema of its own: many workers on many machines, and a server that may restart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.pool import NullPool

from state.errors import SettingError
from state.options import check

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

WRITING = {"isolation_level": "READ COMMITTED"}
READING = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Execution options: a question is answered from one picture, a write sees what others have committed before it."""

SCHEMA = "docferry"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_OPTIONS = "it takes schema, options, sslmode, sslrootcert and the other connection parameters that the PostgreSQL manual lists (libpq)"
_OURS = {"client_encoding", "replication"}
"""Parameters that would make another kind of connection than the ledger needs."""
_IDLE = 10
"""Seconds after which the server ends a transaction in which nothing happens: its worker was stopped or cut off, and
would else keep its locks until somebody wakes it. Ours last milliseconds."""
_ALONE = 0x646F6366
"""The number of the advisory lock, beside that of the schema."""

_OLDEST = 130_000
"""The oldest server, as it numbers itself: since 13 it can say whether a transaction was committed."""
_SHORT = 60_000
_DURABLE = {
    "synchronous_commit": "what a run takes for written may be gone after a crash, and is then done twice",
    "fsync": "a crash of the machine may leave the database damaged",
    "full_page_writes": "a crash of the machine may leave the database damaged",
}
_MATTER = [*_DURABLE, "server_version_num", "statement_timeout"]

_OLD = text(
    "DELETE FROM receipt WHERE at < "
    "to_char(clock_timestamp() AT TIME ZONE 'UTC' - INTERVAL '1 day', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS.US\"Z\"')"
)
_RECEIPT = text(
    "INSERT INTO receipt (session, number, at) "
    "SELECT :session, :number, to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24\\:MI\\:SS.US\"Z\"') "
    "WHERE pg_current_xact_id_if_assigned() IS NOT NULL "
    "ON CONFLICT (session) DO UPDATE SET number = excluded.number, at = excluded.at RETURNING pg_current_xact_id()::text"
)
_LAST = text("SELECT number FROM receipt WHERE session = :session")
_STATUS = text(
    "SELECT CASE WHEN CAST(:xid AS xid8) < pg_snapshot_xmax(pg_current_snapshot()) THEN pg_xact_status(CAST(:xid AS xid8)) END"
)
"""One that a crashed server has forgotten lies in its future, and asking for that is an error."""

_SENTENCES = {
    "25006": "is read-only (a standby?); point DOCFERRY_STATE_URL at the primary server",
    "28": "refuses the login; correct user and password in DOCFERRY_STATE_URL",
    "42501": "does not let this user write; grant it the right to create and use the schema",
    "53100": "cannot grow because the server's disk is full; free some space and run again, nothing written so far is lost",
    "53300": "has no connection left; raise max_connections or run fewer workers",
    "55P03": "is locked by another session; end what holds the lock (see pg_stat_activity) and run again",
    "58": "cannot be read or written (the server reports a fault of its disk); check it, then run again",
    "XX": "is damaged or the server has a fault; see its log",
}
_GONE = ("08", "57P01", "57P02", "57P03", "25P03")  # closed, shut down, crashed, starting up, idle for too long
_COLLISIONS = ("40001", "40P01")


def address(url: URL, example: str) -> URL:
    """Check an address. Its `schema` (`?schema=name`) says where the tables are. Raises SettingError."""
    if url.drivername not in {"postgresql", "postgresql+psycopg"}:
        raise SettingError(f"DOCFERRY_STATE_URL names {url.drivername}, which docferry does not speak; {example}")
    if not url.database:
        raise SettingError(f"DOCFERRY_STATE_URL names no database; {example}")
    from psycopg import pq  # noqa: PLC0415 -- a ledger in a file needs no driver

    known = {parameter.keyword.decode() for parameter in pq.Conninfo.get_defaults()} - _OURS
    check(url, {"schema", *known}, _OPTIONS, several={"host", "port"})
    ports = url.query.get("port", ())
    if not all(port.isdecimal() for port in ([ports] if isinstance(ports, str) else ports)):
        raise SettingError("The option port in DOCFERRY_STATE_URL must be a number; write it like ?port=5432")
    schema = str(url.query.get("schema", SCHEMA))
    if not _NAME.fullmatch(schema):
        raise SettingError(
            "The schema in DOCFERRY_STATE_URL must be one name of small letters, digits and underscores; "
            "write it like ?schema=docferry"
        )
    return url.set(drivername="postgresql+psycopg").update_query_dict({"schema": schema})


def place(engine: Engine) -> str:
    """Say where the ledger is, without user and password."""
    schema = engine.get_execution_options()["docferry_schema"]
    there = f"{engine.url.database} on {engine.url.host or 'this machine'}"
    return there if schema == SCHEMA else f"{there}, schema {schema}"


def connect(url: URL, *, busy_timeout: float) -> Engine:
    """Make the engine. `busy_timeout` is how many seconds a write waits for a lock of another session."""
    schema, given = str(url.query["schema"]), url.query.get("options", "")
    options = {
        "search_path": schema,
        "lock_timeout": f"{max(1, round(busy_timeout * 1000))}",
        "idle_in_transaction_session_timeout": f"{_IDLE * 1000}",
        "timezone": "UTC",
    }
    engine = create_engine(
        url.difference_update_query(["schema", "options"]),
        poolclass=NullPool,
        hide_parameters=True,  # an error must not carry what was in the row
        connect_args={
            "options": " ".join([str(given), *(f"-c {name}={value}" for name, value in options.items())]).strip(),
            "application_name": "docferry",
            "client_encoding": "utf8",  # else it follows the database, and what is wrong with that could not be asked and said
            "connect_timeout": 10,
            # A server that is cut off must be noticed: without this, TCP waits for it for a quarter of an hour.
            "keepalives_idle": 20,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
        },
    )
    return engine.execution_options(docferry_schema=schema)


def create_schema(connection: Connection) -> None:
    """Create the schema that the tables are to be in, if it is not there."""
    schema = schema_of(connection)
    found = connection.execute(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": schema}).scalar()
    if not found:
        connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')


def check_options(connection: Connection) -> None:
    """Raise SettingError if what was asked for when connecting did not reach the server, so that tables would be elsewhere.

    Also if the database cannot hold any letter that a document may have.
    """
    if connection.execute(text("SELECT current_setting('search_path')")).scalar() != schema_of(connection):
        raise SettingError(
            f"The server of DOCFERRY_STATE_URL has not been told the schema {schema_of(connection)}: something between here and "
            "there (PgBouncer with ignore_startup_parameters?) drops the options of a connection; connect to the server itself"
        )
    encoding = connection.execute(text("SELECT current_setting('server_encoding')")).scalar()
    if encoding != "UTF8":
        raise SettingError(
            f"The database of DOCFERRY_STATE_URL has the encoding {encoding}, which does not hold every letter; "
            "make another one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )


def schema_of(connection: Connection) -> str:
    """Return the schema that this ledger's tables are in."""
    return str(connection.get_execution_options()["docferry_schema"])


def alone(connection: Connection) -> None:
    """Wait until no other transaction of this ledger is inside here, and keep others out until this one ends."""
    lock = text("SELECT pg_advisory_xact_lock(:ours, hashtext(:schema))")
    connection.execute(lock, {"ours": _ALONE, "schema": schema_of(connection)})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction is known by once it may have been committed: its place in a session, and the server's own id of it."""

    session: str
    number: int
    xid: str


def receipt(connection: Connection, session: str, number: int) -> Receipt | None:
    """Write down that this transaction is a session's so-manyth; None, and nothing, if it has written nothing else."""
    if number == 1:
        connection.execute(_OLD)
    xid = connection.execute(_RECEIPT, {"session": session, "number": number}).scalar()
    return None if xid is None else Receipt(session, number, xid)


def committed(connection: Connection, lost: Receipt) -> bool | None:
    """Say whether a transaction was committed, None while it is still under way.

    The server's own id does not tell alone: one that a crash swept away is given to another transaction afterwards.
    """
    if connection.execute(_STATUS, {"xid": lost.xid}).scalar() == "in progress":
        return None
    return connection.execute(_LAST, {"session": lost.session}).scalar() == lost.number


def faults(connection: Connection) -> list[str]:
    """Return the constraints and indexes of the ledger that the server does not vouch for."""
    here = {"schema": schema_of(connection)}
    loose = text(
        "SELECT format('the constraint %s is not validated', conname) FROM pg_constraint c "
        "JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = :schema AND NOT convalidated"
    )
    invalid = text(
        "SELECT format('the index %s is invalid; REINDEX it', c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = :schema AND NOT (indisvalid AND indisready)"
    )
    return [*connection.execute(loose, here).scalars(), *connection.execute(invalid, here).scalars()]


def size(connection: Connection) -> int:
    """Return how many bytes the ledger's tables have, with their indexes."""
    query = text(
        "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = :schema AND c.relkind = 'r'"
    )
    return int(connection.execute(query, {"schema": schema_of(connection)}).scalar_one())


def settings(connection: Connection) -> list[tuple[str, str, str]]:
    """Look at what of the server matters to the ledger: (what, what it is, what to do about it or an empty text)."""
    show = connection.execute(
        text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"), {"names": _MATTER}
    )
    now: dict[str, str] = {name: setting for name, setting in show}  # noqa: C416 -- dict() does not see rows as pairs
    number = int(now["server_version_num"])
    found = [
        (
            "server",
            f"PostgreSQL {number // 10_000}.{number % 10_000}",
            "" if number >= _OLDEST else "docferry needs PostgreSQL 13 or newer; upgrade the server",
        )
    ]
    for name, says in _DURABLE.items():
        if now[name] == "off":
            found.append((name, f"off: {says}", f"set {name} = on for this database"))
    timeout = int(now["statement_timeout"])
    if 0 < timeout < _SHORT:
        words = f"{timeout} ms: statements over many rows are broken off"
        found.append(("statement_timeout", words, "ALTER ROLE … SET statement_timeout = 0 for docferry's user"))
    if len(found) == 1:
        found.append(
            ("durability", f"synchronous_commit {now['synchronous_commit']}, fsync and full_page_writes on", "")
        )
    return found


def sentence(error: BaseException) -> str | None:
    """Say what is wrong with the server and what to do, None if nothing is."""
    if lost(error):
        return f"cannot be reached ({_words(error)}); check that the server runs, then run again: nothing is lost"
    state = _state(error)
    return next((words for code, words in _SENTENCES.items() if state.startswith(code)), None)


def lost(error: BaseException) -> bool:
    """Tell whether the connection is gone (or could not be had), so that another one may work."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    origin = error.orig if isinstance(error, StatementError) else None
    state = _state(error)
    # The driver gives no code for what it notices itself, such as a refused connection.
    return state.startswith(_GONE) if state else type(origin).__name__ in {"OperationalError", "ConnectionTimeout"}


def collided(error: BaseException) -> bool:
    """Tell whether two transactions got into each other's way, so that this one only has to be tried again."""
    return _state(error) in _COLLISIONS


def _state(error: BaseException) -> str:
    origin = error.orig if isinstance(error, StatementError) else None
    return getattr(origin, "sqlstate", None) or ""


def reason(error: StatementError) -> str:
    """Return what the server says of a statement, without the values that it quotes in its details."""
    told = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    return str(told) if told else _words(error)


def _words(error: BaseException) -> str:
    origin = error.orig if isinstance(error, StatementError) else None
    lines = str(origin).strip().splitlines()
    return lines[0].rpartition("FATAL:")[2].strip() if lines else type(error).__name__
