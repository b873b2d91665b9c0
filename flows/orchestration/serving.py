"""The process that serves deployments on their schedules: `python -m flows.orchestration.serving --file prefect.yaml`.

It prints one line of JSON once it serves, and ends when it gets a SIGTERM or its stdin is closed: runs that are under way
are asked to finish, and are waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx
import psutil
from prefect.runner import Runner
from prefect.schedules import Schedule

from connectors.secrets import mask
from connectors.settings import SettingsError
from flows.orchestration import blocks
from flows.orchestration.dead_runs import end_dead_runs
from flows.orchestration.deployments import read_deployments, without_accounts, without_route
from flows.orchestration.leftovers import clear_up, next_runs, no_longer_served
from flows.orchestration.registering import prepared
from flows.orchestration.supervising import STOPPED, USAGE
from flows.running import open_ledger
from flows.settings import load_gateway
from flows.stopping import GRACE
from mappings.language import RouteError
from state.errors import SettingError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefect.client.schemas.responses import DeploymentResponse

    from flows.orchestration.deployments import Deployment

_POLL = 5.0
"""Seconds between two looks at which runs are due. They are fetched ten seconds ahead, so they begin on time."""
_LONGER = 5.0
"""Seconds that a run has beyond its own grace to say how it ended."""
_FIRST, _APART = 10.0, 8.0
"""Seconds until the first run of a fixed rhythm, which has to be planned before, and between two deployments' beginnings."""

_WORDS = 300
"""Letters of what Prefect, or a flow's own module, says of a mistake."""


class _Serving(Runner):
    """A runner that is asked to stop by us alone, and whose runs finish then: Prefect's own cancels one after the other."""

    def __init__(self, stop: asyncio.Event) -> None:
        super().__init__(name="docferry", query_seconds=_POLL, pause_on_shutdown=False)
        self._stop = stop
        self._in_loop = asyncio.get_running_loop().call_soon_threadsafe
        self.begun = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Begin, and say so."""
        await super().__aenter__()
        self.begun.set()
        return self

    def handle_sigterm(self, *_: object) -> None:
        """Ask `serve` to stop."""
        self._in_loop(self._stop.set)

    async def cancel_all(self) -> None:
        """Leave the runs to `finish`."""


async def serve(file: Path, *, every: float | None, own: bool) -> None:
    """Serve until asked to stop. `every`: all routes in this rhythm, in seconds. `own`: nobody else uses this server."""
    gateway = load_gateway()
    found = read_deployments(file)
    absent = without_route(gateway, found)
    async with open_ledger(gateway) as ledger:
        idle = {**absent, **await without_accounts(gateway, ledger, found)}
    stop = asyncio.Event()
    _tell_of_the_end(stop)
    await blocks.register()
    runner = _Serving(stop)
    served: dict[str, Deployment] = {}
    first = datetime.now(UTC) + timedelta(seconds=_FIRST)
    for each in found:
        if each.name in absent:
            continue  # its form offers the routes there are, and would refuse this one
        instead = None
        if every is not None and each.route is not None:
            begins = first + timedelta(seconds=_APART * len(served))
            instead = Schedule(interval=timedelta(seconds=every), anchor_date=begins, timezone="UTC")
        with placed(f"{file}: deployment {each.name}"):
            made = prepared(each, instead, rests=each.name in idle)
            served[str(await runner.aadd_deployment(made))] = each
    gone = []
    if own:
        await end_dead_runs(gateway, nobody_runs=True)
        await clear_up(gateway, list(served))
        gone = await no_longer_served(list(served))
    working = asyncio.ensure_future(runner.start())
    planned = [
        key for key, each in served.items() if each.name not in idle and any(one.active for one in each.schedules)
    ]
    expected = await next_runs(planned)
    told = [_told(each, idle, key, expected.get(key)) for key, each in served.items()]
    told += [_told(each, idle, None, None) for each in found if each.name in absent]
    _say({"deployments": told + [_told_gone(each, file) for each in gone if each.name not in absent]})
    for event in (runner.begun, stop):
        asking = asyncio.ensure_future(event.wait())
        await asyncio.wait({asking, working}, return_when=asyncio.FIRST_COMPLETED)
        asking.cancel()
    if not working.done():
        await runner.astop()
        await finish(working)
    await working


@contextlib.contextmanager
def placed(place: str) -> Iterator[None]:
    """Say where a mistake stands that only shows when the flow is loaded, or by what Prefect makes of a schedule."""
    try:
        yield
    except (httpx.HTTPError, StateError):
        raise  # no mistake of the file's
    except Exception as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise SettingsError(f"{place}: {words[:_WORDS]}") from error


def _tell_of_the_end(stop: asyncio.Event) -> None:
    """Set `stop` once stdin is closed: whoever started this process is gone."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(0, 1024):
            loop.remove_reader(0)
            stop.set()

    loop.add_reader(0, look)


async def finish(working: asyncio.Future[None]) -> None:
    """Ask every run to finish, also one that is just beginning, and wait. What does not end by itself is killed."""
    asked: set[int] = set()
    loop = asyncio.get_running_loop()
    until = loop.time() + GRACE + _LONGER
    while not working.done():
        for run in psutil.Process().children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended since
                if loop.time() > until:
                    run.kill()
                elif run.pid not in asked:
                    asked.add(run.pid)
                    run.terminate()
        await asyncio.wait({working}, timeout=0.1)


def _told(each: Deployment, idle: dict[str, str], key: str | None, expected: datetime | None) -> dict[str, object]:
    return {
        "id": key,
        "name": each.name,
        "entrypoint": each.entrypoint,
        "route": each.route,
        "tags": list(each.tags),
        "scheduled": any(one.active for one in each.schedules),
        "next": expected.isoformat() if expected else None,
        "idle": idle.get(each.name),
    }


def _told_gone(each: DeploymentResponse, file: Path) -> dict[str, object]:
    return {
        "id": str(each.id),
        "name": each.name,
        "entrypoint": each.entrypoint,
        "route": None,
        "tags": list(each.tags),
        "scheduled": False,
        "next": None,
        "idle": f"{file} does not have it any more; delete it on Prefect's page",
    }


def _say(line: object) -> None:
    os.write(_ANSWERS, (json.dumps(line) + "\n").encode())


def main() -> None:
    """Read the command line and serve. Exit codes 2 and 3: an `error` was printed, with the code that `docferry up` ends with."""
    parser = argparse.ArgumentParser(prog="python -m flows.orchestration.serving")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--every", type=float)
    parser.add_argument("--own", action="store_true")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.file, every=options.every, own=options.own))
    except (SettingsError, RouteError, SettingError) as error:
        _refuse(str(error), USAGE)
    except StateError as error:
        _refuse(str(error), STOPPED)
    except httpx.HTTPStatusError as error:
        _refuse(_answered(error.response.status_code), STOPPED)
    except httpx.HTTPError as error:
        _refuse(
            f"Prefect's server does not answer ({type(error).__name__}); start it, then call docferry up again", STOPPED
        )


def _answered(status: int) -> str:
    if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return f"Prefect's server refuses the login ({status}); set PREFECT_API_AUTH_STRING, or PREFECT_API_KEY"
    return f"Prefect's server refuses what docferry up asks of it ({status}); is it of the release in constraints.txt?"


def _refuse(why: str, code: int) -> None:
    _say({"error": mask(why), "exit_code": code})
    sys.exit(code)


if __name__ == "__main__":
    _ANSWERS = os.dup(1)
    os.dup2(2, 1)  # what runs print is for people
    main()
