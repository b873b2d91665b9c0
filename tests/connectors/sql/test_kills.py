"""A process is really killed before every write and every commit; there is all of a document or nothing, and never two."""

import asyncio
import os
import pickle
import signal

import sqlalchemy as sa

from tests.connectors.memory_journal import MemoryJournal

KEYS = ["hypatos_to_dwh:d1", "hypatos_to_dwh:d2"]


def die_at(fatal):
    """Kill this process when it comes to its n-th statement that writes, or commit."""
    left = fatal

    def reach(_connection, _cursor=None, statement="COMMIT", *_):
        nonlocal left
        left -= statement.split()[0] in {"INSERT", "UPDATE", "DELETE", "COMMIT"}
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "before_cursor_execute", reach)
    sa.event.listen(sa.Engine, "commit", reach)


async def carry(store, delivery, folder, **changes):
    """Push every document, with the journal it had as far as that was written down."""
    connection = await store.open()
    try:
        for number, key in enumerate(KEYS):
            journal, kept = MemoryJournal(), folder / str(number)
            if kept.exists():
                journal.steps = pickle.loads(kept.read_bytes())
            await connection.destinations["invoices"].push(delivery(key, number=str(number), **changes), journal)
            kept.write_bytes(pickle.dumps(journal.steps))
    finally:
        await connection.close()


def killed(store, delivery, folder, fatal, **changes):
    """Carry in a process of its own; say whether it died at the fatal point."""
    store.engine.dispose()
    pid = os.fork()
    if not pid:
        try:
            die_at(fatal)
            asyncio.run(carry(store, delivery, folder, **changes))
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def whole(store, pieces):
    """Say how many documents there are; each has its two lines, and one of these numbers of pieces."""
    rows = store.rows(columns="id, pieces")
    assert {row[1] for row in rows} <= set(pieces)
    assert sorted(store.rows("invoice_lines", "invoice_id")) == sorted((row[0],) for row in rows for _ in range(2))
    return len(rows)


def test_a_process_killed_anywhere_leaves_all_or_nothing_and_the_next_one_finishes(store, delivery, tmp_path):
    point, partly = 0, 0
    while True:
        point += 1
        for kept in tmp_path.glob("[0-9]"):
            kept.unlink()
        store.execute("DELETE FROM invoice_lines")
        store.execute("DELETE FROM invoices")
        if not killed(store, delivery, tmp_path, point):
            break
        partly += 0 < whole(store, [3]) < 2
        asyncio.run(carry(store, delivery, tmp_path))
        assert whole(store, [3]) == 2
        if point % 2:
            killed(store, delivery, tmp_path, point, pieces=4)
        asyncio.run(carry(store, delivery, tmp_path, pieces=5))
        assert whole(store, [5]) == 2
        assert sorted(row[0] for row in store.rows(columns="docferry_key")) == KEYS
    assert point > 8
    assert partly > 2
