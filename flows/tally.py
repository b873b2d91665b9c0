"""What one run has done so far, document by document, and the report that must add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flows.alerts import Alert
from flows.lags import Lags
from flows.later import DROPPED
from flows.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


HELD_MS = "quota_held_ms "
"""What a run's counts call, followed by a connection, the milliseconds for which its quota has held requests up."""


class Fate(StrEnum):
    """What became of a document in this run. Every document the run touched has exactly one, WITHDRAWN apart.

    That is told beside it, of a delivery that the destination has dropped: the run need not have touched the document.
    """

    DELIVERED = "delivered"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    FAILED = "failed"
    SKIPPED = "skipped"
    WAITING = "waiting"
    HELD = "held"
    ELSEWHERE = "elsewhere"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Problem:
    """A document that a person may have to look at, and why."""

    document_id: str
    fate: Fate
    reason: str


def not_heard(outcome: str, reason: str | None) -> tuple[Fate, str]:
    """Return how a message that the source refused is told: by what had become of the document at first, and why."""
    return _told_of(outcome), f"the source refused to be told '{outcome}': {reason or 'it did not say why'}"


def not_taken(outcome: str, reason: str | None) -> tuple[Fate, str]:
    """Return how a message is told that the source is owed and has not taken so far, as `not_heard` does."""
    return _told_of(outcome), f"the source is owed '{outcome}': {reason or 'it has not taken it'}"


def _told_of(outcome: str) -> Fate:
    if outcome in DROPPED:
        return Fate.WITHDRAWN
    return Fate(outcome) if outcome in (Fate.REJECTED, Fate.FAILED) else Fate.DELIVERED


INTERRUPTED = 130
"""The exit code of a run that a person, or a machine that goes down, has asked to stop."""
_FATES = (None, *Fate)
_NUMBER = {fate: number for number, fate in enumerate(_FATES)}
_FATE, _LISTED, _NEW, _AGAIN, _TRIED = 0b1111, 0b1_0000, 0b10_0000, 0b100_0000, 0b1000_0000
"""What a mark says: the fate, whether the source listed it, what was sent in this run, whether an attempt failed."""


class Tally:
    """Counts of a run in progress. Holds a byte per document; of the problems only the first `MOST_PROBLEMS`."""

    MOST_PROBLEMS = 10_000

    def __init__(self) -> None:
        self.problems: dict[str, Problem] = {}
        self.listed = 0
        """How many documents the source has listed."""
        self.resumed = 0
        """How many the run has worked on although the source has not listed them."""
        self.behind = 0
        """How many wait in the ledger that the run did not come to."""
        self.passes = 0
        self.told = 0
        self.lags = Lags()
        """How long the messages that were told had been owed."""
        self.refused: set[int] = set()
        """Documents (transfer ids) the source has refused to hear of, in this run or before (of a work queue: still listed)."""
        self.withdrawn = 0
        self.conflicts = 0
        """How often a document was met that had been changed on both sides of a pair of routes."""
        self.woken = 0
        """How many documents the present mapping has made due again, because it makes something else of them."""
        self.tried = 0
        """How many documents wait because an attempt failed, not because they were not begun."""
        self.reject_classes: Counter[str] = Counter()
        """How often a document was rejected or failed, by class of reason."""
        self._marks = Marks()
        self._counts: Counter[Fate] = Counter()

    def list(self, ids: Iterable[int], fate: Fate) -> None:
        """Note documents that the source listed; a fate from earlier in this run stands."""
        for id_ in ids:
            mark = self._marks[id_]
            if not mark & _LISTED:
                self.listed += 1
                self.resumed -= bool(mark)  # the run was at it before it was listed
            self._marks[id_] = mark | _LISTED
            # New, changed or listed again: it has to be worked on (again).
            if fate is Fate.WAITING or not mark & _FATE:
                self._meet(id_, fate)

    def handled(self, id_: int) -> bool:
        """Return True if this run has already been through with a document."""
        return _FATES[self._marks[id_] & _FATE] not in {None, Fate.WAITING}

    def decide(self, id_: int, fate: Fate) -> None:
        """Note what became of a document; an update after a delivery in the same run stays a delivery."""
        mark = self._marks[id_]
        self.resumed += not mark
        if fate in (Fate.DELIVERED, Fate.UPDATED, Fate.UNCHANGED):
            fate = Fate.DELIVERED if mark & _NEW else Fate.UPDATED if mark & _AGAIN else fate
        tried = fate is Fate.WAITING
        self.tried += tried - bool(mark & _TRIED)
        sent = {Fate.DELIVERED: _NEW, Fate.UPDATED: _AGAIN}.get(fate, 0)
        self._marks[id_] = mark & ~_TRIED | sent | (_TRIED if tried else 0)
        self._meet(id_, fate)

    def _meet(self, id_: int, fate: Fate) -> None:
        mark = self._marks[id_]
        before = _FATES[mark & _FATE]
        if before is not None:
            self._counts[before] -= 1
        self._counts[fate] += 1
        self._marks[id_] = mark & ~_FATE | _NUMBER[fate]

    def explain(self, document_id: str, fate: Fate, reason: str) -> None:
        """Keep why a document was rejected, failed, skipped or has to wait; the latest word counts."""
        if document_id in self.problems or len(self.problems) < self.MOST_PROBLEMS:
            self.problems[document_id] = Problem(document_id, fate, reason)

    def explain_further(self, document_id: str, fate: Fate, reason: str) -> None:
        """Keep what else has gone wrong with a document, behind the reason of the same fate, which must not be lost for it."""
        before = self.problems.get(document_id)
        if before is not None and before.fate is fate:
            reason = before.reason if reason in before.reason else f"{before.reason}; {reason}"
        self.explain(document_id, fate, reason)

    def clear(self, document_id: str) -> None:
        """Forget an earlier problem of a document that has since gone through."""
        self.problems.pop(document_id, None)

    def waiting(self) -> Sequence[int]:
        """Name the documents (transfer ids) that need something more."""
        return [id_ for id_, mark in self._marks.items() if _FATES[mark & _FATE] is Fate.WAITING]

    def counts(self) -> Counter[Fate]:
        """Return how many documents met each fate."""
        return self._counts.copy()

    @property
    def touched(self) -> int:
        """How many documents the run has listed or worked on."""
        return self._counts.total()

    @property
    def settled(self) -> int:
        """How many of them need nothing more from this run."""
        return self.touched - self._counts[Fate.WAITING]


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one run. `seconds` is wall time.

    `feedback_lag_p50` and `feedback_lag_p95` are seconds from the moment a message was owed to the moment the source had
    taken it, within 2.5 %, of the messages told in this run; None if there were none.
    """

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
    held: int = 0
    conflicts: int = 0
    reject_classes: Mapping[str, int] = field(default_factory=dict)
    """How often a document was rejected or failed in this run, by class of reason (data, destination, …)."""
    elsewhere: int = 0
    """What another run of the route carries, or has carried, though this one listed it."""
    withdrawn: int = 0
    woken: int = 0
    acknowledged: int = 0
    owed_feedback: int = 0
    refused_feedback: int = 0
    feedback_lag_p50: float | None = None
    feedback_lag_p95: float | None = None
    oldest_owed: float | None = None
    """Seconds for which the message has been owed, at the end of the run, that is owed longest; None if none is."""
    requests: int = 0
    quota_wait: float = 0.0
    """Seconds that requests have waited for their turn under a quota, or to be repeated, summed over requests."""
    quota_held: Mapping[str, float] = field(default_factory=dict)
    """Seconds of wall time, by connection, during which requests have waited for their turn, however many at once."""
    phases: Mapping[str, float] = field(default_factory=dict)
    """Seconds of wall time by phase, those that came more than once summed up. Some run beside each other."""
    passes: int = 0
    seconds: float = 0.0
    complete: bool = False
    dry_run: bool = False
    limited: bool = False
    interrupted: bool = False
    stopped: str | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)
    problems: tuple[Problem, ...] = field(default_factory=tuple)
    alerts: tuple[Alert, ...] = field(default_factory=tuple)
    """What is or was wrong with the connections: one for each cause, however many documents and runs it has touched."""
    source: str = ""
    destination: str = ""
    """The names of the two connections."""
    pages: Mapping[str, str] = field(default_factory=dict)
    """Where a person looks at a document, by connection, with `{id}` for its id there; those that somebody has stated."""

    @property
    def adds_up(self) -> bool:
        """True if every document that was listed or resumed has exactly one fate."""
        fates = self.delivered + self.updated + self.unchanged + self.rejected + self.failed + self.skipped
        return self.listed + self.resumed == fates + self.held + self.waiting + self.elsewhere

    @property
    def exit_code(self) -> int:
        """0 all accounted for · 1 finished with something for a person · 3 stopped · 130 interrupted."""
        if self.interrupted:
            return INTERRUPTED
        if self.stopped:
            return 3
        open_ends = (
            self.rejected + self.failed + self.held + self.withdrawn + self.owed_feedback + self.refused_feedback
        )
        return 1 if open_ends or not self.adds_up or not (self.complete or self.limited) else 0

    def as_json(self) -> dict[str, object]:
        """Return the report as plain JSON data; instants are ISO 8601 in UTC."""
        data = asdict(self)
        data["started"] = self.started.isoformat()
        data["alerts"] = [alert.as_json() for alert in self.alerts]
        data["seconds"] = round(self.seconds, 3)
        for span in ("feedback_lag_p50", "feedback_lag_p95", "oldest_owed", "quota_wait"):
            data[span] = None if data[span] is None else round(data[span], 3)
        for by_name in ("phases", "quota_held"):
            data[by_name] = {name: round(seconds, 3) for name, seconds in getattr(self, by_name).items()}
        data["adds_up"] = self.adds_up
        data["exit_code"] = self.exit_code
        return data

    def counts(self) -> dict[str, int]:
        """Return what is kept with the run's row: whole numbers, rejects by class too, and the lags in milliseconds.

        So is, by connection, for how long requests have waited for their turn under a quota.
        """
        lags = {"feedback_lag_p50_ms": self.feedback_lag_p50, "feedback_lag_p95_ms": self.feedback_lag_p95}
        whole = {name: value for name, value in self.as_json().items() if type(value) is int}
        classes = {f"refused {name}": number for name, number in self.reject_classes.items()}
        held = {f"{HELD_MS}{name}": round(seconds * 1000) for name, seconds in self.quota_held.items() if seconds}
        return whole | classes | held | {name: round(lag * 1000) for name, lag in lags.items() if lag is not None}

    def grown(self) -> dict[str, int]:
        """Return what this run adds to its route's totals."""
        outcome = "interrupted" if self.interrupted else "stopped" if self.stopped else ""
        outcome = outcome or ("complete" if self.complete else "incomplete")
        numbers = {name: getattr(self, name) for name in ("delivered", "updated", "acknowledged", "requests")}
        classes = {f"refused {name}": number for name, number in self.reject_classes.items()}
        quota = round(self.quota_wait * 1000)
        return {f"runs {outcome}": 1, **numbers, **classes, "quota_wait_ms": quota}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """Read back what `as_json` wrote."""
        known = {key: value for key, value in data.items() if key in cls.__dataclass_fields__}
        known["started"] = datetime.fromisoformat(known["started"])
        known["notes"] = tuple(known["notes"])
        known["problems"] = tuple(
            Problem(item["document_id"], Fate(item["fate"]), item["reason"]) for item in known["problems"]
        )
        known["alerts"] = tuple(Alert.from_json(item) for item in known.get("alerts", ()))
        return cls(**known)
