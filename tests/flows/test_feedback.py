"""What the source is told: late effects are awaited, refusals are settled, and one stuck message holds up no other."""

import logging
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

import mappings
from flows.unheard import MOST, Unheard
from tests.flows.findings import Findings
from tests.flows.world import ONCE, ROUTE, heal, strike, world


def first_delivered(it):
    return next(key for key, one in it.documents().items() if one["external_id"])


async def test_a_message_that_always_fails_stays_owed_and_the_others_arrive(tmp_path):
    async with world(tmp_path) as it:
        key = it.hypatos.store.demo.document_id(0)
        strike(it.hypatos, "status", "POST", f"/documents/{key}/transfer", status=500)
        report = await it.run(policy=ONCE)
        assert (report.delivered, report.acknowledged, report.owed_feedback) == (5, 5, 1)
        assert (report.exit_code, report.stopped) == (1, None)
        heal(it.hypatos)
        report = await it.finish(1)
        assert (report.acknowledged, report.owed_feedback) == (1, 0)
        assert it.findings() == Findings()


async def test_a_message_that_is_still_owed_stays_the_same_under_another_version_of_the_route(tmp_path):
    async with world(tmp_path) as it:
        key = it.hypatos.store.demo.document_id(0)
        strike(it.hypatos, "status", "POST", f"/documents/{key}/transfer", status=500)
        assert (await it.run(policy=ONCE)).owed_feedback == 1
        (found,) = await it.ledger.find(key)
        looked = [event.kind for event in (await it.ledger.timeline(found.id)).events].count("unchanged")
        it.routes = shutil.copytree(Path(mappings.__file__).parent, tmp_path / "routes")
        route = it.routes / f"{ROUTE}.yaml"
        route.write_text(route.read_text() + "\n# another version\n")
        async with it.ledger.run(ROUTE) as run:
            await run.remember("elsewhere", [(key, "listed with another hint")], None, now=datetime.now(UTC), relist=())
        assert (await it.run(policy=ONCE)).owed_feedback == 1
        heal(it.hypatos)
        await it.finish(2)
        timeline = await it.ledger.timeline(found.id)
        assert [event.kind for event in timeline.events].count("unchanged") > looked
        assert [(told.seq, told.answer) for told in timeline.feedback] == [(1, "told")]


@pytest.mark.parametrize("applied_after", [0.4, 1.2])
async def test_an_accepted_message_is_not_sent_again_while_it_takes_effect(tmp_path, applied_after):
    async with world(tmp_path, settle=3.0) as it:
        it.hypatos.switches.applied_after = applied_after
        await it.finish(2)
        sent = sum(count for endpoint, count in it.hypatos.requests.items() if endpoint.startswith("POST /documents"))
        assert sent == 5 * 3 + 1
        assert it.findings() == Findings()


async def test_a_source_that_ignores_our_message_is_given_up_with_the_reason(tmp_path):
    """Somebody rejected the document at the source in between, and the source says 202 to everything."""
    async with world(tmp_path, settle=0.2) as it:
        it.hypatos.switches.wrong_state = "ignored"
        strike(it.hypatos, "status", "POST", "/documents/*/transfer", status=503)
        await it.run(policy=ONCE)
        heal(it.hypatos)
        key = first_delivered(it)
        it.hypatos.act({"status": key, "state": "rejected"})
        report = await it.finish(2)
        assert report.owed_feedback == 0
        (found,) = await it.ledger.find(key)
        (told,) = (await it.ledger.timeline(found.id)).feedback
        assert told.answer == "refused"
        assert it.documents()[key]["state"] == "rejected"


async def test_a_source_that_refuses_every_message_is_one_warning_and_one_number(tmp_path, caplog):
    async with world(tmp_path) as it:
        strike(it.hypatos, "status", "POST", "/documents/*/transfer", status=422)
        report = await it.run()
        assert (report.delivered, report.refused_feedback) == (5, 5)
        said = [one.getMessage() for one in caplog.records if one.name == "docferry" and one.levelno >= logging.WARNING]
        first, last = (one for one in said if "refused" in one)
        assert "the source refused our feedback: " in first
        assert last.startswith("the source refused 5 messages as it did the one about document ")
        why = first.partition("our feedback: ")[2]
        assert last.endswith(why)
        refusals = await it.ledger.refusals(ROUTE, 10)
        assert len({one.document_id for one in refusals}) == 5
        for one in refusals:
            (found,) = await it.ledger.find(one.document_id)
            (told,) = (await it.ledger.timeline(found.id)).feedback
            assert "422" in told.said


def test_reasons_that_are_all_different_do_not_make_a_line_for_each_document(caplog):
    unheard = Unheard()
    for number in range(10 * MOST):
        unheard.note(f"d{number}", f"reason {'x' * number}")
    unheard.conclude()
    assert len(caplog.records) == MOST + 1
    assert f"{9 * MOST} more messages" in caplog.text


async def test_nothing_is_acknowledged_before_the_listing_was_read_to_its_end(tmp_path):
    async with world(tmp_path, 24) as it:
        it.page_size = 4
        it.zefort.switches.ai = False
        await it.finish(1)
        endpoints = [endpoint for _, endpoint, _, _ in it.hypatos.log]
        first_read = [at for at, endpoint in enumerate(endpoints) if endpoint == "GET /documents"]
        first_told = next(at for at, endpoint in enumerate(endpoints) if endpoint.startswith("POST /documents"))
        assert first_read[5] < first_told  # six pages
        assert it.findings() == Findings()


async def test_why_a_document_was_rejected_is_told_although_the_source_does_not_take_the_rejection(tmp_path):
    async with world(tmp_path) as it:
        strike(it.hypatos, "status", "POST", "/documents/*/reject", status=409)
        strike(it.zefort, "status", "PUT", "/contracts/*", status=422)
        strike(it.zefort, "status", "POST", "/contracts*", status=422)
        report = await it.run(policy=ONCE)
        assert report.rejected
        assert report.refused_feedback
        for problem in report.problems:
            if problem.fate == "rejected" and "refused to be told" in problem.reason:
                assert problem.reason.partition("the source refused to be told")[0].endswith("; "), problem.reason
                break
        else:
            raise AssertionError(report.problems)
