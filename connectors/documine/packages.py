"""How an original gets out of DocuMine: a package is built, waited for, fetched to disk, opened, and removed again."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
import zipfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from connectors.contract import Download
from connectors.downloads import Room
from connectors.errors import ConnectorError, GoneError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from connectors.contract import File
    from connectors.documine.client import DocumineClient
    from connectors.documine.models import Package
    from connectors.documine.places import Place

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
PATIENCE = 1800.0
"""Seconds that the building of one package may take."""
SKEW = timedelta(minutes=5)
"""How far the provider's clock may be behind ours when a package of a lost answer is looked for."""
CHUNK = 1 << 18
_ZIPS = frozenset({"application/zip", "application/octet-stream", "application/x-zip-compressed"})


class Packages:
    """The download packages of one account. `pause` is how many seconds pass before the first look at a new one.

    `settle` is for how long a new one may answer 404 before it is taken to be gone.
    """

    def __init__(self, client: DocumineClient, pause: float, settle: timedelta) -> None:
        self._client = client
        self._pause = pause
        self._settle = settle
        self._ours: set[str] = set()

    @asynccontextmanager
    async def original(self, place: Place, file: File) -> AsyncGenerator[Download, None]:
        """Stream one file's original. What goes wrong with the package is TransientError: another one may be whole."""
        package = await self._built(place, file.id)
        self._ours.add(package)
        try:
            await self._ready(package)
            with tempfile.TemporaryFile() as spool:
                media_type = await self._fetched(package, spool)
                async with _taken_out(spool, file, media_type, self._client.api.connection) as content:
                    yield content
        finally:
            await self._remove(package)

    async def _built(self, place: Place, file_id: str) -> str:
        """Have a package built. After a lost answer it is looked for before a second one is asked for."""
        began = datetime.now(UTC)
        for last in (False, True):
            try:
                return (await self._client.create_package(place.template, place.dossier, file_id)).id
            except TransientError as error:
                if error.arrived == "no":
                    raise
                for package in await self._client.packages():
                    young = package.made_at is None or package.made_at > began - SKEW
                    if file_id in package.files and young and package.id and package.id not in self._ours:
                        return package.id
                if last:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _fetched(self, package_id: str, spool: IO[bytes]) -> str:
        """Bring a package to disk and return its media type. One that has vanished says nothing about the document."""
        try:
            async with self._client.package_content(package_id) as download:
                room = Room()
                async for chunk in download.chunks:
                    await asyncio.to_thread(spool.write, room.take(chunk))
        except GoneError as error:
            raise self._lost("vanished") from error
        except RejectedError as error:
            raise self._refused(error) from error
        return download.media_type or ""

    async def _ready(self, package_id: str) -> None:
        began = time.monotonic()
        pause = self._pause
        while True:
            await asyncio.sleep(pause)
            package = await self._state(package_id)
            if package is not None and package.progress == "ready":
                return
            waited = time.monotonic() - began
            # Given up while it is only not shown yet, it could not be removed either and would stay behind.
            unseen = package is None and waited < self._settle.total_seconds()
            if not unseen and (package is None or package.progress == "failed" or waited > PATIENCE):
                how = "vanished" if package is None else f"is {package.status}"
                raise self._lost(how)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _lost(self, how: str) -> TransientError:
        words = f"the download package {how}"
        return TransientError(words, connection=self._client.api.connection, arrived="no")

    def _refused(self, error: RejectedError) -> TransientError:
        """Return what a refusal to show a package means: no verdict on the document, since another may be shown."""
        return TransientError(str(error), connection=error.connection, status=error.status, arrived="no")

    async def _state(self, package_id: str) -> Package | None:
        try:
            return await self._client.package(package_id)
        except GoneError:
            return None
        except RejectedError as error:
            raise self._refused(error) from error

    async def _remove(self, package_id: str) -> None:
        try:
            await self._client.delete_package(package_id)
        except ConnectorError as error:
            log.warning("the download package %s stays behind: %s", package_id, error)
        self._ours.discard(package_id)


@asynccontextmanager
async def _taken_out(spool: IO[bytes], file: File, media_type: str, connection: str) -> AsyncGenerator[Download, None]:
    """Open the one original in a package; a server that sends the bare file in a package's place is understood too."""
    size = spool.tell()
    spool.seek(0)
    bare = media_type not in _ZIPS and media_type == file.media_type
    if bare or not await asyncio.to_thread(zipfile.is_zipfile, spool):
        spool.seek(0)
        if not bare and spool.read(5) != b"%PDF-":
            raise TransientError("the download package is damaged", connection=connection, arrived="no")
        spool.seek(0)
        yield Download(_chunks(spool), size, file.name, file.media_type)
        return
    try:
        with zipfile.ZipFile(spool) as package:
            entry = _entry(package.infolist(), file.name)
            if entry is None:
                raise RejectedError("the download package does not hold the original", connection=connection)
            with package.open(entry) as content:
                yield Download(_chunks(content), entry.file_size, file.name, file.media_type)
    except zipfile.BadZipFile as error:
        raise TransientError("the download package is damaged", connection=connection, arrived="no") from error


def _entry(entries: list[zipfile.ZipInfo], name: str) -> zipfile.ZipInfo | None:
    """Choose the original: the only file, else the one of that name (in a folder named after it, if there are more)."""
    files = [entry for entry in entries if not entry.is_dir()]
    named = [entry for entry in files if PurePosixPath(entry.filename).name == name] or files
    if len(named) > 1:
        named = [entry for entry in named if "original" in entry.filename.lower()] or named
    return named[0] if len(named) == 1 else None


async def _chunks(content: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(content.read, CHUNK):
        yield chunk
