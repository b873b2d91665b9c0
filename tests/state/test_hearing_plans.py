"""What a source has not taken is read from indexes: each look at the alarms asks, and the messages that it took are many."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, event, insert

from state.database import address, connect, writing
from state.models import feedback, transfer
from tests.ledgers import open_ledger, rows

MANY = 4000


def fill(url, now):
    """Have many messages taken long ago, and one each refused, owed after a try, and about a document that was gone."""
    old = now - timedelta(days=40)
    taken = [("delivered", "told", old) for _ in range(MANY)]
    messages = [*taken, ("delivered", "refused", now), ("delivered", None, None), ("rejected", "gone", now)]
    entered = {"route": "r", "version": "1", "status": "confirmed", "attempts": 0, "asked": False}
    message = {"route": "r", "seq": 1, "owed_at": old, "due_at": old, "attempts": 1}
    engine = connect(address(url), busy_timeout=5)
    with writing(engine) as connection, connection.begin():
        connection.execute(
            insert(transfer), [{**entered, "document_id": f"d{at}", "key": f"d{at}"} for at in range(len(messages))]
        )
        # Databases count from one.
        connection.execute(
            insert(feedback),
            [
                {**message, "transfer_id": at, "outcome": outcome, "answer": answer, "done_at": done}
                for at, (outcome, answer, done) in enumerate(messages, 1)
            ],
        )
    engine.dispose()
    if not url.startswith("sqlite"):
        rows(url, "ANALYZE")  # a server does so by itself, a file never does


async def test_an_index_leads_past_the_messages_that_were_taken(url, now):
    ledger = await open_ledger(url)
    fill(url, now)
    plans = []

    def explain(_connection, cursor, text, parameters, *_):
        if text.startswith("SELECT") and "FROM feedback" in text:
            how = "EXPLAIN QUERY PLAN" if url.startswith("sqlite") else "EXPLAIN"
            cursor.execute(f"{how} {text}", parameters)
            plans.append("\n".join(str(row) for row in cursor.fetchall()))

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        found = await ledger.watching.untaken("r", now - timedelta(days=1))
    finally:
        event.remove(Engine, "before_cursor_execute", explain)
    await ledger.close()
    assert sorted(one.outcome for one in found) == ["delivered", "rejected"]
    refused, owed, gone, *taken = plans
    assert "ix_feedback_refused" in refused
    assert "ix_feedback_open" in owed
    assert "ix_feedback_gone" in gone
    assert ["ix_feedback_told" in plan for plan in taken] == [True, True]
