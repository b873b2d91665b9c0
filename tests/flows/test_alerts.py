"""A connection in trouble: one try instead of many failures, one alert instead of one a document, and an all-clear."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from flows.tally import Report
from tests.flows.findings import Findings
from tests.flows.world import QUICK, heal, strike, world

FOUR = replace(QUICK, circuit=4, in_flight=4, acknowledging=4)


def only(report):
    """Return the one alert of a run, having gone through JSON and back."""
    (alert,) = Report.from_json(json.loads(json.dumps(report.as_json()))).alerts
    assert (alert,) == report.alerts
    return alert


@pytest.mark.parametrize("kind", ["status", "drop"])
async def test_an_outage_that_ends_within_the_patience_of_a_run_costs_it_one_alert(tmp_path, caplog, kind):
    caplog.set_level(logging.INFO, logger="docferry")
    async with world(tmp_path, 24, policy=replace(FOUR, probe=0.05, patience=60.0)) as it:
        it.zefort.switches.ai = False
        more = {"status": 503} if kind == "status" else {}
        fault = strike(it.zefort, kind, "*", "*", first=1, times=30, **more)
        report = await it.run()
        assert fault.struck == 30
        assert (report.stopped, report.exit_code) == (None, 1)  # the demo set has documents that must be rejected
        alert = only(report)
        assert alert.connection == "zefort"
        assert alert.cause == ("failing" if kind == "status" else "unreachable")
        assert alert.count >= 4
        assert alert.over is not None
        told = [one.message for one in caplog.records if one.levelno >= logging.WARNING and "zefort" in one.message]
        assert len([words for words in told if "then one document tries" in words]) == 1
        assert it.findings() == Findings()
        again = await it.run()
        assert again.alerts == ()


async def test_a_dead_destination_costs_later_runs_one_try_and_the_source_is_read_and_told_meanwhile(tmp_path):
    async with world(tmp_path, 24, policy=FOUR) as it:
        it.zefort.switches.ai = False
        strike(it.zefort, "status", status=503)
        first = await it.run()
        assert (first.exit_code, first.delivered) == (3, 0)
        assert first.acknowledged == first.rejected > 0  # what the mapping refused
        began, counted = only(first), it.zefort.requests.total()
        second = await it.run()
        assert second.exit_code == 3
        assert second.passes >= 1
        tried = it.zefort.requests.total() - counted
        assert 0 < tried <= 2 * 5  # one document, and the list of what was dropped; each call is tried five times
        assert only(second).since == began.since
        assert only(second).count > began.count
        assert only(second).first == began.first
        heal(it.zefort)
        third = await it.run()
        assert third.stopped is None
        assert only(third).over is not None
        assert only(third).since == began.since
        assert (await it.run()).alerts == ()
        assert it.findings() == Findings()


async def test_a_destination_that_nobody_answers_for_is_unreachable(tmp_path):
    async with world(tmp_path, policy=FOUR) as it:
        home, it.urls["zefort"] = it.urls["zefort"], "http://127.0.0.1:9/"
        report = await it.run()
        assert report.exit_code == 3
        assert only(report).cause == "unreachable"
        assert "cannot connect" in only(report).first
        it.urls["zefort"] = home
        await it.finish(2)
        assert it.findings() == Findings()


@pytest.mark.parametrize("provider", ["hypatos", "zefort"])
async def test_a_dead_login_costs_each_later_run_a_few_requests_and_is_one_alert(tmp_path, provider):
    async with world(tmp_path, 24) as it:  # sixteen documents at a time
        it.zefort.switches.ai = False
        app = getattr(it, provider)
        strike(app, "status", status=401)
        alerts = []
        for _ in range(3):
            before = app.requests.total()
            report = await it.run()
            assert report.exit_code == 3
            assert app.requests.total() - before <= 4
            alerts.append(only(report))
        assert {alert.cause for alert in alerts} == {"access"}
        assert len({alert.since for alert in alerts}) == 1
        heal(app)
        assert only(await it.run()).over is not None
        await it.finish(2)
        assert it.findings() == Findings()
