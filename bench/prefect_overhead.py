"""What Prefect costs per run: the route Hypatos → Zefort as a flow run at a server of its own, beside `docferry run`.

    .venv/bin/python bench/prefect_overhead.py --times 3

Both kinds take turns against fresh sandboxes, each from the start of its process to its end: first with documents, then once
more with nothing new, which is what most runs of a schedule are.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from cryptography.fernet import Fernet
from sandboxes import Pace, counts, sandboxes

from flows.orchestration.supervising import own_server

ROUTE = "hypatos_to_zefort"
FLOW = (
    "import asyncio; from flows.orchestration.route_choice import RouteChoice; from flows.sync import sync; "
    f"state = asyncio.run(sync(RouteChoice({ROUTE!r}), return_state=True)); raise SystemExit(not state.is_completed())"
)
COMMANDS = {
    "docferry run": ["-m", "flows", "run", ROUTE, "--json"],
    "flow run": ["-c", FLOW],
}
SECONDS, PART = 3.0, 0.05
"""The aims: so many seconds, and so much of a run of 2,000 documents."""


async def timed(kind: str, environment: dict[str, str], folder: str) -> float:
    """Run a process to its end; return how many seconds it took."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *COMMANDS[kind],
        env=environment,
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode not in (0, 1):
        sys.exit(f"the {kind} failed:\n{said.decode()[-2000:]}")
    return time.monotonic() - began


async def once(kind: str, api: str, options: argparse.Namespace, folder: Path) -> tuple[float, float]:
    """Return the seconds of a run with documents and of one with nothing new."""
    pace = Pace(options.source_ms / 1000, options.destination_ms / 1000, options.source_ms / 1000)
    # Compiled modules are kept, as in the image: a run that compiles Prefect anew takes seconds longer.
    foreign = ("DOCFERRY_", "HYPATOS_", "ZEFORT_", "PREFECT_", "PYTHONDONTWRITEBYTECODE")
    with tempfile.TemporaryDirectory(dir=folder) as state, sandboxes(options.documents, pace, set()) as ready:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
            "PREFECT_API_URL": api,
            "PREFECT_HOME": f"{state}/prefect",
            "NO_PROXY": "127.0.0.1",
            "DOCFERRY_STATE_URL": f"sqlite:///{state}/state.db",
            "DOCFERRY_KEYS": Fernet.generate_key().decode(),
            "HYPATOS_BASE_URL": ready["hypatos"]["base_url"],
            "HYPATOS_CLIENT_ID": ready["hypatos"]["client_id"],
            "HYPATOS_CLIENT_SECRET": ready["hypatos"]["client_secret"],
            "ZEFORT_BASE_URL": ready["zefort"]["base_url"],
            "ZEFORT_API_KEY": ready["zefort"]["api_key"],
        }
        full, idle = [await timed(kind, environment, state) for _ in range(2)]
        print(f"{kind:<14}{full:>8.2f} s, then {idle:>6.2f} s; {counts(ready)}", file=sys.stderr, flush=True)
    return full, idle


async def compare(options: argparse.Namespace) -> dict[str, float]:
    """Let both kinds take turns; return medians in seconds."""
    found: dict[str, list[tuple[float, float]]] = {kind: [] for kind in COMMANDS}
    with tempfile.TemporaryDirectory(dir=options.folder.absolute()) as name:
        folder = Path(name)
        async with own_server(folder / "server", None) as server:
            for _ in range(options.times):
                for kind, figures in found.items():
                    figures.append(await once(kind, server.api, options, folder))
    return {
        f"{kind}, {what}": statistics.median(one[place] for one in figures)
        for kind, figures in found.items()
        for place, what in enumerate((f"{options.documents} documents", "nothing new"))
    }


def main() -> None:
    """Measure and print; the exit code is 1 if an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--source-ms", type=float, default=50.0)
    parser.add_argument("--destination-ms", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, default=Path(".bench"), help="where ledgers are put; a real disk")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    found = asyncio.run(compare(options))
    for name, seconds in found.items():
        print(f"{name:<34}{seconds:>8.2f} s")
    ours, theirs = (found[f"{kind}, {options.documents} documents"] for kind in COMMANDS)
    idle = found["flow run, nothing new"] - found["docferry run, nothing new"]
    more = theirs - ours
    print(
        f"Prefect adds {more:.2f} s ({more / ours:.1%}) to a run of {options.documents} documents, {idle:.2f} s to one with nothing new"
    )
    if missed := max(more, idle) > SECONDS or more > PART * ours:
        print(f"MISSED: at most {SECONDS:.0f} s and {PART:.0%} are aimed at")
    print(json.dumps(found), file=sys.stderr)
    sys.exit(int(missed))


if __name__ == "__main__":
    main()
