"""What is wrong with a connection, told once however many documents or runs it touches, until it is over."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import AccessError, ConnectorError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.memory import Memory

_KEPT = "alerts"
_TOO_MANY = 429
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
    """The alerts of one run, by connection and cause; what lasts is kept in the connections' memories from run to run."""

    def __init__(self) -> None:
        self._memories: dict[str, Memory] = {}
        self._known: dict[tuple[str, str], Alert] = {}
        self._kept: set[str] = set()

    async def recall(self, memories: dict[str, Memory]) -> None:
        """Read what earlier runs have left open."""
        self._memories = memories
        for connection, memory in memories.items():
            try:
                known = [Alert.from_json(one) for one in json.loads(await memory.recall(_KEPT) or "[]")]
            except (ValueError, KeyError, TypeError):  # another release's form
                known = []
            self._known |= {(connection, alert.cause): alert for alert in known}
            if known:
                self._kept.add(connection)

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
        return news

    def clear(self, connection: str) -> list[Alert]:
        """Mark all of a connection's alerts as over, and return those that were not."""
        lasting = [alert for (name, _), alert in self._known.items() if name == connection and alert.over is None]
        now = datetime.now(UTC)
        self._known |= {(one.connection, one.cause): replace(one, over=now) for one in lasting}
        return lasting

    async def keep(self) -> None:
        """Leave what lasts to the next run. Raises StateError."""
        for connection, memory in self._memories.items():
            lasting = [one.as_json() for one in self.all() if one.connection == connection and one.over is None]
            if lasting or connection in self._kept:
                await memory.keep(_KEPT, json.dumps(lasting))

    def all(self) -> Iterable[Alert]:
        """Return all alerts of this run, those that are over too, the oldest first."""
        return sorted(self._known.values(), key=lambda one: one.since)
