"""How a route stands is read from indexes: what was tried is not looked for among all that was only listed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, insert

from state.database import address, connect, writing
from state.models import transfer
from tests.ledgers import open_ledger, rows

MANY = 4000
INDEXES = {
    "ix_transfer_route_status_due_at": "(route, status, due_at)",
    "ix_transfer_tried": (
        "(route, status, due_at, reason_class) WHERE status = 'pending' AND (reason IS NOT NULL OR reason_class IS NOT NULL)"
    ),
}


def fill(url, now):
    """Have many documents listed, and a few of them tried: with a reason, with a class, and with both."""
    tried = {
        "both": {"reason": "answered 503", "reason_class": "transient", "due_at": now},
        "reason": {"reason": "dropped at the far end", "due_at": now + timedelta(seconds=1)},
        "class": {"reason_class": "withdrawn"},
        "rejected": {"status": "rejected", "reason": "no number", "reason_class": "data", "due_at": None},
        "failed": {"status": "failed", "reason": "given up", "reason_class": "transient", "due_at": None},
    }
    listed = {f"d{number}": {} for number in range(MANY)}
    plain = {"route": "r", "version": "1", "status": "pending", "attempts": 0, "asked": False}
    plain |= {"due_at": now - timedelta(days=1), "reason": None, "reason_class": None}
    engine = connect(address(url), busy_timeout=5)
    with writing(engine) as connection, connection.begin():
        connection.execute(
            insert(transfer),
            [{**plain, "document_id": id_, "key": id_, **how} for id_, how in {**listed, **tried}.items()],
        )
    engine.dispose()
    if not url.startswith("sqlite"):
        rows(url, "ANALYZE")  # a server does so by itself, a file never does


async def test_what_was_tried_is_told_and_counted_however_it_came_about(url, ledger, now):
    fill(url, now)
    summary = await ledger.summary("r")
    assert summary.statuses == {"pending": MANY + 3, "rejected": 1, "failed": 1}
    assert summary.reason_classes == {"transient": 2, "withdrawn": 1, "data": 1}
    assert [one.document_id for one in await ledger.waiting("r", 10)] == ["both", "reason"]
    assert [one.document_id for one in await ledger.waiting("r", 1)] == ["both"]


@pytest.mark.parametrize("last", INDEXES)
async def test_an_index_leads_past_what_was_only_listed(url, now, last):
    """Of two indexes that cost the same SQLite takes the one that was made last."""
    ledger = await open_ledger(url)
    rows(url, f"DROP INDEX {last}")
    rows(url, f"CREATE INDEX {last} ON transfer {INDEXES[last]}")
    fill(url, now)
    plans = []

    def explain(_connection, cursor, text, parameters, *_):
        if text.startswith("SELECT") and "reason" in text and "FROM transfer" in text:
            how = "EXPLAIN QUERY PLAN" if url.startswith("sqlite") else "EXPLAIN"
            cursor.execute(f"{how} {text}", parameters)
            plans.append("\n".join(str(row) for row in cursor.fetchall()))

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        await ledger.waiting("r", 10)
        await ledger.summary("r")
    finally:
        event.remove(Engine, "before_cursor_execute", explain)
    await ledger.close()
    waiting, *classes = plans
    assert "ix_transfer_tried" in waiting
    assert [("ix_transfer_tried" in plan, "ix_transfer_route_status_due_at" in plan) for plan in classes] == [
        (True, False),  # of what is pending
        (False, True),  # of all else
    ]
