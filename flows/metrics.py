"""The numbers of a ledger for monitors, whichever way they leave: names, units and labels are those of Prometheus."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from flows.freshness import WINDOW
from flows.routes import route_names
from flows.watching import open_alarms
from mappings.language import read_draft
from mappings.language.alarms import NEVER, duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from flows.settings import Gateway
    from state.ledger import Ledger
    from state.watching import Figures

OUTCOMES = ("complete", "incomplete", "stopped", "interrupted", "died")
"""How a run may end; `died`: without a word, as when it is killed."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its samples: the values of its labels in order, and a number.

    A counter's name ends in _total. Labels are routes, connections and words of docferry's own, so their number is bounded.
    """

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...]
    samples: list[tuple[tuple[str, ...], float]] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """The unit in the name, in UCUM's words; "1" for plain numbers."""
        return "s" if "_seconds" in self.name else "1"


_R = ("route",)
_Definition = tuple[str, Literal["gauge", "counter"], str, tuple[str, ...]]
DOCUMENTS: _Definition = (
    "docferry_documents",
    "gauge",
    "Documents by status; pending ones are the queue.",
    (*_R, "status"),
)
REJECTED: _Definition = (
    "docferry_rejected_documents",
    "gauge",
    "Documents that are rejected, failed or held now.",
    (*_R, "class"),
)
DUE_AGE: _Definition = (
    "docferry_oldest_due_age_seconds",
    "gauge",
    "How long the document has been due that was due first.",
    _R,
)
OWED: _Definition = "docferry_feedback_owed", "gauge", "Messages that the source is owed.", _R
OWED_AGE: _Definition = (
    "docferry_feedback_oldest_owed_age_seconds",
    "gauge",
    "How long the oldest of them has been owed.",
    _R,
)
LAG: _Definition = (
    "docferry_feedback_lag_seconds",
    "gauge",
    "From owed to told, in the last run that told.",
    (*_R, "quantile"),
)
ACTIVE: _Definition = "docferry_run_active", "gauge", "1 while a run of the route is going on.", _R
COMPLETE_AT: _Definition = "docferry_last_complete_timestamp_seconds", "gauge", "When a run last ended complete.", _R
FRESH: _Definition = "docferry_fresh_within_seconds", "gauge", "The deadline for the next complete run.", _R
ALARMS: _Definition = (
    "docferry_alarms_open",
    "gauge",
    "Alarms that the last docferry watch left open.",
    ("kind", "about"),
)
RUNS: _Definition = "docferry_runs_total", "counter", "Runs by how they ended.", (*_R, "outcome")
DELIVERIES: _Definition = "docferry_deliveries_total", "counter", "Deliveries: new ones and updates.", (*_R, "kind")
REJECTS: _Definition = (
    "docferry_rejects_total",
    "counter",
    "Verdicts against a document, by class of reason.",
    (*_R, "class"),
)
TOLD: _Definition = "docferry_feedback_told_total", "counter", "Messages that the source has taken.", _R
REQUESTS: _Definition = "docferry_requests_total", "counter", "HTTP requests that have left in runs.", _R
QUOTA: _Definition = (
    "docferry_quota_wait_seconds_total",
    "counter",
    "Seconds that requests waited for a quota or a repeat.",
    _R,
)
_ALL = (
    DOCUMENTS, REJECTED, DUE_AGE, OWED, OWED_AGE, LAG, ACTIVE, COMPLETE_AT, FRESH, ALARMS,
    RUNS, DELIVERIES, REJECTS, TOLD, REQUESTS, QUOTA,
)  # fmt: skip
_QUANTILES = {"0.5": "feedback_lag_p50_ms", "0.95": "feedback_lag_p95_ms"}


class _Metrics:
    def __init__(self) -> None:
        self.all = {name: Metric(name, kind, text, labels) for name, kind, text, labels in _ALL}

    def add(self, metric: _Definition, value: float, *labels: str) -> None:
        self.all[metric[0]].samples.append((labels, value))


async def metrics(gateway: Gateway, ledger: Ledger) -> Sequence[Metric]:
    """Read all numbers from the ledger; what it knows nothing of has no sample. Raises StateError."""
    found = _Metrics()
    files = route_names(gateway.mappings)
    for route in dict.fromkeys([*files, *await ledger.watching.routes()]):
        _add_route(found, route, await ledger.watching.figures(route, WINDOW))
    for route in files:
        limit = read_draft(gateway.mappings / f"{route}.yaml").alarms.fresh_within or duration(gateway.fresh_within)
        if limit != NEVER:
            found.add(FRESH, limit.total_seconds(), route)
    counts: dict[tuple[str, str], int] = {}
    for alarm in (await open_alarms(ledger)).values():
        counts[alarm.kind, alarm.about] = counts.get((alarm.kind, alarm.about), 0) + 1
    for labels, count in counts.items():
        found.add(ALARMS, count, *labels)
    return list(found.all.values())


def _add_route(found: _Metrics, route: str, figures: Figures) -> None:
    pulse, now, total = figures.pulse, figures.pulse.now, figures.totals
    for status, count in figures.statuses.items():
        found.add(DOCUMENTS, count, route, status)
    if "pending" not in figures.statuses:
        found.add(DOCUMENTS, 0, route, "pending")
    for class_, count in figures.rejects.items():
        found.add(REJECTED, count, route, class_)
    found.add(DUE_AGE, _age(figures.oldest_due_at, now), route)
    found.add(OWED, pulse.owed, route)
    found.add(OWED_AGE, _age(pulse.oldest_owed_at, now), route)
    found.add(ACTIVE, int(pulse.running_since is not None), route)
    if pulse.complete_at is not None:
        found.add(COMPLETE_AT, pulse.complete_at.timestamp(), route)
    told = next((run.counts for run in pulse.ended if _QUANTILES["0.5"] in run.counts), None)
    for quantile, name in _QUANTILES.items() if told is not None else ():
        found.add(LAG, _seconds(told or {}, name), route, quantile)
    for outcome in OUTCOMES:
        found.add(RUNS, total.get(f"runs {outcome}", 0), route, outcome)
    found.add(DELIVERIES, total.get("delivered", 0), route, "new")
    found.add(DELIVERIES, total.get("updated", 0), route, "update")
    for name, count in total.items():
        if name.startswith("refused "):
            found.add(REJECTS, count, route, name.removeprefix("refused "))
    found.add(TOLD, total.get("acknowledged", 0), route)
    found.add(REQUESTS, total.get("requests", 0), route)
    found.add(QUOTA, _seconds(total, "quota_wait_ms"), route)


def _age(since: datetime | None, now: datetime) -> float:
    """Return how long something has lasted, in seconds; 0 if it is not there, or only to come."""
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _seconds(counts: Mapping[str, int], name: str) -> float:
    return counts.get(name, 0) / 1000
