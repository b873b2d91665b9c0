"""The journal on a ledger: what is on disk at each moment of a call, and how long what was lost is looked for."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import TransientError, UnsettledError
from flows.journal import LedgerJournal
from state.records import Step
from tests.ledgers import open_ledger

HOUR = timedelta(hours=1)


@pytest.fixture
async def ledger(any_ledger):
    opened = await open_ledger(any_ledger)
    yield opened
    await opened.close()


async def transfer_of(run):
    await run.remember("s", [("doc", "v")], None, now=datetime.now(UTC), relist=False)
    (transfer,) = await run.claim(1, datetime.now(UTC))
    return transfer


async def test_the_intent_is_on_disk_before_the_call_is_made(ledger):
    async with ledger.run("route") as run:
        transfer = await transfer_of(run)

        async def do():
            now = (await ledger.lookup("route", ["doc"]))["doc"]
            assert now.steps["create"].result is None
            return "ct_1"

        assert await LedgerJournal(run, transfer.id, transfer.steps).once("create", do, do) == "ct_1"
    async with ledger.run("route") as run:
        transfer = await transfer_of(run)

        async def never():
            raise AssertionError("it was done before")

        assert await LedgerJournal(run, transfer.id, transfer.steps).once("create", never, never) == "ct_1"


async def test_what_a_call_is_made_with_is_on_disk_with_its_intent_and_stays_while_that_is_open(ledger, monkeypatch):
    async def lost():
        steps = (await ledger.lookup("route", ["doc"]))["doc"].steps
        assert (steps["create"].result, steps["made with"].result) == (None, "a")
        raise TransientError("503", connection="far", arrived="maybe")

    async def nothing():
        raise TransientError("503", connection="far", arrived="maybe")

    async def seen():
        return "ct_1"

    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        monkeypatch.setattr(run, "flush", seen)  # so that nothing but the commit of the intent brings it to the disk
        with pytest.raises(TransientError, match="503"):
            await LedgerJournal(run, transfer.id, transfer.steps).once(
                "create", lost, nothing, notes={"made with": "a"}
            )
        again = LedgerJournal(run, transfer.id, (await ledger.lookup("route", ["doc"]))["doc"].steps)
        assert await again.once("create", lost, seen, notes={"made with": "b"}) == "ct_1"
        assert again.results("made with") == {"made with": "a"}


async def test_a_look_that_takes_longer_than_the_settle_time_is_followed_by_a_last_one(ledger):
    looks = []

    async def do():
        raise TransientError("503", connection="far", arrived="maybe")

    async def find():
        looks.append(datetime.now(UTC))
        await asyncio.sleep(0.7)

    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        journal = LedgerJournal(run, transfer.id, transfer.steps)
        with pytest.raises(TransientError, match="503"):
            await journal.once("told", do, find, settle=timedelta(seconds=0.6))
    assert len(looks) == 2


async def test_a_record_is_kept_and_a_forgotten_step_may_be_done_again(ledger):
    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        journal = LedgerJournal(run, transfer.id, transfer.steps)
        await journal.record("sha256:1", "abc")
        await journal.record("sha256:1", "abd")
        await journal.record("other", "x")
        assert journal.results("sha256:") == {"sha256:1": "abd"}
        await journal.forget("other")
        await run.flush()
        transfer = (await ledger.lookup("route", ["doc"]))["doc"]
        assert {name: step.result for name, step in transfer.steps.items()} == {"sha256:1": "abd"}


async def test_a_call_that_says_itself_that_it_is_unsettled_is_believed(ledger):
    later = datetime.now(UTC) + timedelta(hours=3)
    said = UnsettledError("the file was used perhaps", look_again_at=later, connection="far")

    async def do():
        raise said

    async def find():
        return None

    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        with pytest.raises(UnsettledError) as raised:
            await LedgerJournal(run, transfer.id, transfer.steps).once("create", do, find, settle=timedelta(hours=1))
        assert (raised.value, raised.value.__cause__) == (said, None)
        await run.flush()
        transfer = (await ledger.lookup("route", ["doc"]))["doc"]
        assert transfer.steps["create"].result is None  # the intent stays: it is looked for before it is done again


async def test_an_intent_of_the_future_settles_from_now_on_as_its_clock_was_set_back(ledger):
    settle = timedelta(seconds=0.3)
    done = []

    async def do():
        done.append(datetime.now(UTC))
        return "ct_1"

    async def find():
        return None

    async with ledger.run("route") as run:
        transfer = await transfer_of(run)
        ahead = Step(name="create", intent_at=datetime.now(UTC) + HOUR, done_at=None, result=None)
        journal = LedgerJournal(run, transfer.id, {"create": ahead})
        began = datetime.now(UTC)
        with pytest.raises(UnsettledError) as raised:
            await journal.once("create", do, find, settle=settle)
        assert raised.value.look_again_at < began + timedelta(minutes=1)
        await asyncio.sleep(0.4)
        assert await journal.once("create", do, find, settle=settle) == "ct_1"
    assert done[0] > began + settle
