"""Keeps access tokens in the ledger between runs, encrypted; without a key they live as long as the process."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from connectors.errors import TransientError
from state.errors import RouteBusyError
from state.vault import Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.auth import TokenStore
    from flows.settings import Gateway
    from state.ledger import Ledger


class LedgerTokens:
    """The token of one connection. Implements `connectors.auth.TokenStore`."""

    def __init__(self, ledger: Ledger, vault: Vault, connection: str) -> None:
        self._ledger = ledger
        self._vault = vault
        self._connection = connection

    async def load(self) -> str | None:
        """Return what was saved last, None if there is nothing or no key fits."""
        text = await self._ledger.load_token(self._connection)
        return None if text is None else self._vault.decrypt(text)

    async def save(self, text: str) -> None:
        """Keep this instead."""
        await self._ledger.save_token(self._connection, self._vault.encrypt(text))

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Be the only one of all processes who replaces this token. Raises TransientError if that takes too long."""
        try:
            async with self._ledger.exclusive(f"the token of {self._connection}"):
                yield
        except RouteBusyError as busy:
            raise TransientError(str(busy), connection=self._connection, arrived="no") from busy


def vault(gateway: Gateway) -> Vault | None:
    """Return the vault of DOCFERRY_KEYS, None without any. Raises SettingError for a bad key."""
    keys = [key for key in gateway.keys.get_secret_value().split(",") if key.strip()]
    return Vault(keys) if keys else None


def token_store(gateway: Gateway, ledger: Ledger, connection: str) -> TokenStore | None:
    """Return where a connection's token is kept, None without DOCFERRY_KEYS. Raises SettingError for a bad key."""
    opened = vault(gateway)
    return None if opened is None else LedgerTokens(ledger, opened, connection)
