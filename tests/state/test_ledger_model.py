"""The ledger against a model of it: any order of listings, deliveries, messages, retries, ends and crashes."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from state import Ledger, Owed

T = TypeVar("T")
ROUTE = "r"
DAY = timedelta(days=1)
SETTLED = ("delivered", "confirmed", "rejected", "failed")

documents = st.sampled_from("abcd")
versions = st.sampled_from("12")
pages = st.lists(st.tuples(documents, versions), max_size=4)
picks = st.integers(0, 1_000_000)


@dataclass
class Message:
    """One message to the source as the model has it."""

    outcome: str
    answer: str | None = None
    due: bool = True
    old: bool = False  # answered before this run began


@dataclass
class Entry:
    """One document as the model has it."""

    version: str
    status: str = "pending"
    due: bool = True
    attempts: int = 0
    external_id: str | None = None
    follow: bool = False
    judged: int | None = None  # the mapping, if it was rejected for its data
    tried: int | None = None
    steps: dict[str, str | None] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)

    def reopen(self, version: str | None = None) -> None:
        """Make it pending and due."""
        self.version = self.version if version is None else version
        self.status, self.due, self.attempts = "pending", True, 0

    def relistable(self) -> bool:
        """Tell whether being listed again means it is wanted again."""
        closed = all(message.answer for message in self.messages)
        last = self.messages[-1] if self.messages else None
        return self.status in SETTLED and closed and last is not None and last.answer == "told" and last.old


class LedgerModel(RuleBasedStateMachine):
    """Drives a real ledger and a model side by side. `flying` are the documents claimed and not settled, with version."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-model-"))
        self.generation = 0
        self.runner = asyncio.Runner()
        self.model: dict[str, Entry] = {}
        self.flying: dict[str, str] = {}
        self.cursor: str | None = None
        self.ids: dict[str, int] = {}
        self.interrupted = False
        self.mapping = 0

    def do(self, work: Coroutine[object, object, T]) -> T:
        """Run one piece of work on the machine's event loop."""
        return self.runner.run(work)

    @property
    def file(self) -> Path:
        """Return the database in use; every crash leaves its file behind and goes on with a copy."""
        return self.folder / f"{self.generation}.db"

    @initialize()
    def start(self) -> None:
        self.ledger = self.do(Ledger.open(f"sqlite:///{self.file}"))
        self.begin()

    def begin(self) -> None:
        self.context = self.ledger.run(ROUTE)
        self.run = self.do(self.context.__aenter__())
        assert self.run.previous == self.interrupted
        self.flying.clear()
        for entry in self.model.values():
            for message in entry.messages:
                message.old = message.answer is not None

    def end(self) -> None:
        self.do(self.context.__aexit__(None, None, None))

    def teardown(self) -> None:
        self.end()
        self.do(self.ledger.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    def pick(self, choices: list[str], number: int) -> str:
        return sorted(choices)[number % len(choices)]

    # What the engine does

    @rule(page=pages, relist=st.booleans(), moves=st.booleans())
    def a_page_is_listed(self, page: list[tuple[str, str]], relist: bool, moves: bool) -> None:
        cursor = f"after {page}" if moves else None
        found = self.do(
            self.run.remember(
                "s", page, cursor, now=self.now(), relist=("delivered", "rejected", "failed") if relist else ()
            )
        )
        self.cursor = cursor or self.cursor
        expected: dict[str, set[str]] = {
            "new": set(),
            "changed": set(),
            "relisted": set(),
            "pending": set(),
            "known": set(),
        }
        for name, version in dict(page).items():
            entry = self.model.get(name)
            if entry is None:
                kind, self.model[name] = "new", Entry(version)
            elif entry.version != version:
                kind = "changed"
                entry.reopen(version)
            elif relist and entry.relistable():
                kind = "relisted"
                entry.reopen()
            else:
                kind = "pending" if entry.status == "pending" else "known"
            expected[kind].add(name)
        known = self.do(self.ledger.lookup(ROUTE, list("abcd")))
        self.ids = {name: one.id for name, one in known.items()}
        assert {kind: {self.ids[name] for name in names} for kind, names in expected.items()} == {
            kind: set(getattr(found, kind)) for kind in expected
        }

    @rule(name=documents)
    def a_document_is_wanted(self, name: str) -> None:
        self.do(self.run.want([name], self.now()))
        if name in self.model:
            self.model[name].reopen()
        else:
            self.model[name] = Entry("")
            self.ids[name] = self.do(self.ledger.lookup(ROUTE, [name]))[name].id

    @rule(limit=st.integers(1, 4))
    def what_is_due_is_claimed(self, limit: int) -> None:
        flying = [self.ids[name] for name in self.flying]
        claimed = self.do(self.run.claim(limit, self.now(), exclude=flying))
        due = {n for n, e in self.model.items() if e.status == "pending" and e.due and n not in self.flying}
        assert {one.document_id for one in claimed} <= due
        assert len(claimed) == min(limit, len(due))
        for one in claimed:
            assert {name: step.result for name, step in one.steps.items()} == self.model[one.document_id].steps
            self.flying[one.document_id] = one.version

    @precondition(lambda self: self.flying)
    @rule(
        number=picks,
        status=st.sampled_from([*SETTLED, "skipped"]),
        external_id=st.sampled_from([None, "x", "y"]),
        tell=st.booleans(),
        follow=st.booleans(),
    )
    def a_claim_is_settled(self, number: int, status: str, external_id: str | None, tell: bool, follow: bool) -> None:
        name = self.pick(list(self.flying), number)
        now = self.now()
        self.do(
            self.run.settle(
                self.ids[name],
                status=status,
                at=now,
                event=status,
                external_id=external_id,
                reason_class="data" if status == "rejected" else None,
                mapping_version=str(self.mapping),
                follow_at=now if follow else None,
                tell=status if tell else None,
            )
        )
        entry = self.model[name]
        if entry.version == self.flying.pop(name):
            entry.status = status
        entry.judged = self.mapping
        entry.external_id = external_id or entry.external_id
        entry.follow = follow
        if tell:
            for message in entry.messages:
                message.answer = message.answer or "superseded"
            entry.messages.append(Message(status))

    @precondition(lambda self: self.flying)
    @rule(number=picks, later=st.booleans())
    def a_claim_is_postponed(self, number: int, later: bool) -> None:
        name = self.pick(list(self.flying), number)
        entry = self.model[name]
        now = self.now()
        self.do(
            self.run.postpone(
                self.ids[name],
                due_at=now + DAY if later else now,
                attempts=entry.attempts + 1,
                reason_class="transient",
                reason="busy",
                at=now,
            )
        )
        if entry.version == self.flying.pop(name):
            entry.due, entry.attempts = not later, entry.attempts + 1

    @precondition(lambda self: self.flying)
    @rule(number=picks, step=st.sampled_from(["create", "party"]), kind=st.sampled_from(["intend", "done", "forget"]))
    def the_journal_is_written(self, number: int, step: str, kind: str) -> None:
        name = self.pick(list(self.flying), number)
        steps = self.model[name].steps
        if kind == "intend":
            self.do(self.run.intend(self.ids[name], step, self.now()))
            steps[step] = None
        elif kind == "done":
            self.run.done(self.ids[name], step, f"result {number}", self.now())
            self.do(self.run.flush())
            steps[step] = f"result {number}"
        else:
            self.do(self.run.forget(self.ids[name], step))
            steps.pop(step, None)

    def owed(self) -> dict[tuple[str, int], Message]:
        """Say what the model owes now: the first open message of each settled document, if it is due."""
        result = {}
        for name, entry in self.model.items():
            waiting = [(seq, message) for seq, message in enumerate(entry.messages, start=1) if not message.answer]
            if waiting and waiting[0][1].due and entry.status != "pending":
                result[name, waiting[0][0]] = waiting[0][1]
        return result

    @rule(number=picks, answer=st.sampled_from(["told", "refused", "later"]))
    def the_source_is_told(self, number: int, answer: str) -> None:
        owed = self.do(self.run.outbox.owed(10, self.now(), ()))
        expected = self.owed()
        assert {(o.document_id, o.seq): o.outcome for o in owed} == {key: m.outcome for key, m in expected.items()}
        if owed:
            one = sorted(owed, key=lambda o: o.document_id)[number % len(owed)]
            self.answer(one, expected[one.document_id, one.seq], answer)

    def answer(self, one: Owed, message: Message, answer: str) -> None:
        assert one.external_id == self.model[one.document_id].external_id
        now = self.now()
        if answer == "told":
            self.do(self.run.outbox.told(one.id, at=now))
            message.answer = "told"
        elif answer == "refused":
            self.do(self.run.outbox.refused(one.id, at=now, reason="no"))
            message.answer = "refused"
        else:
            self.do(self.run.outbox.owe_later(one.id, due_at=now + DAY, attempts=1, reason="busy", at=now))
            message.due = False

    @rule(number=picks, returns=st.booleans())
    def the_mapping_changes_and_some_of_what_it_refused_is_woken(self, number: int, returns: bool) -> None:
        self.mapping = max(0, self.mapping - 1) if returns else self.mapping + 1
        waking, now, version = self.run.waking, self.now(), str(self.mapping)
        self.do(waking.use(version, {}, now))
        found = self.do(waking.candidates(version, 10, sent=False, recorded=False))
        untried = {
            name
            for name, entry in self.model.items()
            if entry.status == "rejected" and self.mapping not in (entry.judged, entry.tried)
        }
        assert {one.transfer.document_id for one in found} == untried
        cured = {name for place, name in enumerate(sorted(untried)) if number >> place & 1}
        woken, quiet = [self.ids[name] for name in cured], [self.ids[name] for name in untried - cured]
        self.do(waking.tried(version, woken=woken, quiet=quiet, now=now, detail="mended"))
        for name in untried:
            self.model[name].tried = self.mapping
        for name in cured:
            self.model[name].reopen()

    @rule(number=picks, status=st.sampled_from([None, "confirmed", "withdrawn", "pending"]), tell=st.booleans())
    def the_far_end_is_asked(self, number: int, status: str | None, tell: bool) -> None:
        now = self.now()
        found = self.do(self.run.to_follow(10, now, ()))
        followable = {
            n for n, e in self.model.items() if e.follow and e.status in {"delivered", "confirmed", "withdrawn"}
        }
        assert {one.document_id for one in found} == followable
        if not found:
            return
        name = self.pick(sorted(followable), number)
        entry = self.model[name]
        self.do(
            self.run.followed(
                self.ids[name],
                status=status,
                follow_at=None,
                due_at=now if status == "pending" else None,
                at=now,
                event="followed",
                tell=[("withdrawn", None)] if tell else [],
            )
        )
        entry.follow = False
        if tell:
            entry.messages.append(Message("withdrawn"))
        if status == "pending":
            entry.reopen()
        else:
            entry.status = status or entry.status

    @rule(external_id=st.sampled_from("xy"))
    def the_far_end_calls(self, external_id: str) -> None:
        count = self.do(self.run.follow_now([external_id], self.now()))
        known = [
            e for e in self.model.values() if e.external_id == external_id and e.status in {"delivered", "confirmed"}
        ]
        assert count == len(known)
        for entry in known:
            entry.follow = True

    # What people and machines do

    @rule(names=st.none() | st.lists(documents, max_size=2))
    def an_operator_retries(self, names: list[str] | None) -> None:
        count = self.do(self.ledger.retry(ROUTE, document_ids=names, at=self.now(), note="please"))
        refused = {n for n, e in self.model.items() if e.messages and e.messages[-1].answer == "refused"}
        touched = [
            e
            for n, e in self.model.items()
            if (e.status in {"rejected", "failed"} and (names is None or n in names))
            or (names is None and n in refused)
        ]
        assert count == len(touched)
        for entry in touched:
            entry.reopen()

    @rule()
    def the_run_finishes_and_another_begins(self) -> None:
        self.do(self.run.finish(at=self.now(), counts={}, complete=True, note=None))
        self.end()
        self.interrupted = False
        self.begin()

    @rule(number=picks, late=st.booleans())
    def the_machine_dies_and_another_run_begins(self, number: int, late: bool) -> None:
        name = self.pick(list(self.flying), number) if self.flying and late else None
        if name is not None:
            self.run.done(self.ids[name], "create", "posted, maybe lost", self.now())
        before = self.file
        self.generation += 1
        # What a power cut leaves: the files as they are, the lease still held.
        for end in ("", "-wal", ".key"):
            shutil.copyfile(f"{before}{end}", f"{self.file}{end}")
        self.end()
        self.do(self.ledger.close())
        self.interrupted = True
        self.ledger = self.do(Ledger.open(f"sqlite:///{self.file}"))
        self.begin()
        if name is not None:
            kept = self.do(self.ledger.lookup(ROUTE, [name]))[name].steps.get("create")
            if kept is not None and kept.result == "posted, maybe lost":
                self.model[name].steps["create"] = kept.result

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        if not hasattr(self, "run"):
            return
        kept = self.do(self.ledger.lookup(ROUTE, list("abcd")))
        assert {
            name: (one.version, one.status, one.attempts, one.external_id, {n: s.result for n, s in one.steps.items()})
            for name, one in kept.items()
        } == {
            name: (entry.version, entry.status, entry.attempts, entry.external_id, entry.steps)
            for name, entry in self.model.items()
        }
        assert all((one.due_at is not None) == (one.status == "pending") for one in kept.values())
        assert self.do(self.run.outbox.owed_count()) == sum(
            not m.answer for e in self.model.values() for m in e.messages
        )
        assert self.do(self.run.pending_count()) == sum(e.status == "pending" for e in self.model.values())
        assert self.do(self.ledger.cursor(ROUTE, "s")) == self.cursor


TestLedgerModel = LedgerModel.TestCase
TestLedgerModel.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
