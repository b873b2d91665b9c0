"""Who has a folder with the data of a Prefect server: one at a time, as long as any of its processes lives."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
from typing import TYPE_CHECKING

import psutil

from flows.output import err
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_FILE = "up.lock"
_PATIENCE = 90.0
"""Seconds to wait for the server of a `docferry up` that was killed: it lets its runs finish first."""


class Claim:
    """A folder that is ours. Whoever inherits the `descriptor` holds it, too."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, home: Path) -> AsyncIterator[Claim]:
        """Have a folder, which is made for this user only if need be. Raises StateError if somebody else has it."""
        try:
            descriptor = await asyncio.to_thread(_opened, home)
        except OSError as error:
            raise StateError(f"{home} cannot be used ({error.strerror}); let this user write there") from None
        try:
            claim = cls(descriptor)
            await claim._wait(home)
            claim.write("")
            yield claim
        finally:
            os.close(descriptor)

    async def _wait(self, home: Path) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE
        told = False
        while not self._taken():
            pid, api = self._holder()
            if pid and psutil.pid_exists(pid):
                where = f", {api.removesuffix('/api')}" if api else ""
                raise StateError(f"docferry up is at work in {home} already (process {pid}{where}); stop it first")
            if loop.time() > until:
                raise StateError(
                    f"A Prefect server still uses {home} although its docferry up is gone; end that process{_named(home)}"
                )
            if not told:
                told = True
                err.print("The server of a docferry up that was killed is ending; waiting for it …")
            await asyncio.sleep(0.2)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _holder(self) -> tuple[int, str]:
        """Return process and address as they were written down last; 0 and nothing if that was never done."""
        try:
            known = json.loads(os.pread(self.descriptor, 4096, 0))
            return int(known["pid"]), str(known["api"])
        except (ValueError, KeyError, TypeError):
            return 0, ""

    def write(self, api: str) -> None:
        """Write down who has the folder, and where the server is."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, json.dumps({"pid": os.getpid(), "api": api}).encode(), 0)


def _opened(home: Path) -> int:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(home / _FILE, os.O_RDWR | os.O_CREAT, 0o600)


def _named(home: Path) -> str:
    """Name the processes that have a folder, as far as this user may see."""
    ours = str(home / _FILE)
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and any(one.path == ours for one in process.open_files()):
                found.append(str(process.pid))
    return f": kill {' '.join(found)}" if found else ""
