"""What the Hypatos sandbox holds: documents, their states and listings, uploaded files, and the feedback received."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.sandbox_clock import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.hypatos.sandbox_documents import DemoDocuments, DemoFile
    from connectors.hypatos.sandbox_switches import Switches
    from connectors.sandbox_clock import Clock

STATES = frozenset(
    {
        "new", "processing", "extracted", "inCompletion", "reviewRequired", "done", "doneAutomatically",
        "transferred", "transferFailed", "rejected", "failed", "junk", "split",
    }
)  # fmt: skip
NOVEL_STATE = "quarantined"
"""A state no documentation knows, used when the switch `novelties` is on."""

_FIRST = 1_777_622_400.0  # 2026-05-01T08:00:00Z, when the first demo document came in


@dataclass(slots=True)
class Record:
    """A document. `number` is its place in the demo set (None if it was uploaded or added by a test).

    `state` is what its own address shows, `listed` what listings show (None: not yet), `accepted` what it will be
    once everything that was answered with 202 has been applied.
    """

    id: str
    project: str
    state: str
    created: float
    number: int | None = None
    title: str = ""
    listed: str | None = None
    accepted: str = ""
    updated: float | None = None
    hidden: bool = False
    entities: dict[str, object] | None = None
    files: list[DemoFile] | None = None
    external_id: str | None = None
    external_data: dict[str, str] | None = None
    sent_id: str | None = None
    sent_data: dict[str, str] | None = None
    history: list[tuple[str, float]] | None = None
    feedback: list[dict[str, object]] | None = None


@dataclass(slots=True)
class Upload:
    """A file that was sent to the provider. `content` is None where it was too large to keep; `size` is in bytes."""

    id: str
    content: bytes | None
    media_type: str
    name: str
    size: int = 0
    sha256: str = ""

    def __post_init__(self) -> None:
        if self.content is not None:
            self.size, self.sha256 = len(self.content), hashlib.sha256(self.content).hexdigest()


@dataclass(slots=True)
class Store:
    """All documents and files. Listings are kept by state and cached until something in them changes."""

    switches: Switches
    clock: Clock
    demo: DemoDocuments
    records: dict[str, Record] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    demo_files: dict[str, tuple[int, DemoFile]] = field(default_factory=dict)
    enriched: dict[str, dict[tuple[str, str], dict[str, object]]] = field(default_factory=dict)
    """Master data: by resource, then by company and external id."""
    deleted_records: int = 0
    _by_state: dict[str, dict[str, Record]] = field(default_factory=dict)
    _lists: dict[object, list[Record]] = field(default_factory=dict)

    def fill(self) -> None:
        """Put the demo set in."""
        demo = self.demo
        for number in range(demo.count):
            # every ninth document has the same time as the one before: ties have no promised order
            created = _FIRST + (number - (number % 9 == 1)) * 37.0
            state = demo.state(number)
            if self.switches.novelties and number % 20 == 3:  # noqa: PLR2004 -- one of the places not up for export
                state = NOVEL_STATE
            updated = None if state == "new" else created + 300
            record = Record(demo.document_id(number), demo.project(number), state, created, number, updated=updated)
            self.add(record)

    def add(self, record: Record) -> None:
        """Take in a document; listings show it after their lag."""
        record.accepted = record.state
        self.records[record.id] = record
        for file in self.files(record):
            if record.number is not None:
                self.demo_files[file.id] = (record.number, file)
        if record.number is not None and record.number < self.demo.count:
            self._relist(record)
        else:
            self.clock.after(self.switches.listing_lag, lambda: self._relist(record))

    def delete(self, record: Record) -> None:
        """Let a document vanish, as retention does, together with its files."""
        del self.records[record.id]
        for file in self.files(record):
            self.demo_files.pop(file.id, None)
            self.uploads.pop(file.id, None)
        if record.listed is not None:
            del self._by_state[record.listed][record.id]
        record.listed = None
        self._lists.clear()

    def entities(self, record: Record) -> dict[str, object]:
        """Return the extracted data."""
        if record.entities is not None:
            return record.entities
        return {} if record.number is None else self.demo.entities(record.number)

    def files(self, record: Record) -> list[DemoFile]:
        """Return the files, main or not, in the order they are shown."""
        if record.files is not None:
            return record.files
        return [] if record.number is None else self.demo.files(record.number)

    def move(self, record: Record, state: str, *, by_software: bool = False) -> None:
        """Change a document's state; listings follow after their lag."""
        if record.history is None:
            record.history = self.history(record)
        record.state = state
        record.history.append((state, self.clock.now()))
        if not by_software or self.switches.software_bumps_updated:
            record.updated = self.clock.now()
        self.clock.after(self.switches.listing_lag, lambda: self._relist(record))

    def touch(self, record: Record) -> None:
        """Note that a person or an API client changed something."""
        record.updated = self.clock.now()
        self._lists.clear()  # the order by updatedAt is another one now

    def hide(self, record: Record) -> None:
        """Take a document out of every listing while its own address goes on working."""
        record.hidden = True
        self._relist(record)

    def history(self, record: Record) -> list[tuple[str, float]]:
        """Return the states so far. The order is not promised, so it is not given."""
        if record.history is not None:
            return record.history
        path = ["new", "processing"]
        if record.state not in ("new", "processing", "doneAutomatically", "failed", "split"):
            path.append("extracted")
        if record.state in ("transferred", "transferFailed", "rejected"):
            path.append("done")
        if record.state not in path:
            path.append(record.state)
        return [(state, record.created + 60.0 * step) for step, state in enumerate(path[: _until(path, record.state)])]

    def listing(self, states: frozenset[str], projects: frozenset[str], sort: str, salt: int) -> list[Record]:
        """Return every document that fits, in order. Empty sets mean all."""
        key = (states, projects, sort, salt)
        found = self._lists.get(key)
        if found is None:
            found = self._lists[key] = self._sorted(states, projects, sort, salt)
        return found

    def _sorted(self, states: frozenset[str], projects: frozenset[str], sort: str, salt: int) -> list[Record]:
        groups: Iterable[dict[str, Record]] = (
            (self._by_state.get(state, {}) for state in states) if states else self._by_state.values()
        )
        found = [record for group in groups for record in group.values() if not projects or record.project in projects]
        # ties come in the order of the id, which has nothing to do with time; without updatedAt a document sorts first
        if sort.endswith("createdAt"):
            found.sort(key=lambda record: (record.created, record.id), reverse=sort.startswith("-"))
        else:
            found.sort(key=lambda record: (record.updated or 0.0, record.id), reverse=sort.startswith("-"))
        if salt:
            random.Random(salt).shuffle(found)  # noqa: S311 -- repeatable on purpose
        return found

    def _relist(self, record: Record) -> None:
        if record.id not in self.records:
            return
        if record.listed is not None:
            del self._by_state[record.listed][record.id]
        record.listed = None if record.hidden else record.state
        if record.listed is not None:
            self._by_state.setdefault(record.listed, {})[record.id] = record
        self._lists.clear()

    def note(self, record: Record, kind: str, value: object, *, effective: bool) -> None:
        """Write down feedback as it comes in. `effective` is False for a repeat that changes nothing."""
        if record.feedback is None:
            record.feedback = []
        entry = {"kind": kind, "value": value, "effective": effective, "at": stamp(self.clock.now())}
        record.feedback.append(entry)


def _until(path: list[str], state: str) -> int:
    return path.index(state) + 1
