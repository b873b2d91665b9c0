"""What the destination has refused and is brought there again unaided: from when on, and how often that has been done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from state import collecting
from state import statements as sql
from state.lease import anchor
from state.models import transfer
from state.records import REJECTED

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from state.lease import Lease
    from state.records import Transfer
    from state.writer import Line, Writer


@dataclass(frozen=True, slots=True)
class Refusals:
    """Refusals of one document in a row: how many, the fingerprint of what the last one said, and when it was said."""

    count: int
    words: str
    at: datetime

    @classmethod
    def of(cls, one: Transfer) -> Refusals | None:
        """Read what is written down about a transfer, None if nothing is."""
        entry = one.steps.get(collecting.REFUSALS)
        if entry is None or entry.done_at is None or entry.result is None:
            return None
        count, _, words = entry.result.partition(" ")
        return cls(int(count), words, entry.done_at)

    def line(self, transfer_id: int) -> Line:
        """Return the write that keeps them."""
        entry = {"transfer_id": transfer_id, "name": collecting.REFUSALS, "intent_at": self.at, "done_at": self.at}
        return sql.STEP, {**entry, "result": f"{self.count} {self.words}"}


class Retrying:
    """The refused documents of a run's route. Writes fail as the run's do."""

    def __init__(self, run_id: str, lease: Lease, writer: Writer) -> None:
        self._run_id = run_id
        self._route = lease.route
        self._lease = lease
        self._writer = writer

    async def wake(self, limit: int, now: datetime) -> int:
        """Make up to `limit` rejected transfers due whose time to be tried again has come, the longest-due first; count them."""

        def wake(connection: Connection) -> int:
            anchor(connection, self._route)  # or two runs would wake them both
            query = (
                select(transfer.c.id)
                .where(transfer.c.route == self._route, transfer.c.status == REJECTED, transfer.c.due_at <= now)
                .order_by(transfer.c.due_at, transfer.c.id)
                .limit(limit)
            )
            ids = connection.execute(query).scalars().all()
            collecting.retry(connection, ids, self._run_id, now)
            return len(ids)

        return await self._writer.call(wake, self._lease)
