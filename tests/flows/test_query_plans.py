"""A run asks the ledger nothing that reads a whole table: what costs nothing with twelve documents takes hours with a million."""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager

from sqlalchemy import Engine, event

from tests.flows.world import world

GROWING = ("transfer", "step", "feedback", "event", "snapshot", "run")
"""The tables that have rows for every document or run."""


@contextmanager
def asked():
    """Gather the text of every statement that any database is given."""
    texts = set()

    def note(_connection, _cursor, text, *_):
        texts.add(text)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield texts
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def scans(file, texts):
    """Return the statements that read a growing table from end to end, with the step of SQLite's plan that does so."""
    found = []
    with sqlite3.connect(file) as connection:
        for text in sorted(texts):
            if not text.lstrip().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
                continue
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", [None] * text.count("?"))]
            wide = [step for step in plan if re.match(rf"SCAN ({'|'.join(GROWING)})\b(?!.* USING COVERING)", step)]
            if wide:
                found.append((text, wide))
    return found


async def test_no_statement_of_a_run_reads_a_whole_table(tmp_path):
    async with world(tmp_path) as it:
        with asked() as texts:
            await it.run()
            await it.finish(1)
            await it.run(documents=[it.hypatos.store.demo.document_id(0)])
        (file,) = tmp_path.rglob("*.db")
        assert any("json_each" in text for text in texts)
        assert scans(file, texts) == []
