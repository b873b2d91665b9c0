"""Paces the requests of one connection by what the provider says is left of its quota, before it has to refuse one.

The headers are those of the IETF draft "RateLimit header fields" in its x- spelling: `x-ratelimit-remaining`,
`x-ratelimit-reset` (seconds left, not a clock time) and `x-ratelimit-limit` (`10, 10;w=1`).
"""

from __future__ import annotations

import asyncio
import math
import re
from typing import TYPE_CHECKING, Final

from connectors.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.limits import Clock

PROBE: Final = 1.0
"""Seconds to wait for news of the quota before one more request is let out to ask. Also the shortest reset."""
LONGEST_WAIT: Final = 86_400.0
"""A provider that asks for more than a day means something else (a clock time, milliseconds)."""


class Quota:
    """Turns for one connection.

    As long as no answer has told how much is left, one request at a time goes ahead and the others follow it.
    When nothing is left, they wait for the reset, and again one goes ahead.
    """

    def __init__(self, connection: str, clock: Clock, *, rate: float | None, patience: float) -> None:
        self._connection = connection
        self._clock = clock
        self._spacing = 1 / rate if rate else 0.0
        self._patience = patience
        self._left = 0.0  # requests that may still leave in this window; infinite where no quota is stated
        self._known: bool | None = None  # whether the provider states a quota; None before the first answer
        self._least = math.inf  # the least that any answer of this window has said is left
        self._resets_at = -math.inf  # the window is over by then
        self._probe_at = self._next_at = self._paused_until = -math.inf
        self._in_flight = 0
        self._queue = asyncio.Lock()
        self._news = asyncio.Event()
        self.waited = 0.0
        """Seconds that requests have spent waiting for their turn, summed over requests."""

    async def turn(self) -> bool:
        """Wait until one more request may leave; `settled` must follow. Return whether there was a wait.

        Raises TransientError (arrived: no) at once if the provider wants more time than a call may wait.
        """
        waited = self._queue.locked() or self._delay() > 0
        if waited:
            started = self._clock.now()
            async with self._queue:
                while (delay := self._delay()) > 0:
                    if delay > self._patience:
                        raise TransientError(
                            f"{self._connection}: the quota is used up for another {math.ceil(delay)} s",
                            connection=self._connection,
                            arrived="no",
                            retry_after=delay,
                        )
                    await self._rest(delay)
            self.waited += self._clock.now() - started
        self._in_flight += 1
        if self._left >= 1:
            self._left -= 1
        else:
            self._probe_at = self._clock.now() + PROBE
        if self._spacing:
            self._next_at = max(self._clock.now(), self._next_at) + self._spacing
        return waited

    def settled(self, headers: Mapping[str, str] | None, left_at: float) -> None:
        """Take in what the answer to a request that left at this time says. None means that no answer came."""
        self._in_flight -= 1
        self._news.set()
        if headers is None:
            if not self._known:
                self._probe_at = -math.inf
            return
        remaining = _number(headers.get("x-ratelimit-remaining"))
        if remaining is None:
            self._known = self._known or False
            self._left = max(self._left, 1.0) if self._known else math.inf
            return
        self._known = True
        now = self._clock.now()
        if left_at >= self._resets_at:
            self._least = math.inf  # it left in a new window
        # Answers overtake each other, so within a window only the lowest count is news.
        if remaining <= self._least:
            self._least = remaining
            reset = _number(headers.get("x-ratelimit-reset"))
            if reset is None:
                reset = window(headers.get("x-ratelimit-limit", ""))
            self._resets_at = now + min(max(reset or PROBE, PROBE), LONGEST_WAIT)
        # Those still under way may not be counted yet.
        self._left = max(0.0, self._least - self._in_flight)

    def pause(self, seconds: float) -> None:
        """Let nothing leave for a while: the provider has refused a request for want of quota."""
        self._left = 0.0
        self._paused_until = max(self._paused_until, self._clock.now() + seconds)

    def _delay(self) -> float:
        if self._left >= 1 and not self._spacing and self._paused_until == -math.inf:
            return 0.0
        now = self._clock.now()
        until = max(self._paused_until, self._next_at)
        if self._left < 1:
            until = max(until, self._resets_at, self._probe_at)
        return max(0.0, until - now)

    async def _rest(self, seconds: float) -> None:
        if not self._in_flight:
            await self._clock.sleep(seconds)
            return
        # An answer under way may bring better news than the clock.
        self._news.clear()
        waits = {asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._news.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def window(limit: str) -> float | None:
    """Return the seconds of the first policy in `x-ratelimit-limit`, None if it states none."""
    match = re.search(r";\s*w\s*=\s*(\d{1,9})", limit)
    return float(match[1]) if match else None


def _number(text: str | None) -> float | None:
    match = re.match(r"\s*(\d{1,12}(?:\.\d+)?)\s*(?:$|[,;])", text) if text else None
    return float(match[1]) if match else None
