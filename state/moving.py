"""Carries a whole ledger into a portable file and out of one: a backup, and the way from SQLite to PostgreSQL and back."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, LargeBinary, MetaData, column, func, insert, select, table
from sqlalchemy.exc import SQLAlchemyError

from state import postgres
from state.database import alone, explain, is_postgres, place, reading, writing
from state.errors import SettingError, StateError
from state.fingerprints import readable
from state.instants import database_now
from state.migrations import HEAD, known, upgrade
from state.models import fingerprint_key, lease, metadata, receipt
from state.portable import Columns, Head, LedgerReader, LedgerWriter
from state.restoring import say_restored
from state.texts import NUL
from state.upgrading import refuse_while_running, version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Engine, Table, TableClause

    from state.vault import Vault

    Progress = Callable[[int, int], None]

_AT_ONCE = 2000
"""Rows that are read, or written, with one statement; between two of them the caller may stop the work."""
_OF_A_RUN = ("claim", "engaged")
"""What names the run that works on a row: in another ledger it says nothing."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was carried: rows by table, where the key of the fingerprints is (see `Head`), and what was in use meanwhile."""

    rows: dict[str, int]
    key: str
    running: list[str]


def export_ledger(engine: Engine, path: Path, progress: Progress) -> Moved:
    """Write everything down as it is at one moment; runs may go on. The file appears whole, under its name, or not at all.

    `progress` is told rows written and how many there are, and may raise to end it. Raises StateError.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            moved = _write(engine, raw, progress)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
    except SQLAlchemyError as error:
        raise explain(error, engine) from error
    except OSError as error:
        raise StateError(f"The file {path} cannot be written ({error.strerror}); nothing was exported") from error
    finally:
        part.unlink(missing_ok=True)
    return moved


def _write(engine: Engine, raw: Any, progress: Progress) -> Moved:  # noqa: ANN401 -- any binary file
    counts: dict[str, int] = {}
    with reading(engine) as connection, connection.begin():
        if is_postgres(engine):
            # The server would end it if the disk that the file is on makes us wait.
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        total = sum(connection.execute(select(func.count()).select_from(one)).scalar_one() for one in _tables())
        key = _where_key_is(connection)
        running = _in_use(connection)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        out = LedgerWriter(raw, Head(version(connection) or HEAD, key, at, total, running))
        for one in _tables():
            kinds = tuple(_kind(each) for each in one.columns)
            out.table(Columns(one.name, tuple(each.name for each in one.columns), kinds))
            before = out.rows
            query = select(_plain(one.name, tuple(one.columns.keys()), kinds)).order_by(*one.primary_key)
            streaming = connection.execution_options(stream_results=True, yield_per=_AT_ONCE)
            for some in streaming.execute(query).partitions():
                for row in some:
                    out.row(list(row))
                progress(out.rows, total)
            counts[one.name] = out.rows - before
        out.end()
    return Moved(counts, key, running)


def import_ledger(
    engine: Engine, path: Path, vault: Vault | None, progress: Progress, *, replace: bool = False
) -> Moved:
    """Fill an empty ledger from a file, in one transaction: whatever comes in between, the ledger is as it was before.

    With `replace` what was there before goes. A file of an earlier release is brought to this one's form. `progress` is told
    bytes read and how many are to be read, and may raise to end it. Raises SettingError if the ledger is not empty, or DOCFERRY_KEYS do
    not fit, RouteBusyError while anybody is at work in the ledger, StateError for a file that is not whole.
    """
    with LedgerReader(path) as file:
        _check_form(file, path)
        _check_key(file.head, engine, vault, path)
        file.check(progress)  # and no lock is held meanwhile
        try:
            with writing(engine) as connection, connection.begin():
                counts = _fill(connection, file, vault, progress, replace=replace)
        except SQLAlchemyError as error:
            raise explain(error, engine) from error
    return Moved(counts, file.head.key, list(file.head.running))


def _fill(
    connection: Connection, file: LedgerReader, vault: Vault | None, progress: Progress, *, replace: bool
) -> dict[str, int]:
    alone(connection)
    refuse_while_running(connection)
    if not replace and not _empty(connection):
        raise SettingError(
            f"The ledger {place(connection.engine)} is not empty; point DOCFERRY_STATE_URL at a new one, "
            "or give --replace to lose what it holds"
        )
    _make_anew(connection, file.head.form)
    counts = _load(connection, file, progress)
    if is_postgres(connection.engine):
        _count_on(connection)
    upgrade(connection)
    readable(connection, vault)
    say_restored(connection)
    return counts


def _check_form(file: LedgerReader, path: Path) -> None:
    if file.head.form not in known():
        raise SettingError(
            f"{path} was written by a newer docferry (its tables are at {file.head.form}, this one knows {HEAD}); "
            "install that release"
        )


def _check_key(head: Head, engine: Engine, vault: Vault | None, path: Path) -> None:
    if head.key == "inside" and vault is None:
        raise SettingError(f"{path} was exported with DOCFERRY_KEYS; set it to the same keys")
    if head.key == "beside" and is_postgres(engine):
        raise SettingError(
            f"{path} does not hold the key of its fingerprints, which was in a file beside the ledger; "
            "set DOCFERRY_KEYS, export again, and it is in the file, encrypted"
        )


def _empty(connection: Connection) -> bool:
    """Tell whether nothing was ever written down but the ledger's own key and leases."""
    own = {fingerprint_key.name, lease.name}
    return not any(connection.execute(select(one).limit(1)).first() for one in _tables() if one.name not in own)


def _make_anew(connection: Connection, form: str) -> None:
    """Put empty tables in the place of all that there are."""
    there = MetaData()
    there.reflect(connection, only=lambda name, _: name in metadata.tables or name == "alembic_version")
    there.drop_all(connection)
    upgrade(connection, form)


def _load(connection: Connection, file: LedgerReader, progress: Progress) -> dict[str, int]:
    counts: dict[str, int] = {}
    columns = Columns("", (), ())
    gathered: list[dict[str, object]] = []
    # One more at the end, so that the last rows are written like all others.
    for line in chain(file.lines(), [Columns("", (), ())]):
        if isinstance(line, list):
            gathered.append(dict(zip(columns.names, line, strict=True)))
        if gathered and (not isinstance(line, list) or len(gathered) == _AT_ONCE):
            counts[columns.table] += _insert(connection, columns, gathered)
            gathered = []
            progress(file.read, file.size)
        if isinstance(line, Columns):
            columns = line
            if columns.table:
                counts[columns.table] = 0
    return counts


def _insert(connection: Connection, columns: Columns, rows: list[dict[str, object]]) -> int:
    if columns.table == lease.name:
        # What a run held is over with it; what counts the owners, and names, goes on.
        rows = [row | {"owner": ""} for row in rows if row.get("route") is None]
    else:
        free = {name: None for name in _OF_A_RUN if name in columns.names}
        rows = [row | free for row in rows] if free else rows
    if is_postgres(connection.engine):
        # Earlier releases let a provider's NUL into a file. The server knows no such text, and would refuse the whole ledger.
        rows = [
            {name: each.replace("\0", NUL) if isinstance(each, str) else each for name, each in row.items()}
            for row in rows
        ]
    if rows:
        connection.execute(insert(_plain(columns.table, columns.names, columns.kinds)), rows)
    return len(rows)


def _plain(name: str, names: tuple[str, ...], kinds: tuple[str, ...]) -> TableClause:
    """Return a table whose values come as the database keeps them: an instant is its text."""
    types = {"bytes": LargeBinary, "bool": Boolean}
    return table(
        name,
        *(
            column(each, types[kind]) if kind in types else column(each)
            for each, kind in zip(names, kinds, strict=True)
        ),
    )


def _kind(one: Any) -> str:  # noqa: ANN401 -- a Column of any type
    return "bytes" if isinstance(one.type, LargeBinary) else "bool" if isinstance(one.type, Boolean) else "plain"


def _tables() -> list[Table]:
    """Return the tables that go along, those that others refer to first. Receipts are the business of the server that has them."""
    return [table for table in metadata.sorted_tables if table is not receipt]


def _where_key_is(connection: Connection) -> str:
    row = connection.execute(select(fingerprint_key.c.encrypted)).one_or_none()
    return "none" if row is None else "beside" if row.encrypted is None else "inside"


def _in_use(connection: Connection) -> list[str]:
    held = select(func.coalesce(lease.c.route, lease.c.name)).where(lease.c.owner != "", lease.c.until > database_now())
    return sorted(set(connection.execute(held).scalars()))


def _count_on(connection: Connection) -> None:
    """Let the server number new rows after those that came with their numbers."""
    for one in _tables():
        if "id" in one.c and isinstance(one.c.id.type, BigInteger):
            highest = select(func.max(one.c.id)).scalar_subquery()
            counter = func.pg_get_serial_sequence(f"{postgres.schema_of(connection)}.{one.name}", "id")
            connection.execute(select(func.setval(counter, func.coalesce(highest, 1), highest.is_not(None))))
