"""A Prefect server of its own for the tests of a module: a process, an empty home, a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCAL = "127.0.0.1,localhost,::1"
_START = 300.0


@dataclass
class PrefectServer:
    """A running server; `api` is its address, `environment` what a client needs to speak to it."""

    api: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def ask(self, path: str, **wanted: object) -> list[dict]:
        """Return what the server's API answers to a filter."""
        answer = httpx.post(f"{self.api}/{path}/filter", json=wanted, timeout=30, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def kill(self) -> None:
        """End the server without a word, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def prefect_server(home: Path) -> Iterator[PrefectServer]:
    """Start a server and wait until it answers; end it afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    ours = {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": LOCAL,
        "no_proxy": LOCAL,
        "PREFECT_API_URL": api,
    }
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
    ]
    log = (home / "server.log").open("wb")
    process = subprocess.Popen(command, env=os.environ | ours, stdout=log, stderr=log, start_new_session=True)
    server = PrefectServer(api, ours, process)
    try:
        _wait(server, home)
        yield server
    finally:
        if process.poll() is None:
            server.kill()
        log.close()


def _wait(server: PrefectServer, home: Path) -> None:
    until = time.monotonic() + _START
    while time.monotonic() < until and server.process.poll() is None:
        try:
            if httpx.get(f"{server.api}/health", timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(
        f"Prefect's server did not start:\n{(home / 'server.log').read_text(errors='replace')[-2000:]}"
    )
