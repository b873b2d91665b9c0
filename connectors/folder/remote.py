"""A folder behind a driver of fsspec (S3, Azure, Google, SFTP, memory): whole files are put, and the sidecar last."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from connectors import fence
from connectors.errors import AccessError, ConnectorError, TransientError
from connectors.folder.drivers import ACCESS, REFUSED
from connectors.folder.local import explained as on_disk
from connectors.knocking import Knocking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from connectors.folder.drivers import FileSystem

T = TypeVar("T")

PART = ".docferry.part"
"""What a file is called until it is whole. One name for all: what a killed process left is overwritten by the next."""


class RemotePlace:
    """A root at another place, opened with the first operation and again after a fault.

    `renames`: files are put under another name first, since a cut upload leaves a part. At most `at_once` operations
    are under way at a time.
    """

    RENAMING: ClassVar = frozenset({"sftp", "ssh", "smb", "ftp", "hdfs", "webhdfs"})

    def __init__(
        self,
        name: str,
        opening: Callable[[], FileSystem],
        root: str,
        *,
        renames: bool,
        at_once: int = 16,
        putting: Mapping[str, object] | None = None,
    ) -> None:
        self.name = name
        self._slots = asyncio.Semaphore(at_once)
        self.calls = 0
        self._opening = opening
        self._opened: FileSystem | None = None
        self._lock = threading.Lock()
        self._knocking = Knocking()
        self._root = root
        self._renames = renames
        self._bucket = None if renames else root.partition("/")[0]
        self._putting = putting or {}

    async def check(self) -> str:
        """Look whether the root is there; an object store has no empty folders, so that it is not is no fault there."""

        def look() -> str:
            with self._explained() as system:
                there = system.exists(self._root)
                if not there:
                    self._see_root(system)
            return "it answers; the folder is there" if there else "it answers; the folder is still empty"

        return await self._do(look)

    @asynccontextmanager
    async def staging(self, stream: str, marker: str) -> AsyncIterator[Path]:  # noqa: ARG002 -- nobody else sees it
        """Give a folder of this machine's own, in its place for temporary files."""

        def begin() -> Path:
            with on_disk(self.name):
                return Path(tempfile.mkdtemp(prefix="docferry-"))

        folder = await asyncio.to_thread(begin)
        try:
            yield folder
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def publish(self, staged: Path, path: str) -> None:
        """Put a file there and see that all of it has arrived."""
        loop = asyncio.get_running_loop()

        def put() -> None:
            size = staged.stat().st_size
            target = f"{self._root}/{path}"
            folder = target.rpartition("/")[0]
            if self._renames:
                with self._explained() as system:
                    self._see_root(system)
                    system.makedirs(folder, exist_ok=True)
                    system.put_file(str(staged), f"{folder}/{PART}", **self._putting)
            # Outside: what it raises is no fault of the driver's.
            fence.ask_from_thread(loop)
            with self._explained() as system:
                if self._renames:
                    system.mv(f"{folder}/{PART}", target)
                else:
                    system.put_file(str(staged), target, **self._putting)
                system.invalidate_cache()
                arrived = system.info(target).get("size")
            if arrived is not None and arrived != size:
                raise TransientError(
                    f"{self.name}: {size} bytes were sent and {arrived} are there",
                    connection=self.name,
                    arrived="maybe",
                )

        await self._do(put)

    async def settle(self, folder: str) -> None:
        """Do nothing: what these places have confirmed, they keep."""

    async def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None if it is not there."""

        def read() -> bytes | None:
            with self._explained() as system:
                try:
                    return system.cat_file(f"{self._root}/{path}")
                except FileNotFoundError:
                    self._see_root(system)
                    return None

        return await self._do(read)

    async def beginning(self, folder: str, start: str) -> list[str]:
        """Name what is in a folder and begins like this."""

        def look() -> list[str]:
            with self._explained() as system:
                try:
                    system.invalidate_cache()
                    paths = system.ls(f"{self._root}/{folder}", detail=False)
                except FileNotFoundError:
                    return []
            names = (path.rstrip("/").rpartition("/")[2] for path in paths)
            return sorted(name for name in names if name.startswith(start))

        return await self._do(look)

    async def remove(self, path: str) -> None:
        """Remove a file."""
        await fence.ask()

        def remove() -> None:
            with self._explained() as system:
                try:
                    system.rm_file(f"{self._root}/{path}")
                except FileNotFoundError:
                    return

        await self._do(remove)

    async def _do(self, work: Callable[[], T]) -> T:
        async with self._slots:
            self.calls += 1
            return await asyncio.to_thread(work)

    def _see_root(self, system: FileSystem) -> None:
        """Raise FileNotFoundError if the root is missing: then nothing has been deleted from it.

        An object store has no empty folders, so its bucket is looked for there.
        """
        root = self._bucket if self._bucket is not None else self._root
        if root and not system.exists(root):
            raise FileNotFoundError

    def _system(self) -> FileSystem:
        with self._lock:
            if self._opened is None:
                self._knocking.ask()
                try:
                    self._opened = self._opening()
                except (TypeError, ValueError, FileNotFoundError):
                    words = "the options are not what the driver takes, or name a file that is not there"
                    raise AccessError(f"{self.name}: {words}", connection=self.name) from None
            return self._opened

    @contextmanager
    def _explained(self) -> Iterator[FileSystem]:
        """Give the open file system, and turn a driver's faults into sentences.

        Each driver has errors of its own, and their texts may quote credentials and names.
        """
        try:
            yield self._system()
        except ConnectorError:
            raise
        except PermissionError:
            raise AccessError(f"{self.name}: {REFUSED}", connection=self.name) from None
        except FileNotFoundError:
            words = "the bucket or folder is not there; make it, or correct the address"
            raise TransientError(f"{self.name}: {words}", connection=self.name, arrived="no") from None
        except Exception as error:  # noqa: BLE001 -- drivers raise what they like
            kinds = {kind.__name__ for kind in type(error).__mro__}
            if said := next((words for kind, words in ACCESS.items() if kind in kinds), None):
                fault = AccessError(f"{self.name}: {said}", connection=self.name)
                if self._opened is None:
                    self._knocking.refused(fault)
                raise fault from None
            self._opened = None  # its connection may be broken for good
            words = f"{type(error).__name__} while a file was read or written"
            raise TransientError(f"{self.name}: {words}", connection=self.name, arrived="maybe") from None
