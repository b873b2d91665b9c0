"""One measured run in a process of its own: `python bench/gateway.py ours|floor` prints one line of JSON.

The clock starts when everything is imported. CPU seconds (getrusage) and peak memory are this process's own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import resource
import sys
import time
from pathlib import Path

from floor import Floor

from connectors.hypatos import connect as _hypatos  # noqa: F401 -- imported before the clock starts
from connectors.zefort import connect as _zefort  # noqa: F401 -- same
from flows.routes import open_route
from flows.running import run_route
from flows.settings import load_gateway

ROUTE = "hypatos_to_zefort"


async def ours() -> dict[str, object]:
    """Run the route as `docferry run` does."""
    report = await run_route(load_gateway(), ROUTE)
    return {
        "requests": report.requests,
        "listed": report.listed,
        "delivered": report.delivered,
        "rejected": report.rejected,
        "skipped": report.skipped,
        "told": report.acknowledged,
        "complete": report.complete and report.adds_up,
    }


async def floor() -> dict[str, object]:
    """Make the same requests and write nothing down."""
    gateway = load_gateway()
    async with open_route(gateway, ROUTE) as opened:
        run = Floor(opened, gateway.policy)
        await run.run()
        return {
            "requests": opened.requests(),
            "listed": run.delivered + run.rejected + run.skipped,
            "delivered": run.delivered,
            "rejected": run.rejected,
            "skipped": run.skipped,
            "told": run.told,
            "complete": True,
        }


def peak_mib() -> float:
    """Return the most memory this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would do, but on Linux its peak starts with that of the process this one was forked from.
        found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    work = {"ours": ours, "floor": floor}[sys.argv[1]]
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    result = asyncio.run(work())
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    result |= {
        "seconds": seconds,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "rss_mib": peak_mib(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
