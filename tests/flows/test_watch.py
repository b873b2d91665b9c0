"""Alarms for silence as well as for failure: one for each cause, one all-clear, to everybody once, whoever checks and how often."""

# ruff: noqa: F811 -- an argument of a fixture's name is pytest's way of asking for it

import asyncio
from datetime import UTC, datetime, timedelta

from connectors.errors import AccessError, TransientError
from flows.alerts import Alerts
from flows.memory import LedgerMemory
from tests.flows.watched import HOUR, MINUTE, _straight, it, listener  # noqa: F401 -- pytest finds fixtures here
from tests.ledgers import open_ledger, rows
from tests.state.runs import deliver, one


async def trouble(it, connection, error, times=1):
    """Have a run meet trouble on a connection, and leave it open."""
    alerts = Alerts()
    await alerts.recall({connection: LedgerMemory(it.ledger, connection)})
    alerts.note(error, str(error), times)
    await alerts.keep()


async def all_well(it, connection):
    """Have a run see the end of it."""
    alerts = Alerts()
    await alerts.recall({connection: LedgerMemory(it.ledger, connection)})
    alerts.clear(connection)
    await alerts.keep()


async def test_a_route_that_falls_silent_is_told_once_and_once_when_it_runs_again(it, listener):
    assert (await it.check()).exit_code == 0
    it.later(HOUR)
    await it.run("b", MINUTE)
    assert (await it.check()).exit_code == 1
    for _ in range(3):
        it.later(5 * MINUTE)
        await it.run("b", MINUTE)
        assert (await it.check()).exit_code == 1
    await it.run("a", MINUTE)
    assert (await it.check()).exit_code == 0
    assert (await it.check()).exit_code == 0
    assert listener.titles == ["a is late", "over: a is late"]
    body = listener.heard[0][1]
    assert "due every 30 min" in body
    assert "Next: see that its schedule is on" in body
    assert "docferry run a" in body


async def test_an_alarm_that_lasts_is_told_again_after_a_day_and_not_before(it, listener):
    it.later(HOUR)
    await it.run("b", MINUTE)
    await it.check()
    for hours in (12, 11, 2):
        it.later(hours * HOUR)
        await it.run("b", MINUTE)
        await it.check()
    assert listener.titles == ["a is late", "still: a is late"]


async def test_a_route_that_never_ran_has_its_deadline_from_the_first_look(it, listener):
    (it.routes / "c.yaml").write_text((it.routes / "a.yaml").read_text())
    assert (await it.check()).exit_code == 0
    it.later(40 * MINUTE)
    await it.well()
    assert (await it.check()).exit_code == 1
    assert listener.titles == ["c is late"]
    assert "never ran" in listener.heard[0][1]


async def test_runs_that_are_stopped_are_failing_and_not_silent_as_well(it, listener):
    it.later(HOUR)
    await it.run("b", MINUTE)
    await it.stop("a", 20 * MINUTE)
    await it.stop("a", 10 * MINUTE, "zefort: 500. Nothing is lost; run again later")
    assert (await it.check()).exit_code == 1
    assert listener.titles == ["a fails"]
    assert "the last 2 runs were stopped" in listener.heard[0][1]
    assert "zefort: 500" in listener.heard[0][1]
    it.later(HOUR)  # and now even these have stopped coming
    await it.run("b", MINUTE)
    await it.check()
    assert listener.titles == ["a fails", "a is late"]


async def test_a_run_that_was_killed_counts_as_stopped_and_one_that_a_person_ended_does_not(it, listener):
    it.later(HOUR)
    await it.run("b", MINUTE)
    await it.run("a", 12 * MINUTE, complete=False, exit_code=130)
    killed = await it.run("a", 11 * MINUTE)
    rows(
        it.url,
        f"UPDATE run SET state = 'interrupted', ended_at = NULL, counts = NULL, complete = NULL WHERE id = '{killed}'",
    )
    await it.check()
    assert listener.titles == ["a fails"]
    assert "ended without a word" in listener.heard[0][1]


async def test_a_dead_login_is_one_alarm_however_many_routes_and_runs_it_stops(it, listener):
    await trouble(it, "far", AccessError("401: the key was refused", connection="far", status=401), 3)
    it.later(HOUR)
    for route in "ab":
        await it.stop(route, 20 * MINUTE)
        await it.stop(route, 10 * MINUTE)
    assert (await it.check()).exit_code == 1
    assert listener.titles == ["far is in trouble"]
    body = listener.heard[0][1]
    assert (
        "far is in trouble (access): 3 calls have failed, the first with: 401: the key was refused. Routes: a, b"
        in body
    )
    assert "Next: renew the credentials or grant the right" in body
    await all_well(it, "far")
    await it.run("a", MINUTE)
    await it.check()  # b has not run since, and that it was stopped before has been told
    assert listener.titles == ["far is in trouble", "over: far is in trouble"]
    await it.run("b", MINUTE)
    assert (await it.check()).exit_code == 0


async def test_trouble_that_passes_by_itself_is_told_only_if_it_lasts(it, listener):
    await trouble(it, "far", TransientError("no answer", connection="far", arrived="no"))
    assert (await it.check()).exit_code == 0
    it.later(20 * MINUTE)
    await it.well()
    assert (await it.check()).exit_code == 1
    assert listener.titles == ["far is in trouble"]


async def test_rejects_are_told_over_the_limit_of_the_route_and_with_their_classes(it, listener):
    few = {"delivered": 2, "rejected": 3, "refused data": 3}
    await it.run("a", 3 * MINUTE, **few)
    assert (await it.check()).exit_code == 0, "three of five say nothing"
    await it.run(
        "a", 2 * MINUTE, delivered=60, updated=10, rejected=15, failed=2, **{"refused data": 15, "refused transient": 2}
    )
    assert (await it.check()).exit_code == 1
    assert listener.titles == ["a rejects too much"]
    assert "20 of 92 documents" in listener.heard[0][1]
    assert "(22%, the limit is 20%): 18 data, 2 transient" in listener.heard[0][1]
    await it.run("a", MINUTE, delivered=60)
    assert (await it.check()).exit_code == 0
    assert listener.titles[1:] == ["over: a rejects too much"]


async def test_a_quota_that_holds_up_two_routes_for_most_of_a_day_is_one_alarm_and_one_all_clear(it, listener):
    held, day = "quota_held_ms far", 24 * HOUR
    for number in range(1, 20):  # of 24 hours; a second worker beside the first counts once
        for route in "aab":
            await it.run(route, day - (number + 1) * HOUR, lasted=HOUR, **{held: 3_500_000})
    assert (await it.check()).exit_code == 1
    assert listener.titles == ["far has its quota nearly used up"]
    said = listener.heard[0][1]
    assert "a 77% of the time (the limit is 60%), b 77% of the time (the limit is 60%)" in said, said
    assert "FAR_MAX_RATE" in said
    it.later(8 * HOUR)
    await it.well()
    assert (await it.check()).exit_code == 0
    assert listener.titles[1:] == ["over: far has its quota nearly used up"]


async def test_short_runs_that_wait_for_a_quota_from_beginning_to_end_are_no_alarm(it, listener):
    for number in range(24):
        await it.run("a", number * HOUR, lasted=20 * MINUTE, **{"quota_held_ms far": 1_200_000})
    assert (await it.check()).exit_code == 0
    assert not listener.heard


async def test_feedback_that_is_owed_too_long_is_told_with_its_number_and_age(it, listener):
    async with it.ledger.run("a") as run:
        await deliver(run, await one(run, it.now), it.now)
    await it.well()
    assert (await it.check()).exit_code == 0
    it.later(3 * HOUR)
    await it.well()
    assert (await it.check()).exit_code == 1
    assert listener.titles == ["a owes its source"]
    assert "near is owed 1 message, the oldest for 3 h (the limit is 2 h)" in listener.heard[0][1]


async def test_feedback_that_keeps_every_run_from_ending_complete_is_told_as_that_and_not_as_silence(it, listener):
    async with it.ledger.run("a") as run:
        await deliver(run, await one(run, it.now), it.now)
    await it.well()
    it.later(3 * HOUR)
    await it.well()
    await it.run("a", MINUTE, complete=False)
    rows(it.url, "UPDATE run SET complete = '0' WHERE route = 'a'")
    assert (await it.check()).exit_code == 1
    assert listener.titles == ["a owes its source"]


async def test_runs_that_come_and_leave_something_open_are_no_reason_to_look_at_the_schedule(it, listener):
    it.later(HOUR)
    await it.run("b", MINUTE)
    await it.run("a", MINUTE, complete=False, exit_code=1, waiting=3)
    assert (await it.check()).exit_code == 1
    (title, body) = listener.heard[0]
    assert listener.titles == ["a is late"], title
    assert "and left 3 waiting" in body
    assert "its schedule works, something stays open: docferry status a" in body
    assert "a worker runs it" not in body


async def test_a_run_that_goes_on_for_too_long_is_no_reason_to_look_at_the_schedule(it, listener):
    it.later(HOUR)
    await it.run("b", MINUTE)
    async with it.ledger.run("a"):
        assert (await it.check()).exit_code == 1
    body = listener.heard[0][1]
    assert "a run is going on since" in body
    assert "a worker runs it" not in body


async def test_checkers_at_the_same_moment_tell_everything_once(it, listener):
    it.later(HOUR)
    others = [await open_ledger(it.url) for _ in range(3)]
    mine, checks = it.ledger, []
    for ledger in (mine, *others):
        it.ledger = ledger
        checks.append(asyncio.create_task(it.check()))
        await asyncio.sleep(0)
    ended = await asyncio.gather(*checks)
    it.ledger = mine
    assert sorted(listener.titles) == ["a is late", "b is late"]
    assert [one.exit_code for one in ended] == [1] * 4
    assert sum(one.delivered for one in ended) == 2
    for ledger in others:
        await ledger.close()


async def test_after_the_clock_was_set_back_nothing_is_told_twice_and_silence_is_still_noticed(it, listener):
    it.later(HOUR)
    await it.run("b", MINUTE)
    await it.check()
    await it.run("a", MINUTE)
    await it.check()
    for minutes in range(0, 180, 10):  # as the scheduler made them, hour by hour
        for route in "ab":
            await it.run(route, timedelta(minutes=minutes))
    it.later(-2 * HOUR)  # what was a moment ago is in two hours now
    before = list(listener.titles)
    assert (await it.check()).exit_code == 0
    assert (await it.check()).exit_code == 0
    assert listener.titles == before
    it.later(HOUR)
    assert (await it.check()).exit_code == 0, "runs of the hours that come twice"
    rows(it.url, f"DELETE FROM run WHERE started_at < '{datetime.now(UTC) + 11 * MINUTE:%Y-%m-%dT%H:%M:%S}'")
    assert (await it.check()).exit_code == 0
    it.age_the_book(40 * MINUTE)
    assert (await it.check()).exit_code == 1, "a run of the future is no sign of life"


async def test_a_slip_in_a_route_file_is_no_all_clear_for_a_login_that_is_still_dead(it, listener):
    await trouble(it, "far", AccessError("401: the key was refused", connection="far", status=401))
    assert (await it.check()).exit_code == 1
    files = {path: path.read_text() for path in it.routes.iterdir()}
    for path, text in files.items():
        path.write_text(f"{text}alarms: {{}}\n")  # twice, so that nothing of the file can be read
    assert (await it.check()).exit_code == 1
    for path, text in files.items():
        path.write_text(text)
    assert (await it.check()).exit_code == 1
    await all_well(it, "far")
    assert (await it.check()).exit_code == 0
    assert listener.titles == ["far is in trouble", "over: far is in trouble"]
