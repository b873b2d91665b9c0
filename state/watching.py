"""What is asked of a ledger from time to time by those who watch it: cheap however many documents and runs it knows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from state.clock import APART
from state.hearing import Untaken, untaken
from state.instants import database_now
from state.lease import others, over
from state.models import feedback, run, transfer
from state.reading import routes
from state.records import PENDING
from state.totals import totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from state.reader import Reader

_MOST = 1500
"""How many runs of a route are looked at, the latest: a day of one a minute."""
_WITH_REASON = ("rejected", "failed", "held")


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over. `ended_at` is None and `counts` is empty if it ended without a word."""

    id: str
    started_at: datetime
    ended_at: datetime | None
    complete: bool
    counts: Mapping[str, int]
    note: str | None


@dataclass(frozen=True, slots=True)
class Pulse:
    """The signs of life of a route; all instants are UTC, `now` is the database's. `ended` are recent runs, the latest first.

    What lies in the future by more than clocks differ was written before a clock was set back, and does not count.
    """

    route: str
    now: datetime
    complete_at: datetime | None
    """When the last run ended that read all there is and left nothing open; None if none has."""
    running_since: datetime | None
    ended: Sequence[Ended]
    owed: int
    oldest_owed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of a route. `rejects` are what is rejected, failed or held now, by class; `totals` only grow."""

    pulse: Pulse
    statuses: Mapping[str, int]
    rejects: Mapping[str, int]
    oldest_due_at: datetime | None
    totals: Mapping[str, int] = field(default_factory=dict)


class Watching:
    """One ledger as it is watched. Reads raise StateError."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def routes(self) -> list[str]:
        """Name every route the ledger knows."""
        return await self._reader.ask(routes)

    async def now(self) -> datetime:
        """Return the database's time."""
        return await self._reader.ask(_now)

    async def pulse(self, route: str, window: timedelta) -> Pulse:
        """Look for a route's signs of life; runs count that began within `window`."""
        return await self._reader.ask(lambda connection: _pulse(connection, route, window))

    async def untaken(self, route: str, since: datetime) -> list[Untaken]:
        """Read the messages that the source has not taken since it took one of the kind last (see `state.hearing`)."""
        return await self._reader.ask(lambda connection: untaken(connection, route, since))

    async def figures(self, route: str, window: timedelta) -> Figures:
        """Count how a route stands."""
        return await self._reader.ask(lambda connection: _figures(connection, route, window))


def _now(connection: Connection) -> datetime:
    return connection.execute(select(database_now())).scalar_one()


def _pulse(connection: Connection, route: str, window: timedelta) -> Pulse:
    now = _now(connection)
    here = (run.c.route == route) & (run.c.started_at <= now + APART)
    # A complete run is found soon, however many there are: they are read backwards.
    complete = (
        select(run.c.ended_at)
        .where(here, run.c.complete, run.c.ended_at <= now + APART)
        .order_by(run.c.started_at.desc())
        .limit(1)
    )
    recent = (
        select(run.c.id, run.c.state, run.c.started_at, run.c.ended_at, run.c.complete, run.c.counts, run.c.note)
        .where(here, run.c.started_at >= now - window)
        .order_by(run.c.started_at.desc(), run.c.id)
        .limit(_MOST)
    )
    living = {row.name: row.since for row in others(connection, route) if not over(row)}
    open_ = feedback.c.route == route, feedback.c.done_at.is_(None)
    owed, oldest = connection.execute(select(func.count(), func.min(feedback.c.owed_at)).where(*open_)).one()
    return Pulse(
        route=route,
        now=now,
        complete_at=connection.execute(complete).scalar(),
        running_since=min(living.values(), default=None),
        ended=[
            Ended(
                row.id,
                row.started_at,
                row.ended_at if row.state == "finished" else None,
                bool(row.complete),
                json.loads(row.counts) if row.counts else {},
                row.note,
            )
            for row in connection.execute(recent)
            if row.id not in living
        ],
        owed=owed,
        oldest_owed_at=oldest,
    )


def _figures(connection: Connection, route: str, window: timedelta) -> Figures:
    here = transfer.c.route == route
    statuses = select(transfer.c.status, func.count()).where(here).group_by(transfer.c.status)
    rejects = (
        select(transfer.c.reason_class, func.count())
        .where(here, transfer.c.status.in_(_WITH_REASON))
        .group_by(transfer.c.reason_class)
    )
    due = select(func.min(transfer.c.due_at)).where(here, transfer.c.status == PENDING)
    return Figures(
        pulse=_pulse(connection, route, window),
        statuses={status: count for status, count in connection.execute(statuses)},  # noqa: C416 -- rows are no pairs
        rejects={name or "none": count for name, count in connection.execute(rejects)},
        oldest_due_at=connection.execute(due).scalar(),
        totals=totals(connection, route),
    )
