"""Answers that are lost after the act: whatever call it was, the result is the same and nothing is there twice."""

import pytest

from tests.flows.findings import Findings
from tests.flows.world import heal, strike, world

ACTS = [
    ("zefort", "POST", "/contracts/"),
    ("zefort", "POST", "/contracts/*/add_file/"),
    ("zefort", "POST", "/contracts/*/parties/"),
    ("zefort", "POST", "/contracts/*/notes/"),
    ("zefort", "POST", "/tags/"),
    ("zefort", "POST", "/tags/*/contracts/"),
    ("zefort", "PATCH", "/contracts/*/"),
    ("hypatos", "POST", "/documents/*/external-id"),
    ("hypatos", "POST", "/documents/*/external-data"),
    ("hypatos", "POST", "/documents/*/transfer"),
    ("hypatos", "POST", "/documents/*/reject"),
    ("hypatos", "POST", "/auth/token"),
]


@pytest.mark.parametrize(("provider", "method", "path"), ACTS, ids=lambda value: str(value).strip("/"))
async def test_a_lost_answer_changes_nothing_about_the_result(tmp_path, provider, method, path):
    async with world(tmp_path) as it:
        app = getattr(it, provider)
        broken = strike(app, "act_then_drop", method, path, every=2, times=6)
        failed = strike(app, "status", method, path, act=True, status=503, every=2, times=3)
        cut = strike(app, "cut", method, path, every=2, times=3)
        await it.finish()
        assert broken.struck
        assert broken.struck + failed.struck + cut.struck >= min(2, broken.seen)
        assert it.findings() == Findings()


async def test_every_answer_of_every_write_may_be_lost_once(tmp_path):
    async with world(tmp_path) as it:
        struck = [strike(getattr(it, who), "act_then_drop", method, path, times=2) for who, method, path in ACTS]
        await it.finish()
        assert all(fault.struck for fault in struck)
        assert it.findings() == Findings()


async def test_a_lost_binder_answer_is_looked_up(tmp_path):
    async with world(tmp_path) as it:
        await it.finish()
        invoice = next(key for key, one in it.documents().items() if one["type"] == "invoice" and one["external_id"])
        it.hypatos.act({"reopen": invoice, "entities": {"documentType": "contract"}})
        fault = strike(it.zefort, "act_then_drop", "POST", "/contracts/*/binders/", times=1)
        report = await it.finish()
        assert (report.updated, fault.struck) == (1, 1)
        assert it.contracts()[invoice][0]["binders"] == ["Invoices", "Contracts"]


async def test_a_lost_answer_with_a_lagging_search_makes_no_double(tmp_path):
    """The contract exists before any list shows it, so what is not seen at first is looked for until it settles."""
    async with world(tmp_path, settle=2.0) as it:
        it.zefort.switches.index_lag = 1.0
        lost = strike(it.zefort, "act_then_drop", "POST", "/contracts/", times=5)
        report = await it.finish()
        assert lost.struck == 5
        assert report.seconds > 1.0
        heal(it.zefort)
        assert it.findings() == Findings()
