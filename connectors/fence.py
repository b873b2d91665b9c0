"""The door that everything passes which changes something elsewhere: closed once whoever sends may have lost the right to.

Whoever runs a route sets what it holds; where nothing is set, the door is open. It is asked as late as possible: what was let
through still has to get from here into the kernel, and to arrive.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

READING = frozenset({"GET", "HEAD"})
"""The methods that change nothing, and pass unasked."""


class Hold(Protocol):
    """What gives the right to send."""

    def stands(self) -> bool:
        """Say without waiting whether the right lasts for some time yet. Any thread may call this."""
        ...

    async def prove(self) -> None:
        """Return once the right is proven. Raises what ends the run if it is lost, or cannot be proven."""
        ...


_hold: ContextVar[Hold | None] = ContextVar("hold", default=None)


@contextmanager
def held_by(hold: Hold) -> Iterator[None]:
    """Let nothing pass that this does not give the right to, in what is done from here on and in the tasks it starts."""
    token = _hold.set(hold)
    try:
        yield
    finally:
        _hold.reset(token)


async def ask() -> None:
    """Return if something may be sent now. Raises what `Hold.prove` raises.

    A proof tells how things stood when it was asked for. Whoever was stopped until it came, or got it late from a database that
    restarted, may have lost the right meanwhile.
    """
    hold = _hold.get()
    while hold is not None and not hold.stands():
        await hold.prove()


def ask_from_thread(loop: asyncio.AbstractEventLoop) -> None:
    """Do the same in a thread that has the context of whoever runs in this loop."""
    hold = _hold.get()
    while hold is not None and not hold.stands():
        asyncio.run_coroutine_threadsafe(hold.prove(), loop).result()
