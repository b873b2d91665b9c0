"""How instants are kept: UTC, always with microseconds, as text whose order is the order of time."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Dialect
    from sqlalchemy.sql.compiler import SQLCompiler


class Instant(TypeDecorator[datetime]):
    """An aware datetime in Python, `2026-11-22T01:02:03.000004Z` in the database: the same text sorts on every engine."""

    impl = String(27)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:  # noqa: ARG002 -- SQLAlchemy's signature
        """Return what turns an aware datetime into text. Called for every value, so without TypeDecorator's calls in between.

        It raises ValueError for a naive one, whose zone nobody can know.
        """
        return kept

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:  # noqa: ARG002 -- the same
        """Return what turns the text back into an aware UTC datetime."""
        return _as_it_was


def kept(value: datetime | None) -> str | None:
    """Return the text as which an instant is kept. Raises ValueError for a naive one."""
    return None if value is None else _text(value, value.fold)


def _as_it_was(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


@lru_cache(maxsize=256)
def _text(value: datetime, _fold: int) -> str:
    # Kept, since one instant is written into several rows. The hour that the end of summer time brings twice is two
    # instants, which are equal but for their fold.
    if value.tzinfo is None:
        raise ValueError("an instant without a time zone cannot be kept")
    return value.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


class database_now(FunctionElement[datetime]):  # noqa: N801 -- reads as the SQL function it is
    """The database's own clock plus a number of seconds: the one clock all workers share. Resolution 1 ms."""

    type = Instant()
    inherit_cache = True

    def __init__(self, plus_seconds: float = 0.0) -> None:
        super().__init__(bindparam(None, f"{plus_seconds:+.3f} seconds", type_=String()))


@compiles(database_now, "sqlite")
def _sqlite_now(element: database_now, compiler: SQLCompiler, **options: object) -> str:
    modifier = compiler.process(element.clauses, **options)
    return f"(strftime('%Y-%m-%dT%H:%M:%f', 'now', {modifier}) || '000Z')"


@compiles(database_now, "postgresql")
def _postgres_now(element: database_now, compiler: SQLCompiler, **options: object) -> str:
    # The clock, not the time at which the transaction began: it may have waited for a lock since.
    later = f"(clock_timestamp() AT TIME ZONE 'UTC' + CAST({compiler.process(element.clauses, **options)} AS INTERVAL))"
    return f'to_char({later}, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')'
