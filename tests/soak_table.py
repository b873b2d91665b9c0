"""The table that ends `make soak`: one line per guarantee, with its figures, its seeds and how to repeat one of them.

A test calls `soak_line(guarantee, figures, seed)` once it knows what was found and before it asserts anything of it, so
that a failed promise has its line too. Long tests that do not are known by their names.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_KEY = "soak_line"
_LONG = "soak"
_HEAD = ("", "guarantee", "figures", "seed", "seconds", "test")
_LONGEST = (7, 100, 140, 24, 7, 120)


class SoakLine(Protocol):
    """What the fixture `soak_line` is."""

    def __call__(self, guarantee: str, figures: str, seed: int | str = "") -> None:
        """Give the table a line. `seed` is what `SOAK_SEED` must be to see the same again, "" where nothing is drawn."""
        ...


def seeds(count: int) -> range:
    """Draw a test's seeds, which follow each other.

    `SOAK_SEED` is the first one, and the only one unless `SOAK_SEEDS` says how many there are to be.
    """
    first = os.environ.get("SOAK_SEED")
    begin = random.randrange(1_000_000) if first is None else int(first)
    return range(begin, begin + int(os.environ.get("SOAK_SEEDS", count if first is None else 1)))


def shown(drawn: range) -> str:
    """Write seeds for the table."""
    return str(drawn[0]) if len(drawn) == 1 else f"{drawn[0]} to {drawn[-1]}"


@pytest.fixture
def soak_line(record_property: Callable[[str, object], None]) -> SoakLine:
    """Report lines of the table; one test may have several."""

    def say(guarantee: str, figures: str, seed: int | str = "") -> None:
        record_property(_KEY, [guarantee, figures, str(seed)])

    return say


@dataclass(eq=False)  # pytest keeps its plugins in sets
class _Table:
    """Hears every report, also those of xdist's workers, whose properties travel with them."""

    lines: list[tuple[str, ...]]
    failed: list[tuple[str, str]]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the lines of a test that has just ended."""
        said = [value for key, value in report.user_properties if key == _KEY] if report.when == "call" else []
        if report.when == "call" or not report.passed:
            own = [(guarantee, "", "") for key, guarantee in report.user_properties if key == _LONG]
            said = said or own
        for guarantee, figures, seed in said:
            verdict = {"passed": "kept", "skipped": "skipped"}.get(report.outcome, "BROKEN")
            self.lines.append((verdict, guarantee, figures, seed, f"{report.duration:.0f}", report.nodeid))
        if report.failed:
            self.failed.append((report.nodeid, said[0][2] if said else ""))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """Print the table, if there is anything to show."""
        if not self.lines:
            return
        limit = config.getoption("session_timeout", None)
        within = f", to be done within {limit / 60:.0f} minutes" if limit else ""
        terminalreporter.section(f"guarantees under fire{within}")
        for line in _drawn(self.lines):
            terminalreporter.write_line(line)
        terminalreporter.write_line(
            "\nOne seed alone: SOAK_SEED=<seed> .venv/bin/python -m pytest -s <test>; other seeds are drawn each time."
        )
        for test, seed in self.failed:
            with_seed = f"SOAK_SEED={seed} " if seed.isdigit() else ""
            terminalreporter.write_line(f"Failed: {with_seed}.venv/bin/python -m pytest -s '{test}'")


def _drawn(lines: list[tuple[str, ...]]) -> list[str]:
    rows = [_HEAD, *sorted(lines, key=lambda line: line[1])]
    widths = [min(most, max(len(row[place]) for row in rows)) for place, most in enumerate(_LONGEST)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every long test have its line: one that says nothing has its name for it, which is a sentence."""
    for item in items:
        if item.get_closest_marker("soak"):
            item.user_properties.append((_LONG, item.name.removeprefix("test_").replace("_", " ")))


def pytest_configure(config: pytest.Config) -> None:
    """Listen where all reports come together."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Table([], []), "soak-table")
