"""What the ledger forgets of the past, and that it keeps what doubles would come of."""

import asyncio
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state import Ledger, RouteRun
from state.care import Care
from state.pruning import RUNS_KEPT, Pruned
from tests.ledgers import open_ledger, rows
from tests.state.runs import deliver, one

LONG_AGO = timedelta(days=100)
PRUNABLE = ("event", "feedback", "step", "run")


async def prune(url: str, before: datetime, *, route: str | None = None, dry_run: bool = False) -> Pruned:
    done = Pruned()
    async for done in Care(url, vault=None).prune(before=before, route=route, dry_run=dry_run):  # noqa: B007 -- the last one counts
        pass
    return done


async def tell(run: RouteRun, now: datetime) -> None:
    """Answer everything that is owed, leaving a step as sources do."""
    for owed in await run.outbox.claim(10, now):
        run.done(owed.transfer_id, f"feedback:{owed.seq}:note", "seen", now)
        await run.outbox.told(owed.id, at=now)


async def again(run: RouteRun, transfer_id: int, now: datetime, times: int) -> None:
    """Deliver a document and tell of it, as often as asked for."""
    for number in range(times):
        await run.wanting.these(["a"], now)
        await run.claim(10, now)
        await run.intend(transfer_id, f"file:{number}", now)
        run.done(transfer_id, f"file:{number}", "f", now)
        await deliver(run, transfer_id, now)
        await tell(run, now)


def kept(url: str) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(rows(url, f"SELECT * FROM {table}"), key=repr) for table in PRUNABLE}


async def test_what_guards_against_doubles_stays_and_what_only_tells_goes(ledger: Ledger, url: str, now: datetime):
    then = now - LONG_AGO
    async with ledger.run("r") as run:
        transfer_id = await one(run, then)
        await again(run, transfer_id, then, 3)
    before = (await ledger.lookup("r", ["a"]))["a"]
    done = await prune(url, now)
    assert (done.documents, done.messages, done.steps) == (1, 2, 2)
    assert done.events > 5
    after = (await ledger.lookup("r", ["a"]))["a"]
    timeline = await ledger.timeline(transfer_id)
    assert [told.seq for told in timeline.feedback] == [3]
    assert len(timeline.events) == 1
    deliveries = {"file:0", "file:1", "file:2"}
    assert set(after.steps) == deliveries | {"feedback:3:note"}
    assert {name: step for name, step in before.steps.items() if name in after.steps} == after.steps
    assert before.external_id == after.external_id == "far-1"
    nothing = await prune(url, now)
    assert (nothing.events, nothing.messages, nothing.steps, nothing.runs) == (0, 0, 0, 0)


async def test_messages_are_counted_on_after_pruning(ledger: Ledger, url: str, now: datetime):
    then = now - LONG_AGO
    async with ledger.run("r") as run:
        transfer_id = await one(run, then)
        await again(run, transfer_id, then, 2)
        await prune(url, now)
        await again(run, transfer_id, now, 1)
        assert [told.seq for told in (await ledger.timeline(transfer_id)).feedback] == [2, 3]


async def test_what_is_pending_or_owed_or_young_keeps_everything(ledger: Ledger, url: str, now: datetime):
    then = now - LONG_AGO
    async with ledger.run("r") as run:
        transfer_id = await one(run, then)
        await again(run, transfer_id, then, 2)
        await deliver(run, transfer_id, then)  # and the source is owed this
    assert (await prune(url, now)).events == 0
    async with ledger.run("r") as run:
        await tell(run, now)
    assert (await prune(url, then - timedelta(days=1))).events == 0
    await ledger.retry("r", document_ids=["a"], statuses=("delivered",), at=now, note="")
    assert (await prune(url, now + timedelta(days=1))).events == 0


async def test_the_last_thing_told_stays_under_refusals(ledger: Ledger, url: str, now: datetime):
    """Sources understand their lists by it: what our own message has ended is not carried again."""
    then = now - LONG_AGO
    async with ledger.run("r") as run:
        transfer_id = await one(run, then)
        await again(run, transfer_id, then, 1)
        for _ in range(2):
            await deliver(run, transfer_id, then)
            for owed in await run.outbox.claim(10, now):
                await run.outbox.refused(owed.id, at=then, reason="no")
    await prune(url, now)
    timeline = await ledger.timeline(transfer_id)
    assert [(told.seq, told.answer) for told in timeline.feedback] == [(1, "told"), (2, "refused"), (3, "refused")]
    assert "feedback:1:note" in {step.name for step in timeline.steps}


async def test_a_dry_run_counts_what_a_real_one_drops_and_drops_nothing(ledger: Ledger, url: str, now: datetime):
    then = now - LONG_AGO
    async with ledger.run("r") as run:
        transfer_id = await one(run, then)
        await again(run, transfer_id, then, 4)
    before = kept(url)
    would = await prune(url, now, dry_run=True)
    assert kept(url) == before
    assert await prune(url, now) == would
    assert kept(url) != before


async def test_of_every_route_the_last_runs_stay_and_other_routes_stay_as_they_are(
    ledger: Ledger, url: str, now: datetime
):
    for route in ("r", "s"):
        for _ in range(RUNS_KEPT + 3):
            async with ledger.run(route) as run:
                await run.finish(at=now, counts={}, complete=True, note=None)
    later = now + timedelta(days=1)
    assert (await prune(url, later, route="r")).runs == 3
    assert rows(url, "SELECT route, count(*) FROM run GROUP BY route ORDER BY route") == [
        ("r", RUNS_KEPT),
        ("s", RUNS_KEPT + 3),
    ]


async def test_a_run_goes_on_beside_it(url: str, now: datetime):
    ledger = await open_ledger(url, busy_timeout=5)
    then = now - LONG_AGO
    async with ledger.run("r") as run:
        page = [(f"d{number}", "1") for number in range(600)]
        found = (await run.remember("documents", page, None, now=then, relist=())).new
        await asyncio.gather(*(deliver(run, transfer_id, then, f"x{transfer_id}") for transfer_id in found))
        while owed := await run.outbox.claim(500, now):
            await asyncio.gather(*(run.outbox.told(one.id, at=then) for one in owed))
        pruning = asyncio.create_task(prune(url, now))
        writes = 0
        while not pruning.done():
            await run.wanting.these([f"n{writes}"], now)
            writes += 1
        assert (await pruning).events >= 600
    assert writes > 3
    await ledger.close()


ACTS = st.lists(st.sampled_from(["deliver", "reject", "told", "refused", "listed", "prune"]), max_size=25)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_nothing_a_run_asks_about_is_another_after_pruning(tmp_path_factory: pytest.TempPathFactory, acts: list[str]):
    """Two ledgers live the same life; one is pruned all the time. What runs see of them is the same to the end."""

    async def live() -> None:
        folder = tmp_path_factory.mktemp("life")
        urls = [f"sqlite:///{folder}/{name}.db" for name in ("pruned", "whole")]
        ledgers = [await Ledger.open(url) for url in urls]
        now = datetime.fromisoformat("2026-01-01T00:00:00Z")
        seen: list[list[object]] = [[], []]
        for act in acts:
            now += timedelta(hours=2)
            if act == "prune":
                await prune(urls[0], now)
            for ledger, told in zip(ledgers, seen, strict=True):
                async with ledger.run("r") as run:
                    run.started_at = now
                    told.append(await _act(run, act, now))
        for ledger in ledgers:
            await ledger.close()
        assert seen[0] == seen[1]

    asyncio.run(live())


async def _act(run: RouteRun, act: str, now: datetime) -> object:
    """Do something to the one document, and return what a run would go by."""
    told: list[object] = []
    match act:
        case "listed":
            told.append(await run.remember("d", [("a", "1")], None, now=now, relist=("delivered", "rejected")))
        case "deliver" | "reject":
            for transfer in await run.claim(5, now):
                status = "delivered" if act == "deliver" else "rejected"
                await run.settle(
                    transfer.id, status=status, at=now, event=act, external_id="x", reason_class="data", tell=status
                )
        case "told" | "refused":
            for owed in await run.outbox.claim(5, now):
                told.append((owed.seq, owed.outcome, owed.told))
                if act == "told":
                    run.done(owed.transfer_id, f"feedback:{owed.seq}:note", "seen", now)
                    await run.outbox.told(owed.id, at=now)
                else:
                    await run.outbox.refused(owed.id, at=now, reason="no")
    transfers = await run.claim(5, now)
    ours = [any(name.startswith("feedback:") for name in one.steps) for one in transfers]
    return (told, [(one.status, one.external_id) for one in transfers], ours, await run.outbox.owed_count())
