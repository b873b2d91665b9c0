"""Both sandboxes on loopback, a ledger on disk and a clock that runs fast: what an end-to-end test disturbs and reads."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import mappings
from connectors.auth import Basic, ClientCredentials
from connectors.contract import Connection
from connectors.http import Api, Clock, Limits
from connectors.hypatos.client import HypatosClient
from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.hypatos.source import Documents, Patience
from connectors.sandbox import serve
from connectors.sandbox_faults import Fault
from connectors.zefort.client import ZefortClient
from connectors.zefort.destination import Contracts
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from flows.engine import sync
from flows.memory import LedgerMemory
from flows.policy import Policy
from flows.routes import OpenRoute
from flows.selection import Selection
from mappings.language import Schema, load_route
from state.snapshots import Retention
from state.vault import Vault
from tests.flows.books import Books
from tests.ledgers import open_ledger, url_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from connectors.sandbox_app import SandboxApp
    from flows.tally import Report
    from state.ledger import Ledger
    from tests.flows.findings import Findings

ROUTE = "hypatos_to_zefort"
WANTED = ("invoice", "credit_note", "contract")
"""The document types the shipped route carries."""
QUICK = Policy(
    patience=4.0,
    clock=(0.02, 0.05, 0.1),
    outage_wait=0.05,
    attempts=200,
    circuit=500,
    follow_first=0.02,
    miss_again=0.0,
)
"""Everything that takes minutes takes hundredths of a second, and nothing is given up."""

ONCE = replace(QUICK, patience=0.0, clock=(2.0,), outage_wait=2.0)
"""A run that tries everything once; what fails is due two seconds later."""


class FastClock(Clock):
    """Runs a hundred times as fast as the real one: waiting for a provider costs a test next to nothing."""

    SPEED = 100.0

    def now(self) -> float:
        return time.monotonic() * self.SPEED

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.SPEED)


@dataclass
class World:
    """One account on each side and one state database. Each `run` opens fresh connections, as a new process would."""

    hypatos: HypatosSandbox
    zefort: ZefortSandbox
    urls: dict[str, str]
    ledger: Ledger
    url: str
    """The ledger's address; `database` is the file, where it is one."""
    database: Path
    policy: Policy = QUICK
    settle: float = 0.0
    watch: float = 0.1
    routes: Path = Path(cast("str", mappings.__file__)).parent
    """The folder with the route file that is run."""
    page_size: int = 50
    timeout: float = 5.0
    deadline: float = 30.0
    source_secret: str = HypatosSandbox.client_secret
    destination_key: str = ZefortSandbox.api_key
    reports: list[Report] = field(default_factory=list)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[OpenRoute]:
        """Open the route, put together as the providers' `connect` does it but on the fast clock."""
        route = load_route(self.routes / f"{ROUTE}.yaml")
        clock, limits = FastClock(), Limits(timeout=self.timeout, deadline=self.deadline)
        auth = ClientCredentials(self.urls["hypatos"] + "/auth/token", HypatosSandbox.client_id, self.source_secret)
        source = Api("hypatos", self.urls["hypatos"], auth, limits=limits, clock=clock)
        destination = Api("zefort", self.urls["zefort"], Basic(self.destination_key, ""), limits=limits, clock=clock)
        client = HypatosClient(source, ("done", "doneAutomatically"), ())
        documents = Documents(client, page_size=self.page_size, patience=Patience(watch=self.watch, settle=self.settle))
        contracts = Contracts(
            ZefortClient(destination), timedelta(seconds=self.settle), LedgerMemory(self.ledger, "zefort")
        )

        async def check() -> str:
            return ""

        here = Connection("hypatos", {"documents": documents}, {}, check, source.close, source)
        there = Connection("zefort", {}, {"contracts": contracts}, check, destination.close, destination)
        try:
            yield OpenRoute(route, documents, contracts, Schema(contracts.schema), here, there)
        finally:
            await source.close()
            await destination.close()

    async def run(
        self,
        *,
        policy: Policy | None = None,
        limit: int | None = None,
        documents: Sequence[str] = (),
        asked: Selection | None = None,
        stop: asyncio.Event | None = None,
    ) -> Report:
        """Run the route once. Whatever happened, the report must add up."""
        asked = asked or Selection(tuple(documents), limit=limit)
        async with self.opened() as opened:
            report = await sync(opened, self.ledger, policy=policy or self.policy, asked=asked, stop=stop)
        assert report.adds_up, report
        self.reports.append(report)
        return report

    async def finish(self, most: int = 4) -> Report:
        """Run until a report says that all is done, at most this often."""
        for _ in range(most):
            report = await self.run()
            if report.complete:
                return report
        raise AssertionError(f"{most} runs were not enough: {report}")

    def contracts(self) -> dict[str, list[dict[str, object]]]:
        """Return the contracts by the document they were made from, known by the marker; the others are under ""."""
        markers = {hashlib.sha256(f"{ROUTE}:{key}".encode()).hexdigest()[:16]: key for key in self.documents()}
        found: dict[str, list[dict[str, object]]] = {}
        for contract_id, shown in cast("dict[str, dict[str, object]]", self.zefort.state()["contracts"]).items():
            marks = re.findall(r"gw-([0-9a-f]{16})", str(shown["files"]))
            owner = next((markers[mark] for mark in marks if mark in markers), "")
            found.setdefault(owner, []).append({"id": contract_id, **shown})
        return found

    def documents(self) -> dict[str, dict[str, object]]:
        """Return the documents as the source sees them."""
        return cast("dict[str, dict[str, object]]", self.hypatos.state()["documents"])

    def astray(self) -> list[str]:
        """Name the documents that should be carried and are neither delivered once nor rejected."""
        contracts = self.contracts()
        wrong = [""] if "" in contracts else []
        for document_id, document in self.documents().items():
            held = len(contracts.get(document_id, ()))
            if document["type"] in WANTED and document["accepted_state"] in ("done", "doneAutomatically"):
                wrong.append(document_id)
            elif document["feedback"]:
                wrong += [document_id] * (held != (document["accepted_state"] == "transferred"))
            else:
                wrong += [document_id] * (held > 0)
        return wrong

    def findings(self) -> Findings:
        """Return what is not as it would be had nothing gone wrong; only for the demo set as it came."""
        self.zefort.act({"advance": 60})
        return Books(self.hypatos.store.demo).audit(self.hypatos.state(), self.zefort.state())


@asynccontextmanager
async def world(folder: Path, documents: int = 11, *, key: str = "", **options: object) -> AsyncIterator[World]:
    """Build a world. With a `key` documents are recorded as they were judged. `options` are fields of `World`."""
    hypatos = HypatosSandbox(documents, switches=HypatosSwitches(quota=0, applied_after=0.0))
    zefort = ZefortSandbox(ZefortSwitches(queued=0.0, processing=0.0))
    url, database = url_in(folder), folder / "state.db"
    async with serve({"hypatos": hypatos, "zefort": zefort}) as urls:
        how: dict[str, Any] = {"vault": Vault([key])} if key else {"retention": Retention(newest=0)}
        ledger = await open_ledger(url, **how)
        made = World(hypatos, zefort, urls, ledger, url, database, **options)  # type: ignore[arg-type]  # options are fields of World
        try:
            yield made
        finally:
            await made.ledger.close()


async def soon(condition: Callable[[], bool]) -> None:
    """Return once a condition holds. Raises TimeoutError if it does not within a minute."""
    async with asyncio.timeout(60.0):
        while not condition():  # noqa: ASYNC110 -- a sandbox counts, but tells nobody when
            await asyncio.sleep(0.002)


def strike(app: SandboxApp, kind: str, method: str = "*", path: str = "*", **more: object) -> Fault:
    """Give a sandbox one more fault; return it, so that a test can see that it struck."""
    fault = Fault(kind, method, path, **more)  # type: ignore[arg-type]  # more are fields of Fault
    app.shared.faults.append(fault)
    return fault


def heal(app: SandboxApp) -> None:
    """Take all faults away."""
    app.shared.faults.clear()
