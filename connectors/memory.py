"""What a connection remembers of its account from run to run."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager


class Memory(Protocol):
    """What one connection remembers of its account from run to run: ids of things that cannot be listed, for example.

    A hint, not a truth: it may be empty at any time. Names may be made of document values (they are not kept in clear);
    what is remembered may not.
    """

    async def recall(self, name: str) -> str | None:
        """Return what was kept under this name, None if nothing was."""
        ...

    async def keep(self, name: str, value: str) -> None:
        """Keep this under the name, instead of what was there."""
        ...

    def exclusive(self, name: str) -> AbstractAsyncContextManager[None]:
        """Be the only one, of all who use this account through the same memory, who makes what the name says.

        For what several may need at the same time and the account is to have once. It costs writes, so one looks first,
        and again inside: somebody else may have made it. Not to be entered twice: two who wait for each other would.
        TransientError: another one is taking too long.
        """
        ...


class Forgetful:
    """A memory for one process: what is used where there is no ledger."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def recall(self, name: str) -> str | None:
        """Return what was kept in this process."""
        return self._kept.get(name)

    async def keep(self, name: str, value: str) -> None:
        """Keep it as long as the process lives."""
        self._kept[name] = value

    @asynccontextmanager
    async def exclusive(self, name: str) -> AsyncIterator[None]:
        """Be the only one of this process."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            yield
