"""The gateway in a process of its own: `python bench/growth.py ROUTE` runs the route once for each line it reads.

It prints one line of JSON per run, with how much memory the process held at most beyond what it held before the run.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import time
from pathlib import Path

from flows.running import run_route
from flows.settings import load_gateway

STATUS = Path("/proc/self/status")


def held(name: str) -> float:
    """Return what this process holds (VmRSS) or held at most since the last reset (VmHWM), in MiB."""
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


def fresh() -> float:
    """Let the peak begin anew; return what is held now, in MiB."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return held("VmRSS")


async def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    gateway = load_gateway()
    while await asyncio.to_thread(sys.stdin.readline):
        before, started = fresh(), time.perf_counter()
        report = await run_route(gateway, sys.argv[1])
        seconds = time.perf_counter() - started
        result = {"seconds": seconds, "growth_mib": held("VmHWM") - before, "before_mib": before}
        print(json.dumps({**result, "delivered": report.delivered, "rejected": report.rejected}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
