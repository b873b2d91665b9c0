"""What one run has done so far, document by document, and the report that must add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Fate(StrEnum):
    """What became of a document in this run. Every document the run touched has exactly one."""

    DELIVERED = "delivered"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    FAILED = "failed"
    SKIPPED = "skipped"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Problem:
    """A document that a person may have to look at, and why."""

    document_id: str
    fate: Fate
    reason: str


class Tally:
    """Counts of a run in progress. Holds ids, never documents; of the problems only the first `MOST_PROBLEMS`."""

    MOST_PROBLEMS = 10_000

    def __init__(self) -> None:
        self.problems: dict[str, Problem] = {}
        self.listed: set[int] = set()
        self.passes = 0
        self.told = 0
        self.refused: set[int] = set()
        """Documents (transfer ids) the source has refused to hear of, in this run or before and they are still listed."""
        self.withdrawn = 0
        self._fates: dict[int, Fate] = {}
        self._sent: dict[int, Fate] = {}
        self._tried: set[int] = set()

    def list(self, ids: Iterable[int], fate: Fate) -> None:
        """Note documents that the source listed; a fate from earlier in this run stands."""
        for id_ in ids:
            self.listed.add(id_)
            if fate is Fate.WAITING:
                self._fates[id_] = fate  # new, changed or listed again: it has to be worked on (again)
            else:
                self._fates.setdefault(id_, fate)

    def handled(self, id_: int) -> bool:
        """Return True if this run has already been through with a document."""
        return self._fates.get(id_, Fate.WAITING) is not Fate.WAITING

    def decide(self, id_: int, fate: Fate) -> None:
        """Note what became of a document; an update after a delivery in the same run stays a delivery."""
        if fate in (Fate.DELIVERED, Fate.UPDATED, Fate.UNCHANGED):
            fate = self._sent.get(id_, fate)
        if fate in (Fate.DELIVERED, Fate.UPDATED):
            self._sent[id_] = fate
        if fate is Fate.WAITING:
            self._tried.add(id_)
        else:
            self._tried.discard(id_)
        self._fates[id_] = fate

    @property
    def tried(self) -> int:
        """How many documents wait because an attempt failed, not because they were not begun."""
        return len(self._tried)

    def explain(self, document_id: str, fate: Fate, reason: str) -> None:
        """Keep why a document was rejected, failed, skipped or has to wait; the latest word counts."""
        if document_id in self.problems or len(self.problems) < self.MOST_PROBLEMS:
            self.problems[document_id] = Problem(document_id, fate, reason)

    def clear(self, document_id: str) -> None:
        """Forget an earlier problem of a document that has since gone through."""
        self.problems.pop(document_id, None)

    def counts(self) -> Counter[Fate]:
        """Return how many documents met each fate."""
        return Counter(self._fates.values())

    @property
    def touched(self) -> int:
        """How many documents the run has listed or worked on."""
        return len(self._fates)

    @property
    def settled(self) -> int:
        """How many of them need nothing more from this run."""
        return self.touched - self.counts()[Fate.WAITING]


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one run. `seconds` is wall time, `waited` seconds spent waiting for providers' quotas."""

    route: str
    run_id: str
    started: datetime
    listed: int = 0
    resumed: int = 0
    delivered: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    failed: int = 0
    skipped: int = 0
    waiting: int = 0
    withdrawn: int = 0
    acknowledged: int = 0
    owed_feedback: int = 0
    refused_feedback: int = 0
    requests: int = 0
    passes: int = 0
    seconds: float = 0.0
    complete: bool = False
    dry_run: bool = False
    limited: bool = False
    interrupted: bool = False
    stopped: str | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)
    problems: tuple[Problem, ...] = field(default_factory=tuple)

    @property
    def adds_up(self) -> bool:
        """True if every document that was listed or resumed has exactly one fate."""
        fates = self.delivered + self.updated + self.unchanged + self.rejected + self.failed + self.skipped
        return self.listed + self.resumed == fates + self.waiting

    @property
    def exit_code(self) -> int:
        """0 all accounted for · 1 finished with something for a person · 3 stopped · 130 interrupted."""
        if self.interrupted:
            return 130
        if self.stopped:
            return 3
        open_ends = self.rejected + self.failed + self.withdrawn + self.owed_feedback + self.refused_feedback
        return 1 if open_ends or not (self.complete or self.limited) else 0

    def as_json(self) -> dict[str, object]:
        """Return the report as plain JSON data; instants are ISO 8601 in UTC."""
        data = asdict(self)
        data["started"] = self.started.isoformat()
        data["seconds"] = round(self.seconds, 3)
        data["adds_up"] = self.adds_up
        data["exit_code"] = self.exit_code
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """Read back what `as_json` wrote."""
        known = {key: value for key, value in data.items() if key in cls.__dataclass_fields__}
        known["started"] = datetime.fromisoformat(known["started"])
        known["notes"] = tuple(known["notes"])
        known["problems"] = tuple(
            Problem(item["document_id"], Fate(item["fate"]), item["reason"]) for item in known["problems"]
        )
        return cls(**known)
