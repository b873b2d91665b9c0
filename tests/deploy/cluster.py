"""Prefect in the parts that compose.yaml has: two replicas of its API, background services, workers; each a process of its own."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import redis
import yaml
from sqlalchemy import make_url

from tests.deploy.known import DEPLOY, ROOT
from tests.postgres import SERVER, connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

REDIS = os.environ.get("DOCFERRY_TEST_REDIS", "redis://127.0.0.1:6379")
_CLAIM = "docferry-tests"
_AUTH = "admin:of-a-test"
_PATIENCE = 600.0
"""Seconds that a server may take to come up: the machine may be busy."""


@contextmanager
def throw_away_database() -> Iterator[str]:
    """Make a database for Prefect's server; give its address, and drop it afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    with connect() as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        made = make_url(SERVER).set(drivername="postgresql+asyncpg", database=name)
        yield made.render_as_string(hide_password=False)
    finally:
        with connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def redis_database() -> Iterator[str]:
    """Claim one of the server's databases that nobody uses; give its address, and empty it afterwards."""
    for number in range(15, 0, -1):
        with redis.Redis.from_url(f"{REDIS}/{number}") as client:
            if client.dbsize() == 0 and client.set(_CLAIM, os.getpid(), nx=True) and client.dbsize() == 1:
                try:
                    yield f"{REDIS}/{number}"
                finally:
                    client.flushdb()
                return
    raise RuntimeError(f"every database of {REDIS} is in use; empty one that no test uses any more")


def free_port() -> int:
    """Name a port that is free at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Cluster:
    """Starts the parts, and leaves no process behind. What they say is in files of `folder`, named after the part."""

    def __init__(self, folder: Path, database: str, messages: str) -> None:
        self.folder = folder
        self._database = make_url(database).database
        service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["prefect-api"]
        self._server = {
            **service["environment"],
            "PREFECT_SERVER_API_HOST": "127.0.0.1",
            "PREFECT_SERVER_API_AUTH_STRING": _AUTH,
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": database,
            "PREFECT_REDIS_MESSAGING_URL": messages,
            "PREFECT_SERVER_DOCKET_URL": messages,
            "PREFECT_SERVER_UI_ENABLED": "false",
        }
        self.urls: list[str] = []
        """The addresses of both replicas."""
        self._processes: list[asyncio.subprocess.Process] = []

    async def prefect(self, name: str, *words: str, **settings: str) -> asyncio.subprocess.Process:
        """Start a Prefect command as a part of this name."""
        clean = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("DOCFERRY_", "HYPATOS_", "ZEFORT_", "PREFECT_"))
        }
        home = self.folder / "homes" / name
        home.mkdir(parents=True, exist_ok=True)
        fixed = {
            "PREFECT_HOME": str(home),
            "PREFECT_API_AUTH_STRING": _AUTH,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONPATH": str(ROOT),
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "prefect", *words),
                cwd=self.folder,
                env=clean | fixed | settings,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process

    async def done(self, name: str, *words: str, **settings: str) -> None:
        """Run a Prefect command to its end. Raises AssertionError with what it said if it fails."""
        process = await self.prefect(name, *words, **settings)
        assert await process.wait() == 0, (self.folder / f"{name}.log").read_text()[-3000:]

    async def restart_database(self, away: float = 3.0) -> None:
        """Have Prefect's database away for some seconds: all sessions end at once, and no new one is let in."""
        with connect() as connection:
            connection.execute(f'ALTER DATABASE "{self._database}" ALLOW_CONNECTIONS false')
            try:
                ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                assert connection.execute(ours, [self._database]).fetchall()
                await asyncio.sleep(away)
            finally:
                connection.execute(f'ALTER DATABASE "{self._database}" ALLOW_CONNECTIONS true')

    async def start(self) -> None:
        """Make the tables, then start both replicas and the background services."""
        await self.done("migrate", "server", "database", "upgrade", "--yes", **self._server)
        ports = [free_port(), free_port()]
        self.urls = [f"http://127.0.0.1:{port}/api" for port in ports]
        replicas = [await self._replica(port) for port in ports]
        await self.prefect("services", "server", "services", "start", **self._server)
        async with asyncio.timeout(_PATIENCE):
            for number, port in enumerate(ports):
                while not await self._ready(self.urls[number]):
                    # Replicas that meet an empty database together may both enter Prefect's block types, and one of them
                    # ends. compose.yaml and Kubernetes start it again, too.
                    if replicas[number].returncode is not None:
                        replicas[number] = await self._replica(port)
                    await asyncio.sleep(0.5)

    async def _replica(self, port: int) -> asyncio.subprocess.Process:
        return await self.prefect(
            f"api-{port}", "server", "start", "--no-services", "--port", str(port), **self._server
        )

    async def _ready(self, url: str) -> bool:
        with suppress(httpx.HTTPError):
            return (await self.ask(url, "GET", "/ready")).is_success
        return False

    async def ask(self, url: str, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask one of the replicas."""
        auth = httpx.BasicAuth(*_AUTH.split(":"))
        async with httpx.AsyncClient(auth=auth, timeout=60.0, trust_env=False) as client:
            return await client.request(method, url + path, **options)

    async def answer(self, url: str, method: str, path: str, **options: Any) -> Any:
        """Ask one of the replicas; return the JSON of its answer. Raises httpx.HTTPStatusError for any other."""
        response = await self.ask(url, method, path, **options)
        return response.raise_for_status().json()

    def close(self) -> None:
        """Kill every process that was started, with all that they have started."""
        for process in self._processes:
            kill_tree(process.pid)


def kill_tree(pid: int) -> None:
    """Kill a process and its descendants, as the loss of a machine would."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.kill()


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """Start a cluster on throw-away databases."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 -- before anything runs
    with throw_away_database() as database, redis_database() as messages:
        made = Cluster(folder, database, messages)
        try:
            await made.start()
            yield made
        finally:
            made.close()
