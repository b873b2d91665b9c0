"""Benchmark of the route Hypatos → Zefort against both sandboxes, beside a floor that keeps no ledger.

`make bench` runs it with the defaults; docs/benchmark.md says how to read what it prints.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sandboxes import Pace, counts, cpu_seconds, expected, pinned, sandboxes

import mappings
from mappings.language import load_route

HERE = Path(__file__).parent
ROUTE = Path(mappings.__file__).parent / "hypatos_to_zefort.yaml"
KINDS = ("floor", "ours")


def cores() -> tuple[set[int], set[int]]:
    """Return the core for the gateway and those for the sandboxes; empty sets where there is only one or no choice."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    free = sorted(os.sched_getaffinity(0))
    return ({free[0]}, set(free[1:])) if len(free) > 1 else (set(), set())


def measure(kind: str, listed: int, pace: Pace, in_flight: int, folder: str) -> dict[str, Any]:
    """Run one kind once, against fresh sandboxes, with fresh state. Adds what the providers hold afterwards."""
    gateway_cores, sandbox_cores = cores()
    with tempfile.TemporaryDirectory(dir=folder) as state, sandboxes(listed, pace, sandbox_cores) as ready:
        # Deliveries and acknowledgements share the Hypatos connection: it must not be what limits them.
        width = str(2 * in_flight)
        environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("DOCFERRY_", "HYPATOS_", "ZEFORT_"))
            },
            "DOCFERRY_STATE_URL": f"sqlite:///{state}/state.db",
            "DOCFERRY_KEYS": Fernet.generate_key().decode(),  # so that documents are recorded, as where it matters
            "DOCFERRY_IN_FLIGHT": str(in_flight),
            "HYPATOS_BASE_URL": ready["hypatos"]["base_url"],
            "HYPATOS_CLIENT_ID": ready["hypatos"]["client_id"],
            "HYPATOS_CLIENT_SECRET": ready["hypatos"]["client_secret"],
            "HYPATOS_MAX_CONCURRENCY": width,
            "ZEFORT_BASE_URL": ready["zefort"]["base_url"],
            "ZEFORT_API_KEY": ready["zefort"]["api_key"],
            "ZEFORT_MAX_CONCURRENCY": width,
        }
        started, busy = time.perf_counter(), cpu_seconds(ready["pid"])
        with pinned(gateway_cores):
            gateway = subprocess.Popen(
                [sys.executable, HERE / "gateway.py", kind],
                env=environment,
                cwd=state,
                stdout=subprocess.PIPE,
                text=True,
            )
        printed, _ = gateway.communicate()
        if gateway.returncode:
            sys.exit(f"the {kind} run failed")
        result: dict[str, Any] = json.loads(printed.splitlines()[-1])
        result["sandbox_load"] = (cpu_seconds(ready["pid"]) - busy) / (time.perf_counter() - started)
        result["held"] = counts(ready)
    return result


def faults(result: dict[str, Any], wanted: dict[str, int]) -> list[str]:
    """Say what is wrong with what the providers hold after a run; a run that is not right has no speed."""
    wanted = {**wanted, "repeated": 0, "incomplete": 0}
    found = [
        f"{name}: {result['held'][name]} instead of {count}"
        for name, count in wanted.items()
        if name in result["held"] and result["held"][name] != count
    ]
    return found if result["complete"] else [*found, "the run says that it is not complete"]


def line(name: str, result: dict[str, Any], listed: int) -> str:
    return (
        f"{name:<12}{listed / result['seconds']:>9.1f}{result['seconds']:>9.1f}{result['cpu'] / listed * 1000:>10.2f}"
        f"{result['requests'] / listed:>10.2f}{result['rss_mib']:>10.0f}{result['sandbox_load'] * 100:>9.0f}%"
    )


def middle(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the median of every figure."""
    figures = ("seconds", "cpu", "requests", "rss_mib", "sandbox_load")
    return {name: statistics.median(one[name] for one in results) for name in figures}


def verdict(result: dict[str, Any], wanted: dict[str, int]) -> bool:
    wrong = faults(result, wanted)
    held = ", ".join(f"{count} {what}" for what, count in result["held"].items())
    print(f"{'':<12}{'WRONG: ' + '; '.join(wrong) if wrong else 'right'}: {held}", flush=True)
    return not wrong


HEAD = f"{'':<12}{'docs/s':>9}{'seconds':>9}{'CPU s/1k':>10}{'req/doc':>10}{'RSS MiB':>10}{'sandbox':>10}"


def speed(options: argparse.Namespace) -> bool:
    """Ours beside the floor, taking turns."""
    listed = options.documents
    pace = Pace(options.source_ms / 1000, options.destination_ms / 1000, options.applied_after_ms / 1000)
    wanted = expected(load_route(ROUTE), listed)
    print(
        f"\n{listed} documents ({wanted['contracts']} to deliver with {wanted['files']} files, {wanted['rejected']} to reject, "
        f"{wanted['skipped']} to skip), source {options.source_ms:g} ms, destination {options.destination_ms:g} ms,\n"
        f"a 202 takes effect after {options.applied_after_ms:g} ms, quota off, {options.in_flight} delivering and "
        f"{options.in_flight} acknowledging, {2 * options.in_flight} calls at a time per connection, no rate limit\n\n{HEAD}"
    )
    results: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    right = True
    for number in range(options.runs):
        for kind in KINDS:
            result = measure(kind, listed, pace, options.in_flight, options.folder)
            results[kind].append(result)
            print(line(f"{kind} {number + 1}", result, listed))
            right &= verdict(result, wanted)
    medians = {kind: middle(each) for kind, each in results.items()}
    print(f"\n{HEAD}")
    for kind in KINDS:
        print(line(f"{kind}, median", medians[kind], listed))
    ratio = medians["floor"]["seconds"] / medians["ours"]["seconds"]
    print(
        f"\nours/floor  rate {ratio:.2f}   CPU {medians['ours']['cpu'] / medians['floor']['cpu']:.2f}   (aim: rate ≥ 0.80)"
    )
    return right


def memory(options: argparse.Namespace) -> bool:
    """Ours with few and with many documents, as fast as it goes: the peak must not follow the number."""
    print(f"\nmemory, ours only, no latency\n\n{HEAD}")
    peaks: list[float] = []
    right = True
    for listed in (options.documents, 10 * options.documents):
        result = measure("ours", listed, Pace(0, 0, 0), options.in_flight, options.folder)
        peaks.append(result["rss_mib"])
        print(line(f"{listed}", result, listed))
        right &= verdict(result, expected(load_route(ROUTE), listed))
    print(
        f"\npeak grows by {peaks[1] - peaks[0]:.1f} MiB, {(peaks[1] - peaks[0]) * 1024 / (9 * options.documents):.2f} KiB per document"
    )
    return right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2000, help="documents that the source lists")
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind; medians are taken")
    parser.add_argument("--source-ms", type=float, default=50, help="latency of every Hypatos request")
    parser.add_argument("--destination-ms", type=float, default=20, help="latency of every Zefort request")
    parser.add_argument("--applied-after-ms", type=float, default=50, help="from Hypatos' 202 to its effect")
    parser.add_argument("--in-flight", type=int, default=16)
    parser.add_argument(
        "--memory", choices=("also", "only", "no"), default="also", help="the check with ten times as many"
    )
    parser.add_argument("--folder", default=tempfile.gettempdir(), help="where the ledger is put; must be a real disk")
    options = parser.parse_args()
    packages = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("aiohttp", "httpx", "msgspec", "sqlalchemy")
    )
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version} (WAL, synchronous=FULL), {packages}")
    mine, theirs = cores()
    pinned = f"gateway on core {min(mine)}, sandboxes on {sorted(theirs)}" if mine else "not pinned"
    print(f"{os.cpu_count()} cores, {pinned}; load before: {os.getloadavg()[0]:.1f}")
    right = options.memory == "only" or speed(options)
    if options.memory != "no":
        right &= memory(options)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
