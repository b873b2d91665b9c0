"""Credentials that expire, are refused once, or die in mid-run: what is left unsent, and how the next run makes up for it."""

import asyncio
from dataclasses import replace

import pytest

from tests.flows.findings import Findings
from tests.flows.world import QUICK, heal, soon, strike, world

ONE_AT_A_TIME = replace(QUICK, in_flight=1, acknowledging=1)


def arrived(app):
    return app.requests.total()


@pytest.mark.parametrize("provider", ["hypatos", "zefort"])
@pytest.mark.parametrize("last", [0, 2, 14, 33])
async def test_at_most_three_requests_leave_after_the_credentials_died(tmp_path, provider, last):
    async with world(tmp_path, policy=ONE_AT_A_TIME) as it:
        app = getattr(it, provider)
        strike(app, "status", status=401, first=last + 1)
        report = await it.run()
        assert arrived(app) - last <= 3
        assert (report.exit_code, report.complete) == (3, False)
        assert f"{provider}: " in report.stopped
        assert "docferry check" in report.stopped
        seen = arrived(app)
        await it.run()
        assert arrived(app) - seen <= 3
        heal(app)
        await it.finish(2)
        assert it.findings() == Findings()


@pytest.mark.parametrize("provider", ["hypatos", "zefort"])
async def test_with_many_under_way_only_those_are_refused_that_had_left(tmp_path, provider):
    async with world(tmp_path) as it:
        for app in (it.hypatos, it.zefort):
            app.shared.latency = 0.01
        app = getattr(it, provider)
        strike(app, "status", status=401, first=12)
        report = await it.run()
        assert report.exit_code == 3
        assert app.answers["401"] <= app.most_at_once + 3
        heal(app)
        await it.finish(2)
        assert it.findings() == Findings()


@pytest.mark.parametrize("nth", [2, 9, 20, 31])
async def test_a_refused_token_is_renewed_once_and_the_run_goes_on(tmp_path, nth):
    async with world(tmp_path) as it:
        strike(it.hypatos, "status", status=401, nth=nth)
        await it.finish(1)
        assert it.hypatos.requests["POST /auth/token"] == 2
        assert it.findings() == Findings()


async def test_one_refused_key_stops_the_run_and_the_next_one_finishes(tmp_path):
    async with world(tmp_path) as it:
        strike(it.zefort, "status", status=401, nth=9)
        report = await it.run()
        assert report.exit_code == 3
        await it.finish(1)
        assert it.findings() == Findings()


async def test_tokens_that_live_shorter_than_they_say_are_replaced(tmp_path):
    """A life of half a second is announced as one; with the answers slowed down several run out within a run."""
    async with world(tmp_path) as it:
        it.hypatos.switches.token_life = 0.5
        it.hypatos.switches.latency = it.zefort.switches.latency = 0.03
        await it.finish()
        assert it.hypatos.requests["POST /auth/token"] > len(it.reports)
        assert it.findings() == Findings()


async def test_a_token_that_is_revoked_in_mid_run_does_no_harm(tmp_path):
    async with world(tmp_path) as it:
        it.zefort.switches.latency = 0.02
        run = asyncio.create_task(it.run())
        await soon(lambda: arrived(it.zefort) >= 20)
        it.hypatos.act({"revoke_tokens": True})
        assert (await run).complete
        assert it.hypatos.requests["POST /auth/token"] == 2
        assert it.findings() == Findings()


async def test_a_token_endpoint_that_is_down_stops_nothing_for_good(tmp_path):
    async with world(tmp_path) as it:
        strike(it.hypatos, "status", "POST", "/auth/token", status=503, times=30)
        report = await it.run()
        assert report.exit_code == 3
        assert "run again later" in report.stopped
        heal(it.hypatos)
        await it.finish(1)
        assert it.findings() == Findings()


@pytest.mark.parametrize("provider", ["hypatos", "zefort"])
async def test_credentials_that_were_wrong_from_the_start_leave_everything_due(tmp_path, provider):
    async with world(tmp_path) as it:
        if provider == "hypatos":
            it.source_secret = "wrong"
        else:
            it.destination_key = "wrong"
        report = await it.run(policy=ONE_AT_A_TIME)
        assert report.exit_code == 3
        assert arrived(getattr(it, provider)) <= 3
        assert not it.contracts()
        it.source_secret, it.destination_key = it.hypatos.client_secret, it.zefort.api_key
        await it.finish(1)
        assert it.findings() == Findings()
