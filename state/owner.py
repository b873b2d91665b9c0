"""Who this process is, and whether another one on the same machine is dead."""

from __future__ import annotations

import socket
import uuid
from dataclasses import dataclass
from pathlib import Path

import psutil

_active: set[str] = set()
"""Tokens of the runs this process is in the middle of: a lease of ours with another token belongs to nobody."""


@dataclass(frozen=True, slots=True)
class Owner:
    """One run of one process. `place` names the process table in which `pid` means something."""

    host: str
    place: str
    pid: int
    started: str
    token: str

    def __str__(self) -> str:
        return f"{self.host}|{self.place}|{self.pid}|{self.started}|{self.token}"

    @classmethod
    def new(cls) -> Owner:
        """Name a new run of this process and count it among the living until `end`."""
        pid = psutil.Process().pid
        owner = cls(socket.gethostname().replace("|", "_"), _place(), pid, _started(pid) or "", uuid.uuid4().hex)
        _active.add(owner.token)
        return owner

    @classmethod
    def parse(cls, text: str) -> Owner | None:
        """Read an owner back, None if the text is not one (another release's form)."""
        parts = text.split("|")
        if len(parts) != 5 or not parts[2].isdigit():  # noqa: PLR2004 -- the five fields above
            return None
        return cls(parts[0], parts[1], int(parts[2]), parts[3], parts[4])

    def end(self) -> None:
        """Stop counting this run among the living."""
        _active.discard(self.token)

    def dead(self) -> bool:
        """Tell whether this run certainly is over. False where it cannot be known: then its lease has to run out."""
        if (self.host, self.place) != (socket.gethostname().replace("|", "_"), _place()):
            return False
        if _started(self.pid) != self.started:
            return True
        return self.pid == psutil.Process().pid and self.token not in _active


def words(text: str) -> str:
    """Say who an owner, as it is written down, is."""
    owner = Owner.parse(text)
    return f"process {owner.pid} on {owner.host}" if owner else "another release of docferry"


def _place() -> str:
    """Name this boot and this container: process ids of another one say nothing here."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return f"boot at {int(psutil.boot_time())}"


def _started(pid: int) -> str | None:
    """Say when a process started, None if there is none; a killed one that nobody has waited for counts as none."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        # In ticks since boot where there are any: a time of day moves when the clock is set.
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists():
            return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
        return str(int(process.create_time()))
    except (psutil.NoSuchProcess, OSError):
        return None
