"""How a file travels from its source into an upload: streamed, counted, hashed, never held whole."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from connectors.downloads import Room
from connectors.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

    from connectors.contract import Attachment, Download

READ_AHEAD = 1 << 20
"""Bytes that are read before the upload starts. A file that fits cannot be cut by its source in mid-upload."""
CHUNK = 1 << 18
_MEDIA_TYPE = re.compile(r"[!-~]+/[ -~]+")


class _Tally:
    """Counts and hashes the bytes of one passage."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()

    def add(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        self._hash.update(chunk)
        return chunk

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


@dataclass(slots=True)
class Upload:
    """A file ready to be sent. `size` is in bytes; `sha256` is known once the bytes have passed."""

    name: str
    media_type: str
    size: int
    chunks: Callable[[], AsyncIterator[bytes]]
    sha256: str = ""


@asynccontextmanager
async def opened(attachment: Attachment) -> AsyncGenerator[Upload, None]:
    """Open a file at its source and make it ready to be sent with an exact length.

    A small file is read ahead, a larger one of known size is passed on as it arrives (and opened afresh if the
    call has to be made again), one of unknown size is put on disk first. What goes wrong at the source before the
    upload starts is raised with `arrived="no"`, since nothing has reached the destination yet.
    """
    async with AsyncExitStack() as stack:
        try:
            download = await stack.enter_async_context(attachment.open())
            incoming = aiter(download.chunks)
            head, ended = await _head(incoming)
            upload = Upload(
                download.name or attachment.file.name,
                _plain(download.media_type) or _plain(attachment.file.media_type) or "application/octet-stream",
                download.size or 0,
                lambda: _held(head),
            )
            if ended:
                _finish(upload, head, download)
            elif download.size is None:
                await _spool(upload, head, incoming, stack)
            else:
                _pass_on(upload, attachment, head, incoming)
        except OSError as error:
            raise TransientError(f"the file cannot be put on disk: {error.strerror}", arrived="no") from error
        except TransientError as error:
            raise error.not_left() from error
        yield upload


def _plain(media_type: str | None) -> str | None:
    """Return a media type that ends no header, None for what a source may say instead."""
    return media_type if media_type and _MEDIA_TYPE.fullmatch(media_type) else None


async def _head(incoming: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """Read until there is more than READ_AHEAD or the end; return the bytes and whether that is all."""
    parts: list[bytes] = []
    size = 0
    async for chunk in incoming:
        parts.append(chunk)
        size += len(chunk)
        if size > READ_AHEAD:
            return b"".join(parts), False
    return b"".join(parts), True


def _finish(upload: Upload, content: bytes, download: Download) -> None:
    if download.size is not None and download.size != len(content):
        raise _short(len(content), download.size)
    upload.size, upload.sha256 = len(content), hashlib.sha256(content).hexdigest()


async def _spool(upload: Upload, head: bytes, incoming: AsyncIterator[bytes], stack: AsyncExitStack) -> None:
    spool = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 -- closed by the stack
    tally, room = _Tally(), Room()
    await asyncio.to_thread(spool.write, tally.add(room.take(head)))
    async for chunk in incoming:
        await asyncio.to_thread(spool.write, tally.add(room.take(chunk)))
    upload.size, upload.sha256 = tally.size, tally.sha256
    upload.chunks = lambda: _from_disk(spool)


def _pass_on(upload: Upload, attachment: Attachment, head: bytes, incoming: AsyncIterator[bytes]) -> None:
    first = [(head, incoming)]

    async def chunks() -> AsyncIterator[bytes]:
        tally = _Tally()
        async with AsyncExitStack() as stack:
            if first:
                start, rest = first.pop()
                yield tally.add(start)
            else:
                rest = aiter((await stack.enter_async_context(attachment.open())).chunks)
            async for chunk in rest:
                if tally.size + len(chunk) > upload.size:
                    break
                yield tally.add(chunk)
            else:
                if tally.size == upload.size:
                    upload.sha256 = tally.sha256
                    return
        raise _short(tally.size, upload.size)

    upload.chunks = chunks


async def _held(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _from_disk(spool: IO[bytes]) -> AsyncIterator[bytes]:
    place = 0
    while True:
        # Two readers may overlap when a call is repeated, so each keeps its own place.
        await asyncio.to_thread(spool.seek, place)
        chunk = await asyncio.to_thread(spool.read, CHUNK)
        if not chunk:
            return
        place += len(chunk)
        yield chunk


def _short(size: int, announced: int) -> TransientError:
    return TransientError(f"the source announced a file of {announced} bytes and sent {size}", arrived="maybe")


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form with one file part, which comes last under the name `part`.

    `filename` must be free of quotes and control characters; it travels as plain UTF-8, as RFC 7578 asks.
    """

    upload: Upload
    filename: str
    part: str
    fields: Sequence[tuple[str, str]] = ()
    boundary: str = field(default_factory=lambda: f"docferry-{secrets.token_hex(16)}")

    @property
    def headers(self) -> dict[str, str]:
        """The headers that describe the form; the length is exact, so a cut body cannot pass for a whole one."""
        length = len(self._before()) + self.upload.size + len(self._after())
        return {"Content-Type": f"multipart/form-data; boundary={self.boundary}", "Content-Length": str(length)}

    def content(self) -> Callable[[], AsyncIterator[bytes]]:
        """Return what opens the body, once for each time the call is made."""

        async def body() -> AsyncIterator[bytes]:
            before, after = self._before(), self._after()
            async for chunk in self.upload.chunks():
                yield before + chunk
                before = b""
            yield before + after

        return body

    def _before(self) -> bytes:
        parts = [
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in self.fields
        ]
        media_type = self.upload.media_type.encode("ascii", "replace").decode()
        parts.append(
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{self.part}"; filename="{self.filename}"\r\n'
            f"Content-Type: {media_type}\r\n\r\n"
        )
        return "".join(parts).encode()

    def _after(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()
