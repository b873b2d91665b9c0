"""A flow that runs the route as the shipped one does, with everything that a run leaves on Prefect's page; see test_reports_in_prefect.

Called as a program of its own: Prefect reads its settings when it is imported. Prints the run's report.
"""

from __future__ import annotations

import asyncio
import json
import logging
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


@flow(name="reported", flow_run_name="{route}", persist_result=False)
async def reported(route: str, server: int | None = None) -> dict:
    """Run a route; with `server`, kill Prefect's server (a process group) when the run has begun."""
    tally = Tally()
    noticed = asyncio.Event()
    listener = logging.Handler()
    listener.emit = lambda record: noticed.set() if "progress cannot" in record.getMessage() else None
    logging.getLogger("docferry").addHandler(listener)

    async def phase(name, work):
        if server is None:
            return await task(work, name=name, cache_policy=NO_CACHE, persist_result=False)()
        if not noticed.is_set():
            await noticed.wait()
            await asyncio.sleep(5)  # the progress is told in vain again
        return await work()

    with logged_on_page():
        async with progress_artifact(route, tally):
            if server is not None:
                os.killpg(server, signal.SIGKILL)
            report = await run_route(load_gateway(), route, tally=tally, phase=phase)
        await leave_artifacts(report)
        await name_flow_run(ended_name(report))
    sys.stdout.write(json.dumps(report.as_json()) + "\n")
    sys.stdout.flush()
    if server is not None:
        os._exit(0)  # Prefect's own last words to a server that is gone are retried for minutes
    return {}


if __name__ == "__main__":
    asyncio.run(partial(reported, *sys.argv[1:2], *(int(word) for word in sys.argv[2:]))())
