"""What a report measures, and what the ledger tells the next report: real runs on both kinds of ledger."""

from __future__ import annotations

import pytest

from flows.run_history import look_back
from flows.run_summary import summary
from flows.since_last import changes
from flows.tally import Report
from tests.flows.world import ONCE, heal, strike, world

pytestmark = pytest.mark.usefixtures("any_ledger")


async def test_a_report_says_how_long_each_phase_took_and_what_is_owed_longest(tmp_path):
    async with world(tmp_path, 12) as it:
        it.zefort.switches.ai = False
        strike(it.hypatos, "status", "POST", "/documents/*/transfer", status=503)
        first = await it.run(policy=ONCE)
        assert first.owed_feedback > 0
        assert {"collect", "deliver", "follow", "report"} <= set(first.phases)
        assert all(0 <= seconds <= first.seconds for seconds in first.phases.values())
        assert (first.source, first.destination) == ("hypatos", "zefort")
        heal(it.hypatos)
        second = await it.finish()
        assert second.owed_feedback == 0
        assert second.oldest_owed is None
        assert first.oldest_owed is not None
        assert 0 < first.oldest_owed < 600


async def test_the_time_that_requests_waited_for_a_quota_is_in_the_report(tmp_path):
    async with world(tmp_path, 6) as it:
        it.hypatos.switches.quota = 5
        report = await it.run()
        assert report.quota_wait > 0
        assert 0 < report.quota_held["hypatos"] <= report.quota_wait, (
            "of requests that wait at once the clock counts one"
        )
        assert report.counts()["quota_held_ms hypatos"] == round(report.quota_held["hypatos"] * 1000)
        assert Report.from_json(report.as_json()).quota_held.keys() == {"hypatos", "zefort"}


async def test_a_cause_is_new_once_then_known_and_gone_when_it_is_cured(tmp_path):
    async with world(tmp_path, 12) as it:
        it.zefort.switches.ai = False
        first = await it.run()
        assert first.rejected > 0
        begun = await look_back(it.ledger, first)
        assert changes(first, begun) == []
        assert sum(begun.now.causes.values()) == first.rejected
        again = await it.run()
        assert changes(again, await look_back(it.ledger, again)) == []
        strike(it.zefort, "status", "POST", "/contracts/", status=422)
        it.hypatos.act({"add": {"entities": it.hypatos.store.demo.entities(0), "name": "plain.pdf"}})
        third = await it.run()
        told = changes(third, await look_back(it.ledger, third))
        assert len(told) == 1
        assert told[0].startswith("new: rejected: ")
        heal(it.zefort)
        await it.ledger.retry(third.route, document_ids=None, at=third.started, note="a test")
        fourth = await it.run()
        history = await look_back(it.ledger, fourth)
        assert [line for line in changes(fourth, history) if line.startswith("gone: rejected: ")]
        assert history.previous(fourth.run_id).id == third.run_id
        assert [run.id for run in history.runs] == [one.run_id for one in reversed(it.reports)]
        assert "Counted since the report of run" in summary(fourth, history)


async def test_ids_at_the_destination_are_found_for_the_documents_that_are_there(tmp_path):
    async with world(tmp_path, 12) as it:
        report = await it.run()
        known = await it.ledger.rejects(report.route, 1)
        there = next(iter(it.documents()))
        history = await look_back(it.ledger, report, [known[0].document_id, there, "nobody"])
        assert known[0].document_id not in history.external_ids
        assert "nobody" not in history.external_ids
