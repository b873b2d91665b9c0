"""A run is green only if every document is accounted for: whoever counts wrongly on the way turns it red."""

from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from flows.engine import sync
from flows.tally import Tally
from tests.flows.world import ONCE, QUICK, strike, world


class Forgets(Tally):
    """Loses what became of every seventh document."""

    def _meet(self, id_, fate):
        if id_ % 7:
            super()._meet(id_, fate)


class LeakyRun:
    """A run whose ledger loses one document of every page that it is to remember."""

    def __init__(self, run):
        self._run = run

    def __getattr__(self, name):
        return getattr(self._run, name)

    async def remember(self, stream, changes, cursor, **more):
        return await self._run.remember(stream, changes[1:], cursor, **more)


class LeakyLedger:
    """A ledger whose runs leak."""

    def __init__(self, ledger):
        self._ledger = ledger

    def __getattr__(self, name):
        return getattr(self._ledger, name)

    @asynccontextmanager
    async def run(self, route, **how):
        async with self._ledger.run(route, **how) as run:
            yield LeakyRun(run)


async def run(it, *, tally=None, leaky=False):
    async with it.opened() as opened:
        return await sync(opened, LeakyLedger(it.ledger) if leaky else it.ledger, policy=QUICK, tally=tally)


@pytest.mark.parametrize("how", [{"tally": Forgets()}, {"leaky": True}], ids=["tally", "ledger"])
async def test_a_count_that_loses_a_document_turns_the_run_red(tmp_path, how):
    async with world(tmp_path) as it:
        report = await run(it, **how)
        assert not report.adds_up
        assert (report.complete, report.exit_code) == (False, 1)
        assert any("do not add up" in note for note in report.notes)


async def test_the_same_run_is_complete_where_nothing_is_lost(tmp_path):
    async with world(tmp_path) as it:
        report = await run(it)
        assert (report.adds_up, report.complete) == (True, True)
        green = replace(report, rejected=0, delivered=report.delivered + report.rejected)
        assert (green.exit_code, replace(green, listed=green.listed + 1).exit_code) == (0, 1)


async def test_a_document_that_waits_for_another_day_keeps_the_run_from_being_complete(tmp_path):
    """It is due only tomorrow and no list shows it any more, so this run never comes to it: it is counted all the same."""
    async with world(tmp_path) as it:
        key = it.hypatos.store.demo.document_id(0)
        strike(it.hypatos, "status", "GET", f"/documents/{key}", status=503)
        await it.run(policy=replace(ONCE, clock=(86_400.0,), outage_wait=86_400.0))
        it.hypatos.shared.faults.clear()
        it.hypatos.act({"status": key, "state": "inCompletion"})
        report = await it.run()
        assert (report.waiting, report.complete, report.exit_code) == (1, False, 1)
        assert report.adds_up
