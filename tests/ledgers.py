"""Ledgers of every kind for tests: opened alike, and looked at past their door."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from state import Ledger, Vault
from state.models import metadata
from tests import postgres

KEY = "dGhlIGtleSBvZiB0ZXN0cywga25vd24gdG8gYWxsITE="
"""One key for all processes of a test."""


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
