"""Makes documents, and messages to the source, due again that a person wants tried once more; the next run takes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.secrets import mask
from flows.routes import read_route
from flows.running import open_ledger, telling_of_a_lock
from state import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flows.settings import Gateway


@dataclass(frozen=True, slots=True)
class MadeDue:
    """How many documents are due again, and of those that were asked for which are unknown and which were due anyway.

    `messages` counts what the source is owed, would have been told later and is told by the next run.
    """

    route: str
    count: int
    waiting: Sequence[str]
    unknown: Sequence[str]
    messages: int


async def make_due(gateway: Gateway, route: str, documents: Sequence[str], reason: str | None) -> MadeDue:
    """Make these documents due, whatever became of them, or all that are rejected or failed if none is named.

    What the source is owed about them, or at all if none is named, is due as well. `reason` is kept in their timelines. Raises UnknownRouteError, RouteError (the file) and StateError.
    """
    read_route(gateway, route)
    asked = list(dict.fromkeys(documents))
    why = mask(" ".join((reason or "").split()))
    async with open_ledger(gateway) as ledger:
        known = await ledger.lookup(route, asked)
        statuses = (*records.SETTLED,) if asked else (records.REJECTED, records.FAILED)
        with telling_of_a_lock():
            now = datetime.now(UTC)
            count = await ledger.retry(
                route,
                document_ids=asked or None,
                statuses=statuses,
                at=now,
                note=f"docferry retry: {why}" if why else "docferry retry",
            )
            messages = await ledger.tell_now(route, asked or None, at=now)
    waiting = [name for name, transfer in known.items() if transfer.status == records.PENDING]
    return MadeDue(route, count, waiting, [name for name in asked if name not in known], messages)
