"""Two accounts, a ledger, and the pair of routes between them: edits on both sides, runs in either direction, what is there."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from connectors.errors import RejectedError, TransientError
from connectors.example.sandbox import ExampleSandbox
from connectors.sandbox import serve
from connectors.zefort.sandbox import Switches as ZefortSwitches
from connectors.zefort.sandbox import ZefortSandbox
from flows.engine import sync
from flows.routes import open_route
from flows.settings import Gateway
from tests.flows.world import QUICK
from tests.ledgers import open_ledger

PATIENT = replace(QUICK, patience=0.3)
"""A run that waits for the other route leaves what it waits for to the next one, which comes as soon as this one ends."""

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from connectors.sandbox_app import SandboxApp
    from flows.routes import OpenRoute
    from flows.tally import Report
    from state import Ledger
    from state.records import Timeline, Transfer

AB, BA = "left_to_right", "right_to_left"
_PDF = b"%PDF-1.4 "


class Side(Protocol):
    """One account: what people do in it, and what it shows."""

    provider: str
    stream: str
    title: str
    amount: str
    app: SandboxApp

    def add(self, title: str, amount: int) -> str:
        """Make a document with a file; return its id."""
        ...

    def edit(self, id_: str, *, title: str | None = None, amount: int | None = None) -> None:
        """Change a document as a person would."""
        ...

    def delete(self, id_: str) -> None:
        """Remove a document for good."""
        ...

    def shown(self) -> dict[str, tuple[str, int]]:
        """Return title and amount of every document that is there, by id."""
        ...

    def files(self, id_: str) -> list[str]:
        """Return the names of a document's files."""
        ...

    def writes(self) -> int:
        """Count the requests so far that may have changed a document."""
        ...


class ExampleSide:
    """An account of the example provider."""

    provider, stream, title, amount = "example", "documents", "title", "amount"

    def __init__(self) -> None:
        self.app = ExampleSandbox()

    def add(self, title: str, amount: int) -> str:
        """Make a document with a file."""
        made = self.app.store.make({"title": title, "amount": amount})
        self.app.store.attach(made, "paper.pdf", "application/pdf", _PDF + title.encode())
        return made.id

    def edit(self, id_: str, *, title: str | None = None, amount: int | None = None) -> None:
        """Change a document as a person would."""
        told = {"title": title, "amount": amount}
        fields = {name: value for name, value in told.items() if value is not None}
        self.app.act({"edit": id_, "fields": fields})

    def delete(self, id_: str) -> None:
        """Remove a document for good."""
        self.app.act({"delete": id_})

    def shown(self) -> dict[str, tuple[str, int]]:
        """Return what is there."""
        there = self.app.store.documents.values()
        return {one.id: (str(one.fields["title"]), int(str(one.fields["amount"]))) for one in there}

    def files(self, id_: str) -> list[str]:
        """Return the names of a document's files."""
        return [file.name for file in self.app.store.documents[id_].files]

    def writes(self) -> int:
        """Count what may have changed something."""
        return _writes(self.app)


class ZefortSide:
    """An account of Zefort, whose AI is done at once and leaves alone what was set."""

    provider, stream, title, amount = "zefort", "contracts", "attributes.title", "attributes.value"

    def __init__(self) -> None:
        self.app = ZefortSandbox(ZefortSwitches(queued=0.0, processing=0.0, ai=False))

    def add(self, title: str, amount: int) -> str:
        """Make a contract with a file."""
        made = self.app.act({"add": {"attributes": {"title": title, "value": amount}, "files": ["paper.pdf"]}})
        return str(made["id"])

    def edit(self, id_: str, *, title: str | None = None, amount: int | None = None) -> None:
        """Change a contract as a person would."""
        told = {"title": title, "value": amount}
        self.app.act({"edit": id_, "attributes": {name: value for name, value in told.items() if value is not None}})

    def delete(self, id_: str) -> None:
        """Remove a contract for good."""
        self.app.act({"purge": id_})

    def shown(self) -> dict[str, tuple[str, int]]:
        """Return what is there."""
        there = self.app.store.contracts.values()
        return {one.id: (str(one.attributes["title"]), int(float(str(one.attributes["value"])))) for one in there}

    def files(self, id_: str) -> list[str]:
        """Return the names of a contract's files."""
        return [file.name for file in self.app.store.contracts[id_].files]

    def writes(self) -> int:
        """Count what may have changed something."""
        return _writes(self.app)


PAIRS = [(ExampleSide, ExampleSide), (ZefortSide, ZefortSide), (ZefortSide, ExampleSide)]
"""Left and right, where each kind stands on both sides."""


def _writes(app: SandboxApp) -> int:
    return sum(count for call, count in app.requests.items() if not call.startswith("GET"))


class Behind:
    """A destination behind which something happens as soon as a delivery is there."""

    def __init__(self, destination, happens, instead=None):
        self._destination, self._happens, self._instead = destination, happens, instead or {}

    def __getattr__(self, name):
        return getattr(self._destination, name)

    async def push(self, delivery, journal):
        """Deliver, and let it happen."""
        sent = replace(delivery, payload=delivery.payload | self._instead)
        external_id = await self._destination.push(sent, journal)
        self._happens(external_id)
        return external_id


def edited_behind(opened, edit):
    """Let somebody edit each document in the moment in which it was delivered."""
    return replace(opened, destination=Behind(opened.destination, edit))


def broken_off(opened, retry_after=None, instead=None):
    """Let each delivery arrive (with something else `instead`), and the process never learn of it."""
    name = opened.destination_connection.name

    def lost(_external_id):
        raise TransientError("the line went dead", connection=name, arrived="maybe", retry_after=retry_after)

    return replace(opened, destination=Behind(opened.destination, lost, instead))


def refused_late(opened):
    """Let each delivery arrive in part, and be refused in the end."""
    name = opened.destination_connection.name

    def refused(_external_id):
        raise RejectedError("the rest of it is not taken", connection=name, status=422)

    return replace(opened, destination=Behind(opened.destination, refused))


class Twins:
    """Both accounts and their pair of routes; each run opens fresh connections, as a new process would."""

    def __init__(self, left: Side, right: Side, gateway: Gateway, ledger: Ledger) -> None:
        self.left, self.right = left, right
        self.gateway, self.ledger = gateway, ledger

    async def run(self, route: str, disturb: Callable[[OpenRoute], OpenRoute] | None = None, **how: Any) -> Report:
        """Run one of the routes; `disturb` makes another destination of its own."""
        async with open_route(self.gateway, route, self.ledger) as opened:
            it = opened if disturb is None else disturb(opened)
            report = await sync(it, self.ledger, policy=PATIENT, **how)
        assert report.adds_up, report
        assert report.stopped is None, report
        return report

    async def rest(self, most: int = 8) -> list[Report]:
        """Run both routes in turn until neither sends anything nor waits; return all reports."""
        reports: list[Report] = []
        for _ in range(most):
            both = [await self.run(AB), await self.run(BA)]
            reports += both
            if not any(one.delivered + one.updated + one.waiting for one in both):
                return reports
            if any(one.waiting for one in both):
                await asyncio.sleep(PATIENT.patience)
        raise AssertionError(f"{most} runs of both were not enough: {reports[-2:]}")

    async def transfer(self, route: str, document_id: str) -> Transfer:
        """Read a transfer."""
        return (await self.ledger.lookup(route, [document_id]))[document_id]

    async def timeline(self, route: str, document_id: str) -> Timeline:
        """Read what was written down about a document."""
        return await self.ledger.timeline((await self.transfer(route, document_id)).id)

    async def conflicts(self, route: str, document_id: str) -> list[str]:
        """Return what is told of the conflicts of a document."""
        events = (await self.timeline(route, document_id)).events
        return [event.detail or "" for event in events if event.kind == "conflict"]


def route_text(one: str, other: str, sides: tuple[Side, Side], pair: str, more: str = "") -> str:
    """Write one of the routes: title and amount, and the main file."""
    source, destination = sides
    names = ("left", "right") if one == AB else ("right", "left")
    return (
        f"source: {names[0]}.{source.stream}\ndestination: {names[1]}.{destination.stream}\nfiles: main\n"
        f"two_way: {{with: {other}, {pair}}}\nfields:\n  {destination.title}: {{from: {source.title}, required: true}}\n"
        f"  {destination.amount}: {source.amount}\n{more}"
    )


def settings_of(sides: dict[str, Side], urls: dict[str, str]) -> dict[str, str]:
    """Return the settings of both connections. Zefort's lists are read whole each time, or edits show hours later."""
    found: dict[str, str] = {}
    for name, side in sides.items():
        settings = {"provider": side.provider, "base_url": urls[name], "settle_seconds": "0.2", **side.app.credentials}
        more = {"sweep_hours": "0"} if side.provider == "zefort" else {}
        found |= {f"{name}_{key}".upper(): value for key, value in (settings | more).items()}
    return found


def write_routes(folder: Path, left: Side, right: Side, pair: tuple[str, str], more: tuple[str, str]) -> Path:
    """Write the pair of routes into a new folder."""
    routes = folder / "routes"
    routes.mkdir()
    (routes / f"{AB}.yaml").write_text(route_text(AB, BA, (left, right), pair[0], more[0]))
    (routes / f"{BA}.yaml").write_text(route_text(BA, AB, (right, left), pair[1], more[1]))
    return routes


@asynccontextmanager
async def twins(
    folder: Path,
    monkeypatch,
    left: Side,
    right: Side,
    pair: str | tuple[str, str] = "conflict: source wins",
    more: tuple[str, str] = ("", ""),
    url: str | None = None,
) -> AsyncIterator[Twins]:
    """Serve two accounts and open a ledger (a file, if no `url` says otherwise) for the pair of routes between them."""
    pairs = (pair, pair) if isinstance(pair, str) else pair
    routes = write_routes(folder, left, right, pairs, more)
    monkeypatch.chdir(folder)
    async with serve({"left": left.app, "right": right.app}) as urls:
        for key, value in settings_of({"left": left, "right": right}, urls).items():
            monkeypatch.setenv(key, value)
        gateway = Gateway(mappings=routes, state_url=url or f"sqlite:///{folder}/state.db")
        ledger = await open_ledger(gateway.state_url)
        try:
            yield Twins(left, right, gateway, ledger)
        finally:
            await ledger.close()
