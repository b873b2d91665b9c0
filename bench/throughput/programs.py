"""What is measured: docferry in its forms and the peers, each as a command with its settings."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet
from documents import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
PEERS = HERE.parent / "peers"
FEEDBACK = 'feedback:\n  delivered: {transferred: "{{ external_id }}"}\n'


@dataclass(frozen=True)
class Program:
    """One way to do the task. `told` says whether the source is told; `workers` processes share the work."""

    name: str
    config: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    told: bool = False
    workers: int = 1
    peer: str | None = None

    def environment(self, url: str, folder: Path) -> dict[str, str]:
        """Return the environment of its processes, all of whose state lies in `folder`."""
        kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
        mine = {name: os.environ[name] for name in kept if name in os.environ}
        places = {"BENCH_SOURCE": f"{url}/source", "BENCH_DESTINATION": f"{url}/erp", "BENCH_STATE": str(folder)}
        return {**mine, **places, "HOME": str(folder), **_fill(self.env, url, folder)}

    def prepare(self, folder: Path) -> None:
        """Put into an empty folder what the program reads."""
        write_table(folder / "departments.csv")
        if self.peer is None:
            route = (HERE / "shop_to_erp.yaml").read_text() + (FEEDBACK if self.told else "")
            runs = "runs: shared\n" if self.workers > 1 else ""
            (folder / "shop_to_erp.yaml").write_text(runs + route)


def _fill(env: Mapping[str, str], url: str, folder: Path) -> dict[str, str]:
    return {name: value.replace("{url}", url).replace("{folder}", str(folder)) for name, value in env.items()}


def docferry(
    *, told: bool, calls: int = 16, workers: int = 1, database: str = "sqlite:///{folder}/state.db", name: str = ""
) -> Program:
    """Return docferry with every guarantee on: ledger on disk, documents recorded, one look-up per lost answer.

    `calls` may be out to the destination at once, three times as many to the source, whose calls take longer where they are many.
    """
    env = {
        "DOCFERRY_STATE_URL": database,
        "DOCFERRY_KEYS": Fernet.generate_key().decode(),
        "DOCFERRY_MAPPINGS": "{folder}",
        "DOCFERRY_IN_FLIGHT": str(3 * calls),
        "SHOP_BASE_URL": "{url}/source",
        "SHOP_MAX_CONCURRENCY": str(3 * calls),
        "ERP_PROVIDER": "rest",
        "ERP_BASE_URL": "{url}/erp",
        "ERP_STREAMS": str(HERE / "erp.yaml"),
        "ERP_LOGIN": "none",
        "ERP_SETTLE_SECONDS": "0",
        "ERP_MAX_CONCURRENCY": str(calls),
    }
    command = (sys.executable, str(HERE / "gateway.py"), "run", "shop_to_erp", "--json")
    kind = "docferry" + (", told" if told else "") + (f", {workers} workers" if workers > 1 else "") + name
    return Program(kind, f"{calls} in flight", command, env, told=told, workers=workers)


def floor(in_flight: int = 16) -> Program:
    """Return what the requests and the mapping cost by themselves, in this language and with the same HTTP library."""
    command = (sys.executable, str(HERE / "floor.py"))
    return Program(
        "floor (aiohttp, no ledger)", f"{in_flight} in flight", command, {"BENCH_IN_FLIGHT": str(in_flight)}, peer=""
    )


_SCRIPTS = {
    "dlt": "dlt_run.py",
    "airbyte-cdk": "airbyte_run.py",
    "singer-sdk": "singer_run.py",
    "drt-core": "drt_run.py",
}
CONFIGS = {
    ("dlt", "default"): "one file, one at a time",
    ("dlt", "single"): "batch_size 1, 16 workers, 100 a file",
    ("dlt", "batch"): "batch_size 100, one pool of 16",
    ("airbyte-cdk", "default"): "one at a time",
    ("airbyte-cdk", "pool"): "own pool of 16",
    ("singer-sdk", "default"): "RecordSink, one at a time",
    ("singer-sdk", "pool"): "BatchSink, own pool of 16",
    ("drt-core", "fail"): "on_error fail, one at a time",
    ("drt-core", "skip"): "on_error skip, one at a time",
}
"""What is measured of the peers: by name and configuration."""


def peer(name: str, config: str, python: Path) -> Program:
    """Return a peer in one configuration."""
    command = (str(python), str(PEERS / _SCRIPTS[name]))
    return Program(name, CONFIGS[name, config], command, {"BENCH_CONFIG": config}, peer=name)
