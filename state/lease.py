"""Who may write for a route: a lease in database time, with a number that grows at every change of owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select, update

from state.errors import LeaseLostError, RouteBusyError
from state.instants import database_now
from state.models import lease
from state.owner import Owner

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from state.errors import StateError

_HELD = select(lease.c.fence).where(lease.c.name == bindparam("route"), lease.c.owner == bindparam("holder"))


def check_idle(connection: Connection) -> None:
    """Raise RouteBusyError if any route has a living run."""
    for row in connection.execute(select(lease, database_now().label("now"))):
        _refuse_if_alive(row)


def _refuse_if_alive(row: Row[Any]) -> None:
    if not row.owner or row.until <= row.now:
        return
    other = Owner.parse(row.owner)
    if other is None or not other.dead():
        who = f"process {other.pid} on {other.host}" if other else "another release of docferry"
        raise RouteBusyError(
            f"The route {row.name} is being run by {who} since {row.since:%Y-%m-%d %H:%M:%S} UTC; wait for it to end, "
            f"or end it and run again (without a sign of life it gives the route up at {row.until:%H:%M:%S} UTC)"
        )


class Lease:
    """A route held by one run. The writer asks `check` in every transaction that carries one of the run's writes."""

    def __init__(self, route: str, owner: Owner, fence: int, ttl: float) -> None:
        self.route = route
        self.owner = owner
        self.fence = fence
        self.ttl = ttl
        self.failure: StateError | None = None

    @classmethod
    def take(cls, connection: Connection, route: str, owner: Owner, ttl: float) -> Lease:
        """Take a route that is free, whose lease ran out, or whose owner is dead. Raises RouteBusyError.

        `ttl` is in seconds: how long a run that stopped answering without dying keeps others out.
        """
        row = connection.execute(select(lease, database_now().label("now")).where(lease.c.name == route)).one_or_none()
        now = database_now()
        if row is None:
            connection.execute(
                insert(lease).values(name=route, owner=str(owner), fence=1, since=now, until=database_now(ttl))
            )
            return cls(route, owner, 1, ttl)
        _refuse_if_alive(row)
        connection.execute(
            update(lease)
            .where(lease.c.name == route)
            .values(owner=str(owner), fence=row.fence + 1, since=now, until=database_now(ttl))
        )
        return cls(route, owner, row.fence + 1, ttl)

    def check(self, connection: Connection) -> None:
        """Raise LeaseLostError if the route has another owner by now."""
        # A lease that ran out but was not taken is still ours: the transaction we are in keeps takers out.
        if connection.execute(_HELD, {"route": self.route, "holder": str(self.owner)}).scalar() != self.fence:
            raise LeaseLostError(
                f"Another run has taken the route {self.route} over, because this one gave no sign of life for "
                f"{self.ttl:g} s; nothing more is written here, the other run carries on"
            )

    def renew(self, connection: Connection) -> None:
        """Give a sign of life: hold the route for another `ttl` seconds."""
        connection.execute(update(lease).where(lease.c.name == self.route).values(until=database_now(self.ttl)))

    def release(self, connection: Connection) -> None:
        """Free the route if it is still ours; the fence stays for the next owner to count on from."""
        connection.execute(
            update(lease)
            .where(lease.c.name == self.route, lease.c.owner == str(self.owner), lease.c.fence == self.fence)
            .values(owner="", until=database_now())
        )
