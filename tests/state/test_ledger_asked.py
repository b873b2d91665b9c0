"""What the ledger answers to people, and keeps of runs and accounts: look-ups, retries, runs cut short, tokens."""

from datetime import datetime, timedelta

import pytest

from state import Ledger, StateError
from tests.state.runs import one

HOUR = timedelta(hours=1)


async def test_an_operator_finds_a_document_and_reads_what_happened_to_it(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now, document="4711")
        await run.intend(this, "create", now)
        await run.settle(
            this,
            status="rejected",
            at=now,
            event="rejected",
            reason_class="data",
            reason="no title",
            external_id="far-9",
            tell="rejected",
        )
        await run.finish(at=now, counts={"rejected": 1}, complete=True, note=None)
    for text in ("4711", "far-9", "r:4711"):
        assert [t.id for t in await ledger.find(text)] == [this]
        assert await ledger.find(text, "other route") == []
    told = await ledger.timeline(this)
    assert [(e.kind, e.detail, e.run_id) for e in told.events] == [
        ("new", None, run.id),
        ("rejected", "no title", run.id),
    ]
    assert [s.name for s in told.steps] == ["create"]
    assert [(f.seq, f.outcome, f.answer) for f in told.feedback] == [(1, "rejected", None)]
    stands = await ledger.summary("r")
    assert (stands.statuses, stands.reason_classes) == ({"rejected": 1}, {"data": 1})
    assert (stands.owed, stands.oldest_owed_at, stands.next_due_at) == (1, now, None)
    assert [(r.state, r.complete, r.counts) for r in stands.runs] == [("finished", True, {"rejected": 1})]
    assert await ledger.routes() == ["r"]


async def test_a_retry_touches_only_what_was_asked_for_and_keeps_what_is_known(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        a, b, c = (await run.remember("s", [(n, "1") for n in "abc"], None, now=now, relist=())).new
        for which, status in ((a, "rejected"), (b, "failed"), (c, "delivered")):
            await run.intend(which, "create", now)
            await run.settle(which, status=status, at=now, event=status, external_id=f"far-{which}", reason="x")
    assert [t.id for t in await ledger.rejects("r", 10)] == [b, a]
    assert await ledger.retry("r", document_ids=["a", "c"], at=now, note="mapping fixed") == 1
    assert await ledger.retry("r", document_ids=None, at=now, note="all") == 1
    found = await ledger.lookup("r", ["a", "b", "c"])
    assert {t.document_id: t.status for t in found.values()} == {"a": "pending", "b": "pending", "c": "delivered"}
    assert (found["a"].external_id, found["a"].reason, set(found["a"].steps)) == (f"far-{a}", None, {"create"})
    assert [(e.kind, e.detail, e.run_id) for e in (await ledger.timeline(a)).events][-1] == (
        "retry",
        "mapping fixed",
        None,
    )


async def test_a_run_that_did_not_finish_is_known_to_the_next_one(ledger: Ledger, now: datetime):
    with pytest.raises(ZeroDivisionError):
        async with ledger.run("r"):
            raise ZeroDivisionError
    async with ledger.run("r") as second:
        assert second.previous
        await second.finish(at=now, counts={}, complete=True, note=None)
    async with ledger.run("r") as third:
        assert not third.previous
    assert sorted(r.state for r in (await ledger.summary("r")).runs) == ["finished", "interrupted", "interrupted"]


async def test_a_token_is_kept_per_connection_and_replaced(ledger: Ledger):
    assert await ledger.load_token("hypatos") is None
    await ledger.save_token("hypatos", "one")
    await ledger.save_token("hypatos", "two")
    assert (await ledger.load_token("hypatos"), await ledger.load_token("zefort")) == ("two", None)


async def test_every_route_that_has_left_something_is_named_once(ledger: Ledger, now: datetime):
    assert await ledger.routes() == []
    for route in ("b", "a", "c"):
        async with ledger.run(route) as run:
            await one(run, now, document="1")
            await one(run, now, document="2")
    async with ledger.run("d"):
        pass  # it has a run and no documents
    assert await ledger.routes() == ["a", "b", "c", "d"]


async def test_an_instant_without_a_zone_is_refused(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        this = await one(run, now)
        with pytest.raises(StateError, match="time zone"):
            await run.intend(this, "create", now.replace(tzinfo=None))
        await run.intend(this, "create", now.astimezone())
        assert (await ledger.lookup("r", ["a"]))["a"].steps["create"].intent_at == now
