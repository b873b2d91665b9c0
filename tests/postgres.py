"""Throw-away ledgers in a PostgreSQL server that is there, a server of one's own that may be stopped, and a bad line to one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SERVER = os.environ.get("DOCFERRY_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def connect(url: str = SERVER) -> psycopg.Connection:
    """Connect without a transaction, to look at a ledger past its door. `url` may be a ledger's address."""
    parsed = make_url(url)
    schema = parsed.query.get("schema")
    plain = parsed.difference_update_query(["schema"]).set(drivername="postgresql")
    connection = psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)
    if schema:
        connection.execute(f'SET search_path TO "{schema}"')
    return connection


@contextmanager
def throw_away_schema(server: str = SERVER) -> Iterator[str]:
    """Give the address of a ledger that does not exist yet, and drop it afterwards."""
    schema = f"test_{secrets.token_hex(6)}"
    try:
        yield make_url(server).update_query_dict({"schema": schema}).render_as_string(hide_password=False)
    finally:
        with connect(server) as connection:
            # A session that a killed process has left behind may hold a table: it must not hold up the tests.
            connection.execute("SET lock_timeout = '10s'")
            connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


def binaries() -> Path | None:
    """Return the folder of the server's programs, None if they are not installed."""
    found = [Path(one).resolve().parent for one in (shutil.which("initdb"), shutil.which("postgres")) if one]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    return next((folder for folder in found if (folder / "initdb").exists()), None)


class PrivateServer:
    """A server that only this process knows. `kill` is what a power cut does to it, `start` brings it back."""

    def __init__(self, folder: Path, programs: Path, user: str | None) -> None:
        self._data = folder / "data"
        self._programs = programs
        self._user = user
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"postgresql://docferry@127.0.0.1:{self.port}/postgres"
        self._do("initdb", "-D", str(self._data), "-U", "docferry", "-A", "trust", "--no-sync")

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        log = str(self._data / "log")
        self._do("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", settings, "start")

    def kill(self) -> None:
        """Stop it without letting anything come to its end: every connection is cut, and the next start recovers."""
        self._do("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def _do(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            user=self._user,
            cwd=self._data.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def private_server() -> Iterator[PrivateServer | None]:
    """Start a server of one's own, None where its programs are not installed or nobody is there to run them."""
    programs = binaries()
    user = None
    if os.geteuid() == 0:  # the server refuses to be run by root
        names = {entry.pw_name for entry in pwd.getpwall()}
        user = next((name for name in ("postgres", "nobody") if name in names), None)
    if programs is None or (os.geteuid() == 0 and user is None):
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="docferry-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    try:
        server = PrivateServer(folder, programs, user)
        server.start()
        yield server
        with contextlib.suppress(subprocess.CalledProcessError):  # it may be down
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class BadLine:
    """A line to a server that can be cut around a commit, or for a while."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self.url = ""
        self.cut_at_commit = ""
        """`before` or `after`: cut the line when the next commit is about to be sent, or its answer to come back. Once."""
        self.commits = 0
        """How often the line was cut at a commit."""
        self._lines: set[asyncio.StreamWriter] = set()

    @property
    def busy(self) -> bool:
        """Tell whether anybody speaks."""
        return bool(self._lines)

    def cut(self) -> None:
        """Cut all that speak at the moment."""
        for writer in list(self._lines):
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        there_reader, there_writer = await asyncio.open_connection(*self._server)
        self._lines |= {writer, there_writer}
        answered = asyncio.Event()  # set when the answer to come must not come back

        async def back() -> None:
            while data := await there_reader.read(65_536):
                if answered.is_set():
                    writer.transport.abort()
                    return
                writer.write(data)

        async def there() -> None:
            while data := await reader.read(65_536):
                if self.cut_at_commit and b"COMMIT\0" in data:
                    when, self.cut_at_commit = self.cut_at_commit, ""
                    self.commits += 1
                    if when == "before":
                        writer.transport.abort()
                        return
                    answered.set()
                there_writer.write(data)

        ways = {asyncio.create_task(back()), asyncio.create_task(there())}
        try:
            await asyncio.wait(ways, return_when="FIRST_COMPLETED")
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for one in (writer, there_writer):
                self._lines.discard(one)
                one.close()


@asynccontextmanager
async def bad_line(url: str) -> AsyncIterator[BadLine]:
    """Open a bad line to the server of a ledger; its `url` leads through it."""
    parsed = make_url(url)
    line = BadLine(parsed.host or "127.0.0.1", parsed.port or 5432)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        line.url = parsed.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
        yield line
        line.cut()
        while line.busy:  # noqa: ASYNC110 -- lines end by themselves once they are cut
            await asyncio.sleep(0.01)
