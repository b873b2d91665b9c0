"""Turns: one run at a time reads the listing, and then nobody tells the source anything."""

from datetime import datetime

import pytest

from state import Ledger
from state.turns import Turn
from tests.state.runs import deliver
from tests.state.test_claims import die, listed, run_out


async def test_one_run_reads_the_listing_and_the_others_are_spared_it(ledger: Ledger):
    async with ledger.run("r", shared=True) as reader, ledger.run("r", shared=True) as other:
        assert await reader.turns.take_collect(again=False) is Turn.OURS
        assert await other.turns.take_collect(again=False) is Turn.THEIRS
        await reader.turns.end(read=True)
        assert await other.turns.take_collect(again=False) is Turn.OVER
        assert await other.turns.take_collect(again=True) is Turn.OURS
        async with ledger.run("r", shared=True) as late:
            assert await late.turns.take_collect(again=False) is Turn.THEIRS
            await other.turns.end(read=False)
            assert await late.turns.take_collect(again=False) is Turn.OURS  # that reading did not come to its end


@pytest.mark.parametrize("end", [die, run_out])
async def test_another_run_reads_when_the_reader_has_died(ledger: Ledger, url: str, end):
    async with ledger.run("r", shared=True) as reader, ledger.run("r", shared=True) as other:
        assert await reader.turns.take_collect(again=False) is Turn.OURS
        await end(url, reader)
        assert await other.turns.take_collect(again=False) is Turn.OURS


async def test_nothing_is_told_while_another_run_reads_and_a_reader_waits_for_what_is_under_way(
    ledger: Ledger, now: datetime
):
    async with ledger.run("r", shared=True) as reader, ledger.run("r", shared=True) as teller:
        for this in await listed(teller, now, "a", "b"):
            await deliver(teller, this, now)
        (under_way,) = await teller.outbox.claim(1, now)
        assert await reader.turns.take_collect(again=False) is Turn.THEIRS
        assert await teller.outbox.claim(1, now) == []
        await teller.outbox.told(under_way.id, at=now)
        assert await reader.turns.take_collect(again=False) is Turn.OURS
        assert await teller.outbox.claim(1, now) == []
        await reader.turns.end(read=True)
        assert len(await teller.outbox.claim(1, now)) == 1


async def test_a_reader_waits_for_a_message_that_was_superseded_while_it_was_told(ledger: Ledger, now: datetime):
    async with ledger.run("r", shared=True) as reader, ledger.run("r", shared=True) as teller:
        (this,) = await listed(teller, now, "a")
        await deliver(teller, this, now)
        (under_way,) = await teller.outbox.claim(1, now)
        await deliver(reader, this, now)
        assert await reader.turns.take_collect(again=False) is Turn.THEIRS
        await teller.outbox.told(under_way.id, at=now)
        assert await reader.turns.take_collect(again=False) is Turn.OURS


async def test_one_run_at_a_time_tries_a_changed_mapping_and_not_all_is_tried_while_others_judge(
    ledger: Ledger, now: datetime
):
    async with ledger.run("r", shared=True) as healer, ledger.run("r", shared=True) as other:
        assert await healer.turns.take_heal()
        assert not await other.turns.take_heal()
        await healer.waking.use("B", {}, now)
        await healer.waking.done("B", now)
        assert not await healer.waking.use("B", {}, now)  # the other run may be judging under an earlier version
        await healer.turns.end()
        assert await other.turns.take_heal()
    async with ledger.run("r") as alone:
        await alone.waking.done("B", now)
        assert await alone.waking.use("B", {}, now)
