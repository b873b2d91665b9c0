"""Work is claimed: by one run at a time, until it is done or the run is over."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import pytest

from state import LeaseLostError, Ledger, RouteBusyError
from state.owner import Owner
from tests.ledgers import open_ledger, rows
from tests.state.runs import deliver

HOUR = timedelta(hours=1)


async def listed(run, now, *names):
    return (await run.remember("documents", [(name, "1") for name in names], None, now=now, relist=())).new


async def die(url, run):
    """Let a run be over without a word, as a kill does."""
    ((owner,),) = rows(url, f"SELECT owner FROM lease WHERE name = '{run.id}'")
    Owner.parse(owner).end()


async def run_out(url, run):
    """Let a run's lease have run out."""
    rows(url, f"UPDATE lease SET until = '2000-01-01T00:00:00.000000Z' WHERE name = '{run.id}'")


async def test_no_document_is_claimed_by_two_however_many_ask_at_once(url: str, now: datetime):
    async with AsyncExitStack() as stack:
        ledgers = [await open_ledger(url) for _ in range(3)]
        runs = [await stack.enter_async_context(one.run("r", shared=True)) for one in ledgers]
        await listed(runs[0], now, *(f"d{number}" for number in range(100)))
        asked = [run.claim(7, now) for _ in range(12) for run in runs]
        claimed = Counter(one.document_id for some in await asyncio.gather(*asked) for one in some)
    for one in ledgers:
        await one.close()
    assert claimed == Counter(f"d{number}" for number in range(100))


async def test_no_message_is_claimed_by_two_however_many_ask_at_once(url: str, now: datetime):
    first, second = [await open_ledger(url) for _ in range(2)]
    async with first.run("r", shared=True) as one, second.run("r", shared=True) as other:
        for this in await listed(one, now, *(f"d{number}" for number in range(30))):
            await deliver(one, this, now)
        asked = [run.outbox.claim(4, now) for _ in range(6) for run in (one, other)]
        claimed = Counter(owed.document_id for some in await asyncio.gather(*asked) for owed in some)
    await first.close()
    await second.close()
    assert claimed == Counter(f"d{number}" for number in range(30))


async def test_what_is_done_may_be_claimed_again_when_it_is_due_again(ledger: Ledger, now: datetime):
    async with ledger.run("r") as run:
        (this,) = await listed(run, now, "a")
        assert [one.id for one in await run.claim(9, now)] == [this]
        await run.postpone(this, due_at=now, attempts=1, reason_class="transient", reason="busy", at=now)
        assert [one.id for one in await run.claim(9, now)] == [this]
        await run.settle(this, status="delivered", at=now, event="delivered", follow_at=now, tell="delivered")
        assert [one.id for one in await run.following.claim(9, now)] == [this]
        assert await run.following.claim(9, now) == []
        await run.following.answered(this, follow_at=now, at=now)
        assert [one.id for one in await run.following.claim(9, now)] == [this]
        (owed,) = await run.outbox.claim(9, now)
        assert await run.outbox.claim(9, now) == []
        await run.outbox.owe_later(owed.id, due_at=now, attempts=1, reason="busy", at=now)
        (owed,) = await run.outbox.claim(9, now)
        await run.overtaken(this, owed.id, at=now)
        assert await run.claim(9, now) == []  # the far end is still being asked about it
        await run.following.answered(this, follow_at=None, at=now)
        assert [one.id for one in await run.claim(9, now)] == [this]
        await run.settle(this, status="delivered", at=now, event="unchanged", tell="delivered", tell_again=False)
        assert [one.id for one in await run.outbox.claim(9, now)] == [owed.id]


@pytest.mark.parametrize("end", [die, run_out])
async def test_what_a_dead_run_had_claimed_is_due_at_once(ledger: Ledger, url: str, now: datetime, end):
    async with ledger.run("r", shared=True) as dead, ledger.run("r", shared=True) as heir:
        first, second, third = await listed(dead, now, "a", "b", "c")
        await deliver(dead, first, now)
        await dead.settle(second, status="delivered", at=now, event="delivered", follow_at=now)
        assert [[len(await ask) for ask in claim_all(run, now)] for run in (dead, heir)] == [[1, 1, 1], [0, 0, 0]]
        assert (await heir.next_due(), await heir.outbox.next_owed(), await heir.claims.ours([third])) == (
            None,
            None,
            set(),
        )
        assert await heir.outbox.owed_count() == 0
        await end(url, dead)
        assert [len(await ask) for ask in claim_all(heir, now)] == [1, 1, 1]
        with pytest.raises(LeaseLostError):
            await deliver(dead, third, now)
        assert await heir.outbox.owed_count() == 1


def claim_all(run, now):
    return run.claim(9, now), run.following.claim(9, now), run.outbox.claim(9, now)


async def test_a_message_waits_while_the_one_before_is_told_though_that_is_superseded(ledger: Ledger, now: datetime):
    async with ledger.run("r", shared=True) as teller, ledger.run("r", shared=True) as other:
        (this,) = await listed(teller, now, "a")
        await deliver(teller, this, now)
        (told,) = await teller.outbox.claim(9, now)
        await deliver(other, this, now)  # it was carried again meanwhile
        assert [await run.outbox.claim(9, now) for run in (teller, other)] == [[], []]
        await teller.outbox.told(told.id, at=now)
        assert [owed.seq for owed in await other.outbox.claim(9, now)] == [2]


async def test_a_listing_and_an_operator_meet_claimed_documents_as_ever(ledger: Ledger, now: datetime):
    async with ledger.run("r", shared=True) as run, ledger.run("r", shared=True) as reader:
        first, second = await listed(run, now, "a", "b")
        await run.claim(9, now)
        await reader.remember("documents", [("a", "2")], None, now=now, relist=())
        await ledger.retry("r", document_ids=["b"], statuses=("pending",), at=now, note="please")
        assert await reader.claim(9, now) == []
        for this in (first, second):
            await deliver(run, this, now)
        assert [(one.document_id, one.version) for one in await reader.claim(9, now)] == [("a", "2")]


async def test_runs_share_a_route_only_if_all_of_them_say_so(ledger: Ledger):
    async with ledger.run("r", shared=True), ledger.run("r", shared=True):
        with pytest.raises(RouteBusyError, match="runs: shared"):
            await ledger.run("r").__aenter__()
    async with ledger.run("r"):
        with pytest.raises(RouteBusyError, match="is being run by process"):
            await ledger.run("r", shared=True).__aenter__()


async def test_leases_that_are_over_do_not_pile_up_and_their_numbers_grow(ledger: Ledger, url: str):
    for _ in range(3):
        async with ledger.run("r", shared=True), ledger.run("r", shared=True) as dead:
            await die(url, dead)
    async with ledger.run("r", shared=True):
        assert rows(url, "SELECT fence, name = 'r' FROM lease ORDER BY 1, 2") == [(7, 0), (7, 1)]
    assert rows(url, "SELECT name, owner, fence FROM lease") == [("r", "", 7)]
