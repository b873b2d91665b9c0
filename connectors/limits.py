"""How much one Api may ask of a provider and how long it may wait, and the clock it waits by."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connection. All times are in seconds.

    `timeout` is the longest silence while an answer is read, `connect_timeout` covers name look-up, TCP and TLS.
    `deadline` bounds one exchange from the first byte sent to the last byte read; while a request body is streamed
    it starts anew with every chunk. `concurrency` is how many calls may be under way (downloads have as many again).
    `rate` is requests per second, None leaves the pace to the provider's own quota headers. `attempts` and `patience`
    bound the repeats of one call: how often a fault is tried in all, and how long the call may wait for that: longer than the
    minute that a quota by the minute asks for.
    `largest_answer` is the most bytes of one answer that are held in memory.
    """

    timeout: float = 60.0
    connect_timeout: float = 10.0
    deadline: float = 180.0
    concurrency: int = 16
    rate: float | None = None
    attempts: int = 5
    patience: float = 75.0
    largest_answer: int = 64 * 2**20


class Clock:
    """The real clock. Tests hand in one that does not really wait."""

    def now(self) -> float:
        """Return seconds that only ever grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


DEFAULT_LIMITS = Limits()
CLOCK = Clock()
