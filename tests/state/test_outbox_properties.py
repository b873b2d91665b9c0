"""The outbox under every interleaving: whatever is decided while messages are on their way, the source ends with the latest.

A source is played that takes what it is told at some moment of the call; the caller may die before it has written that down.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.ledgers import open_ledger
from tests.postgres import throw_away_schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from state import Ledger, Owed
    from state.run import RouteRun

ROUTE = "r"
FOLLOWABLE = {"delivered", "confirmed", "withdrawn"}
names = st.sampled_from("aaab")
LATER = ("confirmed", "edited", "accepted", "signed", "trashed", "withdrawn")

steps = st.one_of(
    st.tuples(st.just("settle"), names, st.sampled_from(["delivered", "rejected", "failed"])),
    st.tuples(st.just("unchanged"), names),
    st.tuples(st.just("later"), names, st.lists(st.sampled_from(LATER), min_size=1, max_size=3)),
    st.tuples(st.just("change"), names),
    st.tuples(st.just("overtake"), names),
    st.tuples(st.just("begin"), st.integers(1, 3)),
    st.tuples(st.just("begin"), st.just(3)),
    st.tuples(st.just("hear"), names),
    st.tuples(st.just("answer"), names, st.sampled_from(["told", "told", "later", "later", "refused", "gone"])),
    st.tuples(st.just("die")),
)


POSTPONED: list[tuple[object, ...]] = [
    ("settle", "a", "delivered"), ("begin", 1), ("later", "a", ["trashed"]), ("answer", "a", "later"),
]  # fmt: skip
"""A message is put off, and the next one about its document has been due for longer then."""


@dataclass
class Source:
    """A document at its source: the numbers of the messages that took effect, in the order in which they did.

    `never` are those that must not be heard any more: they were not on their way when a newer verdict came.
    """

    heard: list[int] = field(default_factory=list)
    never: set[int] = field(default_factory=set)

    def hear(self, message: Owed) -> None:
        """Take a message; said once more it has no effect."""
        if message.seq not in self.heard:
            self.heard.append(message.seq)


@contextlib.asynccontextmanager
async def opened(place: str) -> AsyncIterator[Ledger]:
    """Open a fresh ledger."""
    with contextlib.ExitStack() as stack:
        if place == "SQLite":
            url = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/state.db"
        else:
            url = stack.enter_context(throw_away_schema())
        ledger = await open_ledger(url)
        try:
            yield ledger
        finally:
            await ledger.close()


class Play:
    """One ledger, its present run, two documents by their letters, and the messages that are on their way."""

    def __init__(self, ledger: Ledger, documents: dict[str, str]) -> None:
        self.ledger, self.documents = ledger, documents
        self.ids: dict[str, int] = {}
        self.sources = {name: Source() for name in documents}
        self.flying: dict[str, Owed] = {}
        self.version = 0

    async def start(self) -> None:
        """Begin a run; nobody else works on the route."""
        self.context = self.ledger.run(ROUTE)
        self.run: RouteRun = await self.context.__aenter__()

    async def end(self) -> None:
        """End the run: what it had claimed is free, whether it came to its end or not."""
        await self.context.__aexit__(None, None, None)

    async def status(self, name: str) -> str:
        document_id = self.documents[name]
        return (await self.ledger.lookup(ROUTE, [document_id]))[document_id].status

    async def do(self, step: tuple[object, ...], now: datetime) -> None:
        match step:
            case ("settle", str(name), str(outcome)):
                under_way = {self.flying[name].seq} if name in self.flying else set()
                messages = (await self.ledger.timeline(self.ids[name])).feedback
                self.sources[name].never |= {one.seq for one in messages if one.answer is None} - under_way
                self.sources[name].never.difference_update(self.sources[name].heard)
                await self.run.settle(self.ids[name], status=outcome, at=now, event=outcome, tell=outcome, anew=True)
            case ("unchanged", str(name)):
                await self.run.settle(
                    self.ids[name], status="delivered", at=now, event="unchanged", tell="delivered", tell_again=False
                )
            case ("later", str(name), list(words)) if await self.status(name) in FOLLOWABLE:
                tell = [(word, None) for word in words]
                await self.run.following.answered(self.ids[name], at=now, status="confirmed", follow_at=None, tell=tell)
            case ("change", str(name)):
                self.version += 1
                await self.run.remember("s", [(self.documents[name], str(self.version))], None, now=now, relist=())
            case ("overtake", str(name)) if name in self.flying:
                message = self.flying.pop(name)
                await self.run.overtaken(message.transfer_id, message.id, at=now)
            case ("begin", int(limit)):
                await self.begin(limit, now)
            case ("hear", str(name)) if name in self.flying:
                self.sources[name].hear(self.flying[name])
            case ("answer", str(name), str(how)) if name in self.flying:
                await self.answer(name, how, now)
            case ("die",):
                self.flying.clear()
                await self.end()
                await self.start()

    async def begin(self, limit: int, now: datetime) -> None:
        """Begin to tell what is owed, as the engine does: of one document one message at a time."""
        for message in await self.run.outbox.claim(limit, now):
            name = message.document_id[-1]
            assert name not in self.flying
            self.flying[name] = message

    async def answer(self, name: str, how: str, now: datetime) -> None:
        message, outbox = self.flying.pop(name), self.run.outbox
        if how == "told":
            self.sources[name].hear(message)
            await outbox.told(message.id, at=now)
        elif how == "refused":
            await outbox.refused(message.id, at=now, reason="no")
        elif how == "gone":
            await outbox.gone(message.id, at=now, reason="not there")
        else:
            await outbox.owe_later(message.id, due_at=now, attempts=message.attempts + 1, reason="busy", at=now)

    async def rest(self, now: datetime) -> None:
        """Carry what is due and tell what is owed, until nothing is left."""
        for name in list(self.flying):
            await self.answer(name, "told", now)
        for name, id_ in self.ids.items():
            if await self.status(name) == "pending":
                await self.run.settle(id_, status="delivered", at=now, event="delivered", tell="delivered", anew=True)
        for _ in range(100):
            await self.begin(10, now)
            if not self.flying:
                break
            for name in list(self.flying):
                await self.answer(name, "told", now)
        assert await self.run.outbox.owed_count() == 0

    async def check(self, name: str) -> None:
        """Compare what the source has heard with what was written down."""
        source = self.sources[name]
        messages = (await self.ledger.timeline(self.ids[name])).feedback
        assert source.heard == sorted(source.heard)
        assert not source.never.intersection(source.heard)
        for one in messages:
            assert one.answer is not None
            if one.answer == "superseded":
                assert any(other.seq > one.seq for other in messages)
            elif one.answer == "told":
                assert one.seq in source.heard
        assert messages[-1].answer != "superseded"
        if messages[-1].answer == "told":
            assert source.heard[-1] == messages[-1].seq


@pytest.mark.parametrize("place", ["SQLite", "PostgreSQL"])
def test_the_source_ends_with_the_latest_outcome_and_never_hears_an_older_one_after_a_newer_one(place):
    numbers = itertools.count()

    async def play(ledger: Ledger, todo: list[tuple[object, ...]]) -> None:
        began, number = datetime.now(UTC), next(numbers)
        it = Play(ledger, {letter: f"{number}-{letter}" for letter in "ab"})
        await it.start()
        try:
            found = await it.run.remember(
                "s", [(id_, "0") for id_ in it.documents.values()], None, now=began, relist=()
            )
            it.ids = dict(zip(it.documents, found.new, strict=True))
            for second, step in enumerate(todo, 1):
                await it.do(step, began + timedelta(seconds=second))
            await it.rest(began + timedelta(hours=1))
            for name in it.documents:
                await it.check(name)
        finally:
            await it.end()

    with asyncio.Runner() as runner:
        context = opened(place)
        ledger = runner.run(context.__aenter__())

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(steps, min_size=6, max_size=40))
        @example(POSTPONED)
        def holds(todo: list[tuple[object, ...]]) -> None:
            runner.run(play(ledger, todo))

        try:
            holds()
        finally:
            runner.run(context.__aexit__(None, None, None))
