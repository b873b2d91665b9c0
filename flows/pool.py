"""Keeps pieces of work going, so many at a time; those that take much longer than usual stand aside for the others."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AT_FIRST = 24
"""Pieces that are begun before any has ended; each that ends makes room for two, until there are as many as there are places.

What is begun is taken away from other runs, and one that gets a small part of a quota would sit on it for long.
"""
NONE_ENDS = 1.0
"""Seconds after which all places open although none of the first pieces has ended, where no quota holds them: they are slow."""
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
        """By piece its id and when it was begun, the earliest first."""
        self._width = width
        self._ground = ground
        self._some = width
        self._opened = min(AT_FIRST, width)
        self._replaced = 0  # how many have just ended
        self._usual: float | None = None
        self._ended: list[asyncio.Future[None]] = []
        self._waking: asyncio.Future[None] | None = None

    def begin(self, id_: int, work: Awaitable[None]) -> None:
        """Start a piece of work."""
        task = asyncio.ensure_future(work)
        self.busy[task] = id_, time.monotonic()
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Future[None]) -> None:
        self._ended.append(task)
        self._wake()

    def _wake(self) -> None:
        if self._waking is not None and not self._waking.done():
            self._waking.set_result(None)

    def free(self) -> bool:
        """Say whether another piece may begin."""
        if self.busy and self._ground.saturated():
            return False
        room, under_way = self._ground.room(self._width), len(self.busy)
        allowed = min(room, self._opened)
        if under_way < allowed or room < self._width:
            return under_way < allowed
        # As many as there are places may stand aside at the same time.
        return under_way < 2 * allowed and under_way - self._aside()[0] < allowed

    def at_a_time(self, begun: int) -> int:
        """Say how many pieces may be begun, and taken away from other runs, at once. `begun`: how many were the last time.

        A piece needs a moment until it shows in the quota that it waits, so they are few once there have been enough, and at first;
        and the first after an outage may bring it back.
        """
        if self._is_held():
            self._some = 1
            return 1
        if begun >= self._some:
            self._some = min(2 * self._some, self._width)
        some = max(self._some, self._replaced)
        return some if self._opened == self._width else min(some, max(1, self._opened - len(self.busy)))

    def _is_held(self) -> bool:
        """Say whether a quota or an outage holds back what is under way."""
        return self._ground.saturated() or self._ground.room(self._width) < self._width

    async def wait(self, *, more: bool) -> None:
        """Wait for a piece to end, or, if `more` may begin, until there is a place. Raises what a piece raised."""
        if not self._ended:
            loop = asyncio.get_running_loop()
            self._waking = loop.create_future()
            # One slow piece must not keep what has come meanwhile from the free places, and a quota may have had enough.
            seconds = (ASK_AGAIN if self.free() else min(ASK_AGAIN, self._aside()[1])) if more else None
            timer = loop.call_later(seconds, self._wake) if seconds is not None else None
            try:
                await self._waking
            finally:
                self._waking = None
                if timer is not None:
                    timer.cancel()
        ended, self._ended = self._ended, []
        self._opened = min(self._opened + len(ended), self._width)
        self._replaced = len(ended)
        for task in ended:
            took = time.monotonic() - self.busy.pop(task)[1]
            # A slow one says little about what is usual, unless all have become slow.
            took = min(took, self._bound())
            self._usual = took if self._usual is None else self._usual + _LATELY * (took - self._usual)
            task.result()
        if self._usual is None and not self._is_held():
            _, began = next(iter(self.busy.values()))
            if time.monotonic() - began >= NONE_ENDS:
                self._opened = self._width

    def _bound(self) -> float:
        return float("inf") if self._usual is None else max(SLOW_AT_LEAST, SLOW * self._usual)

    def _aside(self) -> tuple[int, float]:
        """Return how many pieces have given up their places, and in how many seconds the next one will have to."""
        bound, now = self._bound(), time.monotonic()
        for place, (_, began) in enumerate(self.busy.values()):
            if (left := began + bound - now) > 0:
                return place, left
        return len(self.busy), float("inf")


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
