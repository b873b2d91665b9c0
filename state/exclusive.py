"""A section that one process at a time is in, and the sign of life of whoever holds a lease or a section."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from state.errors import LeaseLostError, RouteBusyError, StateError
from state.lease import Section
from state.owner import Owner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from state.writer import Writer

_ASK_AGAIN = 0.05
"""Seconds between looks at whether a section is free."""


@asynccontextmanager
async def exclusive(writer: Writer, name: str, *, patience: float, ttl: float) -> AsyncIterator[None]:
    """Be the only one of all processes who is inside under this name.

    Waits up to `patience` seconds for whoever is (a dead process keeps nobody out), then raises RouteBusyError.
    `ttl` is in seconds: how long a process that stopped answering without dying keeps others out.
    """
    owner = Owner.new()
    try:
        section = await _wait_for(writer, name, owner, ttl, patience)
    except BaseException:
        owner.end()
        raise
    beating = asyncio.create_task(beat(lambda: writer.call(section.renew, section), ttl))
    try:
        yield
    finally:
        beating.cancel()
        owner.end()  # should the lease not be released, the next one may take it at once
        with contextlib.suppress(StateError):
            await writer.call(section.release)


async def beat(sign_of_life: Callable[[], Awaitable[None]], ttl: float) -> None:
    """Give a sign of life four times in each `ttl` seconds, until the lease is lost."""
    while True:
        await asyncio.sleep(ttl / 4)
        try:
            await sign_of_life()
        except LeaseLostError:
            return  # the run learns of it at its next write
        except StateError:
            continue  # a passing lock; if it lasts, the run's own writes say so


async def _wait_for(writer: Writer, name: str, owner: Owner, ttl: float, patience: float) -> Section:
    until = time.monotonic() + patience
    while True:
        try:
            return await writer.call(lambda connection: Section.take(connection, name, owner, ttl))
        except RouteBusyError:
            if time.monotonic() > until:
                raise RouteBusyError(f"Another process holds {name} for {patience:g} s now; try again") from None
        await asyncio.sleep(_ASK_AGAIN)
