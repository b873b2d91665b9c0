"""The throughput benchmark: one task, docferry and its peers, speed after correctness. `make bench` calls it.

Progress goes to stderr, the tables to stdout, every single figure to the file after --json.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import secrets
import shutil
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from correctness import Story, stories
from judging import PLAIN, POISONED, QUOTA, Row, ahead, aims, line_of_names, run_of
from measuring import cores, server, start
from programs import CONFIGS, Program, docferry, floor, peer
from venvs import python, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

POSTGRES = os.environ.get("DOCFERRY_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
DEFAULTS = [("dlt", "default"), ("airbyte-cdk", "default"), ("singer-sdk", "default"), ("drt-core", "fail")]
BEST = [("dlt", "single"), ("dlt", "batch"), ("airbyte-cdk", "pool"), ("singer-sdk", "pool")]


@dataclass
class Bench:
    """One call of the benchmark."""

    folder: Path
    deadline: float
    interpreters: Mapping[str, Path | str]
    output: Path | None
    about: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    stories: list[Story] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def peers(self, wanted: Sequence[tuple[str, str]]) -> list[Program]:
        """Return those that are installed."""
        found = [(name, config, self.interpreters[name]) for name, config in wanted]
        return [peer(name, config, path) for name, config, path in found if isinstance(path, Path)]

    def table(self, condition: str, programs: Sequence[Program], world: Mapping[str, object], runs: int) -> None:
        """Run programs in turns under one condition and print their rows."""
        if time.monotonic() > self.deadline:
            self.left_out.append(condition)
            return
        documents = int(str(world["documents"]))
        refused = len(world.get("refused", ()))  # type: ignore[arg-type]  # a list where it is given
        rows = [Row(condition, one.name, one.config, documents - refused) for one in programs]
        broken: set[int] = set()
        for turn in range(runs):
            for place, (program, row) in enumerate(zip(programs, rows, strict=True)):
                if place in broken or (turn and time.monotonic() > self.deadline):
                    continue
                say(f"{condition}: {program.name}, {program.config}, run {turn + 1} of {runs}")
                run = self.once(program, world)
                row.runs.append(run)
                if row.fault:
                    say(f"  {row.fault}; exit codes {run.codes}\n{run.printed}")
                    broken.add(place)
        print(f"\n{condition}\n{line_of_names()}")
        for row in rows:
            print(row.line(), flush=True)
        self.rows += rows
        self.write()

    def once(self, program: Program, world: Mapping[str, object]) -> Any:
        """Run a program once, with fresh servers and state."""
        with server(world) as providers, state(self.folder, program) as (ready, folder):
            began = providers.cpu()
            environment = ready.environment(providers.url, folder)
            running = [start(ready.command, environment, folder) for _ in range(ready.workers)]
            ended = [one.end() for one in running]
            return run_of(ended, int(str(world["documents"])), providers.result(), providers.cpu() - began)

    def write(self) -> None:
        """Write all figures so far."""
        if self.output is not None:
            data = {
                **self.about,
                "rows": [row.as_json() for row in self.rows],
                "correctness": [story.as_json() for story in self.stories],
                "left_out": self.left_out,
            }
            self.output.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


@contextlib.contextmanager
def state(parent: Path, program: Program) -> Iterator[tuple[Program, Path]]:
    """Give a program an empty folder, and a schema of its own where its ledger is in PostgreSQL."""
    folder = Path(tempfile.mkdtemp(dir=parent))
    schema = f"bench_{secrets.token_hex(6)}"
    env = {name: value.replace("{schema}", schema) for name, value in program.env.items()}
    ready = replace(program, env=env)
    ready.prepare(folder)
    try:
        yield ready, folder
    finally:
        if env != program.env:
            with psycopg.connect(POSTGRES, autocommit=True) as connection:
                connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())
        shutil.rmtree(folder, ignore_errors=True)


def say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text.rstrip()}", file=sys.stderr, flush=True)


def postgres() -> str | None:
    """Return the address of a ledger in PostgreSQL, None if there is no server."""
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.Error as error:
        say(f"no PostgreSQL at DOCFERRY_TEST_POSTGRES: {str(error).splitlines()[0]}")
        return None
    return f"{POSTGRES}?schema={{schema}}"


def speed(bench: Bench, *, full: bool) -> None:
    """Docferry beside its peers."""
    quick = [floor(), docferry(told=False), docferry(told=True)]
    often, everything = (5, 5) if full else (3, 1)
    for documents in (2_000, 20_000) if full else (2_000,):
        world = {"documents": documents, "source_latency": 0.05, "destination_latency": 0.02}
        condition = PLAIN if documents == 2_000 else f"{documents} documents, 50/20 ms"
        bench.table(condition, [*quick, *bench.peers(BEST)], world, often)
    still = {"source_latency": 0.0, "destination_latency": 0.0}
    bench.table(
        "20000 documents, 0/0 ms",
        [*quick, *bench.peers([*BEST, DEFAULTS[-1]])],
        {"documents": 20_000, **still},
        everything,
    )
    bench.table(
        "2000 documents, 0/0 ms", [*quick, *bench.peers([*BEST, *DEFAULTS])], {"documents": 2_000, **still}, often
    )
    slow = {"documents": 2_000 if full else 500, "source_latency": 0.2, "destination_latency": 0.2}
    bench.table(f"{slow['documents']} documents, 200/200 ms", [*quick, *bench.peers(BEST)], slow, often if full else 1)
    world = {"documents": 2_000, "source_latency": 0.05, "destination_latency": 0.02}
    bench.table("2000 documents, 50/20 ms, the peers as they are by default", bench.peers(DEFAULTS), world, everything)
    one = [docferry(told=False, calls=1), floor(1)]
    bench.table("2000 documents, 50/20 ms, one in flight", one, world, everything)


def forms(bench: Bench, *, full: bool) -> None:
    """Docferry alone: ledgers, workers, files, refusals, outages, a quota."""
    runs = 5 if full else 1
    world = {"documents": 2_000, "source_latency": 0.05, "destination_latency": 0.02}
    databases = {"SQLite": "sqlite:///{folder}/state.db"}
    if address := postgres():
        databases["PostgreSQL"] = address
    programs = [
        docferry(told=True, workers=workers, database=url, name=f", {name}")
        for name, url in databases.items()
        for workers in (1, 4)
    ]
    bench.table("2000 documents, 50/20 ms, ledgers and workers", programs, world, runs)
    mine = [docferry(told=True)]
    bench.table(
        "500 documents with a file of 1 MB, 50/20 ms", mine, {**world, "documents": 500, "files": 1_000_000}, runs
    )
    bench.table(POISONED, mine, {**world, "refused": list(range(57, 2_000, 100))}, runs if full else 3)
    bench.table("2000 documents, 5 % of the calls answered with 503", mine, {**world, "unavailable": 0.05}, runs)
    several = [*mine, docferry(told=True, workers=4)]
    bench.table(QUOTA, several, {**world, "documents": 600, "quota": 10.0}, runs)


def correctness(bench: Bench, *, full: bool) -> None:
    """Show what each of them loses or doubles."""
    documents = 2_000
    wanted = [
        ("dlt", "single"),
        ("airbyte-cdk", "default"),
        ("singer-sdk", "default"),
        ("drt-core", "fail"),
        ("drt-core", "skip"),
    ]
    if full:
        wanted += [("dlt", "batch"), ("airbyte-cdk", "pool"), ("singer-sdk", "pool")]
    print(f"\nCorrectness, {documents} documents, 0/0 ms\n{Story.heading()}")
    for program in [docferry(told=True), *bench.peers(wanted)]:
        if time.monotonic() > bench.deadline:
            bench.left_out.append(f"correctness of {program.name}, {program.config}")
            continue
        story = Story(program.name, program.config)
        for name, tell in stories(documents):
            say(f"correctness: {program.name}, {program.config}: {name}")
            try:
                with state(bench.folder, program) as (ready, folder):
                    tell(story, ready, folder)
            except (RuntimeError, OSError, TimeoutError) as error:
                story.told[name] = f"failed: {error}"
        print(story.line(), flush=True)
        bench.stories.append(story)
        bench.write()


PARTS = {"speed": speed, "correctness": correctness, "forms": forms}


def verdict(bench: Bench) -> bool:
    """Compare docferry with every peer, row by row, and with its own aims; print that, and return whether all is right."""
    behind = ahead(bench.rows)
    print("\nPeers ahead: " + ("\n  ".join(["", *behind]) if behind else "none"))
    for line in aims(bench.rows):
        print(line)
    if bench.left_out:
        print("Not reached in the time: " + "; ".join(bench.left_out))
    return not any(row.fault for row in bench.rows if row.program.startswith("docferry"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="every row with five runs each; hours")
    parser.add_argument(
        "--minutes", type=float, default=25, help="no new row is begun after this time (not with --full)"
    )
    parser.add_argument("--only", choices=[*PARTS, "all"], default="all")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--json", type=Path, help="where every single figure is written")
    parser.add_argument("--folder", type=Path, help="where ledgers are put; must be a real disk")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.gettempdir())
    names = () if options.no_peers else dict.fromkeys(name for name, _ in CONFIGS)
    interpreters: dict[str, Path | str] = dict.fromkeys((name for name, _ in CONFIGS), "left out")
    interpreters |= {name: python(name) for name in names}
    packages = ("aiohttp", "httpx", "msgspec", "sqlalchemy", "psycopg")
    mine, theirs = cores()
    about = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "cores": f"programs on {sorted(mine)}, servers on {sorted(theirs)}" if mine else "not pinned",
        "load": round(os.getloadavg()[0], 1),
        "versions": {
            "Python": platform.python_version(),
            "SQLite": sqlite3.sqlite_version,
            **{name: importlib.metadata.version(name) for name in packages},
            **{
                name: version(name) if isinstance(interpreters[name], Path) else str(interpreters[name])
                for name in names
            },
        },
    }
    for name, value in about.items():
        print(f"{name:<10}{value}", flush=True)
    deadline = float("inf") if options.full else time.monotonic() + options.minutes * 60
    with tempfile.TemporaryDirectory(dir=folder) as parent:
        bench = Bench(Path(parent), deadline, interpreters, options.json, about)
        for name, part in PARTS.items():
            if options.only in {name, "all"}:
                part(bench, full=options.full)
        right = verdict(bench)
        bench.write()
    print(f"load after {os.getloadavg()[0]:.1f}")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
