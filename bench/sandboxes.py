"""Starts both sandboxes as one process of their own, sets their pace, and reads back what the providers hold."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import RejectedError
from connectors.hypatos.sandbox_documents import DemoDocuments
from connectors.zefort import payload
from mappings.language import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.language import Route

SEED = 7
EXPORTABLE = frozenset({"done", "doneAutomatically"})


@dataclass(frozen=True)
class Pace:
    """How slow the providers are: seconds every request takes at least, and from a 202 to its effect."""

    source: float
    destination: float
    applied_after: float


def sandbox_size(listed: int) -> int:
    """Return how many documents the demo set needs so that `listed` of them are ready for export."""
    demo, number, ready = DemoDocuments(SEED, 0), 0, 0
    while ready < listed:
        ready += demo.state(number) in EXPORTABLE
        number += 1
    return number


def expected(route: Route, listed: int) -> dict[str, int]:
    """Say what must become of the demo set, from the data and the route alone."""
    demo = DemoDocuments(SEED, sandbox_size(listed))
    found: Counter[str] = Counter(contracts=0, rejected=0, skipped=0, files=0)
    for number in range(demo.count):
        if demo.state(number) not in EXPORTABLE:
            continue
        try:
            mapped = route.apply({"id": demo.document_id(number), "entities": demo.entities(number)})
            if mapped.skipped is None:
                payload.read(mapped.payload)
        except (MappingError, RejectedError):
            found["rejected"] += 1
            continue
        found["skipped" if mapped.skipped else "contracts"] += 1
        found["files"] += 0 if mapped.skipped else len(demo.files(number))
    return {**found, "acknowledged": found["contracts"]}


@contextlib.contextmanager
def sandboxes(listed: int, pace: Pace, cores: set[int]) -> Iterator[dict[str, Any]]:
    """Serve both on loopback and yield what they print: base URL, control plane and credentials by provider."""
    command = [
        sys.executable,
        "-m",
        "connectors.sandbox",
        "--documents",
        str(sandbox_size(listed)),
        "--seed",
        str(SEED),
    ]
    with pinned(cores):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            sys.exit("the sandboxes did not start")
        ready: dict[str, Any] = {"pid": process.pid, **json.loads(line)}
        # The quota would measure itself; the pace is the providers', so it is set per provider.
        _post(ready["hypatos"], "switches", {"quota": 0, "latency": pace.source, "applied_after": pace.applied_after})
        _post(ready["zefort"], "switches", {"latency": pace.destination})
        yield ready
    finally:
        process.terminate()
        process.wait(timeout=30)


def counts(ready: dict[str, Any]) -> dict[str, int]:
    """Count what both providers hold. A document counts as acknowledged if every message took effect exactly once."""
    source, destination = _get(ready["hypatos"], "state"), _get(ready["zefort"], "state")
    told = [one["counts"] for one in source["documents"].values()]
    delivered = ("external-id", "external-data", "transfer")
    contracts = destination["contracts"].values()
    return {
        "contracts": len(contracts),
        "files": sum(len(one["files"]) for one in contracts),
        "acknowledged": sum(all(one[kind]["effective"] == 1 for kind in delivered) for one in told),
        "rejected": sum(one["reject"]["effective"] == 1 for one in told),
        "repeated": sum(kind["repeated"] for one in told for kind in one.values()),
        "incomplete": sum(not (one["parties"] and one["tags"] and len(one["notes"]) == 1) for one in contracts),
    }


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds a process has used so far, 0 where there is no /proc."""
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        return 0.0
    fields = status.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    """Start on these cores whatever is started within; an empty set leaves the choice to the system."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _post(sandbox: dict[str, Any], what: str, body: dict[str, object]) -> None:
    request = urllib.request.Request(sandbox["control"] + what, json.dumps(body).encode(), method="POST")
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=30):
        return


def _get(sandbox: dict[str, Any], what: str) -> Any:
    with urllib.request.urlopen(sandbox["control"] + what, timeout=120) as answer:
        return json.load(answer, parse_float=Decimal)
