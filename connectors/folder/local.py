"""A folder on a disk of this machine (or one mounted on it): files appear by renaming, and are on the disk before that."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from connectors import fence
from connectors.errors import AccessError, ConnectorError, TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

STAGING: Final = ".docferry"
"""Where a stream's files are written before they are renamed; on the same disk, or it would be no renaming."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class LocalPlace:
    """A root folder that must exist, and streams' folders once written: a disk not mounted is no empty archive."""

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        self.calls = 0
        self._root = root

    async def check(self) -> str:
        """Say that the root is there and can be written to."""
        self.calls += 1

        def look() -> str:
            with explained(self.name):
                if not os.access(self._there(), os.W_OK | os.X_OK):
                    raise AccessError(f"{self.name}: the folder may not be written to", connection=self.name)
                return f"the folder is there, with {shutil.disk_usage(self._root).free // 2**20} MiB free"

        return await asyncio.to_thread(look)

    @asynccontextmanager
    async def staging(self, stream: str, marker: str) -> AsyncIterator[Path]:
        """Give an empty folder beside the stream's documents. What a killed process left there is removed."""

        def begin() -> Path:
            with explained(self.name):
                folder = self._there() / stream / STAGING / marker
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                return folder

        folder = await asyncio.to_thread(begin)
        try:
            yield folder
        finally:
            await asyncio.to_thread(_dispose, folder)

    async def publish(self, staged: Path, path: str) -> None:
        """Write a staged file through to the disk and rename it."""
        self.calls += 1
        loop = asyncio.get_running_loop()

        def rename() -> None:
            with explained(self.name):
                _sync(staged)
                target = self._root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                fence.ask_from_thread(loop)
                staged.replace(target)

        await asyncio.to_thread(rename)

    async def settle(self, folder: str) -> None:
        """Write a folder's entries through to the disk, and those of the folders above it."""

        def sync() -> None:
            with explained(self.name):
                place = self._root / folder
                for one in (place, place.parent, self._root):
                    _sync(one)

        await asyncio.to_thread(sync)

    async def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None if it is not there though its stream's folder is."""
        self.calls += 1

        def read() -> bytes | None:
            with explained(self.name):
                # The place of a mount is there without it, but empty: then nothing has been deleted.
                self._there(path.partition("/")[0])
                try:
                    return (self._root / path).read_bytes()
                except (FileNotFoundError, NotADirectoryError):
                    return None

        return await asyncio.to_thread(read)

    async def beginning(self, folder: str, start: str) -> list[str]:
        """Name what is in a folder and begins like this."""
        self.calls += 1

        def look() -> list[str]:
            with explained(self.name):
                place = self._there() / folder
                with suppress(FileNotFoundError), os.scandir(place) as entries:
                    return sorted(entry.name for entry in entries if entry.name.startswith(start))
                return []

        return await asyncio.to_thread(look)

    async def remove(self, path: str) -> None:
        """Remove a file."""
        self.calls += 1
        await fence.ask()

        def remove() -> None:
            with explained(self.name):
                (self._root / path).unlink(missing_ok=True)

        await asyncio.to_thread(remove)

    def _there(self, folder: str = ".") -> Path:
        place = self._root / folder
        if not place.is_dir():
            raise TransientError(
                f"{self.name}: the folder {place} is not there; mount or make it", connection=self.name, arrived="no"
            )
        return place


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn a disk's faults into sentences. Nothing is half there after one: what was not renamed does not count."""
    try:
        yield
    except OSError as error:
        # no cause: it quotes the path, and so a document's title
        raise explain(name, error) from None


def explain(name: str, error: OSError) -> ConnectorError:
    """Return the error for a disk's fault; a full disk and a missing right are for a person, the rest is tried again."""
    if error.errno in _FULL:
        words = "the disk is full; free some space, the document is tried again"
        return TransientError(f"{name}: {words}", connection=name, arrived="no")
    if error.errno in _FORBIDDEN:
        return AccessError(f"{name}: the folder may not be written to ({error.strerror})", connection=name)
    return TransientError(f"{name}: the disk failed ({error.strerror})", connection=name, arrived="no")


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _dispose(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # others may be staging beside it
        folder.parent.rmdir()
