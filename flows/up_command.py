"""`docferry up`: everything that a schedule needs, in one command, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from flows import output
from flows.demonstration import forget_settings, sandboxes
from flows.orchestration.addresses import directly, healthy, set_server
from flows.orchestration.deployments import SHIPPED, prefect_file, read_deployments
from flows.orchestration.supervising import Server, Serving, own_server, serving
from flows.settings import load_gateway
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

app = typer.Typer()
_HOME = ".docferry/prefect"
_SANDBOXES = ("hypatos", "zefort", "contractfit", "documine")
_PATIENCE = 30.0
"""Seconds that a server which somebody else runs may take to answer."""
_EVERY = 60.0
"""Seconds between two runs of a route while sandboxes stand in for the accounts."""


@app.command()
def up(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The page's port; 4200 or the next free one if left out.")
    ] = None,
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox", help="Sandboxes instead of accounts, in a temporary folder, each route every minute."
        ),
    ] = False,
    documents: Annotated[int, typer.Option(min=0, max=100_000, help="With --sandbox: how many sample documents.")] = 40,
    json_: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout once all is up; logs go to stderr.")
    ] = False,
) -> None:
    """Start Prefect's server and run every deployment of prefect.yaml on its schedule, until Ctrl-C or SIGTERM.

    The file of the working folder is read, or else the shipped one. Where PREFECT_API_URL is set, that server is used and none
    is started. What is under way when it is stopped is finished, at once with a second Ctrl-C (docs/scheduling.md).
    """
    told = asyncio.Event()
    asyncio.run(_until_stopped(_up(port, documents if sandbox else None, told, json_=json_)))
    if not told.is_set():
        raise KeyboardInterrupt


async def _until_stopped(work: Coroutine[object, object, None]) -> None:
    """Await the work; Ctrl-C or SIGTERM cancels it, and another one whatever it waits for on its way out."""
    task = asyncio.ensure_future(work)

    def asked() -> None:
        if not task.cancelling():
            output.err.print("Stopping: runs finish what is under way; once more to stop at once …")
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
    with contextlib.suppress(asyncio.CancelledError):
        await task
        return
    output.err.print("Stopped.")


async def _up(port: int | None, documents: int | None, told: asyncio.Event, *, json_: bool) -> None:
    """Run it all until cancelled. `told` is set once all is up."""
    async with contextlib.AsyncExitStack() as stack:
        file, every = prefect_file(Path.cwd()), None
        if documents is not None:
            await stack.enter_async_context(_instead_of_accounts(documents))
            file, every = SHIPPED, _EVERY
        load_gateway()
        read_deployments(file)  # with the settings: a slip of the hand is told before anything is started
        directly(os.environ)
        address = set_server()
        if address is None:
            output.err.print("Starting Prefect's server …")
            home = _home()
            server = await stack.enter_async_context(own_server(home, port))
        else:
            server = Server(address)
            output.err.print(f"Looking for Prefect's server {escape(server.page)} (PREFECT_API_URL) …", soft_wrap=True)
            await healthy(address, None, None, _PATIENCE)
        served = await stack.enter_async_context(serving(server, file, every=every))
        _tell(server, file, served, json_=json_)
        told.set()
        ends = [asyncio.ensure_future(each.wait()) for each in (served.process, server.process) if each is not None]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        gone = "The process that serves the deployments" if ends[0].done() else "Prefect's server"
        raise StateError(f"{gone} has ended, so all is stopped; nothing is lost, call docferry up again")


def _home() -> Path:
    return Path(os.environ.get("PREFECT_HOME") or _HOME).absolute()


@contextlib.asynccontextmanager
async def _instead_of_accounts(documents: int) -> AsyncIterator[None]:
    """Be in a temporary folder with settings that point at sandboxes, and nobody's real accounts."""
    with (
        tempfile.TemporaryDirectory(prefix="docferry-up-", ignore_cleanup_errors=True) as folder,
        contextlib.chdir(folder),
    ):
        forget_settings()
        output.err.print(f"Starting the sandboxes with {documents} documents …")
        async with sandboxes(documents, dict.fromkeys(_SANDBOXES, 0)) as settings:
            os.environ.update(settings)
            yield


def _tell(server: Server, file: Path, served: Serving, *, json_: bool) -> None:
    if json_:
        output.print_json(
            {
                "page": server.page,
                "api": server.api,
                "server": "own" if server.process else "PREFECT_API_URL",
                "pid": os.getpid(),
                "file": str(file),
                "deployments": served.deployments,
            }
        )
        sys.stdout.flush()
        return
    out = output.out
    out.print(
        f"[bold]{escape(server.page)}[/]   Prefect's page: schedules, runs, reports, and forms for runs by hand",
        soft_wrap=True,
    )
    now = datetime.now(UTC)
    for each in served.deployments:
        begins = each["next"]
        if each["idle"]:
            when = f"[yellow]not scheduled:[/] {escape(str(each['idle']))}"
        elif begins is not None:
            seconds = max(0.0, (datetime.fromisoformat(str(begins)) - now).total_seconds())
            when = f"next run in {output.span(seconds)}"
        elif each["scheduled"]:
            when = "[yellow]not scheduled:[/] paused on Prefect's page"
        else:
            when = "without a schedule: run it by its form on Prefect's page"
        out.print(f"  {escape(str(each['name'])):32}{when}", soft_wrap=True)
    out.print(f"Read from {escape(str(file))}. Stop with Ctrl-C, or: kill {os.getpid()}", soft_wrap=True)
    sys.stdout.flush()
