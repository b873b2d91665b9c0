"""Statements that are written out once: what they keep, and what they refuse to be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import bindparam, create_engine, insert, select
from sqlalchemy.exc import InvalidRequestError, StatementError

from state import statements as sql
from state.dialect import among
from state.models import metadata, step, transfer
from state.prepared import Prepared, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
STEP = frozenset({"transfer_id", "name", "intent_at", "done_at", "result"})


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as opened, opened.begin():
        yield opened
    engine.dispose()


def _steps(count: int) -> list[dict[str, object]]:
    return [
        {"transfer_id": 1, "name": f"s{place}", "intent_at": NOW, "done_at": None, "result": None}
        for place in range(count)
    ]


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250])
def test_every_row_of_an_execution_is_kept_in_its_order(connection: Connection, count: int):
    Prepared(sql.STEP.sql, STEP, connection.dialect).execute(connection, _steps(count))
    found = connection.execute(select(step.c.name, step.c.intent_at).order_by(step.c.id)).all()
    assert [tuple(row) for row in found] == [(f"s{place}", NOW) for place in range(count)]


def test_of_two_rows_about_the_same_step_the_later_one_counts(connection: Connection):
    begun, done = _steps(1)[0], {**_steps(1)[0], "done_at": NOW, "result": "7"}
    Prepared(sql.STEP.sql, STEP, connection.dialect).execute(connection, [begun, done])
    assert connection.execute(select(step.c.result)).scalars().all() == ["7"]


def test_a_statement_that_lacks_a_value_is_refused_before_anything_is_written(connection: Connection):
    with pytest.raises(InvalidRequestError, match="what"):
        Prepared(sql.OWE.sql, frozenset({"this", "now", "why"}), connection.dialect)


def test_a_statement_with_a_default_is_refused_since_nobody_would_fill_it_in(connection: Connection):
    with pytest.raises(TypeError, match="defaults"):
        Prepared(insert(transfer), frozenset({"route", "document_id"}), connection.dialect)


def test_a_value_that_cannot_be_kept_is_no_reason_to_show_it(connection: Connection):
    rows = [{**_steps(1)[0], "intent_at": NOW.replace(tzinfo=None), "result": "secret"}]
    with pytest.raises(StatementError, match="time zone") as caught:
        Prepared(sql.STEP.sql, STEP, connection.dialect).execute(connection, rows)
    assert "secret" not in str(caught.value)


def test_a_question_is_answered_as_sqlalchemy_would_answer_it(connection: Connection):
    Prepared(sql.STEP.sql, STEP, connection.dialect).execute(connection, _steps(3))
    query = select(step.c.id, step.c.name, step.c.intent_at, step.c.done_at).order_by(step.c.id)
    found = ask(connection, query.where(step.c.name != bindparam("but", type_=step.c.name.type)), but="s1")
    assert found == [tuple(row) for row in connection.execute(query.where(step.c.name != "s1"))]
    assert [(row.name, row.intent_at, row.done_at) for row in found] == [("s0", NOW, None), ("s2", NOW, None)]


@pytest.mark.parametrize("those", [[], [2], [3, 1, 77], range(1, 40_001)])
def test_any_number_of_row_numbers_is_one_value_of_a_question(connection: Connection, those: list[int]):
    Prepared(sql.STEP.sql, STEP, connection.dialect).execute(connection, _steps(3))
    found = ask(connection, select(step.c.id).where(among(step.c.id, "those")).order_by(step.c.id), those=those)
    assert [row.id for row in found] == [number for number in (1, 2, 3) if number in those]


def test_a_question_with_a_list_is_refused(connection: Connection):
    with pytest.raises(TypeError, match="lists"):
        ask(connection, select(step.c.id).where(step.c.id.in_([1, 2])))


def test_a_value_that_no_question_can_hold_is_not_shown(connection: Connection):
    query = select(step.c.id).where(step.c.intent_at == bindparam("at", type_=step.c.intent_at.type))
    with pytest.raises(StatementError, match="time zone") as caught:
        ask(connection, query, at=NOW.replace(tzinfo=None))
    assert "2026" not in str(caught.value)
