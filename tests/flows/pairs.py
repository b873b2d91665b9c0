"""Two of the sandboxes, a ledger and one route between them: what is asserted is what stands at the far end."""

import json
import re
import shutil
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import mappings
from connectors.contractfit.sandbox import ContractfitSandbox
from connectors.contractfit.sandbox import Switches as ContractfitSwitches
from connectors.documine.sandbox import DocumineSandbox
from connectors.documine.sandbox import Switches as DocumineSwitches
from connectors.example.sandbox import ExampleSandbox
from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.hypatos.sandbox_documents import PROJECTS
from connectors.sandbox import serve
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from flows.engine import sync
from flows.routes import open_route
from flows.settings import Gateway
from state.records import SETTLED
from tests.flows.world import QUICK
from tests.ledgers import open_ledger, url_in

PROJECT = PROJECTS[0][0]
_MARKER = re.compile(r"gw-([0-9a-f]{16})(-[0-9a-f]{8})?")


def sandboxes():
    """Build all, quick and with a few documents each."""
    zefort = ZefortSandbox(ZefortSwitches(queued=0.0, processing=0.0))
    zefort.act({"fill": 8})
    return {
        "hypatos": HypatosSandbox(9, 7, HypatosSwitches(quota=0, applied_after=0.0)),
        "contractfit": ContractfitSandbox(9, 7, ContractfitSwitches(receiving=0.0, processing=0.0)),
        "documine": DocumineSandbox(9, 7, DocumineSwitches(step=0.0, package_time=0.0)),
        "zefort": zefort,
        "example": ExampleSandbox(9),
    }


class Pair:
    """One route between two accounts; each run opens fresh connections, as a new process would."""

    def __init__(self, source, destination, gateway, ledger):
        self.source, self.destination = source, destination
        self._gateway, self.ledger = gateway, ledger
        self.url = gateway.state_url

    async def use(self, url, **options):
        """Go on with another ledger."""
        await self.ledger.close()
        self.url, self.ledger = url, await open_ledger(url, **options)

    async def run(self):
        async with open_route(self._gateway, "pair", self.ledger) as opened:
            report = await sync(opened, self.ledger, policy=QUICK)
        assert report.adds_up, report
        return report

    async def finish(self, most=6):
        """Run until everything is done; return the deliveries of all runs."""
        delivered = 0
        for _ in range(most):
            report = await self.run()
            delivered += report.delivered
            if report.complete:
                return delivered
        raise AssertionError(f"{most} runs were not enough: {report}")

    async def look_again(self, external_id):
        """Run with this delivery due to be asked about at the far end."""
        async with self.ledger.run("pair") as run:
            await run.following.look_now([external_id], datetime.now(UTC))
        return await self.run()

    async def retry(self, document_id):
        """Ask for a document to be sent again, whatever became of it."""
        now = datetime.now(UTC)
        await self.ledger.retry("pair", document_ids=[document_id], statuses=SETTLED, at=now, note="again")

    def held(self):
        """Return how often each file of each delivery stands at the destination, by (delivery, file)."""
        shown = self.destination.state()
        held = Counter()
        for one in shown.get("contracts", shown.get("documents")).values():
            held.update(set(_MARKER.findall(json.dumps(one, default=str))))
        return held

    def arrived_once(self, delivered):
        """Assert that so many deliveries stand at the destination and nothing of them twice."""
        held = self.held()
        assert len({delivery for delivery, _ in held}) == delivered
        assert set(held.values()) == {1}


@asynccontextmanager
async def pair(folder, monkeypatch, source, destination, route):
    """Serve two providers and open a ledger for the route of this text (its tables stand in `mappings/tables`)."""
    shutil.copytree(Path(mappings.__file__).parent / "tables", folder / "routes" / "tables")
    (folder / "routes" / "pair.yaml").write_text(route)
    monkeypatch.chdir(folder)
    apps = sandboxes()
    async with serve({name: apps[name] for name in (source, destination)}) as urls:
        for name, url in urls.items():
            for key, value in {"base_url": url, "settle_seconds": "0.2", **apps[name].credentials}.items():
                monkeypatch.setenv(f"{name}_{key}".upper(), value)
            monkeypatch.setenv(f"{name}_VERIFY_WITHIN".upper(), "1")
            monkeypatch.setenv(f"{name}_POLL_SECONDS".upper(), "0.01")
        monkeypatch.setenv("HYPATOS_PROJECTS", PROJECT)
        gateway = Gateway(mappings=folder / "routes", state_url=url_in(folder))
        made = Pair(apps[source], apps[destination], gateway, await open_ledger(gateway.state_url))
        try:
            yield made
        finally:
            await made.ledger.close()
