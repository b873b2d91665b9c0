"""What the ledger knows of a source that a listing of everything did not show: gone, or hidden from the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from state.models import event, transfer
from state.reading import chunks
from state.records import WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from state.lease import Lease
    from state.reader import Reader
    from state.writer import Writer

NOT_THERE = "not at the source"
"""The event of a document that was not listed and turned out not to be there, or not to be ready. It is asked once."""


class Proving:
    """The documents of a run's route, as far as its listing can be held against them. Writes fail as the run's do."""

    def __init__(self, run_id: str, lease: Lease, writer: Writer, reader: Reader) -> None:
        self._run_id = run_id
        self._lease = lease
        self._writer = writer
        self._reader = reader

    async def unlisted(self, listed: Callable[[int], bool], most: int) -> list[tuple[int, str]]:
        """Return (transfer id, document id) of up to `most` documents that are known and were not listed.

        What was withdrawn is left out, and what was found not to be there when it was last looked at.
        """
        return await self._reader.ask(lambda connection: _unlisted(connection, self._lease.route, listed, most))

    async def not_there(self, transfer_ids: Collection[int], now: datetime) -> None:
        """Write down that these are not at the source any more, so that they are not asked for again."""
        rows = [{"transfer_id": id_, "at": now, "run_id": self._run_id, "kind": NOT_THERE} for id_ in transfer_ids]
        await self._writer.call(lambda connection: connection.execute(insert(event), rows) and None, self._lease)


def _unlisted(connection: Connection, route: str, listed: Callable[[int], bool], most: int) -> list[tuple[int, str]]:
    known = select(transfer.c.id).where(transfer.c.route == route, transfer.c.status != WITHDRAWN)
    absent = [id_ for id_ in connection.execute(known.order_by(transfer.c.id.desc())).scalars() if not listed(id_)]
    found: list[tuple[int, str]] = []
    for some in chunks(absent):
        found += _not_yet_noted(connection, some)
        if len(found) >= most:
            break
    return found[:most]


def _not_yet_noted(connection: Connection, some: Sequence[int | str]) -> list[tuple[int, str]]:
    last = select(func.max(event.c.id)).where(event.c.transfer_id.in_(some)).group_by(event.c.transfer_id)
    noted = select(event.c.transfer_id).where(event.c.id.in_(last), event.c.kind == NOT_THERE)
    query = select(transfer.c.id, transfer.c.document_id).where(transfer.c.id.in_(some), transfer.c.id.not_in(noted))
    return [(row.id, row.document_id) for row in connection.execute(query)]
