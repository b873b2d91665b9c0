"""Ledgers of every kind for tests: opened alike, and looked at past their door."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from state import Ledger, Vault
from state.models import metadata
from tests import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ELSEWHERE = "LEDGER_OF_TESTS"
KINDS = ("SQLite", "PostgreSQL")
KEY = "dGhlIGtleSBvZiB0ZXN0cywga25vd24gdG8gYWxsITE="
"""One key for all processes of a test."""


def url_in(folder: Path) -> str:
    """Address the ledger of an end-to-end test: a file in this folder, unless the test runs on another (see `any_ledger`)."""
    return os.environ.get(ELSEWHERE) or f"sqlite:///{folder}/state.db"


def in_a_file(url: str) -> None:
    """Skip a test on any other ledger: only one in a file can do without a key."""
    if not url.startswith("sqlite"):
        pytest.skip("a ledger in a server is not opened without DOCFERRY_KEYS")


@contextmanager
def address(kind: str, folder: Path) -> Iterator[str]:
    """Address a ledger that does not exist yet: a file in the folder, or a schema of a server ("PostgreSQL")."""
    if kind == "SQLite":
        yield f"sqlite:///{folder}/state.db"
    else:
        with postgres.throw_away_schema() as url:
            yield url


async def open_ledger(url: str, **options: Any) -> Ledger:
    """Open a ledger. One that is no file gets a key: it has no other place for that of its fingerprints."""
    if not url.startswith("sqlite"):
        options.setdefault("vault", Vault([KEY]))
    return await Ledger.open(url, **options)


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Ask the database itself; what was awaited is there."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            found = file.execute(statement).fetchall()
            file.commit()
            return found
    with postgres.connect(url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def dump(url: str) -> str:
    """Return everything that the database holds, as text."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return "\n".join(file.iterdump())
    return "\n".join(repr(rows(url, f"SELECT * FROM {table}")) for table in metadata.tables)
