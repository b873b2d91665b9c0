"""Source documents as they were last judged: compressed, encrypted by the vault, and kept no longer than the policy says.

Without a vault nothing is kept. What a snapshot holds is the caller's business; to the ledger it is bytes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, select, update

from state.dialect import upsert
from state.models import snapshot, transfer
from state.records import REJECTED
from state.writer import Statement

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from state.lease import Lease
    from state.reader import Reader
    from state.vault import Vault
    from state.writer import Line, Writer

_FAST = 1
"""zlib's level: documents are small and many, and more effort gains a tenth."""
_SMALL = 2**13
"""Bytes; what is no longer needs a window no wider, and memory for one takes longer to get than such a text to compress."""
_WINDOW, _MEMORY = 13, 6
_AT_ONCE = 500
"""How many snapshots are encrypted anew in one transaction, and after how many new ones old ones are dropped."""
_BEFORE_ALL = -1
"""Less than the id of any transfer."""

_row = upsert(snapshot)
_KEEP = Statement(
    "snapshot",
    _row.on_conflict_do_update(
        index_elements=["transfer_id"],
        set_={name: _row.excluded[name] for name in ("taken_at", "key", "sealed")},
    ),
)
_DROP = Statement("snapshot", delete(snapshot).where(snapshot.c.transfer_id == bindparam("this")))


@dataclass(frozen=True, slots=True)
class Retention:
    """Which snapshots are kept: the `newest` of each route and, whatever their number, those of rejected documents.

    None of them is kept for more than `days`. None means that there is no such limit.
    """

    newest: int | None = 1000
    days: int | None = None

    @property
    def nothing(self) -> bool:
        """Whether no snapshot is kept at all."""
        return self.newest == 0 or self.days == 0


class Snapshots:
    """The snapshots of one ledger. `taken` tells whether documents are recorded at all: there is a key, and the policy wants it."""

    def __init__(self, vault: Vault | None, retention: Retention) -> None:
        self._vault = vault
        self._retention = retention
        self.taken = vault is not None and not retention.nothing

    def line(self, transfer_id: int, route: str, content: bytes, at: datetime) -> Line:
        """Return what writes a document down in place of its earlier snapshot. Only if snapshots are `taken`."""
        if self._vault is None:
            raise AssertionError("nothing is recorded without a key")
        sealed = self._vault.seal(_compressed(content))
        key = self._vault.names[0]
        return _KEEP, {"transfer_id": transfer_id, "route": route, "taken_at": at, "key": key, "sealed": sealed}

    @property
    def readable(self) -> ColumnElement[bool]:
        """What is true of the rows that a key opens."""
        return snapshot.c.key.in_(() if self._vault is None else self._vault.names)

    def open(self, sealed: str | None) -> bytes | None:
        """Return what was recorded, None if there is nothing or no key opens it."""
        content = None if self._vault is None or sealed is None else self._vault.decrypt_bytes(sealed)
        return None if content is None else zlib.decompress(content)

    def prune(self, connection: Connection, route: str, now: datetime) -> None:
        """Drop what the policy does not keep: of this route by number, of all routes by age."""
        newest, days = self._retention.newest, self._retention.days
        if self._vault is None or self._retention.nothing:
            connection.execute(delete(snapshot))
            return
        if days is not None:
            connection.execute(delete(snapshot).where(snapshot.c.taken_at < now - timedelta(days=days)))
        if newest is None:
            return
        here = snapshot.c.route == route
        last = select(snapshot.c.taken_at).where(here).order_by(snapshot.c.taken_at.desc()).offset(newest - 1).limit(1)
        edge = connection.execute(last).scalar()
        if edge is not None:
            rejected = select(transfer.c.id).where(transfer.c.route == route, transfer.c.status == REJECTED)
            older = delete(snapshot).where(here, snapshot.c.taken_at < edge)
            connection.execute(older.where(snapshot.c.transfer_id.not_in(rejected)))

    async def renew(self, writer: Writer, lease: Lease | None = None) -> None:
        """Encrypt with the first key what an earlier one has encrypted, some at a time; what no key opens is left as it is.

        One walk through all of them, in the order of their transfers: any number that cannot be opened holds no other up.
        """
        if self._vault is None or len(self._vault.names) == 1:
            return
        vault = self._vault
        after: int | None = _BEFORE_ALL
        while after is not None:
            after = await writer.call(partial(_renew_some, vault=vault, after=after), lease)


def _renew_some(connection: Connection, vault: Vault, after: int) -> int | None:
    """Encrypt anew some of the transfers after this one; return the last of them, None if there were no more."""
    rows = connection.execute(
        select(snapshot.c.transfer_id, snapshot.c.sealed)
        .where(snapshot.c.key.in_(vault.names[1:]), snapshot.c.transfer_id > after)
        .order_by(snapshot.c.transfer_id)
        .limit(_AT_ONCE)
    ).all()
    anew = [
        {"this": id_, "from_sealed": sealed, "to_key": vault.names[0], "to_sealed": vault.seal(content)}
        for id_, sealed in rows
        if (content := vault.decrypt_bytes(sealed)) is not None
    ]
    if anew:
        # Another route's run may have recorded a newer one since it was read, which is not to be undone.
        connection.execute(
            update(snapshot)
            .where(snapshot.c.transfer_id == bindparam("this"), snapshot.c.sealed == bindparam("from_sealed"))
            .values(key=bindparam("to_key"), sealed=bindparam("to_sealed")),
            anew,
        )
    return rows[-1].transfer_id if len(rows) == _AT_ONCE else None


def _compressed(content: bytes) -> bytes:
    if len(content) > _SMALL:
        return zlib.compress(content, _FAST)
    small = zlib.compressobj(_FAST, zlib.DEFLATED, _WINDOW, _MEMORY)
    return small.compress(content) + small.flush()


class Recording:
    """The snapshots as one run writes them. Writes fail as the run's do. `on`: whether anything is recorded at all."""

    def __init__(self, lease: Lease, writer: Writer, reader: Reader, snapshots: Snapshots) -> None:
        self._lease = lease
        self._writer = writer
        self._reader = reader
        self._snapshots = snapshots
        self._written = 0
        self.on = snapshots.taken

    def line(self, transfer_id: int, content: bytes | None, at: datetime) -> Line:
        """Return what puts a document in the place of its earlier snapshot, None being nothing. Only if this is `on`."""
        if content is None:
            return _DROP, {"this": transfer_id}
        self._written += 1
        return self._snapshots.line(transfer_id, self._lease.route, content, at)

    async def latest(self, transfer_id: int) -> bytes | None:
        """Return a document as it was last judged, None if it is not recorded or no key opens it."""
        query = select(snapshot.c.sealed).where(snapshot.c.transfer_id == transfer_id, self._snapshots.readable)
        return self._snapshots.open(await self._reader.ask(lambda connection: connection.execute(query).scalar()))

    async def prune_if_many(self, now: datetime) -> None:
        """Prune each time that many were written: a long first run must not fill the disk with what goes at its end."""
        if self._written >= _AT_ONCE:
            self._written = 0
            await self.prune(now)

    async def prune(self, now: datetime) -> None:
        """Drop what is not to be kept any longer."""
        await self._writer.call(
            lambda connection: self._snapshots.prune(connection, self._lease.route, now), self._lease
        )

    async def renew(self) -> None:
        """Encrypt anew what an earlier key has encrypted, so that it may go; of all routes."""
        await self._snapshots.renew(self._writer, self._lease)


def count_unreadable(connection: Connection, vault: Vault | None) -> int:
    """Count what no key opens any more."""
    query = select(func.count()).select_from(snapshot).where(~Snapshots(vault, Retention()).readable)
    return connection.execute(query).scalar_one()


def drop_unreadable(connection: Connection, vault: Vault | None) -> None:
    """Drop what no key opens any more."""
    connection.execute(delete(snapshot).where(~Snapshots(vault, Retention()).readable))
