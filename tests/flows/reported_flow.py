"""A flow that runs the route as the shipped one does, with everything that a run leaves on Prefect's page; see test_reports_in_prefect.

Called as a program of its own: Prefect reads its settings when it is imported. Prints the run's report.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from functools import partial

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.artifacts import leave_artifacts, progress_artifact
from flows.orchestration.page_logs import logged_on_page
from flows.orchestration.run_naming import name_flow_run
from flows.run_names import ended_name
from flows.running import run_route
from flows.settings import load_gateway
from flows.tally import Tally


@flow(name="reported", flow_run_name="{route} · running", persist_result=False)
async def reported(route: str, server: int | None = None) -> dict:
    """Run a route; with `server`, kill Prefect's server (a process group) when the first phase begins."""
    tally = Tally()
    killed = server is None

    async def phase(name, work):
        nonlocal killed
        if not killed:
            killed = True
            os.killpg(server, signal.SIGKILL)
            await asyncio.sleep(5)  # the progress is told in vain, twice
        if server is not None:
            return await work()
        return await task(work, name=name, cache_policy=NO_CACHE, persist_result=False)()

    with logged_on_page():
        async with progress_artifact(route, tally):
            report = await run_route(load_gateway(), route, tally=tally, phase=phase)
        await leave_artifacts(report)
        await name_flow_run(ended_name(report))
    sys.stdout.write(json.dumps(report.as_json()) + "\n")
    sys.stdout.flush()
    return {}


if __name__ == "__main__":
    asyncio.run(partial(reported, *sys.argv[1:2], *(int(word) for word in sys.argv[2:]))())
