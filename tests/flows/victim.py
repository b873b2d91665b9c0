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

from connectors.errors import ConnectorError
from connectors.registry import providers
from flows.engine import sync
from flows.policy import Policy
from flows.routes import open_route
from flows.running import open_ledger
from flows.settings import load_gateway
from state.errors import RouteBusyError, StateError
from tests.flows.points import Points, Wires, tell, watch_commits, watch_disk
from tests.flows.spoilt import spoil, spoil_ledger, spoil_source
from tests.flows.troubles import leave_no_room, set_back, stop

LONGEST = 60
"""Seconds after which a process that neither ended nor died is put down by its alarm clock."""


async def live(points: Points, *, route: str, at_once: int, spoilt: str, patience: float, lease: float) -> None:
    """Run the route once and tell what came of it: also that it could not, as the command would.

    `patience` and `lease` are in seconds, as in Policy.
    """
    gateway = load_gateway()
    policy = Policy(
        in_flight=at_once, acknowledging=at_once, patience=patience, clock=(0.1,), follow_first=0.0, lease=lease
    )
    try:
        async with (
            open_ledger(gateway) as ledger,
            open_route(gateway, route, ledger, transport=Wires(points)) as opened,
        ):
            source = spoil_source(opened.source, spoilt)
            it = replace(opened, destination=spoil(opened.destination, spoilt), source=source)
            report = await sync(it, ledger, policy=policy)
        tell({"complete": report.complete, "stopped": report.stopped, "notes": report.notes, "passed": points.passed})
    except RouteBusyError:
        tell({"busy": True})
    except (ConnectorError, StateError) as error:
        tell({"stopped": str(error)})


def carry_out(order: dict[str, Any]) -> None:
    """Live one life, in a fork, in a folder and with settings of its own. What it tells goes to the file `told`."""
    os.dup2(os.open(order["told"], os.O_WRONLY | os.O_APPEND), sys.stdout.fileno())
    signal.alarm(LONGEST)
    os.chdir(order["folder"])
    os.environ.update(order["settings"])
    os.environ["FAKETIME"] = order.get("clock", "-0")
    points = Points(order["fatal"], order["lost"], {order.get("stop"): stop, order.get("set_back"): set_back})
    watch_commits(points)
    spoil_ledger(order["spoilt"])
    if "pages" in order:
        leave_no_room(order["pages"])
    if order["disk"]:
        watch_disk(points)
    course = live(
        points,
        route=order["route"],
        at_once=order["at_once"],
        spoilt=order["spoilt"],
        patience=order.get("patience", 15.0),
        lease=order.get("lease", 60.0),
    )
    asyncio.run(course)


def born(order: dict[str, Any]) -> int:
    """Fork for an order; return the process id to the server, and never to the fork."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        try:
            carry_out(order)
        except BaseException:  # noqa: BLE001 -- whatever it was, this fork must not go on as a second server
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid


def main() -> None:
    """Fork for every order, tell its process id, and how it ended (minus the signal's number if by one)."""
    providers()
    numbers: dict[int, int] = {}

    def look_after(*_: object) -> None:
        # Another child's end must not call this within itself: that one would have taken what this one is about to wait for.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        try:
            while numbers:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
                if pid == 0:
                    return
                if os.WIFSTOPPED(status):
                    tell({"number": numbers[pid], "stopped": True})
                else:
                    tell({"number": numbers.pop(pid), "ended": os.waitstatus_to_exitcode(status)})
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    signal.signal(signal.SIGCHLD, look_after)
    for line in sys.stdin:
        order = json.loads(line)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])  # nothing is told of a number before its process id
        pid = born(order)
        numbers[pid] = order["number"]
        tell({"number": order["number"], "pid": pid})
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    for pid in list(numbers):  # a test that has failed leaves them behind
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
