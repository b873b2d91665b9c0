"""An id that the source does not have: whoever asked is told, and nothing of it stays, whatever came in between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from flows.engine import sync
from flows.selection import Selection
from tests.flows.test_shared_verdict import shared
from tests.flows.world import ONCE, ROUTE, heal, strike, world

pytestmark = pytest.mark.usefixtures("any_ledger")
TYPO = "a-slip-of-the-hand"


async def test_the_run_after_one_that_was_killed_says_what_was_asked_for_in_vain_and_forgets_it(tmp_path):
    async with world(tmp_path) as it:
        async with it.ledger.run(ROUTE) as killed:
            await killed.wanting.these([TYPO], datetime.now(UTC))
        report = await it.run()
        (problem,) = (one for one in report.problems if one.document_id == TYPO)
        assert (report.failed, report.exit_code) == (1, 1)
        assert problem.reason.startswith("not at the source: ")
        assert await it.ledger.find(TYPO) == []
        assert (await it.run()).failed == 0


async def test_what_could_not_be_looked_for_stays_due_until_the_source_says_that_it_is_not_there(tmp_path):
    async with world(tmp_path) as it:
        strike(it.hypatos, "status", "GET", "/documents/*", status=503)
        report = await it.run(documents=[TYPO], policy=ONCE)
        assert (report.waiting, report.failed) == (1, 0)
        assert [one.status for one in await it.ledger.find(TYPO)] == ["pending"]
        heal(it.hypatos)
        assert (await it.run(documents=[TYPO])).failed == 1
        assert await it.ledger.find(TYPO) == []


async def test_a_document_that_was_listed_before_it_vanished_keeps_its_row_when_it_is_asked_for(tmp_path):
    async with world(tmp_path) as it:
        key = it.hypatos.store.demo.document_id(0)
        async with it.ledger.run(ROUTE) as run:
            await run.remember("elsewhere", [(key, "1")], None, now=datetime.now(UTC), relist=())
        strike(it.hypatos, "status", "GET", f"/documents/{key}", status=404)
        report = await it.run(documents=[key])
        assert (report.failed, report.exit_code) == (1, 1)
        (found,) = await it.ledger.find(key)
        assert found.status == "failed"
        assert [one.kind for one in (await it.ledger.timeline(found.id)).events][:2] == ["new", "wanted"]
        heal(it.hypatos)
        assert (await it.finish()).delivered > 0
        assert key not in it.astray()


async def test_who_asked_is_told_though_another_run_of_the_route_has_looked(tmp_path):
    begun, over = asyncio.Event(), asyncio.Event()

    async def after_the_other(name, work, /):
        if name == "deliver":
            begun.set()
            await over.wait()
        return await work()

    async with world(tmp_path, routes=shared(tmp_path / "routes")) as it, it.opened() as opened:
        asking = asyncio.create_task(
            sync(opened, it.ledger, policy=it.policy, phase=after_the_other, asked=Selection((TYPO,)))
        )
        await begun.wait()
        assert (await it.run()).failed == 1
        over.set()
        asked = await asking
        assert (asked.failed, asked.elsewhere, asked.adds_up, asked.exit_code) == (1, 0, True, 1)
        assert [one.document_id for one in asked.problems] == [TYPO]
        assert await it.ledger.find(TYPO) == []
