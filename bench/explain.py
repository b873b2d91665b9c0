"""Benchmark of `docferry explain` on a ledger of a million documents: how long until one of them is explained."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet
from recorded import ROUTE, record

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = 1000
_AT_ONCE = 50_000


def old_rows(count: int, at: datetime) -> Iterator[tuple[object, ...]]:
    """Make transfers that were delivered in the past: (id, document id, key, external id, moment)."""
    for number in range(1, count + 1):
        moment = (at - timedelta(seconds=count - number)).isoformat(timespec="microseconds")[:26] + "Z"
        name = f"{number * 2654435761 % 2**48:024x}"  # as scattered as the ids of a provider
        yield number, name, f"{ROUTE}:{name}", f"ct_{number:012d}", moment


def fill(database: Path, count: int) -> None:
    """Write transfers, two events, a message and two steps for each, behind the ledger's back."""
    now = datetime.now(UTC) - timedelta(days=1)
    with sqlite3.connect(database, isolation_level=None) as file:
        file.execute("PRAGMA synchronous=OFF")
        rows, part = old_rows(count, now), []
        while part := [row for row, _ in zip(rows, range(_AT_ONCE), strict=False)]:
            file.execute("BEGIN")
            file.executemany(
                "INSERT INTO transfer (id, route, document_id, version, status, attempts, asked, key, external_id, delivered_at)"
                f" VALUES (?1, '{ROUTE}', ?2, 'v', 'confirmed', 0, 0, ?3, ?4, ?5)",
                part,
            )
            file.executemany(
                "INSERT INTO event (transfer_id, at, kind) VALUES (?1, ?2, 'new'), (?1, ?2, 'delivered')",
                [(row[0], row[4]) for row in part],
            )
            file.executemany(
                "INSERT INTO feedback (transfer_id, route, seq, outcome, owed_at, due_at, attempts, done_at, answer)"
                f" VALUES (?1, '{ROUTE}', 1, 'delivered', ?2, ?2, 0, ?2, 'told')",
                [(row[0], row[4]) for row in part],
            )
            file.executemany(
                "INSERT INTO step (transfer_id, name, intent_at, done_at, result) VALUES (?1, 'create', ?2, ?2, 'x'), (?1, 'file', ?2, ?2, 'x')",
                [(row[0], row[4]) for row in part],
            )
            file.execute("COMMIT")


def cpu_seconds() -> float:
    """Return what all processes that have ended took so far, in user and system time."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5, help="how often each is asked; medians are taken")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database, key = Path(folder) / "state.db", Fernet.generate_key().decode()
        url, began = f"sqlite:///{database}", time.perf_counter()
        asyncio.run(record(url, key, RECORDED))
        with sqlite3.connect(database) as file:  # what is old comes first: the newest have the highest ids
            for table in ("snapshot", "event", "feedback", "step", "transfer", "run"):
                file.execute(f"DELETE FROM {table}")
        fill(database, options.transfers)
        sent = asyncio.run(record(url, key, RECORDED))
        size = database.stat().st_size / 2**20
        print(f"{options.transfers:,} transfers, {size:,.0f} MiB, built in {time.perf_counter() - began:.0f} s")
        environment = {**os.environ, "DOCFERRY_STATE_URL": url, "DOCFERRY_KEYS": key}
        (old, *_) = (row[1] for row in old_rows(1, datetime.now(UTC)))
        asked = {
            "nothing but starting": [],
            "by document id": [sent[-1]],
            "one field": [sent[-1], "--field", "attributes.currency"],
            "by id at the far end": ["ct_new_0"],
            "an old one": [old],
            "one that is not there": ["nobody"],
        }
        print(f"{'':<24}{'seconds':>9}{'CPU':>9}  load before: {os.getloadavg()[0]:.1f}")
        command = [str(Path(sys.executable).with_name("docferry")), "explain"]
        subprocess.run([*command, "nobody"], env=environment, capture_output=True, check=False, cwd=folder)
        for name, words in asked.items():
            seconds, cpu = [], []
            for _ in range(options.times):
                began, busy = time.perf_counter(), cpu_seconds()
                ended = subprocess.run(
                    [*command, *(words or ["--help"]), "--json"],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                    cwd=folder,
                )
                seconds.append(time.perf_counter() - began)
                cpu.append(cpu_seconds() - busy)
            found = json.loads(ended.stdout)["found"] if words else []
            verified = ", verified" if found and found[0]["verified"] else ""
            print(
                f"{name:<24}{statistics.median(seconds):>9.2f}{statistics.median(cpu):>9.2f}  {len(found)} found{verified}"
            )


if __name__ == "__main__":
    main()
