"""What only one of the runs of a route does at a time: trying a changed mapping, and reading the source's listing.

A run takes a turn by writing it into its lease, so that the turn ends with the lease at the latest.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from state.lease import anchor, revoke
from state.models import feedback, lease

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from state.lease import Lease
    from state.writer import Writer

COLLECT = "collect"
HEAL = "heal"


class Turn(Enum):
    """Whose turn it is to read the listing."""

    OURS = auto()
    THEIRS = auto()  # another run reads it, or is still telling the source something: ask again
    OVER = auto()  # another run has read it to its end since this one began


class Turns:
    """The turns of one run. Writes fail as the run's do."""

    def __init__(self, held: Lease, writer: Writer) -> None:
        self._held = held
        self._writer = writer

    async def take_heal(self) -> bool:
        """Take the turn to try a changed mapping; False if another run is at it."""
        return await self._writer.call(lambda connection: self._take(connection, HEAL), self._held)

    async def take_collect(self, *, again: bool) -> Turn:
        """Take the turn to read the listing. From then on no run begins to tell the source anything.

        With `again` it is read although another run has done so since this one began.
        """
        return await self._writer.call(lambda connection: self._take_collect(connection, again=again), self._held)

    async def end(self, *, read: bool = False) -> None:
        """Give the turn back; with `read`, the listing was read to its end."""

        def back(connection: Connection) -> None:
            connection.execute(update(lease).where(lease.c.name == self._held.name).values(turn=None))
            if read:
                connection.execute(update(lease).where(lease.c.name == self._held.route).values(read_by=lease.c.fence))

        await self._writer.call(back, self._held)

    def _take(self, connection: Connection, turn: str) -> bool:
        anchor(connection, self._held.route)
        if any(row.turn == turn for row in revoke(connection, self._held.route, self._held.name)):
            return False
        connection.execute(update(lease).where(lease.c.name == self._held.name).values(turn=turn))
        return True

    def _take_collect(self, connection: Connection, *, again: bool) -> Turn:
        read_by = anchor(connection, self._held.route).read_by
        if read_by is not None and read_by >= self._held.fence and not again:
            return Turn.OVER
        # Who waits for messages under way asks again, and has the turn already.
        if not self._take(connection, COLLECT):
            return Turn.THEIRS
        running = select(lease.c.name).where(lease.c.route == self._held.route, lease.c.name != self._held.name)
        telling = select(feedback.c.id).where(feedback.c.claim.in_(running)).limit(1)
        return Turn.OURS if connection.execute(telling).first() is None else Turn.THEIRS
