"""A real Prefect server of a test's own: a process on a free port, with an empty home, with or without a login."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = "127.0.0.1,localhost,::1"
_MIGRATED = Path(__file__).parents[2] / ".pytest_cache" / f"prefect-{version('prefect')}.db"
"""A database as this release's server makes it in its first start, which takes it more time than all else does."""
_START = 300.0
"""Seconds that a server may take to answer: machines that run tests are busy."""


def free_port() -> int:
    """Name a port that is free at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass
class PrefectServer:
    """A server on a folder of its own, which outlives it: it can be killed and started again."""

    home: Path
    login: tuple[str, str] | None = None
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def database(self) -> Path:
        """The file that it keeps everything in."""
        return self.home / "prefect.db"

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs in its environment."""
        pair = {} if self.login is None else {"PREFECT_API_AUTH_STRING": ":".join(self.login)}
        return self._settings | {"PREFECT_API_URL": self.url} | pair

    @property
    def _settings(self) -> dict[str, str]:
        return {
            "PREFECT_HOME": str(self.home),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "NO_PROXY": LOCAL,
            "no_proxy": LOCAL,
        }

    def start(self) -> None:
        """Start it and wait until it answers. Raises AssertionError with what it said if it does not."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        pair = {} if self.login is None else {"PREFECT_SERVER_API_AUTH_STRING": ":".join(self.login)}
        words = ("--host", "127.0.0.1", "--port", str(self.port), "--no-ui")
        log = self.home / "server.log"
        if not self.database.exists() and _MIGRATED.exists():
            shutil.copy(_MIGRATED, self.database)
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "prefect", "server", "start", *words],
                env=plain | self._settings | pair,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        until = time.monotonic() + _START
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.ask("GET", "/health")
            except httpx.HTTPError:
                time.sleep(0.2)
            else:
                if not _MIGRATED.exists():
                    self._keep_for_the_next()
                return
        raise AssertionError(f"Prefect's server did not start:\n{log.read_text(errors='replace')[-2000:]}")

    def _keep_for_the_next(self) -> None:
        """Keep a copy of the database, which is as good as empty; of several processes that do so the last one's stays."""
        _MIGRATED.parent.mkdir(exist_ok=True)
        copy = _MIGRATED.with_suffix(f".{os.getpid()}")
        with closing(sqlite3.connect(self.database)) as ours, closing(sqlite3.connect(copy)) as kept:
            ours.backup(kept)
        copy.replace(_MIGRATED)

    def kill(self) -> None:
        """End it without a word, as a power cut does."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Call the API as a browser does that is logged in; return what it answers."""
        answer = httpx.request(method, self.url + path, auth=self.login, timeout=30, trust_env=False, **options)
        for _ in range(20):
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break  # else its database is locked: it does much at its start
            time.sleep(0.5)
            answer = httpx.request(method, self.url + path, auth=self.login, timeout=30, trust_env=False, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def found(self, what: str, **wanted: object) -> list[dict[str, Any]]:
        """Return all of a kind (`flow_runs`, `artifacts`, `logs` …) that a filter lets through, the oldest first."""
        return sorted(self.ask("POST", f"/{what}/filter", json=wanted), key=lambda one: one["created"])

    def prefect(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the `prefect` command."""
        return self.python("-m", "prefect", *words)

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python as a process that Prefect knows."""
        environment = {**os.environ, **self.environment, "PREFECT_LOGGING_LEVEL": "WARNING"}
        return subprocess.run(
            [sys.executable, *words], env=environment, capture_output=True, text=True, timeout=_START, check=True
        )

    def fill_in(self, slug: str, name: str, data: dict[str, object]) -> None:
        """Do what saving a block's form does, instead of what was there."""
        kind = self.ask("GET", f"/block_types/slug/{slug}")
        for there in self.ask("GET", f"/block_types/slug/{slug}/block_documents"):
            if there["name"] == name:
                self.ask("DELETE", f"/block_documents/{there['id']}")
        (schema, *_) = self.ask(
            "POST", "/block_schemas/filter", json={"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}}
        )
        body = {"name": name, "data": data, "block_type_id": kind["id"], "block_schema_id": schema["id"]}
        self.ask("POST", "/block_documents/", json=body)


@contextmanager
def prefect_server(home: Path, login: tuple[str, str] | None = None) -> Iterator[PrefectServer]:
    """Start a server; end it afterwards."""
    server = PrefectServer(home, login)
    try:
        server.start()
        yield server
    finally:
        server.kill()
