"""A run that is limited: to a number, to named documents, to looking only, to the time until somebody stops it."""

import asyncio
import sqlite3
from dataclasses import replace

import pytest

from flows.preview import preview
from state.errors import RouteBusyError
from tests.flows.findings import Findings
from tests.flows.world import QUICK, soon, world


async def test_a_limit_begins_so_many_documents_and_leaves_the_rest_due(tmp_path):
    async with world(tmp_path) as it:
        for most_left in (6, 3, 0):
            report = await it.run(limit=3)
            assert (report.limited, report.waiting) == (True, most_left)
        assert not (await it.run(limit=3)).limited
        await it.finish(1)
        assert it.findings() == Findings()


async def test_a_limit_of_one_is_told_as_one_document(tmp_path):
    async with world(tmp_path) as it:
        assert "stopped after 1 document as asked; the rest stays due" in (await it.run(limit=1)).notes


async def test_named_documents_are_carried_and_no_others(tmp_path):
    async with world(tmp_path) as it:
        keys = [it.hypatos.store.demo.document_id(number) for number in (0, 7)]
        report = await it.run(documents=keys)
        assert (report.listed, report.delivered, report.rejected, report.acknowledged) == (2, 1, 1, 2)
        assert it.hypatos.requests["GET /documents"] == 0
        assert set(it.contracts()) == {keys[0]}
        await it.finish(1)
        assert it.findings() == Findings()


async def test_a_named_document_that_does_not_exist_is_told_and_stops_nothing(tmp_path):
    async with world(tmp_path) as it:
        key = it.hypatos.store.demo.document_id(0)
        report = await it.run(documents=["0" * 24, key])
        assert (report.delivered, report.failed, report.exit_code) == (1, 1, 1)
        assert report.problems[0].document_id == "0" * 24


def traces(it):
    """Return everything a run could have changed."""
    hypatos, zefort = it.hypatos.state(), it.zefort.state()
    for state in (hypatos, zefort):
        state.pop("requests")
        state.pop("tokens", None)
    return hypatos, zefort


@pytest.mark.parametrize("after_a_run", [False, True])
async def test_a_dry_run_says_what_a_run_would_do_and_writes_nothing_anywhere(tmp_path, after_a_run):
    async with world(tmp_path) as it:
        if after_a_run:
            await it.finish(1)
            key = next(key for key, one in it.documents().items() if one["external_id"])
            it.hypatos.act({"reopen": key, "entities": {"totalAmount": 3}})
        before = traces(it)
        ledger = rows(it)
        async with it.opened() as opened:
            report = await preview(opened, it.ledger, policy=QUICK)
        assert report.adds_up
        assert (report.dry_run, report.delivered, report.updated) == ((True, 0, 1) if after_a_run else (True, 5, 0))
        assert traces(it) == before
        assert rows(it) == ledger
        posts = {endpoint for endpoint in it.zefort.requests if not endpoint.startswith("GET")}
        assert bool(posts) == after_a_run
        await it.finish(1)


def rows(it):
    with sqlite3.connect(it.database) as connection:
        return list(connection.iterdump())


@pytest.mark.parametrize("moment", [1, 4, 30, 60])
async def test_a_run_that_is_stopped_finishes_what_is_under_way_and_the_next_goes_on(tmp_path, moment):
    async with world(tmp_path, policy=replace(QUICK, in_flight=2, acknowledging=2)) as it:
        it.zefort.switches.latency = it.hypatos.switches.latency = 0.005
        stop = asyncio.Event()
        run = asyncio.create_task(it.run(stop=stop))
        await soon(lambda: it.hypatos.requests.total() + it.zefort.requests.total() >= moment)
        stop.set()
        report = await asyncio.wait_for(run, 5)
        assert (report.interrupted, report.exit_code, report.complete) == (True, 130, False)
        # Whatever contract there is, it is whole: nothing was left half done.
        assert all(len(one["files"]) and len(one["notes"]) == 1 for [one] in it.contracts().values())
        assert "" not in it.contracts()
        it.zefort.switches.latency = it.hypatos.switches.latency = 0.0
        await it.finish(1)
        assert it.findings() == Findings()


async def test_a_second_run_leaves_at_once_while_one_is_active(tmp_path):
    async with world(tmp_path) as it:
        it.zefort.switches.latency = 0.02
        run = asyncio.create_task(it.run())
        await soon(lambda: it.zefort.requests.total() > 0)
        seen = it.hypatos.requests.total()
        with pytest.raises(RouteBusyError):
            await it.run()
        assert it.hypatos.requests.total() - seen <= 16
        assert (await run).complete
        assert it.findings() == Findings()
