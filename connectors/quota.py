"""Paces the requests of one connection so that it gets what the provider allows, and is refused as little as possible.

Some providers announce what is left, in the headers of the IETF draft "RateLimit header fields" in its x- spelling:
`x-ratelimit-remaining`, `x-ratelimit-reset` (seconds left, not a clock time) and `x-ratelimit-limit` (`10, 10;w=1`).
Of others only the refusals tell anything (pace.py). Either way several processes on one account share it without
knowing of each other: the answers show how much of a window others have used.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from connectors.errors import TransientError
from connectors.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.limits import Clock

PROBE: Final = 1.0
"""Seconds to wait for news of the quota before one more request is let out to ask. Also the shortest reset."""
FIRST: Final = 4
"""How many requests may leave before any answer has told whether there is a quota: what is short is over sooner, and few are in vain."""
LONGEST_WAIT: Final = 86_400.0
"""A provider that asks for more than a day means something else (a clock time, milliseconds)."""
ALONE: Final = 0.95
"""With a larger part than that nobody else seems to use the account, and all that is left is for us."""
AHEAD: Final = 1.0
"""For how many seconds of their rate requests may wait for their turn before it is said that there are enough of them."""
LEARNS: Final = 0.5
"""How much the last window counts in what is held to be our part of the account."""

_TOO_MANY = 429


class Quota:
    """Turns for one connection.

    As long as no answer has told how much is left, `FIRST` go ahead, then one at a time, and the others follow them.
    When nothing is left, they wait for the reset, and then as many leave at once as the last window had for us.
    """

    def __init__(self, connection: str, clock: Clock, *, rate: float | None, patience: float) -> None:
        self._connection = connection
        self._clock = clock
        self._spacing = 1 / rate if rate else 0.0
        self._patience = patience
        self._pace = Pace()
        # Requests that may still leave in this window; infinite where no quota is stated. One more may leave to ask.
        self._left = FIRST - 1.0
        self._known: bool | None = None  # whether the provider states a quota; None before the first answer
        self._least = math.inf  # the least that any answer of this window has said is left
        self._whole = 0.0  # what a whole window has, as far as answers have shown
        self._used = 0  # how many requests of ours were accepted in this window
        self._luck = 0.0  # drawn once for each window
        self._share = 1.0  # our part of what a window is used for
        self._resets_at = -math.inf  # the window is over by then
        self._opened_at = self._probe_at = self._next_at = self._paused_until = -math.inf
        self._in_flight = 0
        self._queue = asyncio.Lock()
        self.waiting = 0
        """Requests that wait for their turn."""
        self._held = self._held_since = 0.0
        self._held_up = 0  # requests that are held up, there or elsewhere
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
            self.waiting += 1
            try:
                with self.holding():
                    async with self._queue:
                        await self._open()
            finally:
                self.waiting -= 1
            self.waited += self._clock.now() - started
        if self._known and self._left < 1 and self._clock.now() >= self._resets_at:
            self._open_window()
        self._in_flight += 1
        if self._left >= 1:
            self._left -= 1
        else:
            self._probe_at = self._clock.now() + PROBE
        if self._spacing:
            self._next_at = max(self._clock.now(), self._next_at) + self._spacing
        self._pace.take(self._clock.now(), waited=waited)
        return waited

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Note that a request is held up by the quota as long as this lasts."""
        if not self._held_up:
            self._held_since = self._clock.now()
        self._held_up += 1
        try:
            yield
        finally:
            self._held_up -= 1
            if not self._held_up:
                self._held += self._clock.now() - self._held_since

    @property
    def held(self) -> float:
        """Seconds of wall time during which requests, one or many, have been held up."""
        return self._held + (self._clock.now() - self._held_since if self._held_up else 0.0)

    def saturated(self, behind: int) -> bool:
        """Say whether as many wait as leave in a while (`AHEAD`), or in a whole window: whoever comes now waits that long.

        `behind` is how many wait to get as far as here. Asked only while somebody waits here: else there is no want of quota.
        """
        if self._known:
            enough = self._whole * self._share
        else:
            rate = min(self._pace.rate, 1 / self._spacing if self._spacing else math.inf)
            enough = 0.0 if rate == math.inf else rate * AHEAD
        return self.waiting + behind >= enough

    async def _open(self) -> None:
        """Wait until a request may leave."""
        while (delay := self._delay()) > 0:
            if delay > self._patience:
                raise TransientError(
                    f"{self._connection}: the quota is used up for another {math.ceil(delay)} s",
                    connection=self._connection,
                    status=_TOO_MANY,  # no answer to this call: the one to an earlier call holds for it, too
                    arrived="no",
                    retry_after=delay,
                )
            await self._rest(delay)

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
            self._close_window()
        # Answers overtake each other, so within a window only the lowest count is news.
        if remaining <= self._least and left_at >= self._opened_at:
            self._least = remaining
            reset = _number(headers.get("x-ratelimit-reset"))
            if reset is None:
                reset = window(headers.get("x-ratelimit-limit", ""))
            self._resets_at = now + min(max(reset or PROBE, PROBE), LONGEST_WAIT)
        self._whole = max(_number(headers.get("x-ratelimit-limit")) or 0.0, remaining + 1)
        if self._least < math.inf:
            # Those still under way may not be counted yet.
            self._left = max(0.0, self._ours_of(self._least) - self._in_flight)

    def accepted(self, left_at: float) -> None:
        """Take in that a request that left at this time, already settled, was not refused for want of quota."""
        self._used += 1
        self._pace.accepted(left_at, self._clock.now())

    def refused(self, left_at: float, retry_after: float | None) -> None:
        """Take in that a request that left at this time, already settled, was refused for want of quota (429)."""
        now = self._clock.now()
        if self._known:
            self._left = 0.0
            self._paused_until = max(self._paused_until, now + max(retry_after or 0.0, PROBE))
        else:
            self._pace.refused(left_at, now, retry_after)

    def _open_window(self) -> None:
        """Let out at the reset what the whole window has for us, less what is still under way and may count in it."""
        self._close_window()
        self._opened_at = self._clock.now()
        self._resets_at = self._opened_at + PROBE  # until an answer says better
        self._left = max(1.0, self._ours_of(self._whole) - self._in_flight)

    def _close_window(self) -> None:
        """See what part of the window was used by us: the others on the account will want theirs again."""
        used_by_all = self._whole - self._least
        if self._used and used_by_all > 0:
            self._share += LEARNS * (min(1.0, self._used / used_by_all) - self._share)
        self._least = math.inf
        self._used = 0
        self._luck = random.random()  # noqa: S311 -- nobody gains by guessing it

    def _ours_of(self, count: float) -> float:
        """Return how many of these are for us. Fractions are left to chance, so that what all leave over is used."""
        if self._share > ALONE:
            return count
        return float(math.floor(count * self._share + self._luck))

    def _delay(self) -> float:
        if self._left >= 1 and not self._spacing and self._paused_until == -math.inf and self._pace.free:
            return 0.0
        now = self._clock.now()
        until = max(self._paused_until, self._next_at, self._pace.opens_at())
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
