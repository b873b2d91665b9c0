"""A folder behind a driver of fsspec (S3, Azure, Google, SFTP, memory): whole files are put, and the sidecar last."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, cast

import fsspec  # type: ignore[import-untyped] # fsspec has no types; FileSystem below says what is used

from connectors.errors import AccessError, ConnectorError, TransientError
from connectors.folder.local import explained as on_disk
from connectors.urls import SettingsError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

T = TypeVar("T")

DRIVERS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs"} | {
    "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol",
}  # fmt: skip
"""The package that an address needs, by its scheme. They are large and pull in much, so only those who use one install it."""


class FileSystem(Protocol):
    """What is used of fsspec's file systems. All of it blocks."""

    def put_file(self, lpath: str, rpath: str) -> None:
        """Copy a local file; nothing or the whole of it appears at an object store."""

    def mv(self, path1: str, path2: str) -> None:
        """Rename."""

    def info(self, path: str) -> dict[str, object]:
        """Return `size` and more. Raises FileNotFoundError."""

    def cat_file(self, path: str) -> bytes:
        """Read a file. Raises FileNotFoundError."""

    def ls(self, path: str, detail: bool) -> list[str]:
        """Name what is in a folder, with full paths. Raises FileNotFoundError."""

    def rm_file(self, path: str) -> None:
        """Remove a file. Raises FileNotFoundError."""

    def exists(self, path: str) -> bool:
        """Tell whether something is there."""

    def makedirs(self, path: str, exist_ok: bool) -> None:
        """Make a folder, where the place has such."""

    def invalidate_cache(self) -> None:
        """Forget remembered listings: others write here too."""


def open_filesystem(name: str, url: str, options: Mapping[str, object]) -> tuple[FileSystem, str]:
    """Return the file system of an address and the path in it. Raises SettingsError: no such scheme, or no driver."""
    scheme = url.partition("://")[0]
    try:
        system, path = fsspec.url_to_fs(url, **options)
    except ImportError:
        package = DRIVERS.get(scheme, f"the fsspec driver of {scheme}")
        raise SettingsError(f"{name}: {scheme}:// needs a driver that is not installed; install {package}") from None
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"{name}: {scheme}:// cannot be opened ({type(error).__name__}); check the address"
        ) from None
    except Exception as error:  # noqa: BLE001 -- drivers that connect at once raise what they like, and quote passwords
        raise SettingsError(f"{name}: {scheme}:// does not answer ({type(error).__name__})") from None
    return cast("FileSystem", system), str(path).rstrip("/")


class RemotePlace:
    """A root at another place. `renames`: files are put under another name first, since a cut upload leaves a part.

    At most `at_once` operations are under way at a time.
    """

    RENAMING: ClassVar = frozenset({"sftp", "ssh", "smb", "ftp", "hdfs", "webhdfs"})

    def __init__(self, name: str, system: FileSystem, root: str, *, renames: bool, at_once: int = 16) -> None:
        self.name = name
        self._slots = asyncio.Semaphore(at_once)
        self.calls = 0
        self._system = system
        self._root = root
        self._renames = renames

    async def check(self) -> str:
        """Look whether the root is there; an object store has no empty folders, so that it is not is no fault there."""

        def look() -> str:
            with self._explained():
                there = self._system.exists(self._root)
            if self._renames and not there:
                raise AccessError(f"{self.name}: the folder is not there", connection=self.name)
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

        def put() -> None:
            size = staged.stat().st_size
            target = f"{self._root}/{path}"
            folder, _, file = target.rpartition("/")
            with self._explained():
                self._system.makedirs(folder, exist_ok=True)
                if self._renames:
                    self._system.put_file(str(staged), f"{folder}/.{file}.part")
                    self._system.mv(f"{folder}/.{file}.part", target)
                else:
                    self._system.put_file(str(staged), target)
                self._system.invalidate_cache()
                arrived = self._system.info(target).get("size")
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
            with self._explained():
                try:
                    return self._system.cat_file(f"{self._root}/{path}")
                except FileNotFoundError:
                    if self._renames and not self._system.exists(self._root):
                        raise
                    return None

        return await self._do(read)

    async def beginning(self, folder: str, start: str) -> list[str]:
        """Name what is in a folder and begins like this."""

        def look() -> list[str]:
            with self._explained():
                try:
                    self._system.invalidate_cache()
                    paths = self._system.ls(f"{self._root}/{folder}", detail=False)
                except FileNotFoundError:
                    return []
            names = (path.rstrip("/").rpartition("/")[2] for path in paths)
            return sorted(name for name in names if name.startswith(start))

        return await self._do(look)

    async def remove(self, path: str) -> None:
        """Remove a file."""

        def remove() -> None:
            with self._explained():
                try:
                    self._system.rm_file(f"{self._root}/{path}")
                except FileNotFoundError:
                    return

        await self._do(remove)

    async def _do(self, work: Callable[[], T]) -> T:
        async with self._slots:
            self.calls += 1
            return await asyncio.to_thread(work)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn a driver's faults into sentences; each has errors of its own, and their texts may quote credentials and names."""
        try:
            yield
        except ConnectorError:
            raise
        except PermissionError:
            raise AccessError(f"{self.name}: access is refused", connection=self.name) from None
        except FileNotFoundError:
            words = "the bucket or folder is not there"
            raise TransientError(f"{self.name}: {words}", connection=self.name, arrived="no") from None
        except Exception as error:  # noqa: BLE001 -- drivers raise what they like
            words = f"{type(error).__name__} while a file was read or written"
            raise TransientError(f"{self.name}: {words}", connection=self.name, arrived="maybe") from None
