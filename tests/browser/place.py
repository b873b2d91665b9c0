"""`docferry up` in a folder with one route and one question, beside sandboxes that have documents for it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from tests.flows.orchestration.ups import Up
from tests.ledgers import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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

    def deployment(self, name: str) -> str:
        """Return Prefect's id of a deployment."""
        return next(str(each["id"]) for each in self.up.said["deployments"] if each["name"] == name)

    def runs(self, deployment: str) -> list[str]:
        """Return the ids of all runs of a deployment, the latest first."""
        wanted = {"deployments": {"id": {"any_": [self.deployment(deployment)]}}, "sort": "EXPECTED_START_TIME_DESC"}
        answer = httpx.post(f"{self.up.said['api']}/flow_runs/filter", json=wanted, timeout=60, trust_env=False)
        return [each["id"] for each in answer.raise_for_status().json()]


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
            with Up(folder, **settings, DOCFERRY_KEYS=KEY, DOCFERRY_PATIENCE="5") as up:
                yield Place(up, sandboxes)
        finally:
            process.terminate()
