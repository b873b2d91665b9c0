"""Several workers on one route: they share its work, each document is carried by one of them, and the dead are succeeded."""

import asyncio
import signal
import sqlite3
from collections import Counter

import pytest

from tests.flows.books import Books
from tests.flows.workers import Office
from tests.flows.world import soon
from tests.ledgers import rows
from tests.postgres import throw_away_schema


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def state_url(request, tmp_path):
    """Address a ledger that does not exist yet, in each of the databases."""
    if request.param == "SQLite":
        yield f"sqlite:///{tmp_path}/state.db"
    else:
        with throw_away_schema() as url:
            yield url


def short(report):
    """Leave the documents out of a report."""
    return {key: value for key, value in report.items() if key != "problems" and value}


async def test_three_workers_share_a_route_and_an_exclusive_run_leaves_at_once(tmp_path, state_url):
    office = Office(tmp_path, state_url, 300)
    async with office.open() as urls:
        workers = [await office.worker(urls) for _ in range(3)]
        await soon(lambda: office.delivered() > 0)
        office.answering.clear()  # so that none of them is through before the others have begun
        code, said, _ = await (await office.worker(urls, runs="exclusive")).ended()
        office.answering.set()
        assert (code, "is being run by process" in said["error"]) == (3, True), said
        ended = await asyncio.gather(*(worker.ended() for worker in workers))
        found = office.findings()
    reports = [report for _, report, _ in ended]
    assert found.clean, [found, *reports]
    assert all(report["adds_up"] and report["complete"] for report in reports), [short(r) for r in reports]
    assert all(report["delivered"] for report in reports), reports
    fates = Counter(Books(office.hypatos.store.demo).fates.values())
    assert sum(report["delivered"] for report in reports) == fates["delivered"]
    assert sum(report["rejected"] for report in reports) == fates["rejected"]
    assert sum(report["acknowledged"] for report in reports) == fates["delivered"] + fates["rejected"]


async def test_what_a_killed_worker_had_claimed_is_carried_by_the_others(tmp_path, state_url):
    office = Office(tmp_path, state_url, 200)
    async with office.open() as urls:
        doomed, *others = [await office.worker(urls) for _ in range(3)]
        await soon(lambda: office.delivered() > 40)
        doomed.signal(signal.SIGKILL)
        ended = await asyncio.gather(*(worker.ended() for worker in others))
        code, _, _ = await doomed.ended()
        found = office.findings()
    reports = [report for _, report, _ in ended]
    assert code == -signal.SIGKILL
    assert found.clean, [found, *reports]
    assert all(report["adds_up"] and report["complete"] for report in reports), [short(r) for r in reports]


async def stop(worker, state_url):
    """Stop a worker, but not in the middle of a commit to SQLite: whoever is stopped there keeps everybody out."""
    while True:
        worker.signal(signal.SIGSTOP)
        await asyncio.sleep(0.1)  # until every one of its threads stands still
        try:
            rows(state_url, "UPDATE run SET note = note")
        except sqlite3.OperationalError:
            worker.signal(signal.SIGCONT)
            await asyncio.sleep(0.01)
        else:
            return


async def test_a_worker_that_slept_through_its_lease_wakes_to_do_nothing(tmp_path, state_url):
    office = Office(tmp_path, state_url, 120, lease=1.5)
    async with office.open() as urls:
        sleeper = await office.worker(urls)
        await soon(lambda: office.delivered() > 10)
        await stop(sleeper, state_url)
        await asyncio.sleep(3.0)
        _, report, _ = await (await office.worker(urls)).ended()
        assert report.get("complete"), report
        office.writes.clear()
        sleeper.signal(signal.SIGCONT)
        code, said, _ = await sleeper.ended()
        # PostgreSQL may have ended its connection as well: what counts is that it does nothing more.
        assert (code, said["complete"]) == (3, False), short(said)
        assert office.writes == []
        found = office.findings()
    assert found.clean, found
