"""What can be looked up afterwards: documents as they were judged, and the mappings that judged them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from state import versions
from state.models import snapshot, transfer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from state.reader import Reader
    from state.snapshots import Snapshots
    from state.versions import MappingVersion


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A recorded document. `content` is what was given to `RouteRun.settle`, None if no key opens it any more."""

    transfer_id: int
    document_id: str
    taken_at: datetime
    content: bytes | None


class Archive:
    """The snapshots and mapping versions of one ledger. Reads raise StateError. `recording`: whether there is a key for it."""

    def __init__(self, reader: Reader, snapshots: Snapshots) -> None:
        self._reader = reader
        self._snapshots = snapshots
        self.recording = snapshots.taken

    async def mapping(self, route: str, version: str | None = None) -> MappingVersion | None:
        """Read a version of a route's mapping, or the one that a run has used last; None if it is not known."""
        return await self._reader.ask(lambda connection: versions.find(connection, route, version))

    async def snapshot(self, transfer_id: int) -> Snapshot | None:
        """Read the document of one transfer as it was last judged, None if it is not recorded."""
        found = await self._reader.ask(
            lambda connection: self._read(connection, snapshot.c.transfer_id == transfer_id, 1)
        )
        return found[0] if found else None

    async def snapshots(self, route: str, limit: int) -> list[Snapshot]:
        """Read up to `limit` recorded documents of a route, the latest first."""
        return await self._reader.ask(lambda connection: self._read(connection, snapshot.c.route == route, limit))

    def _read(self, connection: Connection, where: ColumnElement[bool], limit: int) -> list[Snapshot]:
        query = (
            select(snapshot.c.transfer_id, transfer.c.document_id, snapshot.c.taken_at, snapshot.c.sealed)
            .join(transfer, transfer.c.id == snapshot.c.transfer_id)
            .where(where)
            .order_by(snapshot.c.taken_at.desc(), snapshot.c.transfer_id.desc())
            .limit(limit)
        )
        rows = connection.execute(query)
        return [Snapshot(id_, name, at, self._snapshots.open(sealed)) for id_, name, at, sealed in rows]
