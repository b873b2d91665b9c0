"""A server of processes that may be killed: started once, asked for one life after the other."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from tests.flows.lives import Life

if TYPE_CHECKING:
    from typing import Self

_ROOT = Path(__file__).parents[2]


class Victims:
    """The server. It belongs to no event loop, so that many tests can share one: starting it takes seconds."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.flows.victim"]
        self._server = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._pid = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        cast("IO[bytes]", self._server.stdin).close()
        self._server.wait()

    async def live(self, order: dict[str, object]) -> Life:
        """Have one process carry out an order; return once it has ended."""
        stdin, stdout = cast("IO[bytes]", self._server.stdin), cast("IO[bytes]", self._server.stdout)
        stdin.write(json.dumps(order).encode() + b"\n")
        stdin.flush()
        told: dict[str, Any] = {}
        while "ended" not in told:
            told |= json.loads(await asyncio.to_thread(stdout.readline))
            self._pid = told.get("pid", 0)
        self._pid = 0
        words = f"{told.get('stopped')} {told.get('notes')}"
        return Life(told["ended"], told.get("died"), told.get("complete", False), told.get("passed", []), words)

    def kill(self) -> None:
        """Kill the process that lives now, if there is one."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
