"""A clock that is set back: those who wait for what is the far future now are due at once, and only then."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from state.instants import kept
from tests.ledgers import rows
from tests.state.runs import deliver

HOUR = timedelta(hours=1)


def written(moment):
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


async def two_who_wait(ledger, url):
    """Leave one document that is to be tried again in an hour, and one message that is to be told then."""
    now = datetime.now(UTC)
    async with ledger.run("r") as run:
        found = await run.remember("s", [("tried", "1"), ("told", "1")], None, now=now, relist=())
        tried, told = found.new
        await run.postpone(tried, due_at=now + HOUR, attempts=1, reason_class="transient", reason="503", at=now)
        await deliver(run, told, now)
    rows(url, f"UPDATE feedback SET due_at = '{written(now + HOUR)}'")


@pytest.mark.parametrize(("back", "due"), [(HOUR, True), (timedelta(minutes=2), False), (-HOUR, False)])
async def test_after_the_clock_was_set_back_far_nobody_waits_for_it_to_catch_up(ledger, url, back, due):
    await two_who_wait(ledger, url)
    rows(url, f"UPDATE run SET started_at = '{written(datetime.now(UTC) + back)}'")
    now = datetime.now(UTC)
    async with ledger.run("r") as run:
        said = await run.set_right(now)
        assert [(moment <= now) for moment in (await run.next_due(), await run.outbox.next_owed())] == [due, due]
    assert (said is not None and abs(said - HOUR) < timedelta(minutes=1)) == due


async def test_another_routes_clock_is_nobodys_business(ledger, url):
    await two_who_wait(ledger, url)
    rows(url, "UPDATE run SET started_at = '2999-01-01T00:00:00.000000Z', route = 'other'")
    async with ledger.run("r") as run:
        assert await run.set_right(datetime.now(UTC)) is None


def test_the_hour_that_the_end_of_summer_time_brings_twice_is_two_instants():
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert [kept(first), kept(first.replace(fold=1))] == ["2026-10-25T00:30:00.000000Z", "2026-10-25T01:30:00.000000Z"]
