"""What a run is asked for by name: these documents, or those that were refused; and what turns out not to be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from state import collecting, reading, strangers
from state.lease import anchor

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from state.lease import Lease
    from state.reader import Reader
    from state.records import Remembered, Transfer
    from state.writer import Writer


class Wanting:
    """The documents that a run is asked for, beside what it lists. Raises as `RouteRun` does."""

    def __init__(self, run_id: str, lease: Lease, writer: Writer, reader: Reader) -> None:
        self._run_id = run_id
        self._lease = lease
        self._writer = writer
        self._reader = reader

    async def these(self, document_ids: Sequence[str], now: datetime, why: str | None = None) -> Remembered:
        """Make exactly these documents pending and due, whatever their status; unseen ones are entered.

        Those that turn out not to be at the source are forgotten when the run ends, unless more was known of them.
        `why` is kept in their timelines.
        """

        def enter(connection: Connection) -> Remembered:
            anchor(connection, self._lease.route)
            return collecting.want(connection, self._lease.route, self._run_id, document_ids, now, why)

        return await self._writer.call(enter, self._lease)

    async def refused(self, since: datetime | None, now: datetime, why: str | None = None) -> Remembered:
        """Make everything pending and due that is rejected or failed, with `since` if it became so at or after that instant."""

        def enter(connection: Connection) -> Remembered:
            anchor(connection, self._lease.route)
            names = reading.refused_documents(connection, self._lease.route, since)
            return collecting.want(connection, self._lease.route, self._run_id, names, now, why)

        return await self._writer.call(enter, self._lease)

    async def strangers(self, transfer_ids: Collection[int]) -> list[Transfer]:
        """Return those of these transfers of which only a look, by whichever run, has shown that there is no such document."""
        return await self._reader.ask(lambda connection: strangers.among(connection, transfer_ids))
