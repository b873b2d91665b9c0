"""A file of a gigabyte from every source and into every destination: how fast, and how much memory the gateway grows by.

`python bench/big_file.py` prints one line per route and ends with 1 if a file arrived as another or memory grew by
64 MiB or more; docs/benchmark.md says how to read it. Linux only: the peak of memory is reset between the documents.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
MOST = 64.0
"""MiB that the gateway may grow by."""
PROVIDERS = ("contractfit", "documine", "hypatos", "rest", "zefort")
STREAMS = {"hypatos": "documents", "contractfit": "documents", "documine": "files", "zefort": "contracts"}
TARGETS = {
    "zefort.contracts": "attributes.title",
    "contractfit.documents": "title",
    "documine.files": "name",
    "hypatos.documents": "title",
    "rest.invoices": "number",
    "folder.documents": "title",
}
"""Where a document's name goes, by destination."""
ROUTES = (
    "hypatos zefort.contracts",
    "documine contractfit.documents",
    "zefort documine.files",
    "contractfit hypatos.documents",
    "hypatos rest.invoices",
    "zefort folder.documents",
    "hypatos zefort.contracts cut",
    "hypatos zefort.contracts refused",
)
"""Every destination that takes files and every source that hands them out, each at least once; and what goes wrong.

`cut`: the source breaks off in the middle. `refused`: the destination takes all of the file and answers 503.
"""
FAULTS: dict[str, tuple[str, dict[str, object]]] = {
    "cut": ("hypatos", {"kind": "cut", "method": "GET", "path": "/files/*", "times": 1}),
    "refused": ("zefort", {"kind": "status", "method": "POST", "path": "/contracts/", "status": 503, "times": 1}),
}
ERP = """invoices:
  create: {path: /invoices, id: data.id}
  key: {field: externalKey}
  find: {path: /invoices, params: {externalKey: "{key}"}, id: "items[*].id", key: "items[*].externalKey"}
  update: {path: "/invoices/{id}"}
  file: {path: "/invoices/{id}/files", find: {path: "/invoices/{id}/files", names: "items[*].name"}}
"""
QUICK: dict[str, dict[str, object]] = {
    "hypatos": {"quota": 0, "applied_after": 0.0, "processing": 0.0},
    "contractfit": {"receiving": 0.0, "processing": 0.0},
    "documine": {"step": 0.0, "package_time": 0.0},
    "zefort": {"queued": 0.0, "processing": 0.0},
    "rest": {},
}


@dataclass(frozen=True)
class Passed:
    """What came of one route."""

    route: str
    seconds: float
    growth: float
    size: int
    same: bool

    def line(self) -> str:
        """Print it in one line."""
        rate = self.size / 1e6 / self.seconds
        verdict = "same" if self.same else "OTHER"
        return f"{self.route:<40}{self.seconds:>9.1f}{rate:>8.0f}{self.growth:>13.1f}   {verdict}"


HEAD = f"{'route':<40}{'seconds':>9}{'MB/s':>8}{'growth MiB':>13}   SHA-256"


class Sandboxes:
    """The sandboxes of all providers, in a process of their own."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready

    def ask(self, provider: str, what: str, body: dict[str, object] | None = None) -> Any:
        """Call a control plane: POST with a body, else GET."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.ready[provider]["control"] + what, data)
        request.add_header("content-type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def add(self, provider: str, name: str) -> None:
        """Put a document with one file into a source. No two have the same bytes: some providers notice."""
        content = f"%PDF-1.7 {name}"
        new: dict[str, dict[str, object]] = {
            "hypatos": {"add": {"name": f"{name}.pdf", "content": content}},
            "contractfit": {"add": {"name": f"{name}.pdf", "content": content}},
            "documine": {"add": "Reports", "name": f"{name}.pdf", "content": content},
            "zefort": {"add": {"attributes": {"title": name}, "files": [f"{name}.pdf"], "status": "done"}},
        }
        self.ask(provider, "act", new[provider])

    def sent(self, provider: str) -> list[list[Any]]:
        """Return size and SHA-256 of the large files a source has sent."""
        poured: list[list[Any]] = self.ask(provider, "state")["requests"]["poured"]
        return poured

    def received(self, provider: str) -> set[str]:
        """Return every SHA-256 that a destination's state shows."""
        found: set[str] = set()

        def look(value: object) -> None:
            for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
                look(one)
            if isinstance(value, str):
                found.add(value)

        look(self.ask(provider, "state"))
        return found


@contextlib.contextmanager
def sandboxes(size: int, *, talkative: bool) -> Iterator[Sandboxes]:
    command = [sys.executable, "-m", "connectors.sandbox", "--documents", "0"]
    # one that is left by its client in mid-upload says so at length
    errors = None if talkative else subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert process.stdout is not None
        running = Sandboxes(json.loads(process.stdout.readline()))
        for provider in PROVIDERS:
            # the limits of the providers are lifted: what is measured is ours
            running.ask(provider, "switches", {**QUICK[provider], "largest_file": 2 * size})
        yield running
    finally:
        process.terminate()
        process.wait(timeout=30)


def environment(running: Sandboxes, folder: Path, size: int, *, fault: bool) -> dict[str, str]:
    """Return the settings of every connection; each has the name of its provider."""
    ours = ("DOCFERRY_", "FOLDER_", *(f"{name.upper()}_" for name in PROVIDERS))
    found = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    for provider in PROVIDERS:
        for key, value in running.ready[provider].items():
            found[f"{provider}_{key}".upper()] = str(value)
    (folder / "erp.yaml").write_text(ERP)
    (folder / "archive").mkdir()
    return found | {
        "DOCFERRY_STATE_URL": f"sqlite:///{folder}/state.db",
        "DOCFERRY_MAPPINGS": str(folder / "routes"),
        "DOCFERRY_PATIENCE": "20" if fault else "0",
        "ZEFORT_SETTLE_SECONDS": "1",  # after which a file that may have arrived is sent again
        "DOCUMINE_POLL_SECONDS": "0.1",
        "DOCUMINE_MAX_UPLOAD_MB": str(2 * size // 10**6 + 1),
        "HYPATOS_PROJECTS": "63e6663823b4c1f5287398b1",
        "REST_STREAMS": str(folder / "erp.yaml"),
        "FOLDER_URL": str(folder / "archive"),
    }


def passage(route: str, size: int, folder: Path) -> Passed:
    """Let a small document pass and then the large one, in the same process of the gateway."""
    source, destination, *fault = route.split()
    provider = destination.partition(".")[0]
    where = folder / "gateway"
    (where / "routes").mkdir(parents=True)
    (where / "routes" / "big.yaml").write_text(
        f"source: {source}.{STREAMS[source]}\ndestination: {destination}\n"
        f"fields:\n  {TARGETS[destination]}: {{ template: 'document {{{{ id }}}}', required: true }}\n"
    )
    with sandboxes(size, talkative=not fault) as running:
        command = [sys.executable, HERE / "growth.py", "big"]
        settings = environment(running, where, size, fault=bool(fault))
        gateway = subprocess.Popen(
            command, env=settings, cwd=where, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert gateway.stdin is not None
        assert gateway.stdout is not None
        result: dict[str, Any] = {}
        for name, large in (("small", 0), ("large", size)):
            running.ask(source, "switches", {"file_size": large})
            for where_from, rule in (FAULTS[one] for one in fault if large):
                running.ask(where_from, "switches", {"faults": [rule]})
            running.add(source, name)
            gateway.stdin.write("run\n")
            gateway.stdin.flush()
            said = gateway.stdout.readline()
            result = json.loads(said) if said else sys.exit(f"{route}: the gateway ended")
            if result["delivered"] != 1:
                sys.exit(f"{route}: the {name} document was not delivered: {result}")
        gateway.stdin.close()
        gateway.wait(timeout=60)
        sent = running.sent(source)
        if provider == "folder":
            held = {digest(path) for path in (where / "archive").rglob("*.pdf")}
        else:
            held = running.received(provider)
        same = bool(sent) and sent[-1][0] == size and sent[-1][1] in held
    return Passed(
        f"{source} → {destination}{' '.join(['', *fault])}", result["seconds"], result["growth_mib"], size, same
    )


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=10**9, help="size of the file, below 2 GiB")
    parser.add_argument("--route", action="append", choices=ROUTES, help="only this one (and others so named)")
    parser.add_argument("--folder", default=tempfile.gettempdir(), help="a real disk with room for two such files")
    options = parser.parse_args()
    print(f"{options.bytes:,} bytes; load before: {os.getloadavg()[0]:.1f}\n\n{HEAD}", flush=True)
    right = True
    for route in options.route or ROUTES:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            passed = passage(route, options.bytes, Path(folder))
        print(passed.line(), flush=True)
        right &= passed.same and passed.growth < MOST
        time.sleep(0.5)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
