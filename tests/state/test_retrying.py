"""What the destination refused: due again when its time has come, once for all runs, and nothing else is."""

import asyncio
from datetime import timedelta

from state.care import Care
from state.retrying import Refusals
from tests.ledgers import rows

SOON = timedelta(hours=1)


async def refused(ledger, now):
    """Have three documents refused: one to be tried again now, one in an hour, one never; return their ids."""
    async with ledger.run("r") as run:
        found = await run.remember("s", [(name, "1") for name in ("now", "soon", "never")], None, now=now, relist=())
        for id_, due_at in zip(found.new, (now, now + SOON, None), strict=True):
            await run.settle(
                id_,
                status="rejected",
                at=now,
                event="rejected",
                reason_class="destination",
                reason="closed",
                due_at=due_at,
                beside=(Refusals(2, "words", now).line(id_),),
            )
    return found.new


async def test_only_that_whose_time_has_come_is_due_and_keeps_what_is_known_of_its_refusals(ledger, now):
    first, *_ = await refused(ledger, now)
    async with ledger.run("r") as run:
        assert await run.next_due() is None
        assert await run.retrying.wake(10, now) == 1
        (one,) = await run.claim(10, now)
        assert (one.id, one.asked, one.attempts) == (first, True, 0)
        assert (one.reason_class, one.reason) == ("destination", "closed")
        assert Refusals.of(one) == Refusals(2, "words", now)
        assert await run.retrying.wake(10, now + 2 * SOON) == 1
    assert [event.kind for event in (await ledger.timeline(first)).events][-1] == "tried again"


async def test_another_route_is_not_woken_and_no_more_than_asked_for_the_longest_due_first(ledger, now):
    first, second, _ = await refused(ledger, now)
    async with ledger.run("other") as run:
        assert await run.retrying.wake(10, now + 2 * SOON) == 0
    async with ledger.run("r") as run:
        for woken in (first, second):
            assert await run.retrying.wake(1, now + 2 * SOON) == 1
            assert [one.id for one in await run.claim(10, now + 2 * SOON)] == [woken]


async def test_of_runs_that_share_a_route_one_wakes_a_document(ledger, now):
    await refused(ledger, now)
    async with ledger.run("r", shared=True) as one, ledger.run("r", shared=True) as other:
        assert sorted(await asyncio.gather(*(run.retrying.wake(10, now) for run in (one, other)))) == [0, 1]


async def test_what_waits_to_be_tried_again_is_nothing_wrong_and_is_due_at_once_after_the_clock_was_set_back(
    ledger, url, now
):
    await refused(ledger, now)
    found = await Care(url, vault=None).look_over(lambda _done, _of: None)
    assert not [each for each in found if "settled and yet due" in f"{each.what} {each.says}" and not each.ok]
    rows(url, "UPDATE run SET started_at = '2999-01-01T00:00:00.000000Z'")
    async with ledger.run("r") as run:
        await run.set_right(now)
        assert await run.retrying.wake(10, now) == 2


async def test_who_asks_for_a_document_has_its_refusals_counted_anew(ledger, now):
    await refused(ledger, now)
    async with ledger.run("r") as run:
        await run.wanting.these(["now", "never"], now)
        assert [Refusals.of(one) for one in await run.claim(10, now)] == [None, None]
