"""`docferry check` tries whether the state can be written, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from state.sqlite import sentence
from tests.ledgers import KEY
from tests.postgres import throw_away_schema

STATE = Path(".docferry/state.db")


def state_of(ended):
    """Return what was found about the state: how the command ended, whether it is well, and what it says."""
    (found,) = [one for one in ended.json["checks"] if one["what"] == "state"]
    return ended.code, found["ok"], found["says"]


@contextlib.contextmanager
def every_connection(statement: str):
    """Have every connection to SQLite begin with a statement."""

    def begin(connection, _entry):
        if isinstance(connection, sqlite3.Connection):
            connection.execute(statement)

    event.listen(Engine, "connect", begin)
    try:
        yield
    finally:
        event.remove(Engine, "connect", begin)


@contextlib.contextmanager
def held_exclusively(_statement: str):
    """Have another program hold the file."""
    with contextlib.closing(sqlite3.connect(STATE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


TROUBLES = {
    "held": (held_exclusively, "", "is locked by another program; close what has it open"),
    "full": (
        every_connection,
        "PRAGMA max_page_count={pages}",
        "cannot grow because the disk is full; free some space",
    ),
    "read-only": (every_connection, "PRAGMA query_only=ON", "is read-only; give this user the right to write"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_file_that_cannot_be_written_is_told_with_its_cause_and_the_next_step(
    accounts, docferry, monkeypatch, trouble
):
    monkeypatch.setattr("flows.checks.PATIENCE", 0.2)
    assert docferry("check", "hypatos_to_zefort").code == 0
    with sqlite3.connect(STATE) as database:
        pages = database.execute("PRAGMA page_count").fetchone()[0]
    brought, statement, says = TROUBLES[trouble]
    with brought(statement.format(pages=pages + 2)):
        code, well, said = state_of(docferry("check", "hypatos_to_zefort", "--json"))
    assert (code, well, says in said) == (3, False, True), said
    assert docferry("check", "hypatos_to_zefort").code == 0


def test_trying_leaves_no_row_and_no_larger_file(accounts, docferry):
    docferry("status")
    before, size = dump(), STATE.stat().st_size
    for _ in range(3):
        assert docferry("check", "hypatos_to_zefort").code == 0
    assert (dump(), STATE.stat().st_size) == (before, size)


def test_a_disk_without_room_for_the_index_of_the_log_is_told_as_full_and_not_as_faulty():
    origin = sqlite3.OperationalError("disk I/O error")
    origin.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    assert "the disk is full" in (sentence(OperationalError("BEGIN", {}, origin)) or "")
    origin.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
    assert "check the disk" in (sentence(OperationalError("BEGIN", {}, origin)) or "")


def dump() -> list[str]:
    """Return all rows of the file, without what checking an account keeps."""
    with sqlite3.connect(STATE) as database:
        return list(database.iterdump())


@pytest.mark.parametrize(
    ("brought", "says"),
    [
        ("LOCK TABLE transfer IN EXCLUSIVE MODE", "is locked by another session; end what holds the lock"),
        ("SET default_transaction_read_only", "is read-only"),
    ],
)
def test_a_server_that_cannot_be_written_is_told_with_its_cause(accounts, docferry, monkeypatch, brought, says):
    monkeypatch.setattr("flows.checks.PATIENCE", 0.2)
    monkeypatch.setenv("DOCFERRY_KEYS", KEY)
    with throw_away_schema() as url:
        monkeypatch.setenv("DOCFERRY_STATE_URL", url)
        assert docferry("check", "hypatos_to_zefort").code == 0
        plain, _, options = url.partition("?")
        schema = options.partition("schema=")[2].partition("&")[0]
        if brought.startswith("LOCK"):
            with psycopg.connect(plain, options=f"-c search_path={schema}") as other:
                other.execute(brought)
                code, well, said = state_of(docferry("check", "hypatos_to_zefort", "--json"))
        else:
            monkeypatch.setenv("DOCFERRY_STATE_URL", f"{url}&options=-c%20default_transaction_read_only%3Don")
            code, well, said = state_of(docferry("check", "hypatos_to_zefort", "--json"))
        assert (code, well, says in said) == (3, False, True), said
