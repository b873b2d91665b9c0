"""How fast a run gets on and how long it may still take, from what it has done in the last while."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from flows.output import span

if TYPE_CHECKING:
    from collections.abc import Callable

    from flows.tally import Tally

_WHILE = 30.0
"""Seconds from which a rate is taken: long enough not to jump, short enough to show that a provider slows down."""
_LEAST = 2.0
"""Seconds before a rate is told at all."""


class Speed:
    """Watches a run's tally. `look` is called every now and then, and the words are about the last look."""

    def __init__(self, tally: Tally, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._tally = tally
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque([(clock(), self._tally.settled)])

    def look(self) -> None:
        """Take in how far the run is now."""
        now = self._clock()
        self._seen.append((now, self._tally.settled))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _WHILE:  # noqa: PLR2004 -- two make a rate
            self._seen.popleft()

    @property
    def rate(self) -> float | None:
        """Documents settled per second; None as long as that cannot be told."""
        (began, before), (now, done) = self._seen[0], self._seen[-1]
        return (done - before) / (now - began) if now - began >= _LEAST and done > before else None

    @property
    def left(self) -> float | None:
        """Seconds that what is known to be open may take; None if that cannot be told. More may be listed meanwhile."""
        rate, open_ = self.rate, self._tally.touched - self._tally.settled
        return open_ / rate if rate and open_ else None

    @property
    def percent(self) -> float:
        """How much of what is known to be there is settled, 0 to 100."""
        return 100.0 * self._tally.settled / self._tally.touched if self._tally.touched else 0.0

    def pace(self) -> str:
        """Say rate and time left, as far as they can be told: "55/s, about 32 s left"."""
        rate, left = self.rate, self.left
        said = [f"{rate:.3g}/s" if rate else "", f"about {span(max(left, 1.0))} left" if left else ""]
        return ", ".join(filter(None, said))

    def words(self) -> str:
        """Say how far the run is: "1,240 of about 3,000, 55/s, about 32 s left"."""
        tally = self._tally
        if not tally.touched:
            return "nothing listed so far"
        if tally.settled == tally.touched:
            return f"all {tally.touched:,} settled so far, {tally.told:,} acknowledged to the source"
        how_far = f"{tally.settled:,} of about {tally.touched:,}"
        return ", ".join(filter(None, (how_far, self.pace())))

    def last_words(self) -> str:
        """Say how far a run came that has ended, which a limit or a stop leaves open: "ended at 40 of 48 settled, …"."""
        tally = self._tally
        if tally.settled == tally.touched:
            return self.words()
        return f"ended at {tally.settled:,} of {tally.touched:,} settled, {tally.told:,} acknowledged to the source"
