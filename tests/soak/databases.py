"""The databases that storms are sent over: a SQLite file of their own, or a schema in a PostgreSQL server that restarts."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Protocol

from tests.postgres import SERVER, BadLine, PrivateServer, bad_line, private_server, throw_away_schema

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractContextManager


class Database(Protocol):
    """Where the ledgers of trials are, one after the other."""

    def fresh(self) -> AbstractContextManager[dict[str, str]]:
        """Return a context in which there is an empty ledger: the settings that lead to it."""
        ...

    async def restart(self, seconds: float) -> None:
        """Cut all connections, and be away for so long."""
        ...


class File:
    """A SQLite file in the folder of the trial, which nobody can restart."""

    @contextmanager
    def fresh(self) -> Iterator[dict[str, str]]:
        """Need nothing: this is the default."""
        yield {}

    async def restart(self, seconds: float) -> None:
        """Refuse."""
        raise NotImplementedError


class Server:
    """A PostgreSQL server that nobody else uses."""

    def __init__(self, server: PrivateServer) -> None:
        self._server = server

    @contextmanager
    def fresh(self) -> Iterator[dict[str, str]]:
        """Name a schema that is not there yet, and drop it."""
        with throw_away_schema(self._server.url) as url:
            yield {"DOCFERRY_STATE_URL": url}

    async def restart(self, seconds: float) -> None:
        """Have it end as in a power cut, and recover."""
        await asyncio.to_thread(self._server.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self._server.start)


class Line:
    """A PostgreSQL server that others use, too: the line to it is cut, which is what a restart looks like from here."""

    def __init__(self, line: BadLine) -> None:
        self._line = line

    @contextmanager
    def fresh(self) -> Iterator[dict[str, str]]:
        """Name a schema that is not there yet, and drop it."""
        with throw_away_schema(self._line.url) as url:
            yield {"DOCFERRY_STATE_URL": url}

    async def restart(self, seconds: float) -> None:
        """Cut all connections, again and again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._line.cut()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def database(name: str) -> AsyncIterator[Database]:
    """Have a database of this kind ready."""
    if name == "sqlite":
        yield File()
        return
    with private_server() as server:
        if server is not None:
            yield Server(server)
            return
    async with bad_line(SERVER) as line:
        yield Line(line)
