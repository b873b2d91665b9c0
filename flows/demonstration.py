"""The demo and the sandboxes as processes: everything runs on loopback and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from connectors.settings import SettingsError
from flows import output
from flows.orchestration.addresses import directly
from flows.progress import following, watched
from flows.tally import Report, Tally

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

ROUTE = "hypatos_to_zefort"
PROVIDERS = ("hypatos", "zefort")
"""Who the demo's route is between."""
_REAL = ("HYPATOS_", "ZEFORT_", "CONTRACTFIT_", "DOCUMINE_", "DOCFERRY_", "PREFECT_")
"""How the names of settings begin that are meant for real accounts and servers."""
_QUIET_PREFECT = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
}


async def demonstrate(documents: int, *, quiet: bool) -> Report:
    """Run the shipped route against both sandboxes through the Prefect flow, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="docferry-demo-") as folder, contextlib.chdir(folder):
        home = Path(folder)
        forget_settings()
        output.err.print(f"Starting both sandboxes with {documents} documents, and Prefect …")
        async with sandboxes(documents, dict.fromkeys(PROVIDERS, 0)) as settings:
            os.environ.update(settings)
            os.environ.update(_QUIET_PREFECT)
            os.environ["PREFECT_HOME"] = str(home / "prefect")
            os.environ["DOCFERRY_STATE_URL"] = f"sqlite:///{home / 'state.db'}"
            # Prefect reads its settings when it is imported.
            from flows.orchestration.route_choice import RouteChoice  # noqa: PLC0415 -- see above
            from flows.sync import sync  # noqa: PLC0415 -- see above

            tally = Tally()
            watched.set(tally)
            async with following(tally, ROUTE, quiet=quiet):
                state = await sync(RouteChoice(ROUTE), return_state=True)
            data = await state.aresult(raise_on_failure=False)
    if not isinstance(data, dict):
        raise SettingsError(f"The demo's flow ended as {state.name}: {state.message}")
    return Report.from_json(data)


def forget_settings() -> None:
    """Take this process's settings out of its environment: what is shown must not reach anybody's real accounts.

    Those of an .env file are left behind with the folder it is in. Prefect's server is on this machine, so no proxy
    may be asked for it.
    """
    for name in [name for name in os.environ if name.upper().startswith(_REAL)]:
        del os.environ[name]
    directly(os.environ)


@contextlib.asynccontextmanager
async def sandboxes(documents: int, ports: Mapping[str, int]) -> AsyncIterator[dict[str, str]]:
    """Serve these providers' sandboxes in a process of their own (port 0: any); yields the settings that point at them.

    The terminal's Ctrl-C does not reach it: whoever uses the sandboxes may have something to finish first.
    """
    command = [sys.executable, "-m", "connectors.sandbox", "--documents", str(documents)]
    for name, port in ports.items():
        command += ["--only", name, f"--{name}-port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, process_group=0)
    try:
        line = await process.stdout.readline() if process.stdout else b""
        if not line:
            raise SettingsError("The sandboxes did not start; their own message stands above.")
        said = json.loads(line)
        if "error" in said:
            raise SettingsError(said["error"])
        yield {
            f"{provider}_{setting}".upper(): str(value)
            for provider, settings in said.items()
            for setting, value in settings.items()
            if setting != "control"
        }
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def serve_sandboxes(documents: int, ports: Mapping[str, int]) -> None:
    """Serve these providers' sandboxes until Ctrl-C."""

    async def serve() -> None:
        async with sandboxes(documents, ports) as settings:
            output.err.print("The sandboxes are up; Ctrl-C stops them. Settings for another terminal:")
            for name, value in settings.items():
                output.out.print(escape(f"export {name}={shlex.quote(value)}"), soft_wrap=True)
            await asyncio.Event().wait()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
