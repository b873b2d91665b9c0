"""Who may write for a route: leases in database time, numbered in the order in which they were given.

Every run has a lease of its own, a row that is there as long as it is held. Taking it away is deleting the row: a run whose
row is gone keeps nothing of what it writes, and whoever wants to delete it waits until what it is writing is written. One more
row per route, its anchor, counts the leases and is locked by whatever must not happen beside itself.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from state.dialect import upsert
from state.errors import LeaseLostError, RouteBusyError
from state.instants import database_now
from state.models import lease
from state.owner import Owner, words
from state.prepared import ask
from state.texts import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from state.errors import StateError

    _Row = Any  # a lease, with the database's time as `now`

IN_HAND = 0.25
"""The part of a lease's time that must be left when a request leaves: it has to arrive before anybody else may begin."""
SHARING = ". To let several runs share the work, write `runs: shared` into the route file"
_WITH_NOW = select(lease, database_now().label("now"))
_ANCHOR = {
    shared: _WITH_NOW.where(lease.c.name == bindparam("anchor", type_=Text())).with_for_update(read=shared)
    for shared in (True, False)
}
_OF_ROUTE = _WITH_NOW.where(lease.c.route == bindparam("route", type_=Text())).order_by(lease.c.fence)
_HELD = (
    select(lease.c.fence)
    .where(lease.c.name == bindparam("held", type_=Text()), lease.c.owner == bindparam("holder", type_=Text()))
    .with_for_update(read=True)
)


def steadily() -> float:
    """Return seconds on a clock that nobody sets and that goes on while this process, or the machine, sleeps."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def anchor(connection: Connection, route: str, *, shared: bool = False) -> _Row:
    """Lock a route's anchor until the transaction ends, and return it; with `shared` beside others who do so too."""
    found = ask(connection, _ANCHOR[shared], anchor=route)
    if not found:
        now = database_now()
        new = upsert(lease).values(name=route, owner="", fence=0, since=now, until=now)
        connection.execute(new.on_conflict_do_nothing())
        found = ask(connection, _ANCHOR[shared], anchor=route)
    return found[0]


def others(connection: Connection, route: str, me: str | None = None) -> Sequence[_Row]:
    """Return the leases of a route's runs but one, with the database's time as `now`, the oldest first."""
    return [row for row in ask(connection, _OF_ROUTE, route=route) if row.name != me]


def over(row: _Row) -> bool:
    """Say whether a lease has run out, or its owner is dead for certain."""
    if not row.owner or row.until <= row.now:
        return True
    owner = Owner.parse(row.owner)
    return owner is not None and owner.dead()


def revoke(connection: Connection, route: str, me: str | None = None) -> Sequence[_Row]:
    """Take the leases away that are over, and return what is left of the other runs.

    One that is locked is left alone: its owner is writing at this moment, or an earlier revoker is at work.
    """
    rows = others(connection, route, me)
    if gone := [row.name for row in rows if over(row)]:
        locked = _WITH_NOW.where(lease.c.name.in_(gone)).with_for_update(skip_locked=True)
        # It may have given a sign of life before it was locked.
        still = [row.name for row in connection.execute(locked) if over(row)]
        connection.execute(delete(lease).where(lease.c.name.in_(still)))
        rows = [row for row in rows if row.name not in still]
    return rows


def check_idle(connection: Connection) -> None:
    """Raise RouteBusyError if any route has a living run."""
    for row in connection.execute(_WITH_NOW):
        if not over(row):
            raise _busy(row)


def _busy(row: _Row) -> RouteBusyError:
    return RouteBusyError(
        f"The route {row.route or row.name} is being run by {words(row.owner)} since {row.since:%Y-%m-%d %H:%M:%S} UTC; wait for it to "
        f"end, or end it and run again (without a sign of life it gives the route up at {row.until:%H:%M:%S} UTC)"
        f"{SHARING if row.route else ''}"
    )


class Lease:
    """What one run holds. The writer asks `check` in every transaction that carries one of the run's writes."""

    def __init__(self, route: str, name: str, owner: Owner, fence: int, ttl: float) -> None:
        self.route = route
        self.name = name
        """The run's id."""
        self.owner = owner
        self.fence = fence
        self.ttl = ttl
        self.failure: StateError | None = None
        self._proven = float("-inf")

    @classmethod
    def begin(cls, connection: Connection, route: str, name: str, owner: Owner, ttl: float, *, shared: bool) -> Lease:
        """Give a run its lease. Raises RouteBusyError if another living run has the route, and one of them does not share it.

        `ttl` is in seconds: how long a run that stopped answering without dying keeps what it has claimed, or the route.
        """
        counting = anchor(connection, route)
        if not over(counting):
            raise _busy(counting)  # by an earlier release, whose runs held the anchor itself
        for other in revoke(connection, route):
            if not (shared and other.shared):
                raise _busy(other)
        fence = counting.fence + 1
        connection.execute(update(lease).where(lease.c.name == route).values(fence=fence, owner=""))
        values = {"name": name, "route": route, "shared": shared, "owner": str(owner), "fence": fence}
        connection.execute(insert(lease).values(**values, since=database_now(), until=database_now(ttl)))
        return cls(route, name, owner, fence, ttl)

    def check(self, connection: Connection) -> None:
        """Raise LeaseLostError if the lease was taken away. Until the transaction ends nobody can do so."""
        # One that ran out but was not taken away is still ours.
        found = ask(connection, _HELD, held=self.name, holder=str(self.owner))
        if not found or found[0].fence != self.fence:
            raise LeaseLostError(
                f"Another run has taken the route {self.route} over, or this one's share of it, because this one gave no sign "
                f"of life for {self.ttl:g} s; nothing more is written here, the other run carries on"
            )

    def renew(self, connection: Connection) -> None:
        """Give a sign of life: hold on for another `ttl` seconds."""
        connection.execute(update(lease).where(lease.c.name == self.name).values(until=database_now(self.ttl)))

    def proven(self, asked: float) -> None:
        """Note that the database gave, or renewed, the lease when it was asked at this moment (see `steadily`) or later."""
        self._proven = max(self._proven, asked)

    def holds(self) -> bool:
        """Say, from what was last heard and without asking, whether the lease is ours for a good while to come."""
        return self.failure is None and steadily() < self._proven + self.ttl * (1 - IN_HAND)

    def release(self, connection: Connection) -> None:
        """Give the lease back."""
        connection.execute(delete(lease).where(lease.c.name == self.name, lease.c.fence == self.fence))


class Section(Lease):
    """What one process at a time holds under a name; the row stays, so that its fence only grows."""

    @classmethod
    def take(cls, connection: Connection, name: str, owner: Owner, ttl: float) -> Section:
        """Take a section that is free, whose lease ran out, or whose owner is dead. Raises RouteBusyError."""
        before = anchor(connection, name)
        if not over(before):
            raise _busy(before)
        fence = before.fence + 1
        values = {"owner": str(owner), "fence": fence, "since": database_now(), "until": database_now(ttl)}
        connection.execute(update(lease).where(lease.c.name == name).values(**values))
        return cls(name, name, owner, fence, ttl)

    def release(self, connection: Connection) -> None:
        """Free the section if it is still ours."""
        mine = (lease.c.name == self.name) & (lease.c.fence == self.fence)
        connection.execute(update(lease).where(mine).values(owner="", until=database_now()))
