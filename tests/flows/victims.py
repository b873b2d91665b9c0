"""A server of processes that may be killed or stopped: started once, asked for one life after the other or side by side."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from tests.flows.lives import Life

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping
    from typing import Self

_ROOT = Path(__file__).parents[2]


class Living:
    """A process that carries out an order."""

    def __init__(self, told: Path) -> None:
        self._told = told
        self.born: Future[int] = Future()
        """Its process id …"""
        self.ended: Future[int] = Future()
        """… and its exit code, minus the signal's number if one ended it."""
        self.stopped: Future[None] = Future()
        """Done when it was stopped for the first time."""

    async def over(self) -> Life:
        """Return what it told once it has ended."""
        ended = await asyncio.wrap_future(self.ended)
        told: dict[str, Any] = {}
        for line in self._told.read_text().splitlines():
            told |= json.loads(line)
        self._told.unlink()
        return Life(
            ended,
            told.get("died"),
            told.get("complete", False),
            told.get("passed", []),
            f"{told.get('stopped')} {told.get('notes')}",
            busy=told.get("busy", False),
        )

    def send(self, number: signal.Signals) -> bool:
        """Send a signal; False if there is no such process any more."""
        if self.ended.done():
            return False
        with suppress(ProcessLookupError):
            os.kill(self.born.result(), number)
            return True
        return False


class Victims:
    """The server. It belongs to no event loop, so that many tests can share one: starting it takes seconds.

    `surroundings` are environment variables that processes must be started with.
    """

    def __init__(self, surroundings: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "tests.flows.victim"]
        self._server = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | (surroundings or {})
        )
        self._folder = tempfile.TemporaryDirectory(prefix="docferry-victims-")
        self._numbers = itertools.count()
        self._living: dict[int, Living] = {}
        threading.Thread(target=self._hear, name="victims", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        cast("IO[bytes]", self._server.stdin).close()
        self._server.wait()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._server.pid

    async def begin(self, order: Mapping[str, object]) -> Living:
        """Have one process begin to carry out an order; return once it is there."""
        number = next(self._numbers)
        told = Path(self._folder.name) / str(number)
        told.touch()
        living = self._living[number] = Living(told)
        stdin = cast("IO[bytes]", self._server.stdin)
        stdin.write(json.dumps({**order, "number": number, "told": str(told)}).encode() + b"\n")
        stdin.flush()
        await asyncio.wrap_future(living.born)
        return living

    async def live(self, order: Mapping[str, object]) -> Life:
        """Have one process carry out an order; return once it has ended."""
        return await (await self.begin(order)).over()

    def _hear(self) -> None:
        for line in cast("IO[bytes]", self._server.stdout):
            told = json.loads(line)
            if "pid" in told:
                self._living[told["number"]].born.set_result(told["pid"])
            elif "stopped" in told:
                stopped = self._living[told["number"]].stopped
                if not stopped.done():
                    stopped.set_result(None)
            else:
                self._living.pop(told["number"]).ended.set_result(told["ended"])
        for living in list(self._living.values()):  # the server has died: nobody is to wait for what it would have told
            for future in (living.born, living.stopped, living.ended):
                if not future.done():
                    future.set_exception(RuntimeError("the server of victims has ended"))
