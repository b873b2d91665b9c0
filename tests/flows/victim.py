"""The process that is killed. It runs one route once and dies by SIGKILL at the point it was told to.

As a program it is a server of such processes: everything is imported once, each line of JSON on stdin is an order, and
a fork carries it out. A run costs what it costs, a new process next to nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from dataclasses import replace
from typing import Any

import alembic.command  # noqa: F401 -- loaded here, once, instead of in every fork

from connectors.registry import providers
from flows.engine import sync
from flows.policy import Policy
from flows.routes import open_route
from flows.running import open_ledger
from flows.settings import load_gateway
from tests.flows.points import Points, Wires, tell, watch_commits, watch_disk
from tests.flows.spoilt import spoil

LONGEST = 60
"""Seconds after which a process that neither ended nor died is put down by its alarm clock."""


async def live(points: Points, *, route: str, at_once: int, spoilt: str, patience: float) -> None:
    """Run the route once and tell what came of it. `patience` is in seconds, as in Policy."""
    gateway = load_gateway()
    policy = Policy(in_flight=at_once, acknowledging=at_once, patience=patience, clock=(0.1,), follow_first=0.0)
    async with open_ledger(gateway) as ledger, open_route(gateway, route, ledger, transport=Wires(points)) as opened:
        it = replace(opened, destination=spoil(opened.destination, spoilt))
        report = await sync(it, ledger, policy=policy)
    tell({"complete": report.complete, "stopped": report.stopped, "notes": report.notes, "passed": points.passed})


def carry_out(order: dict[str, Any]) -> None:
    """Live one life, in a fork, in a folder and with settings of its own. Tells the process id first."""
    tell({"pid": os.getpid()})
    signal.alarm(LONGEST)
    os.chdir(order["folder"])
    os.environ.update(order["settings"])
    points = Points(order["fatal"], order["lost"])
    watch_commits(points)
    if order["disk"]:
        watch_disk(points)
    patience = order.get("patience", 15.0)
    asyncio.run(live(points, route=order["route"], at_once=order["at_once"], spoilt=order["spoilt"], patience=patience))


def main() -> None:
    """Fork for every order and tell how the fork ended (minus the signal's number if by one)."""
    providers()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                carry_out(json.loads(line))
            except BaseException:  # noqa: BLE001 -- whatever it was, this fork must not go on as a second server
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        tell({"ended": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])})


if __name__ == "__main__":
    main()
