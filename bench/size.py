"""What a ledger of a million transfers costs: a run, the commands that people wait for, and a run that finds nothing new.

`make bench` calls it after the throughput benchmark. Everything is measured in processes of its own, with SQLite and, where
there is a server (DOCFERRY_TEST_POSTGRES), with PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

sys.path.insert(0, str(Path(__file__).parent / "throughput"))
from documents import moment, name
from measuring import server, start
from programs import docferry

from flows.tokens import vault
from state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from programs import Program

POSTGRES = os.environ.get("DOCFERRY_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
ROUTE = "shop_to_erp"
_OLD = datetime.now(UTC) - timedelta(days=40)
"""Old enough that nobody asks the far end about it any more."""
_REJECTED = 500
"""Every how manieth of the old transfers was rejected."""
_TRANSFERS = (
    "id", "route", "document_id", "version", "content_version", "status", "attempts", "asked", "key", "external_id",
    "reason_class", "reason", "delivered_at",
)  # fmt: skip


_ROWS = ("snapshot", "step", "event", "feedback", "transfer")


def transfers(count: int, fingerprint: Callable[[str], str]) -> Iterator[tuple[Any, ...]]:
    """Make the rows of documents that the source still lists as they were seen."""
    at = instant(_OLD)
    for number in range(count):
        document, version = name(number), fingerprint(moment(number))
        ended: tuple[Any, ...] = ("confirmed", 0, False, f"{ROUTE}:{document}", f"i-{number}", None, None, at)
        if number % _REJECTED == 7:
            ended = ("rejected", 1, False, f"{ROUTE}:{document}", None, "data", "total: is missing", None)
        yield (number + 1, ROUTE, document, version, version, *ended)


def derived(at: str) -> tuple[str, ...]:
    """Return the statements that write what belongs to each transfer: two events, a message, two steps."""
    return (
        f"INSERT INTO event (transfer_id, at, kind) SELECT id, '{at}', 'new' FROM transfer",
        f"INSERT INTO event (transfer_id, at, kind) SELECT id, '{at}', status FROM transfer",
        f"INSERT INTO feedback (transfer_id, route, seq, outcome, owed_at, due_at, attempts, done_at, answer) SELECT id, route, 1, 'delivered', '{at}', '{at}', 0, '{at}', 'told' FROM transfer",
        f"INSERT INTO step (transfer_id, name, intent_at, done_at, result) SELECT id, 'create', '{at}', '{at}', 'x' FROM transfer",
        f"INSERT INTO step (transfer_id, name, intent_at, done_at, result) SELECT id, 'create, made with', '{at}', '{at}', 'x' FROM transfer",
    )


def instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")[:26] + "Z"


async def fingerprinting(url: str, keys: str) -> Callable[[str], str]:
    """Return what fingerprints the versions of a ledger."""
    os.environ |= {"DOCFERRY_KEYS": keys, "DOCFERRY_STATE_URL": url}
    from flows.settings import load_gateway  # noqa: PLC0415 -- reads the settings just made

    ledger = await Ledger.open(url, vault=vault(load_gateway()))
    await ledger.close()
    return ledger.fingerprint


def fill(url: str, count: int, fingerprint: Callable[[str], str]) -> None:
    """Write transfers and what belongs to them, behind the ledger's back."""
    rows, at = transfers(count, fingerprint), instant(_OLD)
    columns = ", ".join(_TRANSFERS)
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as file:
            file.execute("PRAGMA synchronous=OFF")
            file.execute("BEGIN")
            for table in _ROWS:
                file.execute(f"DELETE FROM {table}")
            marks = ", ".join("?" for _ in _TRANSFERS)
            file.executemany(f"INSERT INTO transfer ({columns}) VALUES ({marks})", rows)
            for statement in derived(at):
                file.execute(statement)
            file.execute("COMMIT")
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    server_url, _, schema = url.partition("?schema=")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{schema}"'.encode())
        connection.execute(f"TRUNCATE {', '.join(_ROWS)} RESTART IDENTITY".encode())
        with connection.cursor() as cursor, cursor.copy(f"COPY transfer ({columns}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)
        for statement in derived(at):
            connection.execute(statement.encode())
        for table in _ROWS[1:]:
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))".encode()
            )
            connection.execute(f"VACUUM ANALYZE {table}".encode())


@contextlib.contextmanager
def ledgers(kind: str, folder: Path) -> Iterator[Callable[[str], str]]:
    """Yield what makes the address of an empty ledger, and drop them all afterwards."""
    schemas: list[str] = []

    def fresh(label: str) -> str:
        if kind == "SQLite":
            return f"sqlite:///{folder}/{label}.db"
        schemas.append(f"bench_{secrets.token_hex(6)}")
        return f"{POSTGRES}?schema={schemas[-1]}"

    try:
        yield fresh
    finally:
        for schema in schemas:
            with psycopg.connect(POSTGRES, autocommit=True) as connection:
                connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())


def run(program: Program, folder: Path, world: dict[str, object]) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Run the route once; return how it ended, what the servers hold, and the report."""
    with server(world) as providers:
        ended = start(program.command, program.environment(providers.url, folder), folder).end()
        report = json.loads(ended.printed[ended.printed.index("{") :])
        return ended, providers.result(), report


def slower(program: Program, urls: Sequence[str], folder: Path, options: argparse.Namespace) -> float:
    """Run the same on an empty and on the full ledger, in turns; return how much slower the full one is."""
    seconds: dict[str, list[float]] = {url: [] for url in urls}
    cpu: dict[str, list[float]] = {url: [] for url in urls}
    for turn in range(options.times):
        for url in urls if turn % 2 else reversed(urls):
            begin = 2_000_000 + 10_000 * turn
            world = {"documents": 2_000, "begin": begin, "source_latency": 0.05, "destination_latency": 0.02}
            env = {**program.env, "DOCFERRY_STATE_URL": url}
            ended, held, report = run(replace(program, env=env), folder, world)
            if held["delivered"] != 2_000 or not report["complete"] or held["doubles"]:
                sys.exit(f"a run that is not right has no speed: {held} {report}")
            seconds[url].append(report["seconds"])
            cpu[url].append(ended.cpu)
    empty, full = urls
    for what, found in (("seconds", seconds), ("CPU s", cpu)):
        shown = " / ".join(
            f"{statistics.median(found[url]):.2f} ({min(found[url]):.2f}-{max(found[url]):.2f})" for url in urls
        )
        print(f"  2,000 documents, 50/20 ms, told; {what} on an empty / the full ledger: {shown}", flush=True)
    ratio = statistics.median(b / a for a, b in zip(seconds[empty], seconds[full], strict=True))
    print(f"  slower by {(ratio - 1) * 100:.1f} % (aim: less than 10)", flush=True)
    return ratio


def answers(program: Program, url: str, folder: Path, count: int, times: int) -> float:
    """Ask what people ask; return the slowest median in seconds."""
    environment = {**program.environment("http://127.0.0.1:1", folder), "DOCFERRY_STATE_URL": url}
    asked = {
        "status": ["status", ROUTE, "--json"],
        "explain, by document": ["explain", name(count // 3), "--json"],
        "explain, by id at the far end": ["explain", f"i-{count // 2}", "--json"],
        "starting only": ["--help"],
    }
    slowest = 0.0
    for label, words in asked.items():
        taken, busy = [], resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(times + 1):
            began = time.perf_counter()
            ended = subprocess.run(
                [*program.command[:2], *words], env=environment, cwd=folder, capture_output=True, text=True, check=False
            )
            taken.append(time.perf_counter() - began)
        if ended.returncode:
            sys.exit(f"{label}: {ended.stderr}")
        middle = statistics.median(taken[1:])
        slowest = max(slowest, middle)
        found = json.loads(ended.stdout) if "--json" in words else {}
        seen = (
            f", {len(found['routes'][0]['rejects'])} rejects shown" if label == "status" and "routes" in found else ""
        )
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (used.ru_utime + used.ru_stime - busy.ru_utime - busy.ru_stime) / (times + 1)
        print(f"  {label:<32}{middle:.2f} s, {cpu:.2f} CPU s{seen}", flush=True)
    return slowest


def idle(program: Program, url: str, folder: Path, count: int) -> tuple[int, float]:
    """List everything that is known; return requests beyond the listing's, and the peak of memory in MiB."""
    env = {**program.env, "DOCFERRY_STATE_URL": url, "SHOP_PAGE_SIZE": "1000"}
    world = {"documents": count, "thin": True, "page": 1_000}
    ended, held, report = run(replace(program, env=env), folder, world)
    other = sum(held["calls"].values()) - held["calls"]["list"]
    if report["unchanged"] != count or not report["complete"]:
        sys.exit(f"the idle run was not idle: {report}")
    print(
        f"  nothing new among {count:,} listed: {held['calls']['list']} requests for the list, {other} others, "
        f"{ended.rss_mib:.0f} MiB at most (aim: 200), {report['seconds']:.0f} s, {ended.cpu:.0f} CPU s",
        flush=True,
    )
    return other, ended.rss_mib


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5, help="runs and questions of each kind; medians are taken")
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"))
    parser.add_argument("--folder", type=Path, help="where ledgers are put; must be a real disk")
    parser.add_argument("--json", type=Path, help="where the figures are written")
    options = parser.parse_args()
    kinds = [options.only] if options.only else ["SQLite", "PostgreSQL"]
    figures: dict[str, Any] = {}
    for kind in kinds:
        program = docferry(told=True)
        with tempfile.TemporaryDirectory(dir=options.folder) as parent:
            folder = Path(parent)
            program.prepare(folder)
            try:
                with ledgers(kind, folder) as fresh:
                    empty, full = fresh("empty"), fresh("full")
                    keys = program.env["DOCFERRY_KEYS"]
                    for url in (
                        empty,
                        full,
                    ):  # so that the mapping is known to both: documents would else be judged anew
                        run(replace(program, env={**program.env, "DOCFERRY_STATE_URL": url}), folder, {"documents": 1})
                    began = time.perf_counter()
                    fill(full, options.transfers, asyncio.run(fingerprinting(full, keys)))
                    print(
                        f"\n{kind}: {options.transfers:,} transfers, written in {time.perf_counter() - began:.0f} s",
                        flush=True,
                    )
                    slowest = answers(program, full, folder, options.transfers, options.times)
                    others, peak = idle(program, full, folder, options.transfers)
                    ratio = slower(program, (empty, full), folder, options)
            except psycopg.OperationalError as error:
                print(f"\n{kind}: no server at DOCFERRY_TEST_POSTGRES ({str(error).splitlines()[0]})")
                continue
        held = ratio < 1.10 and slowest < 1.0 and not others and peak < 200
        figures[kind] = {
            "slower": ratio - 1,
            "answer_s": slowest,
            "other_requests": others,
            "idle_mib": peak,
            "held": held,
        }
        print(f"  {'all aims held' if held else 'AN AIM WAS MISSED'}", flush=True)
        if options.json is not None:
            options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
