"""Keeps what a connection remembers of its account in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from state.ledger import Ledger


class LedgerMemory:
    """The memory of one connection. Implements `connectors.memory.Memory`; names are kept as fingerprints."""

    def __init__(self, ledger: Ledger, connection: str) -> None:
        self._ledger = ledger
        self._connection = connection

    async def recall(self, name: str) -> str | None:
        """Return what was kept under this name, None if nothing was."""
        return await self._ledger.recall(self._connection, name)

    async def keep(self, name: str, value: str) -> None:
        """Keep this under the name, instead of what was there."""
        await self._ledger.keep(self._connection, name, value)
