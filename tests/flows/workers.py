"""Workers: the `docferry` command as real processes, several on one route, and what each of them reports."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import mappings
from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.sandbox import serve
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from tests.flows.books import Books
from tests.ledgers import KEY

if TYPE_CHECKING:
    import signal
    from contextlib import AbstractAsyncContextManager

    from starlette.types import Receive, Scope, Send

    from connectors.sandbox_app import SandboxApp
    from tests.flows.findings import Findings

ROUTE = "hypatos_to_zefort"
_ROOT = Path(__file__).parents[2]


@dataclass
class Worker:
    """One process that runs the route once."""

    process: asyncio.subprocess.Process

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def ended(self) -> tuple[int, dict[str, Any], str]:
        """Wait for its end; return its exit code, what it printed as JSON (nothing if it was killed) and its log."""
        out, err = await self.process.communicate()
        return cast("int", self.process.returncode), json.loads(out or b"{}"), err.decode()


class _Door:
    """Stands in front of a sandbox and notes every request that asks for a change, tokens left aside."""

    def __init__(self, app: SandboxApp, writes: list[str], opened: asyncio.Event) -> None:
        self._app = app
        self._writes = writes
        self._opened = opened
        self.base_path = app.base_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"} and not scope["path"].endswith("/token"):
            self._writes.append(f"{scope['method']} {scope['path']}")
            await self._opened.wait()
        with suppress(ConnectionResetError):  # the dead have hung up in the middle of an upload
            await self._app(scope, receive, send)


class Office:
    """Both accounts, a ledger's address, and workers that come and go."""

    def __init__(self, folder: Path, state_url: str, documents: int, *, lease: float = 60.0) -> None:
        self.hypatos = HypatosSandbox(documents, switches=HypatosSwitches(quota=0, applied_after=0.0))
        self.zefort = ZefortSandbox(ZefortSwitches(queued=0.0, processing=0.0))
        self.writes: list[str] = []
        """Requests that have come in whole and change something."""
        self.answering = asyncio.Event()
        """Cleared while such requests are to wait."""
        self.answering.set()
        self._folder = folder
        self._settings = {
            "DOCFERRY_STATE_URL": state_url,
            "DOCFERRY_KEYS": KEY,
            "DOCFERRY_LEASE": str(lease),
            "DOCFERRY_PATIENCE": "20",
            "DOCFERRY_IN_FLIGHT": "4",
        }
        for runs in ("shared", "exclusive"):
            self._routes(runs)

    def _routes(self, runs: str) -> None:
        """Make a folder with the shipped route, run like this."""
        here = self._folder / runs
        shipped = Path(cast("str", mappings.__file__)).parent
        (here / "tables").mkdir(parents=True)
        for table in (shipped / "tables").iterdir():
            (here / "tables" / table.name).write_bytes(table.read_bytes())
        (here / f"{ROUTE}.yaml").write_text((shipped / f"{ROUTE}.yaml").read_text() + f"\nruns: {runs}\n")

    def open(self) -> AbstractAsyncContextManager[dict[str, str]]:
        """Serve both accounts."""
        return serve(cast("Any", {name: _Door(app, self.writes, self.answering) for name, app in self._apps().items()}))

    def _apps(self) -> dict[str, SandboxApp]:
        return {"hypatos": self.hypatos, "zefort": self.zefort}

    async def worker(self, urls: dict[str, str], *, runs: str = "shared") -> Worker:
        """Start a worker."""
        settings = dict(self._settings) | {"DOCFERRY_MAPPINGS": str(self._folder / runs)}
        for name, app in self._apps().items():
            more = {"base_url": urls[name], "settle_seconds": "0", "verify_within": "5", **app.credentials}
            settings |= {f"{name}_{key}".upper(): str(value) for key, value in more.items()}
        clean = {
            key: value for key, value in os.environ.items() if not key.startswith(("DOCFERRY_", "HYPATOS_", "ZEFORT_"))
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "flows", "run", ROUTE, "--json"),
            cwd=self._folder,
            env=clean | settings | {"PYTHONPATH": str(_ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return Worker(process)

    def delivered(self) -> int:
        """Count the contracts there are."""
        return len(self.zefort.state()["contracts"])

    def findings(self) -> Findings:
        """Return what is not as it would be had one worker done it all, undisturbed."""
        self.zefort.act({"advance": 60})
        return Books(self.hypatos.store.demo).audit(self.hypatos.state(), self.zefort.state())
