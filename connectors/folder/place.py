"""What a destination folder needs of the place it lies in, be it a disk or an object store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path


class Place(Protocol):
    """A root folder. Paths are relative to it, with slashes. All methods raise ConnectorError."""

    name: str
    """The connection's name, as it stands in errors."""
    calls: int
    """How often the place was written to or looked at."""

    async def check(self) -> str:
        """Say in words that the root is there and can be written to."""
        ...

    def staging(self, stream: str, marker: str) -> AbstractAsyncContextManager[Path]:
        """Give an empty folder on a local disk for what is going to be published; emptied again afterwards."""
        ...

    async def publish(self, staged: Path, path: str) -> None:
        """Make a staged file appear under its path in one step, instead of what was there."""
        ...

    async def settle(self, folder: str) -> None:
        """Return once everything published in a folder would survive a power cut."""
        ...

    async def read(self, path: str) -> bytes | None:
        """Return a small file, None if it is not there. TransientError if the place itself is not."""
        ...

    async def beginning(self, folder: str, start: str) -> list[str]:
        """Name what is in a folder and begins like this; nothing if there is no such folder."""
        ...

    async def remove(self, path: str) -> None:
        """Remove a file; that it is not there is fine."""
        ...
