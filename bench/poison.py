"""What poisoned documents cost the healthy ones: the same queue with and without them, in turns, and the ratio.

Prints, for each kind of poison, the median over pairs of (seconds until the last healthy contract was made, clean) /
(the same, poisoned), beside the seconds that the run went on after that.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sandboxes import SEED, Pace, _get, _post, sandboxes

from connectors.hypatos.sandbox_documents import DemoDocuments

HERE = Path(__file__).parent
KINDS = ("refused", "broken", "hangs")
PACE = Pace(0.05, 0.02, 0.05)


def poison(kind: str, ready: dict[str, Any], count: int, listed: int) -> list[dict[str, object]]:
    """Return the faults that poison `count` documents, for the source ("hypatos") or the destination ("zefort")."""
    demo = DemoDocuments(SEED, 2 * listed)
    ready_for_export = [n for n in range(listed) if demo.state(n) in ("done", "doneAutomatically")]
    chosen = ready_for_export[:: max(1, len(ready_for_export) // count)][:count]
    if kind == "broken":  # the source answers 500 for them, every time
        _post(
            ready["hypatos"],
            "switches",
            {
                "faults": [
                    {"kind": "status", "method": "GET", "path": f"/documents/{demo.document_id(n)}", "status": 500}
                    for n in chosen
                ]
            },
        )
        return []
    every = max(2, listed // count)
    rule: dict[str, object] = {"method": "POST", "path": "/contracts/", "first": 2, "every": every, "times": count}
    rule |= {"kind": "status", "status": 422} if kind == "refused" else {"kind": "delay", "seconds": 20.0}
    _post(ready["zefort"], "switches", {"faults": [rule]})
    return []


def once(kind: str | None, listed: int, count: int) -> tuple[float, float]:
    """Run once; return the seconds until the last healthy contract, and until the run was over."""
    with tempfile.TemporaryDirectory() as state, sandboxes(listed, PACE, set()) as ready:
        if kind:
            poison(kind, ready, count, listed)
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("DOCFERRY_", "HYPATOS_", "ZEFORT_"))},
            "DOCFERRY_STATE_URL": f"sqlite:///{state}/state.db",
            "HYPATOS_BASE_URL": ready["hypatos"]["base_url"],
            "HYPATOS_CLIENT_ID": ready["hypatos"]["client_id"],
            "HYPATOS_CLIENT_SECRET": ready["hypatos"]["client_secret"],
            "HYPATOS_MAX_CONCURRENCY": "32",
            "ZEFORT_BASE_URL": ready["zefort"]["base_url"],
            "ZEFORT_API_KEY": ready["zefort"]["api_key"],
            "ZEFORT_MAX_CONCURRENCY": "32",
        }
        began = time.time()
        with subprocess.Popen(
            [sys.executable, HERE / "gateway.py", "ours"], env=environment, cwd=state, stdout=subprocess.PIPE
        ) as gateway:
            gateway.communicate()
        over = time.time() - began
        log = [entry for entry in _get(ready["zefort"], "state")["requests"]["log"] if entry[1] == "POST /contracts/"]
        made = sorted(float(moment) for moment, _, _, status in log if status == 201)
        first = made[0]
        # the hung ones are made at the end: the last healthy one is the one before them
        healthy = made[: len(made) - (count if kind == "hangs" else 0)]
        return (healthy[-1] - first) / len(healthy), over


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    count = max(1, options.documents // 100)
    print(f"{options.documents} documents, {count} of them poisoned, source 50 ms, destination 20 ms")
    for kind in KINDS:
        ratios, longer = [], []
        for _ in range(options.pairs):
            clean, clean_over = once(None, options.documents, count)
            bad, bad_over = once(kind, options.documents, count)
            ratios.append(clean / bad)
            longer.append(bad_over - clean_over)
        print(
            f"{kind:<10} healthy throughput {statistics.median(ratios):.3f} of the clean one "
            f"({', '.join(f'{one:.3f}' for one in ratios)}); the run is {statistics.median(longer):+.1f} s longer",
            flush=True,
        )


if __name__ == "__main__":
    main()
