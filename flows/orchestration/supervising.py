"""`docferry up`: Prefect's server, and the process that serves deployments, as two children that end with this process.

Each has the far end of a pipe as its stdin and ends when that is closed, so nothing is left however this process dies. The
serving process holds the server's pipe, too: its runs can tell the server how they ended before that goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.settings import SettingsError
from flows.orchestration.addresses import free_port, healthy
from flows.orchestration.claim import Claim
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

PATIENCE = 300.0
"""Seconds that the server, and then the deployments, may take on a slow machine."""
_ENDING = 40.0
"""Seconds until a child that was asked to end is killed: runs have their grace, and time to say how they ended."""
_LINE = 2**24
"""Bytes of the line that says what is served: some three hundred for each deployment."""
USAGE, STOPPED = 2, 3
"""What the process that serves says of an error: correct something here, or something cannot be reached."""
_QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}


@dataclass(frozen=True, slots=True)
class Server:
    """Prefect's server. `api` ends in /api; `process`, `lifeline` and `home` are None if somebody else runs it.

    `lifeline` is a file descriptor; the server ends once nobody has it any more.
    """

    api: str
    process: asyncio.subprocess.Process | None = None
    lifeline: int | None = None
    home: Path | None = None

    @property
    def page(self) -> str:
        """The address for a browser."""
        return self.api.removesuffix("/api")


@dataclass(frozen=True, slots=True)
class Serving:
    """The process that serves, and what it says of each deployment: `id`, `name`, `entrypoint`, `route`, `tags`, `scheduled`, `next`, `idle`.

    `id` is Prefect's (None: it is not served), `scheduled` whether its file gives it an active schedule, `next` is when it is run next (ISO 8601, UTC) or None, `idle` why its schedule rests or None.
    """

    process: asyncio.subprocess.Process
    deployments: list[dict[str, object]]


@contextlib.asynccontextmanager
async def own_server(home: Path, port: int | None) -> AsyncIterator[Server]:
    """Run a server whose database is in `home`, on this port or the next free one from 4200 on; it is healthy then.

    Raises SettingsError if the port is taken, StateError if another server has `home`, or it does not start.
    """
    async with Claim.of(home) as claim:
        number = free_port(port)
        api = f"http://127.0.0.1:{number}/api"
        environment = {
            **_QUIET,
            **os.environ,
            "PREFECT_HOME": str(home),
            "PREFECT_SERVER_API_HOST": "127.0.0.1",
            "PREFECT_SERVER_API_PORT": str(number),
        }
        log = home / "server.log"
        with log.open("wb") as written:
            process, lifeline = await _child(
                "server", [], environment, output=written.fileno(), keep=[claim.descriptor]
            )
        try:
            await healthy(api, process, log, PATIENCE)
            claim.write(api)
            yield Server(api, process, lifeline, home)
        finally:
            os.close(lifeline)
            await _ended(process)


@contextlib.asynccontextmanager
async def serving(server: Server, file: Path, *, every: float | None) -> AsyncIterator[Serving]:
    """Serve the deployments of a file. Raises SettingsError for what is wrong in it, StateError if they are not served.

    `every`: run all routes in this rhythm instead, in seconds.
    """
    words = ["--file", str(file), *(["--every", str(every)] if every else []), *(["--own"] if server.process else [])]
    environment = {**_QUIET, **os.environ, "PREFECT_API_URL": server.api}
    if server.home is not None:
        environment["PREFECT_HOME"] = str(server.home)  # nobody's own profile has a say
    keep = [] if server.lifeline is None else [server.lifeline]
    process, lifeline = await _child("serving", words, environment, output=asyncio.subprocess.PIPE, keep=keep)
    try:
        async with asyncio.timeout(PATIENCE):
            line = await process.stdout.readline() if process.stdout else b""
        if not line:
            raise StateError("The deployments could not be served; what stands above says why")
        said = json.loads(line)
        if "error" in said:
            raise (SettingsError if said["exit_code"] == USAGE else StateError)(said["error"])
        yield Serving(process, said["deployments"])
    except TimeoutError:
        raise StateError(
            f"The deployments were not served within {PATIENCE:.0f} s; is {server.api} Prefect's API?"
        ) from None
    finally:
        os.close(lifeline)
        await _ended(process)


async def _child(
    module: str, words: Sequence[str], environment: dict[str, str], *, output: int, keep: Sequence[int]
) -> tuple[asyncio.subprocess.Process, int]:
    """Start one of our modules in a process group of its own, where the terminal's Ctrl-C does not reach it.

    Returns the process and the end of its lifeline. It inherits the descriptors in `keep`.
    """
    reads, lifeline = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"flows.orchestration.{module}", *words),
            stdin=reads,
            stdout=output,
            stderr=output if output >= 0 else None,
            env=environment,
            pass_fds=keep,
            process_group=0,
            limit=_LINE,
        )
    except BaseException:
        os.close(lifeline)
        raise
    finally:
        os.close(reads)
    return process, lifeline


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for a child that was asked to end. If it takes too long, or we are cancelled, it is killed.

    So is what it has left behind, in any case.
    """
    waiting = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait({waiting}, timeout=_ENDING)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await waiting
