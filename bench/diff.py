"""Benchmark of `docferry map diff`: ten thousand recorded documents through two mappings, and whether the counts are right."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.fernet import Fernet
from recorded import ROUTE, record

import mappings
from connectors.hypatos.sandbox_documents import DemoDocuments

OLD, NEW = "entities.totalAmount >= 10000", "entities.totalAmount >= 20000"
"""The edit: from which amount on a contract gets the tag `high-value`."""
LIMIT = 60.0
"""Seconds that ten thousand documents may take on two cores."""


def changed(ids: set[str], count: int) -> int:
    """Count, without the mapping, the documents that the edit changes."""
    demo = DemoDocuments(7, count)
    amounts = {demo.document_id(number): demo.entities(number).get("totalAmount") for number in range(count)}
    return sum(1 for id_ in ids if amounts[id_] is not None and 10_000 <= amounts[id_] < 20_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--documents",
        type=int,
        default=13_200,
        help="how many the sandbox makes; the route takes three in four of them",
    )
    parser.add_argument("--times", type=int, default=3, help="how often it is measured; the median is taken")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url, key = f"sqlite:///{folder}/state.db", Fernet.generate_key().decode()
        sent = set(asyncio.run(record(url, key, options.documents)))
        edited = shutil.copytree(Path(mappings.__file__).parent, Path(folder) / "mappings") / f"{ROUTE}.yaml"
        text = edited.read_text(encoding="utf-8")
        assert text.count(OLD) == 1
        edited.write_text(text.replace(OLD, NEW), encoding="utf-8")
        settings = {"DOCFERRY_STATE_URL": url, "DOCFERRY_KEYS": key, "DOCFERRY_MAPPINGS": str(edited.parent)}
        command = [str(Path(sys.executable).with_name("docferry")), "map", "diff", ROUTE, "--json"]
        command += ["--last", str(len(sent))]
        load, seconds = os.getloadavg()[0], []
        for _ in range(options.times):
            began = time.perf_counter()
            ended = subprocess.run(
                command, env={**os.environ, **settings}, capture_output=True, text=True, check=True, cwd=folder
            )
            seconds.append(time.perf_counter() - began)
    found, taken = json.loads(ended.stdout), statistics.median(seconds)
    assert found["documents"] == len(sent), "not all that were recorded are kept"
    print(f"{len(sent):,} documents in {taken:.1f} s, at most {max(seconds):.1f} (load before: {load:.1f})")
    right = changed(sent, options.documents)
    print(f"{found['otherwise']} come out otherwise, {right} counted without the mapping")
    sys.exit(found["otherwise"] != right or taken > LIMIT)


if __name__ == "__main__":
    main()
