"""How many requests of one connection may be out at once, learned from how the provider's latency follows the number.

Up to its knee a provider answers more requests at once as fast as few; beyond, each takes longer and nothing is gained.
The bound is tried in steps: what was measured at one number is compared with what is measured at another right after.
By Little's law, as long as latency grows by a smaller part than the number, throughput grows, else it does not.
Only like is compared with like: a POST that always takes long is no sign of load, one that takes longer than before is.
No smallest latency is remembered, so nothing has to be forgotten when the provider, or what it is asked, changes.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from connectors.limits import Clock
    from connectors.wire import Heard

STEPS: Final = (0.7, 0.84)
"""By which factor the number is lowered, or divided to raise it. Where neither way was better, a smaller step is tried."""
LOWER: Final = 0.9
"""A lower number stays if latency fell by at least that part of the step: throughput is (nearly) the same, or grew."""
HIGHER: Final = 0.75
"""A higher number stays if latency rose by less than that part of the step. Between the two the number stays as it is."""
SLOWER: Final = math.log(1.3)
"""Latency that has grown by so much since the last step is a reason to try the next one at once."""
FEWEST, MOST = 24, 200
"""Answers that are measured at one number: as many of these as it takes to be sure enough …"""
SURE: Final = 0.2
"""… of by what part of a step latency has changed (one standard error)."""
BEFORE_FIRST: Final = 4
"""Rounds before the first try: a run of some dozen calls has nothing to gain from it."""
CALM: Final = math.log(1.2)
"""Where calls take no longer than so much more than the first few of the run took, the first try has time …"""
BEFORE_FIRST_IF_CALM: Final = 64
"""… for so many rounds: each costs a run of some hundred calls a hundredth of its time. The first calls may have been slow to connect."""
LONGEST_REST: Final = 32
"""Rounds of measuring before a lower number is tried that has not been better: 4, 16, 32 of them. It costs throughput …"""
FLAT: Final = 0.25
"""… so the longest rest comes at once where latency fell by less than that part of the step: there is no knee near. Before …"""
REST_UPWARDS: Final = 8
"""… a higher number is less of a rest, it costs hardly any. Nothing else shows that the knee has moved up; that it moved down latency shows."""
LONGEST_ROUND: Final = 60.0
"""Seconds; what was measured longer ago is not compared with."""
TRY_AGAIN: Final = 4
"""Rounds before a lower number is tried again that was too near to being as good for one measurement to tell."""
_LEAST_STEP: Final = 0.1
_MORE: Final = 1.5
"""By what factor the calls that are wanted at once may grow while a number is tried; then what was measured says nothing of it."""
_VARIABLE: Final = re.compile(r"[^/]*\d[^/]*|[^/]{25,}")


@lru_cache(maxsize=64)
def kind(method: str, path: str) -> str:
    """Return what calls have in common that differ in the ids in their paths (no query) only."""
    return f"{method} {_VARIABLE.sub('*', path)}"


class Room:
    """Places for calls of one sort, as many as the connection may have out: `async with room:`, first come first served."""

    def __init__(self, load: Concurrency) -> None:
        self._load = load
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        """Wait for a place."""
        if self._taken < self._load.limit and not self._waiting:
            self._taken += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._load.pressed()
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._waiting.remove(place)
            else:  # it had just been given the place
                await self.__aexit__()
            raise

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._waiting)

    async def __aexit__(self, *_: object) -> None:
        """Give the place to who has waited longest."""
        self._taken -= 1
        self.admit()

    def admit(self) -> None:
        """Let in as many as there are places."""
        while self._waiting and self._taken < self._load.limit:
            place = self._waiting.popleft()
            if not place.done():
                self._taken += 1
                place.set_result(None)


class _Round:
    """What was measured at one number: how many were out, and by kind of call the logarithms of the latencies."""

    def __init__(self, began: float, settling: int) -> None:
        self.began = began
        self.settling = settling  # so many answers that are due to what was before
        self.answers = 0
        self.wanted = 0  # how many were out or waited to be, at most
        self._out = 0
        self._kinds: dict[str, tuple[int, float]] = {}  # how many, and their mean
        self._squares = 0.0  # of how far they are from the means

    def add(self, kind_: str, out: int, seconds: float) -> None:
        self.answers += 1
        self._out += out
        value = math.log(max(seconds, 1e-6))
        count, mean = self._kinds.get(kind_, (0, 0.0))
        nearer = mean + (value - mean) / (count + 1)
        self._squares += (value - mean) * (value - nearer)
        self._kinds[kind_] = count + 1, nearer

    @property
    def out(self) -> float:
        """How many requests were out, on average."""
        return self._out / self.answers

    def enough(self) -> bool:
        """Whether a comparison with another such round is sure enough."""
        if self.answers < FEWEST:
            return False
        freedom = self.answers - len(self._kinds)
        if self.answers >= MOST or freedom < 1:
            return self.answers >= MOST
        return math.sqrt(2 * self._squares / freedom / self.answers) <= SURE * -math.log(STEPS[0])

    def slower_than(self, other: _Round) -> float | None:
        """Return the logarithm of latency here by latency there, over the kinds of calls that both have."""
        total = weights = 0.0
        for kind_ in self._kinds.keys() & other._kinds.keys():
            (here, mean), (there, other_mean) = self._kinds[kind_], other._kinds[kind_]
            weight = here * there / (here + there)
            total += weight * (mean - other_mean)
            weights += weight
        return total / weights if weights >= FEWEST / 4 else None

    def is_calm(self, quickest: Mapping[str, float]) -> bool:
        """Whether no kind of call took much longer than the quickest of that kind while few were out (logarithms)."""
        return all(kind_ in quickest and mean - quickest[kind_] < CALM for kind_, (_, mean) in self._kinds.items())


class Concurrency:
    """The number for one connection: between 1 and `most`, where it begins. `calls` and `downloads` have so many places each."""

    def __init__(self, most: int, clock: Clock) -> None:
        self.limit = most
        self.calls, self.downloads = Room(self), Room(self)
        self.crowded = False
        """Whether somebody had to wait for a place in this round."""
        self._most = most
        self._clock = clock
        self._out = 0
        self._round = _Round(clock.now(), 0)
        self._first: _Round | None = None  # the first one measured since the last step
        self._from: tuple[int, _Round] | None = None  # while a step is tried: the number before, and what was measured
        self._down = True
        self._failed = 0  # tries in a row after which the number stayed
        self._rest = BEFORE_FIRST  # rounds until the next try
        self._few = max(1, most // 4)
        self._quickest: dict[str, float] | None = {}  # of the first round: by kind of call, while few were out

    def pressed(self) -> None:
        """Note that somebody waits for a place. A number that is tried while much more comes than before is given up at once."""
        self.crowded = True
        if self._from and self._wanted() > _MORE * self._from[1].wanted + 1:
            self._begin_anew()

    async def measured(self, kind_: str | None, answer: Awaitable[Heard]) -> Heard:
        """Await the headers of an answer and take in how long they took, if they are a success.

        `kind_` is None for what tells nothing about load: a body that is streamed takes as long as its source does.
        """
        round_, left_at = self._round, self._clock.now()
        if left_at - round_.began > LONGEST_ROUND:
            round_ = self._begin_anew()
        counts = not round_.settling
        self._out += 1
        out = self._out
        if (wanted := self._wanted()) > round_.wanted:
            round_.wanted = wanted
        try:
            response = await answer
        finally:
            self._out -= 1
            if self._round is round_ and round_.settling:
                round_.settling -= 1
        if kind_ is not None and counts and self._round is round_ and response.is_success:
            seconds = self._clock.now() - left_at
            if self._quickest is not None and out <= self._few:
                value = math.log(max(seconds, 1e-6))
                self._quickest[kind_] = min(value, self._quickest.get(kind_, value))
            round_.add(kind_, out, seconds)
            if round_.enough():
                self._conclude(round_)
        return response

    def _begin_anew(self) -> _Round:
        if self._from:
            self._set(self._from[0])
        self._from = self._first = None
        self._round = _Round(self._clock.now(), self._out)
        return self._round

    def _wanted(self) -> int:
        return self._out + self.calls.waiting + self.downloads.waiting

    def _conclude(self, done: _Round) -> None:
        self._round = _Round(self._clock.now(), 0)
        if self._quickest is not None:
            self._rest = BEFORE_FIRST_IF_CALM if done.is_calm(self._quickest) else BEFORE_FIRST
            self._quickest = None
        crowded, self.crowded = self.crowded, False
        if self._from:
            self._judge(*self._from, done)
            return
        self._first = self._first or done
        self._rest -= 1
        if min(done.wanted, self.limit) > 2 * _MORE * done.out:
            return  # most of it was measured while less was wanted than now
        if self._rest > 0 and (done.slower_than(self._first) or 0.0) < SLOWER:
            return
        self._try(done, crowded=crowded)

    def _try(self, done: _Round, *, crowded: bool) -> None:
        used = min(self.limit, math.ceil(done.out))
        if (done.slower_than(self._first or done) or 0.0) >= SLOWER:
            self._down, self._failed = True, 0
        elif not crowded or self.limit == self._most:
            self._down = True
        elif used == 1:
            self._down = False
        step = STEPS[self._failed // 2 % len(STEPS)]
        if self._down:
            wanted = max(1, min(used - 1, round(used * step)))
        else:
            wanted = min(self._most, max(used + 1, round(used / step)))
        if wanted == used:
            return
        self._from = self.limit, done
        self._set(wanted)

    def _judge(self, before: int, there: _Round, here: _Round) -> None:
        self._from = self._first = None
        step = math.log(here.out / there.out)
        slower = here.slower_than(there)
        big_enough = -step >= _LEAST_STEP if self._down else step >= _LEAST_STEP
        part = slower / step if slower is not None and big_enough else None
        if part is not None and (part >= LOWER if self._down else part < HIGHER):
            self._failed = self._rest = 0
            return
        self._set(before)
        if self._down and part is not None and part > HIGHER:
            self._rest = TRY_AGAIN
            return
        self._failed += 1
        flat = self._down and part is not None and part < FLAT
        self._down = not self._down or before == self._most
        longest = LONGEST_REST if self._down else REST_UPWARDS
        self._rest = longest if flat else min(4**self._failed, longest)

    def _set(self, limit: int) -> None:
        self.limit = limit
        self._round = _Round(self._clock.now(), self._out)
        self.crowded = False
        self.calls.admit()
        self.downloads.admit()
