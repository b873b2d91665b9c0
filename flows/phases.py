"""The phases of a run, each awaited under its name: by Prefect as a task run, by everybody else as it is."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger("docferry")
T = TypeVar("T")


class Phase(Protocol):
    """Runs one phase; Prefect makes a task run of it, everybody else just awaits it."""

    async def __call__(self, name: str, work: Callable[[], Awaitable[T]], /) -> T:
        """Await `work()` under this name and return its result."""
        ...


async def plainly(name: str, work: Callable[[], Awaitable[T]], /) -> T:
    """Run a phase without any ado."""
    log.debug("phase %s", name)
    return await work()


def timed(phase: Phase, seconds: dict[str, float]) -> Phase:
    """Return a phase runner that adds up in `seconds` how long each phase took, by name."""

    async def run(name: str, work: Callable[[], Awaitable[T]], /) -> T:
        began = time.monotonic()
        try:
            return await phase(name, work)
        finally:
            seconds[name] = seconds.get(name, 0.0) + time.monotonic() - began

    return run
