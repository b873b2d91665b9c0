"""Keeps what a connection remembers of its account in the ledger."""

from __future__ import annotations

import zlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from connectors.errors import TransientError
from state.errors import RouteBusyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from state.ledger import Ledger

_SECTIONS = 64
"""Into how many sections the names of a connection fall: each has a row that stays, and what is new is seldom."""


class LedgerMemory:
    """The memory of one connection. Implements `connectors.memory.Memory`; names are kept as fingerprints."""

    def __init__(self, ledger: Ledger, connection: str, lease: float = 60.0) -> None:
        """`lease` is in seconds: how long a run keeps what is its own without a sign of life."""
        self._ledger = ledger
        self._connection = connection
        # A run that slept sends nothing once its lease may have run out: until then nobody else may be inside.
        self._ttl = 2 * lease

    async def recall(self, name: str) -> str | None:
        """Return what was kept under this name, None if nothing was."""
        return await self._ledger.recall(self._connection, name)

    async def keep(self, name: str, value: str) -> None:
        """Keep this under the name, instead of what was there."""
        await self._ledger.keep(self._connection, name, value)

    async def amend(self, name: str, change: Callable[[str], str]) -> str:
        """Keep what `change` makes of what was kept ("": nothing), at one moment for all processes; return it."""
        return await self._ledger.amend(self._connection, name, change)

    @asynccontextmanager
    async def exclusive(self, name: str) -> AsyncIterator[None]:
        """Be the only one of all processes with this ledger. Raises TransientError if that takes too long."""
        section = zlib.crc32(self._ledger.fingerprint(name).encode()) % _SECTIONS
        try:
            async with self._ledger.exclusive(f"new entries of {self._connection} ({section})", ttl=self._ttl):
                yield
        except RouteBusyError as busy:
            raise TransientError(str(busy), connection=self._connection, arrived="no") from busy
