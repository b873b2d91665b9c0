"""Alerts are kept when they arise, and runs that keep theirs at the same time take nothing from one another."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from connectors.errors import AccessError, TransientError
from flows.alerts import Alert, Alerts
from flows.artifacts import summary
from flows.memory import LedgerMemory
from flows.tally import Report
from tests.flows.test_alerts import FOUR
from tests.flows.world import strike, world
from tests.ledgers import open_ledger

pytestmark = pytest.mark.usefixtures("any_ledger")

DOWN = TransientError("no answer", connection="far", arrived="no")
CLOSED = AccessError("401", connection="far", status=401)


@pytest.fixture
async def ledger(any_ledger):
    opened = await open_ledger(any_ledger)
    yield opened
    await opened.close()


async def begun(ledger):
    """Return the alerts of a run that begins now."""
    alerts = Alerts()
    await alerts.recall({"far": LedgerMemory(ledger, "far")})
    return alerts


async def kept(ledger):
    """Return the count of everything that is kept, by cause."""
    return {alert.cause: alert.count for alert in (await begun(ledger)).all()}


async def test_what_runs_beside_each_other_have_counted_is_added_up(ledger):
    one, other = await begun(ledger), await begun(ledger)
    one.note(DOWN, "first", 2)
    await one.keep()
    other.note(DOWN, "second", 3)
    other.note(CLOSED, "401", 1)
    await other.keep()
    one.note(DOWN, "third", 4)
    await one.keep()
    await one.keep()
    assert await kept(ledger) == {"unreachable": 9, "access": 1}
    (alert,) = [alert for alert in (await begun(ledger)).all() if alert.cause == "unreachable"]
    assert alert.first == "first"
    (mine,) = one.all()
    assert (mine.count, mine.since) == (9, alert.since)


async def test_a_run_ends_what_it_knows_and_not_what_another_has_met_since(ledger):
    first = await begun(ledger)
    first.note(DOWN, "first", 2)
    await first.keep()
    well, ill = await begun(ledger), await begun(ledger)
    ill.note(DOWN, "again", 1)
    ill.note(CLOSED, "401", 1)
    await ill.keep()
    assert well.clear("far")
    await well.keep()
    assert await kept(ledger) == {"unreachable": 3, "access": 1}
    last = await begun(ledger)
    last.clear("far")
    await last.keep()
    assert await kept(ledger) == {}


async def test_what_another_run_has_seen_the_end_of_comes_back_only_with_a_new_failure(ledger):
    first = await begun(ledger)
    first.note(DOWN, "first", 2)
    await first.keep()
    well = await begun(ledger)
    well.clear("far")
    await well.keep()
    await first.keep()
    assert await kept(ledger) == {}
    first.note(DOWN, "again", 1)
    await first.keep()
    assert await kept(ledger) == {"unreachable": 1}


async def test_runs_that_keep_theirs_at_the_same_moment_lose_nothing(ledger):
    runs = [await begun(ledger) for _ in range(8)]
    for run in runs:
        run.note(DOWN, "no answer", 1)
    await asyncio.gather(*(run.keep() for run in runs))
    assert await kept(ledger) == {"unreachable": 8}


async def test_what_an_earlier_release_has_kept_in_another_form_is_passed_over(ledger):
    await ledger.keep("far", "alerts", json.dumps([{"cause": "unreachable"}]))
    assert await kept(ledger) == {}


async def test_an_alert_is_there_for_others_while_the_run_that_met_it_goes_on(tmp_path):
    async with world(tmp_path, 24, policy=FOUR) as it:
        strike(it.zefort, "status", status=401)
        strike(it.hypatos, "delay", "GET", "/documents", seconds=3600)
        it.timeout = it.deadline = 7200
        it.hypatos.switches.faults[-1].first = 2  # the second reading never comes to its end
        stop = asyncio.Event()
        running = asyncio.create_task(it.run(stop=stop))
        async with asyncio.timeout(60):
            while not (there := json.loads(await it.ledger.recall("zefort", "alerts") or "[]")):
                assert not running.done()
                await asyncio.sleep(0.01)
        assert [one["cause"] for one in there] == ["access"]
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


def test_the_summary_names_cause_beginning_and_next_step_and_no_sentence_breaks_its_table():
    then = datetime(2026, 11, 26, 7, tzinfo=UTC)
    lasting = Alert("access", "far", then, 3, "401: a|b\n<script>", "renew the credentials")
    over = Alert("busy", "near", then, 1, "429", "the next run tries", over=then)
    text = summary(Report(route="r", run_id="1", started=then, alerts=(lasting, over)))
    rows = [line for line in text.splitlines() if line.startswith(("| access", "| busy"))]
    assert rows == [
        "| access | far | 2026-11-26 07:00:00Z | 3 | 401: a\\|b \\<script\\> | renew the credentials |",
        "| busy | near | 2026-11-26 07:00:00Z | 1 | 429 | over since 2026-11-26 07:00:00Z |",
    ]
    assert "Alerts" not in summary(Report(route="r", run_id="1", started=then))
