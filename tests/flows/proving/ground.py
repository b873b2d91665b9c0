"""A source behind a door that may lie, a shelf that takes everything, and the run of the engine between them."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.contract import Connection, Outcome, State
from connectors.sandbox import serve
from connectors.traffic import Unpaced
from flows.engine import sync
from flows.memory import LedgerMemory
from flows.routes import OpenRoute
from mappings.language import Schema, load_route
from state.ledger import Ledger
from tests.contract.account import Account, connected
from tests.contract.between import Between
from tests.contract.discovery import subjects
from tests.contract.subject import NOTHING
from tests.flows.world import QUICK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from connectors.contract import Delivery, Fields, Journal
    from flows.tally import Report
    from tests.contract.subject import SourceSubject

QUICKLY = replace(QUICK, in_flight=4, acknowledging=4, attempts=20, patience=0.3)
PAGE = 5
"""Rows on a page, where a setting says so."""
ROUTE = """
source: {source}
destination: shelf.things
files: none
fields:
  title: {{value: carried}}
"""


def sources() -> dict[str, SourceSubject]:
    """Return the contract suite's sources by name: every source kind there is."""
    return {one.name.removesuffix(".source"): one for one in subjects() if one.role == "source"}


class Shelf:
    """Takes everything, at once. `held` says how often each document was brought, by its id at the source."""

    schema: dict[str, Any] = {"type": "object"}
    later: Mapping[str, str] = {"confirmed": "it is there"}

    def __init__(self) -> None:
        self.held: dict[str, int] = {}

    def check(self, payload: Fields) -> None:
        """Refuse nothing."""

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Take it."""
        del journal
        document_id = delivery.key.partition(":")[2]
        self.held[document_id] = self.held.get(document_id, 0) + 1
        return f"far-{document_id}"

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:
        """Say that it is there."""
        del external_id, journal
        return Outcome(State.ACCEPTED)

    async def dropped(self) -> AsyncIterator[str]:
        """Drop nothing."""
        for nothing in ():
            yield nothing


class Ground:
    """One account at a source, a ledger and a shelf. Each run opens a fresh connection, as a new process would."""

    page = PAGE
    settings: Mapping[str, object] = NOTHING
    """Settings of the connection besides."""

    def __init__(self, subject: SourceSubject, folder: Path, ledger: Ledger, between: Between, url: str) -> None:
        self.subject, self.between, self.app = subject, between, between.app
        self.shelf = Shelf()
        self.account = Account(subject, self.app, between, url, None)
        self._ledger, self._url = ledger, url
        self._route = folder / "proof.yaml"

    async def run(self) -> Report:
        """Run the route once."""
        subject = self.subject
        memory = LedgerMemory(self._ledger, subject.provider)
        settings = {**dict.fromkeys(subject.page, self.page), **self.settings}
        connection = await connected(subject, self.app, self._url, settings, memory=memory)
        there = Connection("shelf", {}, {"things": self.shelf}, _nothing, _nothing, Unpaced(lambda: 0))
        source = connection.sources[subject.stream]
        self._route.write_text(self._text(queue=bool(source.drains)), encoding="utf-8")
        opened = OpenRoute(load_route(self._route), source, self.shelf, Schema(self.shelf.schema), connection, there)
        try:
            report = await sync(opened, self._ledger, policy=QUICKLY)
        finally:
            await connection.close()
        assert report.adds_up, report
        return report

    def _text(self, *, queue: bool) -> str:
        """Write the route. A queue is told, so that it can be drained."""
        text = ROUTE.format(source=f"{self.subject.provider}.{self.subject.stream}")
        if not queue:
            return text
        told = {"delivered": self.subject.delivered("{{ external_id }}")}
        return f"{text}feedback: {msgspec.json.encode(told).decode()}\n"


async def _nothing() -> str:
    return ""


@asynccontextmanager
async def ground(subject: SourceSubject, folder: Path, **switches: object) -> AsyncIterator[Ground]:
    """Serve an empty account of a source, behind a door, with an empty ledger beside it."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    app = subject.sandbox()
    for name, value in switches.items():
        setattr(app.shared, name, value)
    between = Between(app)
    ledger = await Ledger.open(f"sqlite:///{folder}/state.db")
    logging.getLogger("docferry").setLevel(logging.CRITICAL)
    try:
        async with serve({subject.provider: between}) as urls:
            yield Ground(subject, folder, ledger, between, urls[subject.provider])
    finally:
        await ledger.close()
