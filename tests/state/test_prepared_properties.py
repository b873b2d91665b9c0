"""What goes past SQLAlchemy's machinery leaves the same rows as what goes through it, whatever is in the values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Integer, insert, select
from sqlalchemy.exc import SQLAlchemyError

from state import statements as sql
from state.database import address, connect
from state.instants import Instant
from state.models import event, feedback, step, transfer
from state.prepared import Prepared
from state.upgrading import prepare
from state.writer import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Engine

STATEMENTS = {name: each for name, each in vars(sql).items() if isinstance(each, Statement)}
THEN = datetime(2026, 1, 1, tzinfo=UTC)
ODD = [
    *("", " ", "\0", "a\0b", "\ufdd0", "\ufdd00", "\ufdd01\0", "'\"", "%", "%%s", "%(this)s", ":this", ":", "?", "\\", "\\'"),
    *("\U0001f600", "\u00e9", "e\u0301", "\u00df", "SS", "NULL", "{a,b}", "1e5", "half \ud800", "x" * 100_000),
]  # fmt: skip
FAR_EAST = timezone(timedelta(hours=5, minutes=30))
TEXTS = st.none() | st.text(max_size=9) | st.sampled_from(ODD) | st.sampled_from(ODD)
INSTANTS = st.datetimes(min_value=THEN.replace(tzinfo=None), timezones=st.sampled_from([UTC, FAR_EAST]))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = connect(address(url), busy_timeout=5)
    prepare(opened)
    with opened.begin() as connection:
        for number, status in enumerate(("pending", "delivered", "rejected"), start=1):
            row = {"route": "r", "document_id": str(number), "version": "1", "status": status, "key": str(number)}
            connection.execute(insert(transfer).values(**row, attempts=0, asked=False, claim="me"))
            row = {"transfer_id": number, "route": "r", "seq": 1, "outcome": "delivered", "attempts": 0}
            connection.execute(insert(feedback).values(**row, owed_at=THEN, due_at=THEN))
            connection.execute(insert(step).values(transfer_id=number, name="", intent_at=THEN, result="kept"))
    yield opened
    opened.dispose()


def _values(types: Mapping[str, object]) -> st.SearchStrategy[dict[str, object]]:
    """Draw what a statement is given, each value of its own type."""

    def one(name: str, type_: object) -> st.SearchStrategy[object]:
        if name in {"this", "transfer_id"}:
            return st.integers(1, 3)
        if isinstance(type_, Integer):
            return st.integers(-(2**31), 2**31 - 1)
        return st.booleans() if isinstance(type_, Boolean) else INSTANTS if isinstance(type_, Instant) else TEXTS

    return st.fixed_dictionaries({name: one(name, type_) for name, type_ in types.items()})


def _types(statement: Statement, engine: Engine) -> dict[str, object]:
    """Return what a statement is given: its parameters, or the columns of its table that it fills."""
    if statement.sql.is_insert and statement.sql.select is None:
        table = event if statement is sql.EVENT else step
        return {column.name: column.type for column in table.columns if column.name != "id"}
    binds = statement.sql.compile(dialect=engine.dialect).binds.values()
    return {bind.key: bind.type for bind in binds if bind.required}


def _content(connection: Connection) -> list[list[str]]:
    """Return all rows without their numbers, which the server gives to what it rolls back, too."""
    tables = (transfer, feedback, step, event)
    return [
        sorted(map(repr, connection.execute(select(*(each for each in table.columns if each.name != "id")))))
        for table in tables
    ]


def _outcome(engine: Engine, statement: Statement, rows: Sequence[dict[str, object]], *, quickly: bool) -> object:
    with engine.connect() as connection:
        begun = connection.begin()
        try:
            if quickly:
                Prepared(statement.sql, frozenset(rows[0]), connection.dialect).execute(connection, rows)
            else:
                for row in rows:
                    connection.execute(statement.sql, [row])
            return _content(connection)
        except SQLAlchemyError as error:
            return type(error)
        finally:
            begun.rollback()


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_prepared_statement_does_what_sqlalchemy_does_with_it(engine: Engine, name: str):
    statement = STATEMENTS[name]

    @settings(max_examples=15, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(_values(_types(statement, engine)), min_size=1, max_size=3))
    def same(rows: list[dict[str, object]]) -> None:
        assert _outcome(engine, statement, rows, quickly=True) == _outcome(engine, statement, rows, quickly=False)

    same()
