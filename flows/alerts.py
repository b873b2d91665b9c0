"""What is wrong with a connection, told once however many documents or runs it touches, until it is over."""

from __future__ import annotations

import asyncio
import contextlib
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import AccessError, ConnectorError, TransientError
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from flows.memory import LedgerMemory

_KEPT = "alerts"
_AGAIN = 1.0
"""Seconds at least between two times that a run keeps its alerts: their counts may grow with every call."""
_TOO_MANY = 429
_Key = tuple[str, str]
_NEXT = {
    "access": "renew the credentials or grant the right, then run again",
    "unreachable": "the next run tries with one document",
    "failing": "the next run tries with one document",
    "busy": "the next run tries with one document",
    "unexpected": "correct the route or the account, then run again",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One cause of trouble on one connection; instants are UTC."""

    cause: str
    """access (a person must act), unreachable (no answer), failing (5xx), busy (429 without end), unexpected (anything else)."""
    connection: str
    since: datetime
    count: int
    """Calls that failed for it so far, over all runs."""
    first: str
    """What the first one said; no secrets, no values of documents."""
    next: str
    """What happens next, or what a person must do."""
    over: datetime | None = None
    """Since when all is well again; None while it lasts."""

    def as_json(self) -> dict[str, object]:
        """Return plain JSON data; instants are ISO 8601 in UTC."""
        return {
            "cause": self.cause,
            "connection": self.connection,
            "since": self.since.isoformat(),
            "count": self.count,
            "first": self.first,
            "next": self.next,
            "over": self.over.isoformat() if self.over else None,
        }

    @classmethod
    def from_json(cls, data: dict[str, str | int | None]) -> Alert:
        """Read back what `as_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        over = data["over"]
        return cls(
            cause=str(data["cause"]),
            connection=str(data["connection"]),
            since=datetime.fromisoformat(str(data["since"])),
            count=int(data["count"] or 0),
            first=str(data["first"]),
            next=str(data["next"]),
            over=datetime.fromisoformat(str(over)) if over else None,
        )


def cause_of(error: ConnectorError) -> str:
    """Name the kind of trouble that an error is a sign of."""
    if isinstance(error, AccessError):
        return "access"
    if not isinstance(error, TransientError):
        return "unexpected"
    if error.status is None:
        return "unreachable"
    return "busy" if error.status == _TOO_MANY else "failing"


class Alerts:
    """The alerts of one run, by connection and cause; what lasts is kept in the connections' memories as soon as it arises.

    Other runs keep theirs in the same place. Each adds what it has counted, and takes away only what it has seen the end
    of and nobody has added to since.
    """

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self._busy = asyncio.Lock()
        self._memories: Mapping[str, LedgerMemory] = {}
        self._known: dict[_Key, Alert] = {}
        self._kept: dict[_Key, int] = {}
        """The counts of what is kept, as this run saw it last."""

    async def recall(self, memories: Mapping[str, LedgerMemory]) -> None:
        """Read what earlier runs have left open."""
        self._memories = memories
        for connection, memory in memories.items():
            known = _read(await memory.recall(_KEPT))
            self._known |= {(connection, alert.cause): alert for alert in known}
            self._kept |= {(connection, alert.cause): alert.count for alert in known}

    def lasting(self, connection: str) -> bool:
        """Say whether something is known to be wrong with a connection."""
        return any(name == connection and alert.over is None for (name, _), alert in self._known.items())

    def note(self, error: ConnectorError, words: str, failures: int) -> bool:
        """Add failures of a connection; return whether this is news, so that it has to be said."""
        key = error.connection, cause_of(error)
        known = self._known.get(key)
        news = known is None or known.over is not None
        if known is None or known.over is not None:
            known = Alert(key[1], key[0], datetime.now(UTC), 0, words, _NEXT[key[1]])
        self._known[key] = replace(known, count=known.count + failures)
        self._news.set()
        return news

    def clear(self, connection: str) -> list[Alert]:
        """Mark all of a connection's alerts as over, and return those that were not."""
        lasting = [alert for (name, _), alert in self._known.items() if name == connection and alert.over is None]
        now = datetime.now(UTC)
        self._known |= {(one.connection, one.cause): replace(one, over=now) for one in lasting}
        return lasting

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Keep what arises as soon as it does while the block is active. What cannot be kept then is left to `keep`."""
        keeper = asyncio.ensure_future(self._keeping())
        try:
            yield
        finally:
            async with self._busy:  # cut off in the middle, what was counted would be counted twice
                keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper

    async def _keeping(self) -> None:
        while True:
            await self._news.wait()
            with contextlib.suppress(StateError):
                await self.keep()
            await asyncio.sleep(_AGAIN)

    async def keep(self) -> None:
        """Leave what lasts to the other runs and to the next one. Raises StateError."""
        async with self._busy:
            self._news.clear()
            for connection, memory in self._memories.items():
                if any(name == connection for name, _ in self._known):
                    await self._keep(connection, memory)

    async def _keep(self, connection: str, memory: LedgerMemory) -> None:
        ours = {cause: alert for (name, cause), alert in self._known.items() if name == connection}
        seen = {cause: count for (name, cause), count in self._kept.items() if name == connection}
        value = await memory.amend(_KEPT, lambda before: _written(_merged(_read(before), ours, seen)))
        there = {alert.cause: alert for alert in _read(value)}
        for cause, mine in ours.items():
            key, alert = (connection, cause), there.get(cause)
            if mine.over is not None:
                self._kept.pop(key, None)
            if mine.over is not None or alert is None:
                continue
            added = self._known[key].count - mine.count  # while it was written
            self._known[key] = replace(
                self._known[key], since=alert.since, first=alert.first, count=alert.count + added
            )
            self._kept[key] = alert.count

    def all(self) -> Iterable[Alert]:
        """Return all alerts of this run, those that are over too, the oldest first."""
        return sorted(self._known.values(), key=lambda one: one.since)


async def open_alerts(memory: LedgerMemory) -> list[Alert]:
    """Return what runs have left open on a connection. Raises StateError."""
    return [alert for alert in _read(await memory.recall(_KEPT)) if alert.over is None]


def _merged(kept: Iterable[Alert], ours: Mapping[str, Alert], seen: Mapping[str, int]) -> Iterable[Alert]:
    """Return what lasts, of what is kept and of ours. `seen` are the counts of what was kept when we looked last."""
    found = {alert.cause: alert for alert in kept}
    for cause, alert in ours.items():
        there, before = found.get(cause), seen.get(cause, 0)
        if alert.over is not None:
            if there is not None and there.count <= before:
                del found[cause]
        elif there is None and alert.count <= before:
            continue  # another run has seen the end of it, and nothing has failed here since
        elif there is None:
            found[cause] = replace(alert, count=alert.count - before)
        else:
            first = min(there, alert, key=lambda one: one.since)
            found[cause] = replace(first, count=there.count + max(alert.count - before, 0))
    return found.values()


def _written(alerts: Iterable[Alert]) -> str:
    return json.dumps([alert.as_json() for alert in alerts])


def _read(text: str | None) -> list[Alert]:
    try:
        return [Alert.from_json(one) for one in json.loads(text or "[]")]
    except (ValueError, KeyError, TypeError):  # another release's form
        return []
