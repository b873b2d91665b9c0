"""Documents that never get through and providers that are dead: neither takes the others along."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.flows.findings import Findings
from tests.flows.world import QUICK, heal, strike, world


@pytest.mark.parametrize("status", [500, 422])
@pytest.mark.parametrize("path", ["/documents/{}", "/files/*"])
async def test_a_document_that_cannot_be_read_does_not_stop_the_others(tmp_path, status, path):
    async with world(tmp_path, policy=replace(QUICK, attempts=3)) as it:
        demo = it.hypatos.store.demo
        key, file = demo.document_id(0), demo.files(0)[0].id
        fault = strike(it.hypatos, "status", "GET", path.format(key).replace("*", file), status=status, times=15)
        report = await it.run()
        assert report.delivered == 4
        assert (report.failed, report.rejected) == ((1, 1) if status == 500 else (0, 2))
        assert report.stopped is None
        problem = next(one for one in report.problems if one.document_id == key)
        assert f"answered {status}" in problem.reason
        assert key not in it.contracts()
        heal(it.hypatos)
        assert fault.struck
        it.hypatos.act({"status": key, "state": "done"})
        await it.ledger.retry("hypatos_to_zefort", document_ids=[key], at=datetime.now(UTC), note="test")
        await it.finish()
        assert len(it.contracts()[key]) == 1
        assert it.documents()[key]["state"] == "transferred"


@pytest.mark.parametrize("status", [500, 422])
async def test_documents_the_far_end_always_refuses_do_not_stop_the_others(tmp_path, status):
    async with world(tmp_path, policy=replace(QUICK, attempts=3)) as it:
        tag = next(tag.id for tag in it.zefort.store.tags.values() if tag.name == "contract")
        strike(it.zefort, "status", "POST", f"/tags/{tag}/contracts/", status=status)
        report = await it.run()
        kinds = {key: one["type"] for key, one in it.documents().items()}
        refused = [key for key in it.contracts() if kinds[key] == "contract"]
        assert report.delivered == 4
        assert (report.failed, report.rejected) == ((1, 1) if status == 500 else (0, 2))
        state = {500: "transferFailed", 422: "rejected"}[status]
        assert all(it.documents()[key]["state"] == state for key in refused)
        heal(it.zefort)
        for key in refused:
            it.hypatos.act({"status": key, "state": "done"})
        await it.finish()
        assert all(len(found) == 1 for found in it.contracts().values())
        assert it.astray() == []


@pytest.mark.parametrize("provider", ["hypatos", "zefort"])
@pytest.mark.parametrize("kind", ["drop", "status"])
async def test_a_dead_provider_opens_the_circuit_and_the_next_run_finishes(tmp_path, provider, kind):
    policy = replace(QUICK, circuit=4, in_flight=4, acknowledging=4)
    async with world(tmp_path, policy=policy) as it:
        app = getattr(it, provider)
        strike(app, kind, first=1 if provider == "zefort" else 12, **({"status": 503} if kind == "status" else {}))
        report = await it.run()
        assert (report.exit_code, report.complete) == (3, False)
        assert provider in report.stopped
        assert "Nothing is lost" in report.stopped
        assert app.requests.total() <= 12 + (4 + 4 + 4) * 5
        heal(app)
        await it.finish(2)
        assert it.findings() == Findings()


@pytest.mark.parametrize("status", [400, 500])
async def test_a_page_of_the_listing_that_always_fails_keeps_nobody_who_is_known_from_being_told(tmp_path, status):
    async with world(tmp_path, 24) as it:
        it.page_size = 4
        it.zefort.switches.ai = False
        fault = strike(it.hypatos, "status", "GET", "/documents", first=3, status=status)
        report = await it.run()
        assert fault.struck
        assert report.acknowledged == report.delivered + report.rejected > report.rejected
        assert (report.exit_code, report.complete) == (3, False)
        assert f"answered {status}" in report.stopped
        heal(it.hypatos)
        await it.finish(3)
        assert it.findings() == Findings()
