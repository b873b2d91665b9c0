"""What several runs of one program on one row come to: medians and ranges, and whether its speed counts at all."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from measuring import Ended


QUOTA = "600 documents, a quota of 10 calls a second"
POISONED = "2000 documents, 1 % answered with 422"
PLAIN = "2000 documents, 50/20 ms"
_AIMS = (
    (PLAIN, "docferry, told", "rate", 450.0, 1),
    ("20000 documents, 0/0 ms", "docferry", "cpu", 0.5, -1),
    (QUOTA, "docferry, told", "rate", 9.0, 1),
    (QUOTA, "docferry, told, 4 workers", "rate", 9.0, 1),
)
_LEAST_OF_HEALTHY = 0.95
"""What is left of the throughput when one document of a hundred is refused."""


@dataclass
class Run:
    """One run. `rate` is documents a second from the first page asked for to the last call; CPU is per 1,000 documents."""

    rate: float
    seconds: float
    cpu: float
    rss_mib: float
    calls: float
    busy: float
    held: dict[str, Any]
    codes: list[int]
    printed: str = ""


@dataclass
class Row:
    """All runs of one program under one condition."""

    condition: str
    program: str
    config: str
    wanted: int
    runs: list[Run] = field(default_factory=list)

    @property
    def fault(self) -> str:
        """Why the speed does not count; empty if it does."""
        for run in self.runs:
            held = run.held
            wrong = [
                f"{held[name]} {name}" for name in ("doubles", "wrong", "told_twice", "uploaded_twice") if held[name]
            ]
            if held["delivered"] != self.wanted:
                wrong.append(f"{self.wanted - held['delivered']} missing")
            if wrong:
                return ", ".join(wrong)
        return "" if self.runs else "no run"

    def line(self) -> str:
        """Return the row as it is printed."""
        name = f"{self.program:<40}{self.config:<40}"
        if not self.runs:
            return f"{name}could not be run"
        shown = f"{_span(self, 'rate', 0):>16}{_span(self, 'seconds', 1):>18}{_span(self, 'cpu', 2):>18}"
        rest = (
            f"{max(run.rss_mib for run in self.runs):>7.0f}{self.runs[0].calls:>7.2f}"
            f"{self._at_once():>9}{self.runs[0].busy * 100:>6.0f}%"
        )
        return f"{name}{shown}{rest}  {self.fault or 'right'}"

    def _at_once(self) -> str:
        most = [run.held["at_once"] for run in self.runs]
        return f"{max(one['source'] for one in most)}/{max(one['destination'] for one in most)}"

    def as_json(self) -> dict[str, Any]:
        """Return everything that was measured."""
        return {**asdict(self), "fault": self.fault}


def line_of_names() -> str:
    """Return the heading of the rows."""
    return f"{'program':<40}{'configuration':<40}{'docs/s':>16}{'wall s':>18}{'CPU s/1,000':>18}{'MiB':>7}{'calls':>7}{'at once':>9}{'srv':>7}"


def ahead(rows: Sequence[Row]) -> list[str]:
    """Say where a peer is better than docferry doing the same: rows that are right only, the source told by nobody."""
    found = []
    mine = {row.condition: row for row in rows if row.program == "docferry" and not row.fault}
    for row in rows:
        ours = mine.get(row.condition)
        if ours is None or row.fault or row.program.startswith(("docferry", "floor")):
            continue
        found += [
            f"{row.condition}: {row.program}, {row.config}: {name} {median(row, name):.2f} against {median(ours, name):.2f}"
            for name, better in (("rate", 1), ("cpu", -1), ("rss_mib", -1))
            if (median(row, name) - median(ours, name)) * better > 0
        ]
    return found


def aims(rows: Sequence[Row]) -> list[str]:
    """Say which aims are held."""
    found = []
    for condition, program, name, aim, sign in _AIMS:
        for row in rows:
            if (row.condition, row.program) == (condition, program) and row.runs:
                value = median(row, name)
                held = "held" if (value - aim) * sign >= 0 and not row.fault else "MISSED"
                wanted = f"{'at least' if sign > 0 else 'at most'} {aim:g}"
                found.append(f"aim: {program}, {condition}: {name} {value:.2f}, wanted {wanted}: {held}")
    told = {row.condition: row for row in rows if row.program == "docferry, told" and row.runs}
    if PLAIN in told and POISONED in told:
        part = median(told[POISONED], "rate") / median(told[PLAIN], "rate")
        held = "held" if part >= _LEAST_OF_HEALTHY and not told[POISONED].fault else "MISSED"
        found.append(f"aim: {POISONED}: {part:.2f} of the rate without, wanted at least {_LEAST_OF_HEALTHY:g}: {held}")
    return found


def median(row: Row, name: str) -> float:
    """Return the median of one figure."""
    return statistics.median(getattr(run, name) for run in row.runs)


def _span(row: Row, name: str, places: int) -> str:
    values = [getattr(run, name) for run in row.runs]
    middle = f"{statistics.median(values):.{places}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{places}f}-{max(values):.{places}f})"


def run_of(ended: Sequence[Ended], documents: int, held: dict[str, Any], busy: float) -> Run:
    """Put together what the processes of one run took and what the servers hold."""
    window = max(held["window"], held["told_window"] if held["told"] else 0.0)
    seconds = max(one.seconds for one in ended)
    return Run(
        rate=held["delivered"] / window if window > 0 else 0.0,
        seconds=seconds,
        cpu=sum(one.cpu for one in ended) / documents * 1000,
        rss_mib=max(one.rss_mib for one in ended),
        calls=sum(count for name, count in held["calls"].items() if name != "429") / documents,
        busy=busy / seconds,
        held=held,
        codes=[one.code for one in ended],
        printed=ended[0].printed if any(one.code not in {0, 1} for one in ended) else "",
    )
