"""The rate that a connection may keep, learned from what a provider refuses (429) where it announces nothing.

Every process learns for itself, from its own answers. Several on one account come to a rate each that together is the
account's: whoever is refused goes a little slower, and from there on tries a little more, the longer the more.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from connectors.scattered import Scattered

STEP_BACK: Final = 0.95
"""The part of its rate with which a connection goes on after a refusal. What is less is lost until it has grown back."""
GROWTH: Final = 0.001
"""By which part of itself the rate grows in the first second after a refusal."""
MOST_AT_ONCE: Final = 1.1
"""By how much the rate grows from one request to the next, at most: at a low rate much time lies between them."""
DOUBLES: Final = 2.5
"""Seconds in which that growth doubles: near the limit it is slow, and where neighbours have gone it soon is not."""
HEAD_START: Final = 30.0
"""As if so many seconds had passed since the last refusal: how fast a first estimate grows, which is but a guess."""
AT_ONCE: Final = 2.0
"""Refusals within so many seconds of each other mean that the rate is far too high, so the steps grow."""
LEAST_WAIT: Final = 1.0
"""Seconds; the least that a Retry-After can say. A provider that counts by the second has room again before."""
LONGEST_PAUSE: Final = 8.0
AT_LEAST: Final = 3
"""Accepted requests that a first estimate supposes: where neighbours were quicker, fewer have come through, and show nothing."""
SLOWEST: Final = 1 / 60
"""Requests per second; a rate below that is not believed."""
_REMEMBERED: Final = 512


class Pace:
    """When the next request may leave, in seconds of the caller's clock. Nothing is held back before the first refusal.

    Then everybody pauses, one request at a time asks whether there is room again, and the first that is accepted
    shows the rate: what had been accepted before the refusal, in a second or as long as there was no room.
    """

    def __init__(self) -> None:
        self.rate = math.inf
        """Requests per second."""
        self._next_at = self._paused_until = self._cut_at = -math.inf
        self._grown_at = self._calm_since = -math.inf
        self._left: deque[float] = deque(maxlen=_REMEMBERED)  # when what was accepted had left
        self._refused_at: float | None = None  # since when every answer has been a refusal
        self._in_a_row = self._steps = 0
        self._scattered = Scattered()

    @property
    def free(self) -> bool:
        """Whether nobody need wait, whatever the time."""
        return self.rate == math.inf and self._paused_until == -math.inf

    def opens_at(self) -> float:
        """Return the moment from which on the next request may leave."""
        return max(self._next_at, self._paused_until)

    def take(self, now: float, *, waited: bool) -> None:
        """Note that a request leaves. A rate that nobody had to wait for is not tried, so it does not grow."""
        if self.rate == math.inf:
            if self._refused_at is not None:
                self._next_at = now + LEAST_WAIT
            return
        if waited and self._in_a_row == 0:
            doubled = min((now - self._calm_since) / DOUBLES, 8.0)
            seconds = min(now - self._grown_at, max(1.0, 1 / self.rate))
            self.rate *= min(1 + GROWTH * 2**doubled * seconds, MOST_AT_ONCE)
        self._grown_at = now
        self._next_at = max(now, self._next_at) + 1 / self.rate

    def accepted(self, left_at: float, now: float) -> None:
        """Take in that a request that left at this time was accepted."""
        if left_at > self._cut_at:  # else it had left before the last refusal was known
            self._in_a_row = 0
            self._compare()
            if self._refused_at is not None:
                self._room_again(self._refused_at, now)
        self._left.append(left_at)

    def _room_again(self, refused_at: float, now: float) -> None:
        if self.rate == math.inf and (rate := self._measured(refused_at, now - refused_at)):
            self.rate = rate
            self._grown_at = self._next_at = now
            self._calm_since = now - HEAD_START
        self._refused_at = None
        if self._paused_until <= now:
            self._paused_until = -math.inf

    def refused(self, left_at: float, now: float, retry_after: float | None) -> None:
        """Take in the refusal of a request that left at this time."""
        if self._refused_at is None:
            self._refused_at = now
        learning = self.rate == math.inf
        if left_at > self._cut_at:
            self._cut_at = now
            self._in_a_row += 1
            if not learning and not self._compare():
                self._steps = self._steps + 1 if now - self._calm_since < AT_ONCE else 1
                self.rate = max(self.rate * STEP_BACK**self._steps, self._scattered.least, SLOWEST)
                self._calm_since = now
        if learning or (self._in_a_row > 1 and not self._scattered.stands) or (retry_after or 0.0) > LEAST_WAIT:
            growing = min(LEAST_WAIT * 2.0 ** (self._in_a_row - (1 if learning else 2)), LONGEST_PAUSE)
            pause = growing if retry_after is None else max(retry_after, LEAST_WAIT)
            self._paused_until = max(self._paused_until, now + pause)

    def _compare(self) -> bool:
        """Count an answer; return whether refusals do not depend on the rate, which is not lowered for them then."""
        if self.rate < math.inf and (back := self._scattered.take(self.rate, self._in_a_row)):
            self.rate = back
        return self._scattered.stands

    def _measured(self, until: float, blocked: float) -> float:
        """Return the rate at which requests were accepted before a moment, 0 if none was: then it shows nothing."""
        back = max(LEAST_WAIT, blocked)
        accepted = sum(1 for moment in self._left if until - back < moment <= until)
        return max(accepted, AT_LEAST) / back if accepted else 0.0
