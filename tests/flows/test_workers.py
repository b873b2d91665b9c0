"""Several workers on one route: they share its work, each document is carried by one of them, and the dead are succeeded."""

import asyncio

from tests.flows.workers import Office
from tests.flows.world import soon


async def test_three_workers_share_a_route_and_an_exclusive_run_leaves_at_once(tmp_path, state_url):
    office = Office(tmp_path, state_url, 300)
    async with office.open() as urls:
        workers = [await office.worker(urls) for _ in range(3)]
        await soon(lambda: office.delivered() > 0)
        code, said, _ = await (await office.worker(urls, runs="exclusive")).ended()
        assert (code, "is being run by process" in said["error"]) == (3, True), said
        ended = await asyncio.gather(*(worker.ended() for worker in workers))
        found = office.findings()
    reports = [report for _, report, _ in ended]
    assert not (found.lost or found.doubled or found.wrong), [found, *reports]
    assert all(report["adds_up"] and report["complete"] for report in reports), reports
    assert all(report["delivered"] for report in reports), reports
    fates = Counter(Books(office.hypatos.store.demo).fates.values())
    assert sum(report["delivered"] for report in reports) == fates["delivered"]
    assert sum(report["rejected"] for report in reports) == fates["rejected"]
    assert sum(report["acknowledged"] for report in reports) == fates["delivered"] + fates["rejected"]
