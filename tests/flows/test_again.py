"""What the destination refused for a cause of its own is brought there again unaided: a few times, and nobody hears it twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flows.policy import Policy
from tests.flows.test_heal import GOOD, KEY, mapped
from tests.flows.world import QUICK, heal, strike, world
from tests.ledgers import rows

pytestmark = pytest.mark.usefixtures("any_ledger")

AGAIN = replace(QUICK, refused=(0.0, 0.0, 0.0))
"""Three times, each in the very next run."""
KEYS = pytest.mark.parametrize("key", [KEY, ""], ids=["recorded", "not recorded"])


async def refused(it, number=1, words="the department is closed"):
    """Have new documents refused by the destination; return their ids."""
    ids = [it.hypatos.act({"add": {"entities": GOOD, "name": "a.pdf"}})["id"] for _ in range(number)]
    strike(it.zefort, "status", "POST", "/contracts/", status=422, body=words)
    first = await it.run()
    assert (first.rejected, first.acknowledged, first.exit_code) == (number, number, 1)
    return ids


def heard(it, id_):
    """Return what the source was told of a document, message by message."""
    return [one["kind"] for one in it.documents()[id_]["feedback"]]


def kinds(it):
    """Return the kinds of all events in their order."""
    return [kind for (kind,) in rows(it.url, "SELECT kind FROM event ORDER BY id")]


def pushes(it):
    """Count how often a contract was to be made."""
    return sum(endpoint.startswith("POST /contracts") for _, endpoint, _, _ in it.zefort.log)


@KEYS
async def test_once_the_cause_is_mended_there_the_document_goes_out_and_the_source_hears_of_it(tmp_path, key):
    async with world(tmp_path, 0, key=key, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        (mine,) = await refused(it)
        heal(it.zefort)
        report = await it.run()
        assert (report.resumed, report.delivered, report.rejected, report.exit_code) == (1, 1, 0, 0)
        (contract,) = it.contracts()[mine]
        assert it.documents()[mine]["external_id"] == contract["id"]
        assert it.documents()[mine]["counts"]["reject"]["effective"] == 1
        assert [kind for kind in kinds(it) if kind in ("rejected", "tried again", "delivered")] == [
            "rejected",
            "tried again",
            "delivered",
        ]
        assert (await it.run()).resumed == 0


async def test_what_stays_refused_is_tried_a_few_times_told_once_and_then_left_alone(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        (mine,) = await refused(it)
        before, told = pushes(it), heard(it, mine)
        for number in range(1, 6):
            report = await it.run()
            tries = min(number, len(AGAIN.refused))
            assert pushes(it) - before == tries
            assert (report.unchanged, report.rejected, report.acknowledged) == (number == tries, 0, 0)
            assert report.exit_code == 0
        assert heard(it, mine) == told == ["reject"]
        assert kinds(it).count("tried again") == kinds(it).count("rejected") - 1 == len(AGAIN.refused)
        assert rows(it.url, "SELECT status, due_at FROM transfer") == [("rejected", None)]
        (last,) = rows(it.url, "SELECT detail FROM event WHERE kind = 'rejected' ORDER BY id DESC LIMIT 1")
        assert last[0].endswith("(not tried again unaided)")


async def test_a_refusal_for_another_reason_is_news(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        await refused(it)
        heal(it.zefort)
        strike(it.zefort, "status", "POST", "/contracts/", status=413)
        report = await it.run()
        assert (report.unchanged, report.rejected, report.acknowledged, report.exit_code) == (0, 1, 1, 1)
        assert [one for one in kinds(it) if one == "tried again"] == ["tried again"]


async def test_a_person_who_asks_is_told_again_and_the_tries_are_counted_anew(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        (mine,) = await refused(it)
        for _ in AGAIN.refused:
            await it.run()
        asked = await it.run(documents=[mine])
        assert (asked.rejected, asked.acknowledged) == (1, 1)
        heal(it.zefort)
        assert (await it.run()).delivered == 1


async def test_refusals_that_come_again_do_not_make_the_route_suspect(tmp_path):
    few = replace(AGAIN, circuit=10, suspects=12)
    async with world(
        tmp_path, 0, routes=mapped(tmp_path / "routes"), policy=replace(few, suspects=99, circuit=99)
    ) as it:
        await refused(it, 20)
        again = await it.run(policy=few)
        assert (again.stopped, again.unchanged, again.exit_code) == (None, 20, 0)


async def test_so_many_are_tried_again_in_one_run_and_the_next_goes_on(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        await refused(it, 5)
        heal(it.zefort)
        two = replace(AGAIN, refused_at_once=2)
        assert [(await it.run(policy=two)).delivered for _ in range(4)] == [2, 2, 1, 0]


async def test_nothing_is_tried_again_while_the_destination_is_down(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        await refused(it)
        heal(it.zefort)
        strike(it.zefort, "status", status=401)
        it.hypatos.act({"add": {"entities": GOOD, "name": "a.pdf"}})
        assert (await it.run(policy=replace(AGAIN, refused_at_once=0))).exit_code == 3
        assert (await it.run()).exit_code == 3
        assert "tried again" not in kinds(it)
        heal(it.zefort)
        await it.finish()
        assert (await it.run()).resumed + (await it.run()).resumed <= 1
        assert sum(map(len, it.contracts().values())) == 2


@KEYS
async def test_what_a_person_has_taken_back_meanwhile_is_left_to_that_person(tmp_path, key):
    async with world(tmp_path, 0, key=key, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        (mine,) = await refused(it)
        heal(it.zefort)
        it.hypatos.act({"status": mine, "state": "inCompletion"})
        assert (await it.run()).delivered == 0
        assert it.contracts() == {}
        it.hypatos.act({"status": mine, "state": "done"})
        assert (await it.finish()).delivered == 1
        assert it.documents()[mine]["accepted_state"] == "transferred"


async def test_what_a_person_has_put_back_is_told_again_or_it_would_stay_on_the_queue(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        (mine,) = await refused(it)
        for number in range(2, 5):
            it.hypatos.act({"status": mine, "state": "done"})
            report = await it.run(policy=replace(AGAIN, refused=number % 2 * (0.0,)))
            assert (report.rejected, report.acknowledged) == (1, 1)
            assert it.documents()[mine]["accepted_state"] == "rejected"
            assert it.documents()[mine]["counts"]["reject"]["effective"] == number


@KEYS
async def test_where_the_source_shows_less_of_what_was_rejected_nothing_is_carried_unaided(tmp_path, key):
    async with world(tmp_path, 0, key=key, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        it.hypatos.switches.thin_once_told = True
        (mine,) = await refused(it)
        heal(it.zefort)
        report = await it.run()
        assert (report.unchanged, report.delivered, report.acknowledged) == (1, 0, 0)
        assert heard(it, mine) == ["reject"]
        assert rows(it.url, "SELECT status, reason_class, due_at FROM transfer") == [("rejected", "destination", None)]
        (said,) = rows(it.url, "SELECT detail FROM event ORDER BY id DESC LIMIT 1")
        assert "docferry retry" in said[0]


async def test_a_failure_on_the_way_to_another_try_makes_no_second_message(tmp_path):
    async with world(tmp_path, 0, routes=mapped(tmp_path / "routes"), policy=AGAIN) as it:
        (mine,) = await refused(it)
        heal(it.zefort)
        strike(it.zefort, "status", "POST", "/contracts/", status=503, times=8)
        strike(it.zefort, "status", "POST", "/contracts/", status=422, body="the department is closed")
        report = await it.run()
        assert "postponed" in kinds(it)
        assert (report.unchanged, report.rejected, report.acknowledged) == (1, 0, 0)
        assert heard(it, mine) == ["reject"]


def test_the_waits_grow_from_an_hour_to_a_week_and_then_end():
    at = datetime(2026, 11, 26, tzinfo=UTC)
    waits = [Policy().refused_until(count, at) for count in range(1, 7)]
    assert waits == [at + timedelta(hours=hours) for hours in (1, 6, 24, 72, 168)] + [None]
