"""`docferry up` in a folder with one route and one question, beside sandboxes that have documents for it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from flows.orchestration.addresses import free_port
from tests.flows.orchestration.ups import Up, until
from tests.ledgers import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

ROUTE = "hypatos_to_zefort"
DOCUMENTS = 60
DEPLOYMENTS = """
deployments:
  - name: hypatos_to_zefort
    entrypoint: flows.sync.sync
    description: "**Hypatos → Zefort**: documents that are completed in Hypatos become contracts."
    tags: [docferry, route, hypatos, zefort]
    parameters: {route: hypatos_to_zefort}
  - name: explain
    entrypoint: flows.orchestration.questions.explain
    description: "**Where is invoice 4711, and why?** Type its id, or a number that stands on it."
    tags: [docferry, question]
"""


class Place:
    """What is up: `page` is Prefect's address, `secrets` what may be seen nowhere on it."""

    def __init__(self, up: Up, sandboxes: dict[str, dict[str, str]]) -> None:
        assert "page" in up.said, up.said
        self.up = up
        self.page: str = up.said["page"]
        self.secrets = [sandboxes["hypatos"]["client_secret"], sandboxes["zefort"]["api_key"], KEY]
        self._sandboxes = sandboxes

    def slow_down(self, seconds: float) -> None:
        """Have every request to a provider take so long, so that a run can be watched."""
        for settings in self._sandboxes.values():
            self._control(settings, "switches", {"latency": seconds})

    def deployment(self, name: str) -> str:
        """Return Prefect's id of a deployment."""
        return next(str(each["id"]) for each in self.up.said["deployments"] if each["name"] == name)

    def runs(self, deployment: str) -> list[str]:
        """Return the ids of all runs of a deployment, the latest first."""
        wanted = {"deployments": {"id": {"any_": [self.deployment(deployment)]}}, "sort": "EXPECTED_START_TIME_DESC"}
        return [each["id"] for each in self._asked("flow_runs/filter", wanted)]

    def run(self, deployment: str) -> str:
        """Run a deployment to its end, without the page; return the name of its state."""
        begun = self._asked(
            f"deployments/{self.deployment(deployment)}/create_flow_run", {"state": {"type": "SCHEDULED"}}
        )
        return self.ended(begun["id"])

    def ended(self, run: str) -> str:
        """Wait until a run has ended; return the name of its state."""
        wanted = {"flow_runs": {"id": {"any_": [run]}}}
        state = until(lambda: _if_ended(self._asked("flow_runs/filter", wanted)[0]["state"]))
        return str(state["name"])

    def refill(self, documents: int) -> None:
        """Start both sides over with so many documents: those beyond the earlier ones are new."""
        for settings in self._sandboxes.values():
            self._control(settings, "reset", {"documents": documents})

    def _asked(self, what: str, body: dict[str, object]) -> Any:
        """Ask Prefect's server; again while its SQLite is busy with a run, which it says with 503."""
        ask = partial(httpx.post, f"{self.up.said['api']}/{what}", json=body, timeout=60, trust_env=False)
        while (answer := ask()).status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            time.sleep(1)
        return answer.raise_for_status().json()

    def _control(self, settings: dict[str, str], what: str, body: dict[str, object]) -> None:
        httpx.post(settings["control"] + what, json=body, timeout=60, trust_env=False).raise_for_status()


def _if_ended(state: dict[str, str]) -> dict[str, str] | None:
    return None if state["type"] in {"SCHEDULED", "PENDING", "RUNNING"} else state


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Start the sandboxes and `docferry up`; end them afterwards."""
    (folder / "prefect.yaml").write_text(DEPLOYMENTS)
    command = [sys.executable, "-m", "connectors.sandbox", "--documents", str(DOCUMENTS)]
    command += ["--only", "hypatos", "--only", "zefort"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            sandboxes = json.loads(process.stdout.readline())
            settings = {
                f"{provider}_{name}".upper(): str(value)
                for provider, found in sandboxes.items()
                for name, value in found.items()
                if name != "control"
            }
            port = str(free_port(0))  # 4200 is what other tests begin at, in the same moment
            with Up(folder, "--port", port, **settings, DOCFERRY_KEYS=KEY, DOCFERRY_PATIENCE="5") as up:
                yield Place(up, sandboxes)
        finally:
            process.terminate()
