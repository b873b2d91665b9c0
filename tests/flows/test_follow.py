"""What becomes of contracts at the far end later: the source hears of it, once."""

import asyncio
from decimal import Decimal

import pytest

from flows.journal import LedgerJournal
from tests.flows.world import ROUTE, world

pytestmark = pytest.mark.usefixtures("any_ledger")


def invoice_of(it):
    return next(key for key, one in it.documents().items() if one["type"] == "invoice" and one["external_id"])


def told(it, key):
    return [entry for entry in it.documents()[key]["feedback"] if entry["kind"] == "external-data"][1:]


async def looked(it, done, after=None):
    """Run again and again, as a schedule does, until the far end has been asked."""
    for _ in range(30):
        await it.finish(1)
        if after:
            await after()
        if done():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it was never looked at")


ENDS = {
    "trashed": ({"trash": None}, "it was moved to the trash"),
    "error": ({"status": None, "to": "error"}, "Zefort could not process it (status error)"),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("read", ["200", "404"])
async def test_a_contract_that_is_dropped_later_is_withdrawn_once(tmp_path, end, read):
    async with world(tmp_path) as it:
        it.zefort.switches.trashed_read = read
        await it.finish(1)
        key = invoice_of(it)
        (contract,) = it.contracts()[key]
        what, reason = ENDS[end]
        verb = next(iter(what))
        it.zefort.act({**what, verb: contract["id"]})
        report = await it.run()
        assert (report.withdrawn, report.acknowledged, report.exit_code) == (1, 1, 1)
        (entry,) = told(it, key)
        assert entry["value"]["zefortContract"] == contract["id"]
        assert entry["value"]["zefortStatus"] == reason or read == "404"
        for _ in range(2):
            report = await it.finish(1)
            assert (report.withdrawn, report.acknowledged) == (0, 0)
        assert len(told(it, key)) == 1
        assert len(it.contracts()[key]) == 1


async def test_a_contract_that_ends_in_error_while_it_is_processed_is_withdrawn_in_the_same_run(tmp_path):
    async with world(tmp_path) as it:
        it.zefort.switches.ends_in = "error"
        report = await it.run()
        assert (report.delivered, report.withdrawn) == (5, 5)
        again = await it.finish(2)
        assert again.withdrawn == 0
        assert all(len(told(it, key)) == 1 for key in it.contracts())


async def test_a_dropped_contract_is_restored_and_updated_but_never_made_again(tmp_path):
    async with world(tmp_path) as it:
        await it.finish(1)
        key = invoice_of(it)
        (contract,) = it.contracts()[key]
        it.zefort.act({"trash": contract["id"]})
        await it.run()
        it.hypatos.act({"reopen": key, "entities": {"totalAmount": 5}})
        report = await it.run()
        assert report.rejected == 1
        assert "restore it in Zefort" in report.problems[0].reason
        assert len(it.contracts()[key]) == 1
        it.zefort.act({"restore": contract["id"]})
        it.hypatos.act({"reopen": key, "entities": {"totalAmount": 6}})
        await it.finish(2)
        (contract,) = it.contracts()[key]
        assert Decimal(str(contract["attributes"]["value"])) == 6
        assert it.documents()[key]["state"] == "transferred"


async def test_what_the_ai_overwrites_is_sent_again_once(tmp_path):
    """A date that was unknown at first is not among the fields the AI was told to leave alone."""
    async with world(tmp_path) as it:
        it.zefort.switches.processing = 60.0
        key = it.hypatos.act({"add": {"entities": {**it.hypatos.store.demo.entities(0)}}})["id"]
        record = it.hypatos.store.records[key]
        del record.entities["dueAt"]
        await it.finish(1)
        it.hypatos.act({"reopen": key, "entities": {"dueAt": "31.12.2030"}})
        await it.finish(1)
        assert it.contracts()[key][0]["attributes"]["end_date"] == "2030-12-31"
        it.zefort.act({"advance": 120})
        assert it.contracts()[key][0]["attributes"]["end_date"] == "2029-12-31"
        it.zefort.switches.processing = 0.0
        await looked(it, lambda: it.contracts()[key][0]["attributes"]["end_date"] == "2030-12-31")
        person = {"end_date": "2031-01-01"}
        it.zefort.act({"edit": it.contracts()[key][0]["id"], "attributes": person})
        await it.finish(1)
        assert it.contracts()[key][0]["attributes"]["end_date"] == "2031-01-01"


async def test_contracts_still_being_processed_are_asked_about_again(tmp_path):
    async with world(tmp_path) as it:
        it.zefort.switches.queued = it.zefort.switches.processing = 30.0
        await it.finish(1)
        statuses = {one["status"] for [one] in it.contracts().values()}
        assert statuses == {"queued"}
        it.zefort.act({"advance": 61})
        confirmed: list[int] = []

        async def note() -> None:
            summary = await it.ledger.summary(ROUTE)
            confirmed.append(summary.statuses.get("confirmed", 0))

        await note()
        await looked(it, lambda: confirmed[-1] == 5, note)
        assert confirmed[0] == 0


async def test_what_a_person_changes_after_it_was_seen_whole_is_left_alone(tmp_path):
    async with world(tmp_path) as it:
        it.zefort.switches.processing = 30.0
        await it.finish(1)
        key = invoice_of(it)
        (contract,) = it.contracts()[key]
        it.zefort.act({"advance": 31})
        states = []
        for title in (contract["attributes"]["title"], "As a person calls it"):
            it.zefort.act({"edit": contract["id"], "attributes": {"title": title}})
            async with it.opened() as opened, it.ledger.run(ROUTE) as run:
                (transfer,) = (await it.ledger.lookup(ROUTE, [key])).values()
                journal = LedgerJournal(run, transfer.id, transfer.steps)
                states.append((await opened.destination.outcome(contract["id"], journal)).state)
        assert states == ["accepted", "accepted"]
