"""The points at which a process can die: around every request and within its body, around every commit, on the disk."""

from __future__ import annotations

import errno
import functools
import io
import json
import os
import signal
import sqlite3
import threading
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
from sqlalchemy import Engine, event

from tests.over_httpx import OverHttpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from sqlalchemy import Dialect

_CHANGES = ("replace", "unlink", "mkdir", "rmdir", "fsync")
"""The calls by which Python's own file functions change a disk."""
_LOST = (1, 3, 6)


def tell(what: dict[str, object]) -> None:
    """Write one line at once: who dies next cannot flush."""
    os.write(1, json.dumps(what).encode() + b"\n")


class Points:
    """Counts the points at which a process can die, in all its threads, and dies at the fatal one.

    That is given by its number (0: none), or by its name, which means the first of that name. `lost` names an act whose
    answers are lost, the first, the third and the sixth: it is done, and then an error comes instead. `troubles` are
    called at points of these numbers or, once, names.
    """

    def __init__(
        self, fatal: int | str, lost: str = "", troubles: Mapping[Any, Callable[[], None]] = MappingProxyType({})
    ) -> None:
        self.passed: list[str] = []
        self._troubles = dict(troubles)
        self._fatal = fatal
        self._lost = lost
        self._acts = 0
        self._lock = threading.Lock()

    def reach(self, what: str) -> None:
        """Come to a point. If it is the fatal one, say so and be gone."""
        with self._lock:
            self.passed.append(what)
            if self._fatal in (what, len(self.passed)):
                tell({"died": what})
                os.kill(os.getpid(), signal.SIGKILL)
            if trouble := self._troubles.pop(len(self.passed), None) or self._troubles.pop(what, None):
                trouble()

    def done(self, what: str, error: Exception) -> None:
        """Come to the end of an act. Raises the error if it is one whose answer is lost."""
        with self._lock:
            self._acts += what == self._lost
            lose = what == self._lost and self._acts in _LOST
        if lose:
            raise error
        self.reach(f"after {what}")


class Wires(httpx.AsyncBaseTransport):
    """The real transport, with a point before a request leaves, while its body is sent, and when the answer comes."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._real = OverHttpx("http://127.0.0.1")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        path = request.url.raw_path.decode().partition("?")[0]
        parts = (part if len(part) < 15 else "{}" for part in path.split("/"))  # ids are longer than words
        name = f"{request.method} {'/'.join(parts)}"
        self._points.reach(f"before {name}")
        try:
            request.content  # noqa: B018 -- asks whether there is one, or a stream instead
        except httpx.RequestNotRead:
            request.stream = _Watched(request.stream, each=lambda: self._points.reach(f"within the body of {name}"))
        response = await self._real.handle_async_request(request)
        self._points.reach(f"at the answer to {name}")
        response.stream = _Watched(response.stream, end=lambda: self._points.reach(f"after the answer to {name}"))
        return response

    async def aclose(self) -> None:
        """Close idle connections."""
        await self._real.aclose()


class _Watched(httpx.AsyncByteStream):
    """A stream that tells when the next chunk is asked for, that is when the one before has left, and when it ends."""

    def __init__(
        self, real: Any, *, each: Callable[[], None] = lambda: None, end: Callable[[], None] = lambda: None
    ) -> None:
        self._real, self._each, self._end = real, each, end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._real:
            yield chunk
            self._each()
        self._end()

    async def aclose(self) -> None:
        await self._real.aclose()


def watch_commits(points: Points) -> None:
    """Make every database connection of this process, the ledger's or any other, pass a point around what it commits."""

    class Watched(sqlite3.Connection):
        written = 0

        def __init__(self, database: str, *arguments: Any, **options: Any) -> None:
            self.file = Path(database).name
            super().__init__(database, *arguments, **options)

        def commit(self) -> None:
            if self.total_changes == self.written:  # a reader's transaction ends: nothing is made durable
                super().commit()
                return
            points.reach(f"before a commit to {self.file}")
            super().commit()
            self.written = self.total_changes
            points.done(f"a commit to {self.file}", sqlite3.OperationalError("disk I/O error"))

    class FarWatched(psycopg.Connection[Any]):
        def commit(self) -> None:
            if self.read_only:
                super().commit()
                return
            points.reach("before a commit to the server")
            super().commit()
            points.reach("after a commit to the server")

    @event.listens_for(Engine, "do_connect")
    def use_it(
        dialect: Dialect, _record: object, arguments: Sequence[Any], options: dict[str, Any]
    ) -> FarWatched | None:
        if dialect.name == "postgresql":
            return FarWatched.connect(*arguments, **options)
        options["factory"] = Watched
        return None


def watch_disk(points: Points) -> None:
    """Make every change that Python makes to a disk pass a point before and after it, and each file that is written."""

    def around(name: str, real: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(real)
        def changing(*arguments: Any, **options: Any) -> None:
            points.reach(f"before {name}")
            real(*arguments, **options)
            points.done(name, OSError(errno.EIO, "Input/output error"))

        return changing

    for name in _CHANGES:
        setattr(os, name, around(name, getattr(os, name)))

    class Written(io.BufferedWriter):
        def write(self, part: Any) -> int:
            written = super().write(part)
            self.flush()  # so that half a file is what a kill leaves here
            points.reach("within a file")
            return written

        def close(self) -> None:
            if not self.closed:
                points.reach("before a file is closed")
            super().close()

    real_open = io.open

    def opening(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if mode not in ("wb", "xb"):
            return real_open(file, mode, *arguments, **options)
        points.reach("before a file is opened")
        return Written(io.FileIO(file, mode))

    io.open = opening
