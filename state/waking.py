"""What another version of the mapping may change: which documents are to be tried, and what came of trying them.

Trying touches nothing. Only what the new version cures (or, where a route wants that, makes another payload of) becomes
due again; everything else keeps its status, its events, its attempts and what the source was told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from state import collecting, versions
from state.lease import anchor, revoke
from state.models import snapshot, transfer
from state.reading import TRANSFER, transfers
from state.records import CONFIRMED, DATA, DELIVERED, REJECTED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from state.lease import Lease
    from state.reader import Reader
    from state.records import Transfer
    from state.snapshots import Snapshots
    from state.writer import Writer

_REFUSED = (transfer.c.status == REJECTED) & (transfer.c.reason_class == DATA)
_SENT = transfer.c.status.in_((DELIVERED, CONFIRMED)) & transfer.c.payload_digest.is_not(None)
_MARK = update(transfer).where(transfer.c.id == bindparam("this")).values(tried_under=bindparam("under"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that earlier versions of the mapping have judged. `recorded` is its snapshot, None if none can be read."""

    transfer: Transfer
    recorded: bytes | None


class Waking:
    """The documents of a run's route that its version of the mapping has not judged. Writes fail as the run's do."""

    def __init__(self, run_id: str, lease: Lease, writer: Writer, reader: Reader, snapshots: Snapshots) -> None:
        self._run_id = run_id
        self._route = lease.route
        self._lease = lease
        self._writer = writer
        self._reader = reader
        self._snapshots = snapshots

    async def use(self, version: str, bundle: Mapping[str, str], now: datetime) -> bool:
        """Write down that this run uses a version; return False if something may have to be tried under it."""

        def use(connection: Connection) -> bool:
            anchor(connection, self._route)  # or two runs would both enter the version
            return versions.use(connection, self._route, version, bundle, now)

        return await self._writer.call(use, self._lease)

    async def candidates(
        self, version: str, limit: int, *, sent: bool, recorded: bool, exclude: Collection[int] = ()
    ) -> list[Candidate]:
        """Read up to `limit` documents that were judged under another version and not yet tried under this one.

        They are those that were rejected for what they contain or, with `sent`, those that the far end holds; either
        those with a snapshot or those without. `exclude` (transfer ids) are left out.
        """
        excluded = frozenset(exclude)
        return await self._reader.ask(
            lambda connection: self._candidates(connection, version, limit, excluded, sent=sent, recorded=recorded)
        )

    def _candidates(
        self, connection: Connection, version: str, limit: int, exclude: Collection[int], *, sent: bool, recorded: bool
    ) -> list[Candidate]:
        changed = [column.is_distinct_from(version) for column in (transfer.c.mapping_version, transfer.c.tried_under)]
        query = (
            select(transfer.c.id, snapshot.c.sealed)
            .outerjoin(snapshot, (snapshot.c.transfer_id == transfer.c.id) & self._snapshots.readable)
            .where(transfer.c.route == self._route, _SENT if sent else _REFUSED, *changed)
            .where(snapshot.c.sealed.is_not(None) if recorded else snapshot.c.sealed.is_(None))
            .order_by(transfer.c.id)
            .limit(limit + len(exclude))
        )
        sealed = dict([(row.id, row.sealed) for row in connection.execute(query) if row.id not in exclude][:limit])
        found = transfers(connection, select(*TRANSFER).where(transfer.c.id.in_(sealed)).order_by(transfer.c.id))
        return [Candidate(one, self._snapshots.open(sealed[one.id])) for one in found]

    async def tried(
        self, version: str, *, woken: Sequence[int], quiet: Sequence[int], now: datetime, detail: str
    ) -> None:
        """Write down what came of trying documents under a version: `woken` ones are due again, for the `detail`."""

        def write(connection: Connection) -> None:
            marks = [{"this": id_, "under": version} for id_ in (*woken, *quiet)]
            if marks:
                connection.execute(_MARK, marks)
            collecting.wake(connection, woken, self._run_id, now, detail)

        await self._writer.call(write, self._lease)

    async def done(self, version: str, now: datetime) -> None:
        """Write down that everything was tried under a version, unless another run may be judging under an earlier one."""

        def done(connection: Connection) -> None:
            if not revoke(connection, self._route, self._lease.name):
                versions.tried(connection, self._route, version, now)

        await self._writer.call(done, self._lease)
