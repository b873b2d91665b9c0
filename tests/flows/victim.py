"""The process that is killed. It runs the shipped route once and dies by SIGKILL at the point it was told to.

As a program it is a server of such processes: everything is imported once, each line of JSON on stdin is an order, and
a fork carries it out. A run costs what it costs, a new process next to nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import threading
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import alembic.command  # noqa: F401 -- loaded here, once, instead of in every fork
import httpx
from sqlalchemy import Engine, event

from connectors.registry import providers
from connectors.wire import aiohttp_transport
from flows.engine import sync
from flows.policy import Policy
from flows.routes import open_route
from flows.running import open_ledger
from flows.settings import load_gateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from connectors.contract import Delivery, Destination, Journal

ROUTE = "hypatos_to_zefort"
LONGEST = 60
"""Seconds after which a process that neither ended nor died is put down by its alarm clock."""


class Points:
    """Counts the points at which a process can die, in all its threads, and dies at the fatal one.

    That is given by its number (0: none), or by its name, which means the first of that name.
    """

    def __init__(self, fatal: int | str) -> None:
        self.passed: list[str] = []
        self._fatal = fatal
        self._lock = threading.Lock()

    def reach(self, what: str) -> None:
        """Come to a point. If it is the fatal one, say so and be gone."""
        with self._lock:
            self.passed.append(what)
            if self._fatal in (what, len(self.passed)):
                tell({"died": what})
                os.kill(os.getpid(), signal.SIGKILL)


class Wires(httpx.AsyncBaseTransport):
    """The real transport, with a point before a request leaves, while its body is sent, and when the answer comes."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._real = aiohttp_transport("http://127.0.0.1")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        parts = (part if len(part) < 15 else "{}" for part in request.url.path.split("/"))  # ids are longer than words
        name = f"{request.method} {'/'.join(parts)}"
        self._points.reach(f"before {name}")
        try:
            request.content  # noqa: B018 -- asks whether there is one, or a stream instead
        except httpx.RequestNotRead:
            request.stream = _Watched(request.stream, each=lambda: self._points.reach(f"within the body of {name}"))
        response = await self._real.handle_async_request(request)
        self._points.reach(f"at the answer to {name}")
        response.stream = _Watched(response.stream, end=lambda: self._points.reach(f"after the answer to {name}"))
        return response

    async def aclose(self) -> None:
        """Close idle connections."""
        await self._real.aclose()


class _Watched(httpx.AsyncByteStream):
    """A stream that tells when the next chunk is asked for, that is when the one before has left, and when it ends."""

    def __init__(
        self, real: Any, *, each: Callable[[], None] = lambda: None, end: Callable[[], None] = lambda: None
    ) -> None:
        self._real, self._each, self._end = real, each, end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._real:
            yield chunk
            self._each()
        self._end()

    async def aclose(self) -> None:
        await self._real.aclose()


def watch_commits(points: Points) -> None:
    """Make every SQLite connection of this process pass a point before and after it commits something."""

    class Watched(sqlite3.Connection):
        written = 0

        def commit(self) -> None:
            if self.total_changes == self.written:  # a reader's transaction ends: nothing is made durable
                super().commit()
                return
            points.reach("before a commit")
            super().commit()
            self.written = self.total_changes
            points.reach("after a commit")

    @event.listens_for(Engine, "do_connect")
    def use_it(_dialect: object, _record: object, _arguments: object, options: dict[str, object]) -> None:
        options["factory"] = Watched


class Careless:
    """A destination that is handed a journal which never looks: the fault that the sweep has to be able to find."""

    def __init__(self, real: Destination) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Deliver, without ever asking whether an earlier call had arrived."""
        return await self._real.push(delivery, _NeverLooks(journal))  # type: ignore[arg-type] # it has the rest by name


class _NeverLooks:
    def __init__(self, real: Journal) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def once(self, step: str, do: Any, find: object, **_settle: object) -> str:  # noqa: ARG002 -- that is the fault
        async def see_nothing() -> None:
            return None

        return await self._real.once(step, do, see_nothing)


async def live(points: Points, *, at_once: int, careless: bool) -> None:
    """Run the route once and tell what came of it."""
    gateway = load_gateway()
    policy = Policy(in_flight=at_once, acknowledging=at_once, patience=15.0, clock=(0.1,), follow_first=0.0)
    async with open_ledger(gateway) as ledger, open_route(gateway, ROUTE, ledger, transport=Wires(points)) as opened:
        route = replace(opened, destination=Careless(opened.destination)) if careless else opened
        report = await sync(route, ledger, policy=policy)
    tell({"complete": report.complete, "stopped": report.stopped, "notes": report.notes, "passed": points.passed})


def tell(what: dict[str, object]) -> None:
    """Write one line at once: who dies next cannot flush."""
    os.write(1, json.dumps(what).encode() + b"\n")


def carry_out(order: dict[str, Any]) -> None:
    """Live one life, in a fork, in a folder and with settings of its own. Tells the process id first."""
    tell({"pid": os.getpid()})
    signal.alarm(LONGEST)
    os.chdir(order["folder"])
    os.environ.update(order["settings"])
    points = Points(order["fatal"])
    watch_commits(points)
    asyncio.run(live(points, at_once=order["at_once"], careless=order["careless"]))


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
