"""Lists that an account does not offer (404, 405, or 403): docferry goes without them and no document suffers for it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.flows.world import ONCE, QUICK, ROUTE, heal, strike, world

LISTS = ["/tags/", "/parties/", "/binders/", "/contracts/*/binders/", "/contracts/trash/"]


def add(it, count):
    """Put more invoices of the same supplier into the queue."""
    good = {**it.hypatos.store.demo.entities(0), "documentType": "invoice"}
    return [it.hypatos.act({"add": {"entities": good, "name": f"{n}.pdf"}})["id"] for n in range(count)]


def names(it):
    """Count the account's tags and binders by name."""
    shown = it.zefort.state()
    return {kind: Counter(one["name"] for one in shown[kind].values()) for kind in ("tags", "binders")}


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("path", LISTS)
async def test_a_list_that_is_not_offered_rejects_nothing_and_doubles_nothing_from_run_to_run(tmp_path, path, status):
    async with world(tmp_path) as it:
        absent = strike(it.zefort, "status", "GET", path, status=status)
        older = it.zefort.store.create({"title": "from before"}, [], [])
        older.tags.extend(it.zefort.store.tags.values())  # where tags cannot be listed, they are found on contracts
        rejected = (await it.finish()).rejected
        # What was there before could not be seen, so each name may have been made once, but not once per run.
        registers = names(it)
        for _ in range(2):
            keys = add(it, 2)
            report = await it.finish()
            assert (report.delivered, report.rejected) == (2, 0)
            assert all(it.documents()[key]["state"] == "transferred" for key in keys)
        assert absent.struck
        assert rejected == sum(one["accepted_state"] == "rejected" for one in it.documents().values())
        assert names(it) == registers
        for key, (contract, *others) in it.contracts().items():
            if not key:
                continue
            assert others == []
            assert contract["tags"]
            assert contract["binders"]
            assert len({party["name"] for party in contract["parties"]}) == len(contract["parties"])


async def test_a_tag_that_can_be_neither_listed_nor_made_stops_the_run_and_rejects_nothing(tmp_path):
    async with world(tmp_path, policy=replace(ONCE, circuit=3)) as it:
        strike(it.zefort, "status", "GET", "/tags/", status=404)
        report = await it.run()
        assert "neither be looked up nor made" in report.stopped
        assert it.documents()[next(iter(it.contracts()))]["state"] in ("done", "doneAutomatically")


@pytest.mark.parametrize("status", [403, 404, 405])
@pytest.mark.parametrize("kind", ["act_then_drop", "drop"])
async def test_a_lost_contract_is_found_or_made_though_the_trash_cannot_be_read(tmp_path, kind, status):
    async with world(tmp_path, settle=0.5) as it:
        strike(it.zefort, "status", "GET", "/contracts/trash/", status=status)
        lost = strike(it.zefort, kind, "POST", "/contracts/", times=3)
        await it.finish()
        assert lost.struck == 3
        assert it.astray() == []


@pytest.mark.parametrize("status", [400, 422])
async def test_a_look_that_is_refused_is_no_verdict_on_the_document(tmp_path, status):
    async with world(tmp_path) as it:
        lost = strike(it.zefort, "act_then_drop", "POST", "/contracts/*/notes/", times=2)
        strike(it.zefort, "status", "GET", "/contracts/ct*", status=status, times=2)
        await it.finish()
        assert lost.struck == 2
        heal(it.zefort)
        assert it.astray() == []


async def followed_again(it):
    """Have the far end asked about everything that is there, in a run of its own."""
    async with it.ledger.run(ROUTE) as run:
        ids = [contract["id"] for found in it.contracts().values() for contract in found]
        await run.following.look_now(ids, datetime.now(UTC))
    return await it.run()


async def test_one_miss_at_the_far_end_withdraws_nothing_and_two_do(tmp_path):
    async with world(tmp_path) as it:
        await it.finish()
        missed = strike(it.zefort, "status", "GET", "/contracts/ct*", status=404, times=1)
        report = await followed_again(it)
        assert (missed.struck, report.withdrawn) == (1, 0)
        some = next(key for key in it.contracts() if key)
        (contract,) = it.contracts()[some]
        strike(it.zefort, "status", "GET", f"/contracts/{contract['id']}/", status=404)
        assert (await followed_again(it)).withdrawn == 1


async def test_a_second_look_comes_only_after_its_time(tmp_path):
    async with world(tmp_path, policy=replace(QUICK, miss_again=600.0)) as it:
        await it.finish()
        strike(it.zefort, "status", "GET", "/contracts/ct*", status=404)
        reports = [await followed_again(it) for _ in range(3)]
        assert [report.withdrawn for report in reports] == [0, 0, 0]


async def test_a_foreign_contract_without_a_file_does_not_keep_ours_from_being_found(tmp_path):
    async with world(tmp_path) as it:
        foreign = it.zefort.store.create({"title": "somebody else's"}, [], [])
        foreign.status = "queued"
        it.zefort.switches.queued = 10_000.0
        lost = strike(it.zefort, "act_then_drop", "POST", "/contracts/", times=2)
        await it.run()
        assert lost.struck == 2
        assert it.astray() == [""], "only the foreign contract belongs to no document"


async def test_a_link_to_the_register_that_is_refused_is_looked_up_again_and_makes_no_second_entry(tmp_path):
    async with world(tmp_path, policy=replace(QUICK, in_flight=1)) as it:
        await it.finish()
        add(it, 3)
        before = Counter(one["name"] for one in it.zefort.state()["parties"].values())
        refused = strike(it.zefort, "status", "POST", "/contracts/*/parties/", status=400, every=3, times=2)
        await it.finish()
        assert refused.struck == 2
        assert Counter(one["name"] for one in it.zefort.state()["parties"].values()) - before == Counter()
