"""Encrypts anew, with the first of the operator's keys, what earlier ones have encrypted, so that those may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from state.models import snapshot, token
from state.snapshots import Retention, Snapshots

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from state.reader import Reader
    from state.vault import Vault
    from state.writer import Writer


@dataclass(frozen=True, slots=True)
class Resealed:
    """What was encrypted anew: recorded documents and logins. The key of the fingerprints is renewed whenever a ledger is opened.

    `left` are those that another than the first key has encrypted all the same: written meanwhile by a worker with other
    keys, or opened by none of these.
    """

    documents: int
    logins: int
    left: int


async def reseal(reader: Reader, writer: Writer, vault: Vault) -> Resealed:
    """Encrypt everything anew, some at a time. Runs may go on meanwhile. May be ended anywhere and called again."""
    snapshots = Snapshots(vault, Retention())
    before = await reader.ask(lambda connection: _documents(connection, vault))
    while await writer.call(snapshots.renew):
        pass
    logins = await writer.call(lambda connection: _logins(connection, vault))
    documents = await reader.ask(lambda connection: _documents(connection, vault))
    others = await reader.ask(lambda connection: sum(not vault.is_current(text) for text in _tokens(connection)))
    return Resealed(before - documents, logins, documents + others)


def _documents(connection: Connection, vault: Vault) -> int:
    """Count the recorded documents that another than the first key has encrypted."""
    earlier = select(func.count()).select_from(snapshot).where(snapshot.c.key != vault.names[0])
    return connection.execute(earlier).scalar_one()


def _tokens(connection: Connection) -> list[str]:
    return list(connection.execute(select(token.c.encrypted)).scalars())


def _logins(connection: Connection, vault: Vault) -> int:
    renewed = 0
    for text in _tokens(connection):
        content = None if vault.is_current(text) else vault.decrypt_bytes(text)
        if content is not None:
            # A run may have replaced it since it was read: its own is newer.
            same = update(token).where(token.c.encrypted == text)
            renewed += connection.execute(same.values(encrypted=vault.encrypt(content))).rowcount
    return renewed
