"""Documents that never get through cost the healthy ones nothing, and do not hold a run open for long."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from connectors.errors import TransientError
from flows.engine import sync
from tests.flows.world import QUICK, strike, world

ONE = replace(QUICK, in_flight=1)


@pytest.mark.parametrize("hanging", [False, True])
async def test_healthy_documents_do_not_wait_for_one_whose_push_hangs(tmp_path, hanging):
    async with world(tmp_path, 24, policy=ONE) as it:
        if hanging:
            # far longer than a document takes, also where the machine has much else to do
            strike(it.zefort, "delay", "POST", "/contracts/", nth=4, seconds=12.0)
        await it.run()
        # One document at a time makes one call at a time; while it hangs, the others go on beside it.
        assert it.zefort.most_at_once == (2 if hanging else 1)
        assert it.astray() == []


@pytest.mark.parametrize("status", [500, 503])
async def test_a_document_that_always_fails_does_not_hold_the_run_open(tmp_path, status):
    policy = replace(QUICK, clock=(600.0,), outage_wait=600.0, patience=5000.0, linger=1.0)
    async with world(tmp_path, 24, policy=policy) as it:
        bad = it.hypatos.store.demo.document_id(0)
        strike(it.hypatos, "status", "GET", f"/documents/{bad}", status=status)
        async with asyncio.timeout(60):
            report = await it.run()
        assert report.waiting == 1
        assert report.delivered > 5
        assert (report.alerts, report.stopped) == ((), None)


async def test_a_poisoned_document_costs_a_bounded_number_of_requests(tmp_path):
    policy = replace(QUICK, attempts=3)
    async with world(tmp_path, 24, policy=policy) as it:
        bad = it.hypatos.store.demo.document_id(0)
        fault = strike(it.hypatos, "status", "GET", f"/documents/{bad}", status=500, times=3 * 5)
        report = await it.run()
        assert (report.failed, fault.struck) == (1, 15)
        spent = [path for _, _, path, _ in it.hypatos.log if path == f"/documents/{bad}"]
        assert len(spent) <= 15 + 10  # three attempts of five calls, then it is told what became of it


async def test_an_outage_is_not_counted_against_the_documents_it_meets(tmp_path):
    policy = replace(QUICK, circuit=3, in_flight=3, attempts=2, patience=0.0, probe=0.01)
    async with world(tmp_path, 11, policy=policy) as it:
        fault = strike(it.zefort, "status", status=503)
        for _ in range(6):
            report = await it.run()
            assert report.failed == 0
        it.zefort.shared.faults.remove(fault)
        await it.finish(4)
        assert it.astray() == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/documents/{}"), ("POST", "/documents/{}/transfer")])
async def test_what_a_quota_keeps_back_is_not_counted_against_a_document_or_a_message(tmp_path, method, path):
    """Each time a small quota is used up it refuses most of what is under way, and that may be often."""
    policy = replace(QUICK, clock=(0.02, 3600.0), attempts=2, linger=30.0)
    async with world(tmp_path, 11, policy=policy) as it:
        demo = it.hypatos.store.demo
        good = next(one for one in map(demo.document_id, range(11)) if it.documents()[one]["type"] == "invoice")
        fault = strike(it.hypatos, "status", method, path.format(good), status=429, times=90)
        report = await it.run()
        assert fault.struck == 90, "so often that one attempt is not enough"
        assert (report.failed, report.waiting, report.complete) == (0, 0, True)
        assert it.astray() == []


class Stony:
    """A destination that one document reaches in many attempts; each but the last fails, with or without a call that took effect."""

    def __init__(self, there, document_id, *, further):
        self._there, self._document_id, self._further = there, document_id, further
        self.attempts = 0

    def __getattr__(self, name):
        return getattr(self._there, name)

    async def push(self, delivery, journal):
        """Fail nine times, then do as the destination does."""
        if self._document_id in delivery.key and self.attempts < 9:
            self.attempts += 1
            if self._further:
                await journal.once(f"stone:{self.attempts}", self._taken, self._taken)
            raise TransientError("the connection broke", connection="zefort")
        return await self._there.push(delivery, journal)

    @staticmethod
    async def _taken():
        return "taken"


@pytest.mark.parametrize("further", [True, False])
async def test_a_document_that_gets_further_with_every_attempt_is_not_given_up(tmp_path, further):
    """Where many calls are lost no attempt makes them all, and what was made stays made."""
    async with world(tmp_path, 11) as it, it.opened() as opened:
        demo = it.hypatos.store.demo
        one = next(each for each in map(demo.document_id, range(11)) if it.documents()[each]["type"] == "invoice")
        there = Stony(opened.destination, one, further=further)
        policy = replace(QUICK, attempts=3, in_flight=1, clock=(0.5,))
        report = await sync(replace(opened, destination=there), it.ledger, policy=policy)
    assert (report.failed, report.complete) == ((0, True) if further else (1, True))
    assert there.attempts == 9 if further else 3 <= there.attempts < 9
