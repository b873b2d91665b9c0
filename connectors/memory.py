"""What a connection remembers of its account from run to run."""

from __future__ import annotations

from typing import Protocol


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


class Forgetful:
    """A memory for one process: what is used where there is no ledger."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    async def recall(self, name: str) -> str | None:
        """Return what was kept in this process."""
        return self._kept.get(name)

    async def keep(self, name: str, value: str) -> None:
        """Keep it as long as the process lives."""
        self._kept[name] = value
