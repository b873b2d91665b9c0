"""Encrypts anew, with the first of the operator's keys, what earlier ones have encrypted, so that those may go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from state import credentials
from state.models import snapshot
from state.snapshots import Retention, Snapshots

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from state.reader import Reader
    from state.vault import Vault
    from state.writer import Writer


@dataclass(frozen=True, slots=True)
class Resealed:
    """What was encrypted anew: recorded documents, and secrets: logins and credentials. The key of the fingerprints is renewed whenever a ledger is opened.

    `left` are those that another than the first key has encrypted all the same: written meanwhile by a worker with other
    keys, or opened by none of these.
    """

    documents: int
    secrets: int
    left: int


async def reseal(reader: Reader, writer: Writer, vault: Vault) -> Resealed:
    """Encrypt everything anew, some at a time. Runs may go on meanwhile. May be ended anywhere and called again."""
    before = await reader.ask(lambda connection: _documents(connection, vault))
    await Snapshots(vault, Retention()).renew(writer)
    secrets = await writer.call(lambda connection: credentials.renew(connection, vault))
    documents = await reader.ask(lambda connection: _documents(connection, vault))
    others = await reader.ask(lambda connection: credentials.left(connection, vault))
    return Resealed(before - documents, secrets, documents + others)


def _documents(connection: Connection, vault: Vault) -> int:
    """Count the recorded documents that another than the first key has encrypted."""
    earlier = select(func.count()).select_from(snapshot).where(snapshot.c.key != vault.names[0])
    return connection.execute(earlier).scalar_one()
