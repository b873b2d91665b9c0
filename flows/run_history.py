"""What a report says beyond its own run: the runs before it, and what has changed since the last report of the route."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows.causes import cause
from flows.memory import LedgerMemory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flows.tally import Report
    from state.ledger import Ledger
    from state.records import RunRow

RUNS = 30
_REASONS = 2000
"""How many different reasons are read, the most frequent first; those that differ in ids only count as several here."""
_CAUSES = 200
_LONGEST = 300
_KEPT = "last report"


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What was wrong with the documents of a route when a run ended (`at`, UTC): how many are rejected, failed or held, by cause."""

    run_id: str
    at: datetime
    causes: Mapping[str, int]

    @property
    def cut(self) -> bool:
        """Whether there may be more causes than are kept."""
        return len(self.causes) >= _CAUSES

    def as_text(self) -> str:
        """Return it as it is kept."""
        return json.dumps({"run": self.run_id, "at": self.at.isoformat(), "causes": dict(self.causes)})

    @classmethod
    def from_text(cls, text: str | None) -> Standpoint | None:
        """Read what `as_text` wrote; None for nothing, and for another release's form."""
        try:
            data = json.loads(text or "")
            causes = {str(name): int(count) for name, count in data["causes"].items()}
            return cls(str(data["run"]), datetime.fromisoformat(data["at"]), causes)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


@dataclass(frozen=True, slots=True)
class History:
    """What the ledger knows about a route beside a run's own report."""

    runs: Sequence[RunRow] = ()
    """The latest `RUNS` runs, the newest first."""
    now: Standpoint | None = None
    before: Standpoint | None = None
    """The standpoint of the last report before this one."""
    external_ids: Mapping[str, str] = field(default_factory=dict)
    """Ids at the destination, by document id, of the documents that were asked for and have one."""

    def previous(self, run_id: str) -> RunRow | None:
        """Return the last run before this one that has come to its end."""
        ended = [run for run in self.runs if run.id != run_id and run.state == "finished"]
        here = next((run for run in self.runs if run.id == run_id), None)
        return next((run for run in ended if here is None or run.started_at <= here.started_at), None)


async def look_back(ledger: Ledger, report: Report, documents: Sequence[str] = ()) -> History:
    """Read the history of a report's route, and keep how the route stands now for the report after this one.

    `documents` are those whose ids at the destination are wanted. After a dry run nothing is kept. Raises StateError.
    """
    memory = LedgerMemory(ledger, f"route {report.route}")
    causes: dict[str, int] = {}
    for status, reason, count in await ledger.reasons(report.route, _REASONS):
        name = f"{status}: {cause(reason)}"[:_LONGEST]
        causes[name] = causes.get(name, 0) + count
    most = sorted(causes.items(), key=lambda item: (-item[1], item[0]))[:_CAUSES]
    now = Standpoint(report.run_id, datetime.now(UTC), dict(most))
    before = Standpoint.from_text(await memory.recall(_KEPT))
    if not report.dry_run:
        await memory.keep(_KEPT, now.as_text())
    known = await ledger.lookup(report.route, documents)
    external = {name: one.external_id for name, one in known.items() if one.external_id}
    return History(await ledger.runs(report.route, RUNS), now, before, external)
