"""Documents that change while a message about them is on its way, or owed: what is told is about what was carried."""

import asyncio
from decimal import Decimal

import pytest

from tests.flows.test_changes import value
from tests.flows.world import ONCE, QUICK, heal, soon, strike, world

pytestmark = pytest.mark.usefixtures("any_ledger")


async def edited_before_told(it, before, after):
    """Run once; a new document is edited after our reading of it, before our message about it is sent."""
    added = {**it.hypatos.store.demo.entities(0), "documentType": "invoice", **before}
    key = it.hypatos.act({"add": {"entities": added, "name": "added.pdf"}})["id"]
    looked = strike(it.hypatos, "delay", "GET", f"/documents/{key}", nth=2, seconds=0.3)
    running = asyncio.create_task(it.run())
    await soon(lambda: looked.struck)
    it.hypatos.act({"edit": key, "entities": after})
    return key, await running


def ending(it, key, kind):
    return it.documents()[key]["counts"].get(kind, {"effective": 0})["effective"]


async def test_what_changes_between_our_reading_and_our_transfer_is_carried_before_it(tmp_path):
    """The transfer takes the document off the work queue, so no listing would ever show that change."""
    async with world(tmp_path) as it:
        key, report = await edited_before_told(it, {"totalAmount": 1}, {"totalAmount": 777.25})
        assert value(it, key) == Decimal("777.25")
        assert report.complete
        assert ending(it, key, "transfer") == 1
        again = await it.run()
        assert (again.updated, again.delivered, again.complete) == (0, 0, True)


async def test_what_is_put_right_between_our_reading_and_our_rejection_is_not_rejected(tmp_path):
    async with world(tmp_path) as it:
        right = {"issuedAt": it.hypatos.store.demo.entities(0)["issuedAt"]}
        key, report = await edited_before_told(it, {"issuedAt": "31.02.2026"}, right)
        assert len(it.contracts()[key]) == 1
        assert report.complete
        assert (ending(it, key, "reject"), ending(it, key, "transfer")) == (0, 1)


async def test_a_change_that_shows_while_an_acknowledgement_is_owed_is_carried_before_it(tmp_path):
    """The destination is away when the change shows: to acknowledge now would take it off the queue for ever."""
    async with world(tmp_path) as it:
        deaf = strike(it.hypatos, "status", "POST", "/documents/*/*", status=503)
        it.policy = ONCE
        await it.run()
        keys = list(it.contracts())
        assert deaf.struck
        heal(it.hypatos)
        for key in keys:
            it.hypatos.act({"reopen": key, "entities": {"totalAmount": 777.25}})
        strike(it.zefort, "status", status=503)
        await it.run()
        assert [ending(it, key, "transfer") for key in keys] == [0] * len(keys)
        heal(it.zefort)
        it.policy = QUICK
        await it.finish()
        assert {value(it, key) for key in keys} == {Decimal("777.25")}
        assert {ending(it, key, "transfer") for key in keys} == {1}


async def test_what_the_limit_leaves_is_not_acknowledged_with_its_old_content(tmp_path):
    async with world(tmp_path) as it:
        strike(it.hypatos, "status", "POST", "/documents/*/*", status=503)
        it.policy = ONCE
        await it.run()
        heal(it.hypatos)
        it.policy = QUICK
        keys = list(it.contracts())
        for key in keys:
            it.hypatos.act({"reopen": key, "entities": {"totalAmount": 777.25}})
        await it.run(limit=1)
        assert sum(ending(it, key, "transfer") for key in keys) <= 1
        await it.finish()
        assert {value(it, key) for key in keys} == {Decimal("777.25")}
        assert {ending(it, key, "transfer") for key in keys} == {1}


@pytest.mark.parametrize("right", [True, False], ids=["delivered", "rejected"])
async def test_a_document_that_never_reads_the_same_twice_comes_to_rest(tmp_path, right):
    async with world(tmp_path) as it:
        issued = it.hypatos.store.demo.entities(0)["issuedAt"] if right else "31.02.2026"
        added = {**it.hypatos.store.demo.entities(0), "documentType": "invoice", "issuedAt": issued}
        key = it.hypatos.act({"add": {"entities": added, "name": "added.pdf"}})["id"]
        it.hypatos.switches.restless = True
        reports = [await it.run() for _ in range(3)]
        assert [report.complete for report in reports] == [True] * 3
        kind = "transfer" if right else "reject"
        assert it.documents()[key]["counts"][kind] == {"effective": 1, "repeated": 0}
