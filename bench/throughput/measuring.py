"""Runs programs against fresh servers, each on a core of its own, and says what that took and what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HERE = Path(__file__).parent
TOO_LONG = 900.0
"""Seconds after which a program is ended."""


@dataclass(frozen=True)
class Ended:
    """One process that has ended. `cpu` and `rss_mib` are its own and those of its children, from its start."""

    code: int
    seconds: float
    cpu: float
    rss_mib: float
    printed: str


@dataclass
class Server:
    """Both providers, running."""

    url: str
    process: subprocess.Popen[str]

    def result(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/result", timeout=120) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def change(self, **what: object) -> None:
        request = urllib.request.Request(f"{self.url}/change", json.dumps(what).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30):
            pass

    def cpu(self) -> float:
        status = Path(f"/proc/{self.process.pid}/stat")
        if not status.exists():
            return 0.0
        fields = status.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cores() -> tuple[set[int], set[int]]:
    """Return the core for what is measured and those for the servers; empty sets where there is no choice."""
    free = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return ({free[0]}, set(free[1:])) if len(free) > 1 else (set(), set())


@contextlib.contextmanager
def pinned(to: set[int]) -> Iterator[None]:
    """Start on these cores whatever is started within."""
    if not to:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def server(world: Mapping[str, object]) -> Iterator[Server]:
    """Serve both providers in a process of their own."""
    with pinned(cores()[1]):
        process = subprocess.Popen(
            [sys.executable, HERE / "servers.py", json.dumps(world)], stdout=subprocess.PIPE, text=True
        )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("the servers did not start")
        yield Server(url, process)
    finally:
        process.kill()
        process.wait(timeout=30)


@dataclass
class Running:
    """A program under way, leader of a process group."""

    process: subprocess.Popen[bytes]
    output: Path
    began: float = field(default_factory=time.perf_counter)

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> Ended:
        """Wait for it. What it printed last is kept, for whoever wants to know why it failed."""
        deadline = time.monotonic() + TOO_LONG
        pid, status, used = 0, 0, None
        while not pid:
            pid, status, used = os.wait4(self.process.pid, os.WNOHANG)
            if not pid:
                if time.monotonic() > deadline:
                    self.kill()
                time.sleep(0.005)
        assert used is not None
        seconds = time.perf_counter() - self.began
        self.process.returncode = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(ProcessLookupError):  # children that outlived it
            self.kill()
        unit = 1024**2 if sys.platform == "darwin" else 1024
        return Ended(
            self.process.returncode,
            seconds,
            used.ru_utime + used.ru_stime,
            used.ru_maxrss / unit,
            self.output.read_text(errors="replace")[-4000:],
        )


def start(
    command: Sequence[str | Path], environment: Mapping[str, str], folder: Path, *, own_core: bool = True
) -> Running:
    """Start a program in a folder, with everything it prints kept in a file there."""
    output = folder / f"output-{time.monotonic_ns()}.txt"
    with output.open("wb") as file, pinned(cores()[0] if own_core else set()):
        process = subprocess.Popen(
            list(command),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(process, output)
