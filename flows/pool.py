"""Keeps pieces of work going, so many at a time; those that take much longer than usual stand aside for the others."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ASK_AGAIN = 0.2
"""Seconds after which a pool that is not full asks for more work while some is under way."""
SLOW = 4.0
"""A piece that takes so many times as long as usual gives up its place …"""
SLOW_AT_LEAST = 0.25
"""… though not before so many seconds."""
_LATELY = 0.05
"""How much the last piece counts in what is usual."""


class Ground(Protocol):
    """What the work of a pool stands on."""

    def halted(self) -> bool:
        """Say whether nothing more is to be begun. What was begun is finished."""
        ...

    def room(self, width: int) -> int:
        """Return how many pieces may be under way; where that is less than `width`, slow pieces count too."""
        ...

    def saturated(self) -> bool:
        """Say whether whatever is begun now would only wait for those that have been begun."""
        ...


class _Places:
    """What is under way, since when, and how long a piece usually takes."""

    def __init__(self, width: int, ground: Ground) -> None:
        self.busy: dict[asyncio.Future[None], tuple[int, float]] = {}
        self._width = width
        self._ground = ground
        self._some = width
        self._usual: float | None = None

    def begin(self, id_: int, work: Awaitable[None]) -> None:
        """Start a piece of work."""
        self.busy[asyncio.ensure_future(work)] = id_, time.monotonic()

    def free(self) -> bool:
        """Say whether another piece may begin."""
        if self.busy and self._ground.saturated():
            return False
        allowed = self._ground.room(self._width)
        if allowed < self._width:
            return len(self.busy) < allowed
        # As many as there are places may stand aside at the same time.
        return len(self._brisk()) < allowed and len(self.busy) < 2 * allowed

    def at_a_time(self, begun: int) -> int:
        """Say how many pieces may be begun, and taken away from other runs, at once. `begun`: how many were the last time.

        A piece needs a moment until it shows in the quota that it waits, so they are few once there have been enough; and the
        first after an outage may bring it back.
        """
        if self._ground.saturated() or self._ground.room(self._width) < self._width:
            self._some = 1
        elif begun == self._some:
            self._some = min(2 * self._some, self._width)
        return self._some

    async def wait(self, *, more: bool) -> None:
        """Wait for a piece to end, or, if `more` may begin, until there is a place. Raises what a piece raised."""
        timeout = None
        if more:
            # One slow piece must not keep what has come meanwhile from the free places, and a quota may have had enough.
            timeout = ASK_AGAIN if self.free() else min([ASK_AGAIN, *self._brisk()])
        done, _ = await asyncio.wait(self.busy, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            took = time.monotonic() - self.busy.pop(task)[1]
            # A slow one says little about what is usual, unless all have become slow.
            took = min(took, self._bound())
            self._usual = took if self._usual is None else self._usual + _LATELY * (took - self._usual)
            task.result()

    def _bound(self) -> float:
        return float("inf") if self._usual is None else max(SLOW_AT_LEAST, SLOW * self._usual)

    def _brisk(self) -> list[float]:
        """Return in how many seconds each piece that holds a place will have to give it up."""
        bound, now = self._bound(), time.monotonic()
        return [left for _, began in self.busy.values() if (left := began + bound - now) > 0]


async def pool(
    width: int,
    take: Callable[[int, set[int]], Awaitable[list[tuple[int, Awaitable[None]]]]],
    idle: Callable[[], Awaitable[bool]],
    ground: Ground,
) -> None:
    """Keep up to `width` pieces of work going.

    `take(wanted, busy)` returns up to `wanted` new pieces as (id, awaitable), none of them in `busy`;
    `idle()` is asked when nothing is under way and nothing can be begun: it may wait, and returns False to end.
    """
    places = _Places(width, ground)
    busy = places.busy
    ready: list[tuple[int, Awaitable[None]]] = []
    begun, ask_at = width, 0.0
    try:
        while True:
            stopping = ground.halted()
            some = places.at_a_time(begun)
            if not ready and not stopping and places.free() and (not busy or time.monotonic() >= ask_at):
                ready = await take(some, {id_ for id_, _ in busy.values()})
                # When that was all there is, asking again after every piece would cost more than the work.
                ask_at = time.monotonic() + ASK_AGAIN if len(ready) < some else 0.0
                ready.reverse()
            begun = 0
            while ready and begun < some and places.free() and not ground.halted():
                places.begin(*ready.pop())
                begun += 1
            if busy:
                await places.wait(more=not ground.halted())
            elif stopping or ground.halted() or not await idle():
                return
    finally:
        for _, work in ready:
            if asyncio.iscoroutine(work):
                work.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
