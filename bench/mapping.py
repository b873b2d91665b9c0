"""Benchmark of the mapping language: an invoice with ten lines becomes a contract with 80 fields.

Beside docferry the same task is done by hand-written Python, JMESPath and JSONata, in turns in one run; what each of them
makes is compared first. `make bench-mapping` installs the two and runs it; docs/benchmark.md says how to read it.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import importlib.util
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from mapping_task.by_hand import CURRENCIES, LABELS, by_hand, day

from mappings.language import load_route

TASK = Path(__file__).parent / "mapping_task"
AIM = 5_000
"""Documents per second and core, with provenance."""
PACKAGES = {"jmespath": "jmespath", "jsonata": "jsonata-python"}

Map = Callable[[], Any]


def ours(document: dict[str, Any]) -> dict[str, Map]:
    """Return docferry's ways: as the engine maps, and with the origin of every field worked out as well."""
    route = load_route(TASK / "route.yaml")

    def explained() -> Any:
        mapped = route.apply(document)
        route.origins(document, mapped)
        return mapped.payload

    return {"docferry, provenance on": lambda: route.apply(document).payload, "docferry, all origins": explained}


def with_jmespath(document: dict[str, Any]) -> Map:
    """Return JMESPath's way. It has no dates, tables, trimming or conversions, so those are functions in Python."""
    import jmespath  # noqa: PLC0415 -- only this benchmark needs it, so it may be missing

    tables = {"labels": LABELS, "currencies": CURRENCIES}

    class Functions(jmespath.functions.Functions):
        @jmespath.functions.signature({"types": ["string"]}, {"types": ["string"]})
        def _func_lookup(self, table: str, key: str) -> Any:
            return tables[table].get(key)

        @jmespath.functions.signature({"types": ["string"]})
        def _func_day(self, text: str) -> str:
            return day(text)

        @jmespath.functions.signature({"types": ["string", "number"]})
        def _func_integer(self, value: Any) -> int:
            return int(value)

        @jmespath.functions.signature({"types": ["string"]})
        def _func_trimmed(self, text: str) -> str:
            return text.strip()

        @jmespath.functions.signature({"types": ["string"]})
        def _func_without_blanks(self, text: str) -> str:
            return text.replace(" ", "")

    expression = jmespath.compile((TASK / "contract.jmespath").read_text(encoding="utf-8"))
    options = jmespath.Options(custom_functions=Functions())
    return lambda: expression.search(document, options)


def with_jsonata(document: dict[str, Any]) -> Map:
    """Return JSONata's way."""
    import jsonata  # noqa: PLC0415 -- as above

    expression = jsonata.Jsonata((TASK / "contract.jsonata").read_text(encoding="utf-8"))
    return lambda: expression.evaluate(document)


def exact(value: Any) -> Any:
    """Return what binary floats were meant to be, so that payloads can be compared."""
    if isinstance(value, dict):
        return {key: exact(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [exact(inner) for inner in value]
    return Decimal(str(value)) if isinstance(value, float) else value


def rate(work: Map, seconds: float) -> float:
    """Return documents per second of CPU time."""
    count, started = 0, time.process_time()
    while (taken := time.process_time() - started) < seconds:
        for _ in range(20):
            work()
        count += 20
    return count / taken


def contenders() -> tuple[dict[str, Map], list[str]]:
    """Return all ways that can be taken here, the hand-written one first, and what is missing for the others."""
    text = (TASK / "invoice.json").read_bytes()
    decimals, floats = msgspec.json.Decoder(float_hook=Decimal).decode(text), json.loads(text)
    ways: dict[str, Map] = {"Python by hand": lambda: by_hand(decimals)} | ours(decimals)
    missing = []
    for module, make in (("jmespath", with_jmespath), ("jsonata", with_jsonata)):
        package = PACKAGES[module]
        if importlib.util.find_spec(module) is None:
            missing.append(f"{package} is not installed; pip install -e '.[bench]' brings it")
        else:
            ways[f"{package} {importlib.metadata.version(package)}, binary floats"] = make(floats)
    return ways, missing


def main() -> int:
    """Compare, measure and print. Return 1 if a payload differs or docferry is slower than the aim."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="how often each of them has a turn (default: 9)")
    parser.add_argument("--seconds", type=float, default=0.2, help="CPU seconds per turn (default: 0.2)")
    options = parser.parse_args()
    ways, missing = contenders()
    first = next(iter(ways))
    wanted = ways[first]()
    differing = [name for name, work in ways.items() if exact(work()) != wanted]
    for name in differing:
        print(f"{name} makes another payload than {first}", file=sys.stderr)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    gc.collect()
    for _ in range(options.rounds):
        for name, work in ways.items():
            rates[name].append(rate(work, options.seconds))
    size = len(
        json.dumps(
            json.loads((TASK / "invoice.json").read_text(encoding="utf-8")), ensure_ascii=False, separators=(",", ":")
        ).encode()
    )
    print(
        f"One invoice of {size:,} bytes, 80 fields; Python {platform.python_version()}, one core, CPU time, median of {options.rounds}"
    )
    print(f"{'':44} {'documents/s':>12} {'of by hand':>11}   payload")
    for name, measured in rates.items():
        share = statistics.median(own / base for own, base in zip(measured, rates[first], strict=True))
        print(
            f"{name:44} {statistics.median(measured):12,.0f} {share:10.1%}   {'differs' if name in differing else 'same'}"
        )
    for sentence in missing:
        print(sentence)
    reached = statistics.median(rates["docferry, provenance on"])
    print(f"aim: {AIM:,} documents/s with provenance on: {'reached' if reached >= AIM else 'not reached'}")
    return 1 if differing or reached < AIM else 0


if __name__ == "__main__":
    sys.exit(main())
