"""Several runs of one route, which begin, end, die and sleep through their leases beside each other."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from state import LeaseLostError, RouteBusyError
from state.owner import Owner
from state.turns import Turn
from tests.ledgers import open_ledger, rows
from tests.postgres import throw_away_schema
from tests.state.ledger_entries import Entry, Run, picks

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine

T = TypeVar("T")
ROUTE = "r"
MOST_RUNS = 3


class Runs(RuleBasedStateMachine):
    """Drives a real ledger and a model side by side. `runs` are those that live."""

    on_server = False
    """Whether the ledger is in PostgreSQL."""

    def __init__(self) -> None:
        super().__init__()
        self.left = ExitStack()
        self.folder = Path(self.left.enter_context(tempfile.TemporaryDirectory(prefix="ledger-model-")))
        self.schema = self.left.enter_context(throw_away_schema()) if self.on_server else ""
        self.generation = 0
        self.runner = asyncio.Runner()
        self.model: dict[str, Entry] = {}
        self.ids: dict[str, int] = {}
        self.clock = 0
        self.mapping = 0
        self.runs: list[Run] = []
        self.interrupted: list[tuple[int, bool]] = []
        """For each run that is over: when it began, and whether it was interrupted."""
        self.reading: Run | None = None
        self.read = -1

    def do(self, work: Coroutine[object, object, T]) -> T:
        """Run one piece of work on the machine's event loop."""
        return self.runner.run(work)

    @property
    def url(self) -> str:
        """Return the database in use; every crash leaves its file behind and goes on with a copy."""
        return self.schema or f"sqlite:///{self.folder / str(self.generation)}.db"

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)

    def tick(self) -> int:
        """Let the model's clock go on."""
        self.clock += 1
        return self.clock

    def pick(self, choices: Collection[str], number: int) -> str:
        return sorted(choices)[number % len(choices)]

    def one(self, number: int) -> Run:
        """Pick a run that lives."""
        return self.runs[number % len(self.runs)]

    def others(self, run: Run) -> list[Run]:
        return [other for other in self.runs if other is not run]

    @initialize()
    def start(self) -> None:
        self.ledger = self.do(open_ledger(self.url))
        self.begin()

    def begin(self) -> Run:
        context = self.ledger.run(ROUTE, shared=True)
        run = Run(self.do(context.__aenter__()), context, self.tick())
        assert run.real.previous == (max(self.interrupted)[1] if self.interrupted else False)
        self.runs.append(run)
        return run

    def lose(self, run: Run, *, interrupted: bool) -> None:
        """Take a run out of the model."""
        self.runs.remove(run)
        self.interrupted.append((run.began, interrupted))
        self.reading = None if self.reading is run else self.reading

    def teardown(self) -> None:
        for run in self.runs:
            self.do(run.context.__aexit__(None, None, None))
        self.do(self.ledger.close())
        self.runner.close()
        self.left.close()

    @precondition(lambda self: len(self.runs) < MOST_RUNS)
    @rule()
    def another_run_joins(self) -> None:
        self.begin()

    @rule()
    def a_run_that_does_not_share_leaves_at_once(self) -> None:
        with pytest.raises(RouteBusyError, match="is being run by process"):
            self.do(self.ledger.run(ROUTE).__aenter__())

    @rule(number=picks)
    def a_run_finishes(self, number: int) -> None:
        run = self.one(number)
        self.do(run.real.finish(at=self.now(), counts={}, complete=True, note=None))
        self.do(run.context.__aexit__(None, None, None))
        self.lose(run, interrupted=False)
        self.runs or self.begin()

    @rule(number=picks, dies=st.booleans())
    def a_run_dies_or_sleeps_too_long_and_another_takes_over(self, number: int, dies: bool) -> None:
        run = self.one(number)
        if dies:
            ((owner,),) = rows(self.url, f"SELECT owner FROM lease WHERE name = '{run.real.id}'")
            killed = Owner.parse(owner)
            assert killed is not None
            killed.end()
        else:
            rows(self.url, f"UPDATE lease SET until = '2000-01-01T00:00:00.000000Z' WHERE name = '{run.real.id}'")
        self.lose(run, interrupted=True)
        self.begin()  # which takes away what it meets
        with pytest.raises(LeaseLostError):
            self.do(run.real.wanting.these(["a"], self.now()))
        with pytest.raises(LeaseLostError):
            self.do(run.real.hold.prove())
        with suppress(LeaseLostError):  # or there is nothing to claim
            assert self.do(run.real.claim(4, self.now())) == []
        self.do(run.context.__aexit__(None, None, None))

    @precondition(lambda self: not self.on_server)
    @rule(number=picks, late=st.booleans())
    def the_machine_dies_and_another_run_begins(self, number: int, late: bool) -> None:
        run = self.one(number)
        name = self.pick(run.flying, number) if run.flying and late else None
        if name is not None:
            run.real.done(self.ids[name], "create", "posted, maybe lost", self.now())
        before = self.url.removeprefix("sqlite:///")
        self.generation += 1
        # What a power cut leaves: the files as they are, the leases still held.
        for end in ("", "-wal", ".key"):
            shutil.copyfile(f"{before}{end}", f"{self.url.removeprefix('sqlite:///')}{end}")
        for living in list(self.runs):
            self.do(living.context.__aexit__(None, None, None))
            self.lose(living, interrupted=True)
        self.do(self.ledger.close())
        self.ledger = self.do(open_ledger(self.url))
        self.begin()
        if name is not None:
            kept = self.do(self.ledger.lookup(ROUTE, [name]))[name].steps.get("create")
            if kept is not None and kept.result == "posted, maybe lost":
                self.model[name].steps["create"] = kept.result

    # Who reads the listing

    @rule(number=picks, again=st.booleans())
    def a_run_wants_to_read_the_listing(self, number: int, again: bool) -> None:
        run = self.one(number)
        turn = self.do(run.real.turns.take_collect(again=again))
        if self.read >= run.began and not again:
            assert turn is Turn.OVER
        elif self.reading not in {None, run}:
            assert turn is Turn.THEIRS
        else:
            self.reading = run
            assert turn is (Turn.THEIRS if any(other.telling for other in self.others(run)) else Turn.OURS)

    @precondition(lambda self: self.reading)
    @rule(read=st.booleans())
    def the_listing_is_let_go_of(self, read: bool) -> None:
        assert self.reading is not None
        self.do(self.reading.real.turns.end(read=read))
        self.reading, self.read = None, self.tick() if read else self.read
