"""Pairs of routes under any order of edits, new and deleted documents, runs, edits in mid-run and lost answers, on both sides.

At rest both sides are equal or held, no document has a second copy, and what was overwritten unseen is told as a conflict.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import defaultdict
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.flows.twins import AB, BA, ExampleSide, ZefortSide, broken_off, edited_behind, twins
from tests.soak_table import seeds, shown

MOST = 6
"""How many documents are made in one example."""
sides = st.sampled_from(["left", "right"])
routes = st.sampled_from([AB, BA])
picks = st.integers(0, 1_000_000)
names = st.sampled_from(["title", "amount"])
TOTAL = defaultdict(int)
"""What all examples of a test have come to."""


class TwoWayModel(RuleBasedStateMachine):
    """Drives two accounts and both routes. Every value that a person writes is written once, so that it can be followed."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="two-way-model-"))
        self.patch = pytest.MonkeyPatch()
        self.runner = asyncio.Runner()
        self.written = 0
        self.born = {"left": set(), "right": set()}
        self.deleted = {"left": set(), "right": set()}
        self.edits: list[tuple[str, str, str, object]] = []  # side, document, field, value
        self.seen: set[object] = set()  # what a person has overwritten who had it before their eyes
        self.pushes = 0

    @initialize(right=st.sampled_from([ExampleSide, ZefortSide]), conflict=st.sampled_from(["source wins", "hold"]))
    def begin(self, right: type, conflict: str) -> None:
        """Open two accounts with a document each, which both have."""
        self.conflict = conflict
        self.world = twins(self.folder, self.patch, ExampleSide(), right(), f"conflict: {conflict}")
        self.it = self.runner.run(self.world.__aenter__())
        for side in ("left", "right"):
            self.add(side)
        self._ran(*self.runner.run(self.it.rest()))

    @rule(side=sides)
    @precondition(lambda self: len(self.born["left"] | self.born["right"]) < MOST)
    def add(self, side: str) -> None:
        """Make a document."""
        self.written += 1
        made = getattr(self.it, side).add(f"t{self.written}", self.written)
        self.born[side].add(made)
        self.edits += [(side, made, "title", f"t{self.written}"), (side, made, "amount", self.written)]

    @rule(side=sides, pick=picks, name=names)
    def edit(self, side: str, pick: int, name: str) -> None:
        """Change a field of some document."""
        there = sorted(getattr(self.it, side).shown())
        if there:
            self._edit(side, name, there[pick % len(there)])

    def _edit(self, side: str, name: str, id_: str) -> None:
        before = getattr(self.it, side).shown()[id_]
        self.seen.add(before[name == "amount"])
        self.written += 1
        value = self.written if name == "amount" else f"t{self.written}"
        getattr(self.it, side).edit(id_, **{name: value})
        self.edits.append((side, id_, name, value))
        TOTAL["edits"] += 1

    @rule(side=sides, pick=picks)
    def delete(self, side: str, pick: int) -> None:
        """Delete one document in six, so that most of them live."""
        there = sorted(getattr(self.it, side).shown())
        if there and pick % 6 == 0:
            getattr(self.it, side).delete(there[pick % len(there)])
            self.deleted[side].add(there[pick % len(there)])

    @rule(route=routes)
    def run(self, route: str) -> None:
        """Run one route."""
        self._ran(self.runner.run(self.it.run(route)))

    @rule()
    def run_both(self) -> None:
        """Run both at once."""

        async def both():
            return await asyncio.gather(self.it.run(AB), self.it.run(BA))

        self._ran(*self.runner.run(both()))

    @rule(route=routes, name=names)
    def run_while_somebody_edits(self, route: str, name: str) -> None:
        """Run one route, and have somebody edit each document as soon as it was delivered."""
        side = "right" if route == AB else "left"
        self._ran(self.runner.run(self.it.run(route, lambda it: edited_behind(it, partial(self._edit, side, name)))))

    @rule(route=routes)
    def run_without_answers(self, route: str) -> None:
        """Run one route, and let the answer to every delivery be lost."""
        self._ran(self.runner.run(self.it.run(route, broken_off)))

    def _ran(self, *reports) -> None:
        self.pushes += sum(one.delivered + one.updated for one in reports)
        TOTAL["runs"] += len(reports)

    def teardown(self) -> None:
        """Let everything come to rest, and look."""
        try:
            if hasattr(self, "it"):
                self.runner.run(self._audit())
        finally:
            if hasattr(self, "world"):
                self.runner.run(self.world.__aexit__(None, None, None))
            self.runner.close()
            self.patch.undo()
            shutil.rmtree(self.folder, ignore_errors=True)

    async def _audit(self) -> None:
        self._ran(*await self.it.rest(12))
        writes = self.it.left.writes(), self.it.right.writes()
        await self.it.run(AB)
        await self.it.run(BA)
        assert (self.it.left.writes(), self.it.right.writes()) == writes, "a quiet run has sent something"
        left, right = self.it.left.shown(), self.it.right.shown()
        pairs, told = {}, {}
        for route, here, there in ((AB, "left", "right"), (BA, "right", "left")):
            known = await self.it.ledger.lookup(route, sorted(self.born[here]))
            for id_, one in known.items():
                if one.external_id is not None:
                    assert one.origin == "source"
                    ids = (id_, one.external_id) if route == AB else (one.external_id, id_)
                    pairs[ids] = one
                    told[ids] = len(await self.it.conflicts(route, id_))
            copies = {one.external_id for one in known.values()} - {None}
            assert set(getattr(self.it, there).shown()) <= self.born[there] | copies, f"a document too many: {there}"
            left_out = {id_ for id_ in self.born[here] - self.deleted[here] if id_ not in known}
            assert not left_out, f"never carried: {left_out}"
        for (one, other), transfer in pairs.items():
            self._audit_pair(one, other, left.get(one), right.get(other), transfer, told[one, other])
        assert self.pushes <= 3 * (len(self.edits) + 1), f"{self.pushes} deliveries for {len(self.edits)} edits"

    def _audit_pair(self, one, other, left, right, transfer, conflicts) -> None:
        TOTAL["pairs"] += 1
        TOTAL["conflicts"] += conflicts
        if left is None or right is None:
            assert one in self.deleted["left"] or other in self.deleted["right"], "gone, and nobody has deleted it"
            return
        if transfer.status == "held":
            TOTAL["held"] += 1
            assert self.conflict == "hold"
            assert conflicts
        else:
            assert left == right, f"{one} shows {left}, {other} shows {right}, {transfer.status}: {transfer.reason}"
        mine = {value for side, id_, _, value in self.edits if id_ == (one if side == "left" else other)}
        lost = mine - {*left, *right} - self.seen
        TOTAL["overwritten"] += len(lost)
        assert len(lost) <= 2 * conflicts, f"{one}/{other}: {lost} overwritten, {conflicts} conflicts told"


def _figures() -> str:
    return ", ".join(f"{count} {name}" for name, count in TOTAL.items())


def _examine(number: int, examples: int, steps: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    how = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, suppress_health_check=checks
    )
    run_state_machine_as_test(seed(number)(TwoWayModel), settings=how)


@pytest.mark.timeout(600)
def test_two_sides_come_to_rest_equal_or_held_whatever_was_done_to_them(soak_line):
    TOTAL.clear()
    (number,) = seeds(1)
    try:
        _examine(number, 6, 16)
    finally:
        soak_line("two-way routes, any order of edits", _figures(), number)
    assert TOTAL["pairs"]


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_histories_of_two_sides_come_to_rest_equal_or_held(soak_line):
    TOTAL.clear()
    drawn = seeds(3)
    for number in drawn:
        try:
            _examine(number, 40, 25)
        except BaseException:
            soak_line("two-way routes, any order of edits", _figures(), number)
            raise
    soak_line("two-way routes, any order of edits", _figures(), shown(drawn))
    assert TOTAL["conflicts"]
    assert TOTAL["overwritten"]
