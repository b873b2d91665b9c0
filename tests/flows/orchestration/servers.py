"""A real Prefect server of one's own: on a free port, in a folder that goes away, with or without a login."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCKS = "flows.orchestration.blocks"
_PATIENCE = 120


@dataclass
class PrefectServer:
    """Where the server is, what its clients need in their environment, and the file that it keeps everything in."""

    url: str
    database: Path
    environment: dict[str, str]
    login: tuple[str, str] | None = None
    registered: list[str] = field(default_factory=list)

    def prefect(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the `prefect` command."""
        return self.python("-m", "prefect", *words)

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Python as a process that Prefect knows."""
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            [sys.executable, *words], env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=True
        )

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """Call the API as a browser does that is logged in; return what it answers."""
        for _ in range(20):
            answer = httpx.request(method, self.url + path, auth=self.login, timeout=30, trust_env=False, **options)
            if (
                answer.status_code != httpx.codes.SERVICE_UNAVAILABLE
            ):  # its database is locked: it does much at its start
                break
            time.sleep(0.5)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def fill_in(self, slug: str, name: str, data: dict[str, object]) -> None:
        """Do what saving a block's form does, instead of what was there."""
        kind = self.ask("GET", f"/block_types/slug/{slug}")
        for found in self.ask("GET", f"/block_types/slug/{slug}/block_documents"):
            if found["name"] == name:
                self.ask("DELETE", f"/block_documents/{found['id']}")
        wanted = {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}}
        schema = self.ask("POST", "/block_schemas/filter", json=wanted)[0]
        body = {"name": name, "data": data, "block_type_id": kind["id"], "block_schema_id": schema["id"]}
        self.ask("POST", "/block_documents/", json=body)


@contextmanager
def prefect_server(folder: Path, login: tuple[str, str] | None = None) -> Iterator[PrefectServer]:
    """Start a server and end it afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    quiet = {
        "PREFECT_HOME": str(folder),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "NO_PROXY": "127.0.0.1",
    }
    pair = {} if login is None else {"PREFECT_SERVER_API_AUTH_STRING": ":".join(login)}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    client = quiet | {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
    if login is not None:
        client["PREFECT_API_AUTH_STRING"] = ":".join(login)
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
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env=plain | quiet | pair, stdout=log, stderr=log) as process,
    ):
        try:
            found = PrefectServer(client["PREFECT_API_URL"], folder / "prefect.db", client, login)
            _wait(found, process)
            yield found
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(server: PrefectServer, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            server.ask("GET", "/health")
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError((server.database.parent / "log").read_text()[-2000:])
