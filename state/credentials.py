"""The encrypted vault: settings of connections, shared by all who use this ledger and have DOCFERRY_KEYS.

What is encrypted says whose it is, so that a row which was copied under another name opens nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from state.dialect import upsert
from state.errors import SettingError
from state.models import credential, token
from state.vault import MAKE_ONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row, Table

    from state.reader import Reader
    from state.vault import Vault
    from state.writer import Writer


@dataclass(frozen=True, slots=True)
class Kept:
    """One setting in the vault, without its value: when it was set (UTC), and whether a key opens it."""

    connection: str
    setting: str
    saved_at: datetime
    opens: bool


class Credentials:
    """The credentials in one ledger. Settings are named in small letters (`client_secret`). Methods raise StateError."""

    def __init__(self, reader: Reader, writer: Writer, vault: Vault | None) -> None:
        self._reader = reader
        self._writer = writer
        self._vault = vault

    @property
    def locked(self) -> bool:
        """Whether there is no key: then nothing can be kept, and nothing read."""
        return self._vault is None

    async def of(self, connection: str) -> Mapping[str, str | None]:
        """Return a connection's settings; None for one that no key opens, or that was altered."""
        if self._vault is None:
            return {}
        query = select(credential).where(credential.c.connection == connection).order_by(credential.c.setting)
        rows = await self._reader.ask(lambda opened: opened.execute(query).all())
        return {row.setting: _opened(self._vault, row.connection, row.setting, row.encrypted) for row in rows}

    async def kept(self) -> list[Kept]:
        """List what is there, by connection and setting, without values."""
        query = select(credential).order_by(credential.c.connection, credential.c.setting)
        rows = await self._reader.ask(lambda opened: opened.execute(query).all())
        return [Kept(row.connection, row.setting, row.saved_at, _opens(self._vault, row)) for row in rows]

    async def set(self, connection: str, setting: str, value: str) -> None:
        """Keep a setting instead of what was there. Raises SettingError without a key."""
        if self._vault is None:
            raise SettingError(
                f"DOCFERRY_KEYS is not set: nothing can be encrypted without it. Make a key with `{MAKE_ONE}`"
            )
        sealed = _sealed(self._vault, connection, setting, value)
        row = upsert(credential).values(
            connection=connection, setting=setting, encrypted=sealed, saved_at=datetime.now(UTC)
        )
        keep = row.on_conflict_do_update(
            index_elements=["connection", "setting"],
            set_={"encrypted": row.excluded.encrypted, "saved_at": row.excluded.saved_at},
        )
        await self._writer.call(lambda opened: opened.execute(keep) and None)

    async def remove(self, connection: str, setting: str) -> bool:
        """Forget a setting; return whether it was there."""
        this = (credential.c.connection == connection) & (credential.c.setting == setting)
        return await self._writer.call(lambda opened: opened.execute(delete(credential).where(this)).rowcount > 0)

    async def renew(self) -> None:
        """Encrypt with the first key what another one has encrypted, tokens as well, so that the other one may go."""
        vault = self._vault
        if (
            vault is not None
            and len(vault.names) > 1
            and any((await self._reader.ask(lambda opened: _old(opened, vault))).values())
        ):
            await self._writer.call(lambda opened: renew(opened, vault))


def unreadable(connection: Connection, vault: Vault | None) -> tuple[list[str], int]:
    """Return which credentials no key opens, as `connection.setting`, and how many there are."""
    rows = connection.execute(select(credential).order_by(credential.c.connection, credential.c.setting)).all()
    return [f"{row.connection}.{row.setting}" for row in rows if not _opens(vault, row)], len(rows)


def _sealed(vault: Vault, connection: str, setting: str, value: str) -> str:
    return vault.encrypt(json.dumps([connection, setting, value]))


def _opened(vault: Vault, connection: str, setting: str, sealed: str) -> str | None:
    text = vault.decrypt(sealed)
    owner, name, value = (None, None, None) if text is None else json.loads(text)
    return value if (owner, name) == (connection, setting) else None


def _opens(vault: Vault | None, row: Row[Any]) -> bool:
    return vault is not None and _opened(vault, row.connection, row.setting, row.encrypted) is not None


def _old(connection: Connection, vault: Vault) -> dict[Table, list[Row[Any]]]:
    """Return the rows of each table that the first key has not encrypted and another one opens."""
    found = {one: connection.execute(select(one)).all() for one in (credential, token)}
    return {
        one: [row for row in rows if not vault.is_current(row.encrypted) and vault.decrypt(row.encrypted) is not None]
        for one, rows in found.items()
    }


def renew(connection: Connection, vault: Vault) -> int:
    """Encrypt credentials and tokens with the first key that another one has encrypted; return how many."""
    renewed = 0
    for one, rows in _old(connection, vault).items():
        for row in rows:
            text = vault.decrypt(row.encrypted) or ""
            # Somebody else may have replaced it since it was read: what is new stays.
            this = (one.c.encrypted == row.encrypted) & (one.c.connection == row.connection)
            renewed += connection.execute(update(one).where(this).values(encrypted=vault.encrypt(text))).rowcount
    return renewed


def left(connection: Connection, vault: Vault) -> int:
    """Count the credentials and tokens that another than the first key has encrypted, or none of them opens."""
    texts = [connection.execute(select(one.c.encrypted)).scalars() for one in (credential, token)]
    return sum(not vault.is_current(text) for some in texts for text in some)
