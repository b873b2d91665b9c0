"""Where Prefect's server is: an address that is set, or a free port of this machine; and whether it answers there."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
from dotenv import dotenv_values

from connectors.settings import SettingsError
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_SETTING = "PREFECT_API_URL"
_PORT, _OTHERS = 4200, 100
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def set_server() -> str | None:
    """Return the API of a server that is set in the environment or in `.env`, None if there is none."""
    known = {**dotenv_values(".env", encoding="utf-8-sig"), **os.environ} if Path(".env").is_file() else os.environ
    address = (known.get(_SETTING) or "").strip().rstrip("/")
    return address or None


def directly(environment: MutableMapping[str, str]) -> None:
    """Have no proxy asked for what is on this machine."""
    others = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    environment["NO_PROXY"] = environment["no_proxy"] = ",".join(filter(None, [others, *_THIS_MACHINE]))


def free_port(asked: int | None) -> int:
    """Return the port that was asked for, or the next free one from 4200 on. Raises SettingsError if there is none."""
    why = "is in use"
    for port in [asked] if asked is not None else range(_PORT, _PORT + _OTHERS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                why = "is not for this user" if error.errno == errno.EACCES else why
                continue
            return int(probe.getsockname()[1])
    if asked is not None:
        raise SettingsError(f"Port {asked} {why}; choose another one with --port, or leave it out for a free one")
    raise SettingsError(f"No port from {_PORT} to {_PORT + _OTHERS - 1} is free; choose one with --port")


async def healthy(api: str, process: asyncio.subprocess.Process | None, log: Path | None, patience: float) -> None:
    """Wait until a server answers; with `process`, that one, not another that was quicker to take its port.

    Raises SettingsError for an address that is none, StateError with the server's last words if it ended, or did not answer
    in `patience` s.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    said, how = "no answer", f"not answer within {patience:.0f} s"
    async with httpx.AsyncClient(timeout=5, trust_env=process is None) as client:
        while loop.time() < until:
            if process is not None and process.returncode is not None:
                how = "not start"
                break
            try:
                answer = await client.get(f"{api}/health")
                if _is_prefect(answer) and (process is None or _listens(process.pid, httpx.URL(api).port)):
                    return
                said = f"status {answer.status_code}, but not from Prefect's API, whose address ends in /api"
            except (httpx.InvalidURL, httpx.UnsupportedProtocol):
                raise SettingsError(f"{_SETTING} is no address; write it as http://127.0.0.1:{_PORT}/api") from None
            except httpx.HTTPError as error:
                said = type(error).__name__
            await asyncio.sleep(0.2)
    if log is None:
        raise StateError(
            f"Prefect's server {api} does not answer ({said}); start it, or unset {_SETTING} for one of docferry's own"
        )
    raise StateError(f"Prefect's server did {how} ({_last_line(log) or said}); its log is {log}")


def _is_prefect(answer: httpx.Response) -> bool:
    """Tell Prefect's word for "I am well" from a page that some server has for every address; Prefect's own is one."""
    return answer.is_success and answer.text.strip() == "true"


def _listens(pid: int, port: int | None) -> bool:
    """Tell whether a process, or one that it has started, is who listens at a port of this machine."""
    try:
        started = psutil.Process(pid)
        found = [one for each in (started, *started.children(recursive=True)) for one in each.net_connections("tcp")]
    except psutil.NoSuchProcess:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in found)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
