"""What the Contract.fit sandbox holds: documents, how far each has come, and how the clock moves them on."""

from __future__ import annotations

import hashlib
import random
import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.contractfit.sandbox_documents import DemoDocuments
    from connectors.contractfit.sandbox_switches import Switches
    from connectors.sandbox_clock import Clock

STATES = ("lock", "escalate", "reject", "submitted")
USER = "65f0c0ffee0000000000e001"
"""The user whose credentials the sandbox gives out."""
_FIRST = 1_777_622_400.0  # 2026-05-01T08:00:00Z, when the first demo document came in


@dataclass(slots=True)
class StateValue:
    """One of the four states: whether it is set, since when and by whom. All None until it is touched."""

    value: bool | None = None
    since: float | None = None
    by: str | None = None


@dataclass(slots=True)
class Version:
    """One reading of a document, by the machine or by a person."""

    name: str
    source: str
    at: float
    data: dict[str, object]
    evaluated: bool = False


@dataclass(slots=True)
class Record:
    """A document. Moments are seconds since 1970; `number` is its place in the demo set, None if it came later."""

    id: str
    inbox: str
    name: str
    media_type: str
    received: float
    number: int | None = None
    content: bytes | None = None
    size: int = 0
    sha256: str = ""
    started: float | None = None
    done: float | None = None
    success: bool | None = None
    flag: bool | None = None
    states: dict[str, StateValue] = field(default_factory=lambda: {name: StateValue() for name in STATES})
    versions: list[Version] = field(default_factory=list)
    fed_back: float | None = None
    submitted_at: float | None = None
    archived: bool = False
    visible: bool = True
    listed: bool = True
    hidden: bool = False
    calls: list[str] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)
    """How many of the calls were `effective`, and how many `repeated` what was so already."""
    reviews: set[str] = field(default_factory=set)
    """Digests of the versions that clients have sent."""

    @property
    def prediction(self) -> dict[str, object] | None:
        """What the machine has read last."""
        return next((version.data for version in reversed(self.versions) if version.source == "machine"), None)


@dataclass(slots=True)
class Store:
    """All documents, by id."""

    switches: Switches
    clock: Clock
    demo: DemoDocuments
    records: dict[str, Record] = field(default_factory=dict)

    def fill(self) -> None:
        """Put the demo set in."""
        for number in range(self.demo.count):
            # every seventh document came in together with the one before it
            received = _FIRST + (number - (number % 7 == 1)) * 97.123
            name, content = self.demo.name(number), self.demo.content(number)
            record = Record(
                self.demo.document_id(number), self.demo.inbox(number), name, "application/pdf", received, number
            )
            record.size, record.sha256 = len(content), hashlib.sha256(content).hexdigest()
            self.records[record.id] = record
            self.bring_to(record, self.demo.life(number))

    def receive(self, inbox: str, name: str, media_type: str, content: bytes | None, size: int, sha256: str) -> Record:
        """Take in an uploaded file; the clock does the rest."""
        same = any(one.sha256 == sha256 and one.inbox == inbox for one in self.records.values())
        record = Record(secrets.token_hex(12), inbox, name, media_type, self.clock.now(), None, content, size, sha256)
        record.visible = self.switches.visible_after <= 0
        record.listed = self.switches.listing_lag <= 0
        self.records[record.id] = record
        switches = self.switches
        ends_in = "failed" if same and switches.duplicates == "fail" else switches.ends_in
        self.clock.after(switches.visible_after, lambda: setattr(record, "visible", True))
        self.clock.after(switches.listing_lag, lambda: setattr(record, "listed", True))
        self.clock.after(switches.receiving, lambda: self.start(record))
        self.clock.after(switches.receiving + switches.processing, lambda: self.finish(record, ends_in))
        return record

    def start(self, record: Record) -> None:
        """Take a document into work."""
        record.started = record.started or self.clock.now()

    def finish(self, record: Record, ends_in: str, name: str = "predicted") -> None:
        """End the work on a document: processed, to_review or failed."""
        now = self.clock.now()
        record.started = record.started or now
        record.done, record.success = now, ends_in != "failed"
        record.flag = None if ends_in == "failed" else ends_in == "to_review"
        if record.success:
            number = len(self.records) if record.number is None else record.number
            data = self.demo.prediction(number, numbers=self.switches.numbers)
            record.versions.append(Version(name, "machine", now, data))

    def reprocess(self, record: Record, name: str) -> None:
        """Work on a document once more; it never loses its receive time."""
        record.done, record.success, record.flag = None, None, None
        record.started = self.clock.now()
        ends_in = self.switches.ends_in
        self.clock.after(self.switches.processing, lambda: self.finish(record, ends_in, name))

    def set_state(self, record: Record, name: str, *, value: bool, by: str = USER) -> None:
        """Set or take back one of the four states."""
        record.states[name] = StateValue(value, self.clock.now(), by)
        if name == "submitted" and value:
            record.submitted_at = self.clock.now()

    def add_version(self, record: Record, name: str, data: dict[str, object], *, evaluated: bool) -> None:
        """Add what a person has read: this is what makes a document done."""
        now = self.clock.now()
        record.versions.append(Version(name, "human", now, data, evaluated))
        record.fed_back = now
        if self.switches.feedback_submits:
            self.set_state(record, "submitted", value=True)

    def delete(self, record: Record) -> None:
        """Let a document vanish for good."""
        del self.records[record.id]

    def listing(self, inbox: str, salt: int) -> list[Record]:
        """Return what an inbox lists, in the order that nobody asked for."""
        order = self.switches.order
        found = [one for one in self.records.values() if one.inbox == inbox and one.listed and not one.hidden]
        found.sort(key=lambda one: one.received, reverse=order == "newest")
        if order == "shuffled" or salt:
            random.Random(salt).shuffle(found)  # noqa: S311 -- repeatable on purpose, nothing secret
        return found

    def bring_to(self, record: Record, life: str) -> None:
        """Give a demo document the past that its status needs."""
        if life == "receiving":
            return
        record.started = record.received + 2
        if life == "processing":
            return
        record.done = record.received + 22
        record.success = life != "failed"
        record.flag = None if life == "failed" else life in ("to_review", "escalated", "rejected", "done", "submitted")
        data = self.demo.prediction(record.number or 0, numbers=self.switches.numbers)
        if record.success:
            record.versions.append(Version("predicted", "machine", record.done, data))
        later = record.received + 3600
        if life == "done":
            record.versions.append(Version("submitted", "human", later, data, evaluated=True))
            record.fed_back = later
        elif life == "submitted":
            record.states["submitted"] = StateValue(value=True, since=later, by=USER)
            record.submitted_at = later
        elif life in ("rejected", "escalated"):
            record.states["reject" if life == "rejected" else "escalate"] = StateValue(value=True, since=later, by=USER)
