"""A destination that refuses everything makes the route suspect, not the documents."""

from __future__ import annotations

from dataclasses import replace

from connectors.sandbox_faults import Fault
from tests.flows.world import ONCE, heal, strike, world


async def test_when_everything_is_refused_the_source_is_told_nothing_and_the_next_run_delivers(tmp_path):
    async with world(tmp_path, documents=40) as it:
        it.zefort.switches.faults = [Fault("status", "POST", "/contracts/", status=400)]
        report = await it.run(policy=replace(ONCE, circuit=10))
        assert report.exit_code == 3
        assert "refused all" in report.stopped
        assert (report.delivered, report.rejected - rejected_by_mapping(report)) == (0, 0)
        assert it.zefort.state()["contracts"] == {}
        refused = {item.document_id for item in report.problems if item.fate == "waiting"}
        assert len(refused) >= 10
        assert not [key for key in refused if it.hypatos.state()["documents"][key]["feedback"]]
        it.zefort.switches.faults = []
        await it.finish()
        states = [it.hypatos.state()["documents"][key]["state"] for key in refused]
        assert set(states) <= {"transferred", "rejected"}
        assert states.count("transferred") > 10, "only those that are really at fault are rejected in the end"


async def test_a_few_refusals_are_the_documents_own_fault(tmp_path):
    async with world(tmp_path) as it:
        it.zefort.switches.faults = [Fault("status", "POST", "/contracts/", status=400)]
        report = await it.run()
        assert report.stopped is None
        assert report.rejected > 0
        assert report.acknowledged == report.rejected


def rejected_by_mapping(report) -> int:
    """Count the documents whose own data the mapping refused."""
    return sum(1 for item in report.problems if item.fate == "rejected" and "answered 400" not in item.reason)


async def test_a_source_that_refuses_to_show_anything_is_told_of_no_rejection_and_the_next_run_delivers(tmp_path):
    async with world(tmp_path, documents=40) as it:
        strike(it.hypatos, "status", "GET", "/documents/*", status=400)
        report = await it.run(policy=replace(ONCE, circuit=10))
        assert report.exit_code == 3
        assert "hypatos refused all" in report.stopped
        assert (report.delivered, report.rejected, it.contracts()) == (0, 0, {})
        assert not any(one["feedback"] for one in it.documents().values())
        heal(it.hypatos)
        await it.finish()
        assert [one["state"] for one in it.documents().values()].count("transferred") > 10


async def test_a_document_that_a_source_refuses_to_show_is_rejected_once_it_shows_another(tmp_path):
    async with world(tmp_path, documents=40) as it:
        key = it.hypatos.store.demo.document_id(0)
        strike(it.hypatos, "status", "GET", f"/documents/{key}", status=400, times=3)
        report = await it.run(policy=replace(ONCE, circuit=10))
        assert report.stopped is None
        assert report.delivered > 10
        problem = next(one for one in report.problems if one.document_id == key)
        assert (problem.fate, "answered 400" in problem.reason) == ("rejected", True)
