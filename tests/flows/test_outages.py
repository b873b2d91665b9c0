"""Outages around a run that Prefect started: its server is killed, its process is killed, somebody cancels it.

Real processes: a server on a file of its own, and a Python process that runs the flow, as Prefect's workers start one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from flows.demonstration import sandboxes
from state import Ledger, Vault
from tests.flows.prefect_server import PrefectServer, prefect_server
from tests.ledgers import KEY, rows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)
ROUTE = "hypatos_to_zefort"
_FLOW = f"""
import asyncio
from prefect.engine import handle_engine_signals
from flows.orchestration.route_choice import RouteChoice
from flows.sync import sync
with handle_engine_signals():
    asyncio.run(sync(RouteChoice({ROUTE!r}), return_state=True))
"""
SLOWLY = {"ZEFORT_MAX_RATE": "12", "DOCFERRY_IN_FLIGHT": "3"}
"""So that there is a middle of the run to strike in."""


@dataclass
class Place:
    """A server, both sandboxes and a ledger."""

    server: PrefectServer
    settings: dict[str, str]
    folder: Path

    def begin(self, **more: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            **self.settings,
            **self.server.environment,
            "PREFECT_LOGGING_LEVEL": "ERROR",
            **more,
        }
        return subprocess.Popen([sys.executable, "-c", _FLOW], env=environment, cwd=self.folder)

    def run(self) -> None:
        assert self.begin().wait(timeout=240) == 0

    async def delivered(self) -> int:
        ledger = await Ledger.open(self.settings["DOCFERRY_STATE_URL"], vault=Vault([KEY]))
        try:
            statuses = (await ledger.summary(ROUTE)).statuses
        finally:
            await ledger.close()
        return statuses.get("delivered", 0) + statuses.get("confirmed", 0)

    async def until_some_are_delivered(self) -> None:
        async with asyncio.timeout(180):
            while await self.delivered() < 3:  # noqa: ASYNC110 -- another process tells nobody
                await asyncio.sleep(0.2)

    async def until_it_has_ended(self) -> None:
        async with asyncio.timeout(180):
            ended = "SELECT 1 FROM run WHERE ended_at IS NOT NULL"
            while not rows(self.settings["DOCFERRY_STATE_URL"], ended):  # noqa: ASYNC110 -- see above
                await asyncio.sleep(0.2)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with prefect_server(tmp_path_factory.mktemp("prefect")) as started:
        yield started


@pytest.fixture
async def place(server, tmp_path):
    kept = {name: value for name, value in os.environ.items() if name.startswith(("HYPATOS_", "ZEFORT_", "DOCFERRY_"))}
    for name in kept:
        del os.environ[name]
    async with sandboxes(40, {"hypatos": 0, "zefort": 0}) as settings:
        soon = {
            "ZEFORT_SETTLE_SECONDS": "2",
            "HYPATOS_VERIFY_WITHIN": "5",
        }  # what these sandboxes have done shows at once
        mine = {**settings, **soon, "DOCFERRY_STATE_URL": f"sqlite:///{tmp_path}/state.db", "DOCFERRY_KEYS": KEY}
        yield Place(server, mine, tmp_path)
    os.environ.update(kept)


def states(place) -> list[tuple[str, str]]:
    """Return the states of all flow runs, the oldest run first."""
    return [(run["state"]["type"], run["state"]["name"]) for run in place.server.found("flow_runs")]


async def total(place) -> int:
    """Finish quietly, and return how many documents are at the destination for good."""
    place.run()
    return await place.delivered()


async def test_a_run_whose_process_is_killed_is_told_as_crashed_and_taken_over(place):
    before = len(place.server.found("flow_runs"))
    process = place.begin(**SLOWLY)
    await place.until_some_are_delivered()
    process.kill()
    process.wait()
    assert states(place)[before:] == [("RUNNING", "Running")]
    delivered = await total(place)
    assert [kind for kind, _ in states(place)[before:]] == ["CRASHED", "COMPLETED"]
    assert delivered > 10


async def test_a_run_that_is_cancelled_finishes_what_is_under_way_and_the_next_one_goes_on(place):
    before = len(place.server.found("flow_runs"))
    process = place.begin(**SLOWLY)
    await place.until_some_are_delivered()
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=120)
    assert [kind for kind, _ in states(place)[before:]] == ["CANCELLED"]
    assert 3 <= await place.delivered() < await total(place)


async def test_a_run_whose_server_is_killed_goes_on_ends_soon_after_its_work_and_is_told_as_it_was_later(place):
    before = len(place.server.found("flow_runs"))
    process = place.begin(**SLOWLY)
    await place.until_some_are_delivered()
    place.server.kill()
    await place.until_it_has_ended()
    assert process.wait(timeout=90) == 0, "whoever started it must not take it for crashed"
    delivered = await place.delivered()
    assert delivered > 10, "the sync went on to its end"
    place.server.start()
    assert states(place)[before:] == [("RUNNING", "Running")]
    long_ago = "UPDATE run SET ended_at = '2026-01-01T00:00:00.000000Z' WHERE flow_run IS NOT NULL"
    rows(place.settings["DOCFERRY_STATE_URL"], long_ago)
    assert await total(place) == delivered, "nothing was left to do"
    told = place.server.found("flow_runs")[before]["state"]
    assert (told["type"], told["name"]) == ("COMPLETED", "NeedsAttention")
    assert "Prefect was not told when it ended" in told["message"]
