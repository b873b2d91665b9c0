"""A quota of ten a second is used up and hardly overrun: alone or with others on the account, announced or only refused."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter

import httpx
import pytest

from connectors.auth import ClientCredentials
from connectors.http import Api, Limits
from connectors.hypatos.sandbox import HypatosSandbox
from connectors.hypatos.sandbox import Switches as HypatosSwitches
from connectors.quota import Quota
from connectors.sandbox_clock import Clock as SandboxClock

ALLOWED = 10
SECONDS = 60.0
CALLERS = 16
LATENCY = 0.05


class OnTheHands(SandboxClock):
    """A sandbox's time, read off the test's clock."""

    def __init__(self, clock):
        super().__init__()
        self._clock = clock

    def now(self):
        """Return the time on the hands."""
        return self._clock.now()


class Line(httpx.AsyncBaseTransport):
    """The way to a sandbox in this process, with a latency; may keep from the answers what they say about the quota."""

    def __init__(self, app, clock, shape):
        self._way = httpx.ASGITransport(app=app)
        self._clock, self._shape = clock, shape

    async def handle_async_request(self, request):
        """Send, and return the answer."""
        await self._clock.sleep(LATENCY / 2)
        answer = await self._way.handle_async_request(request)
        await self._clock.sleep(LATENCY / 2)
        if self._shape != "announced":
            for name in [name for name in answer.headers if name.startswith("x-ratelimit")]:
                del answer.headers[name]
        if self._shape == "retry-after" and answer.status_code == 429:
            answer.headers["retry-after"] = "1"
        return answer


def client(app, clock, shape):
    """Return what one process would have: a client with a token of its own."""
    auth = ClientCredentials("https://h.test/v2/auth/token", app.client_id, app.client_secret, now=clock.now)
    return Api("demo", "https://h.test/v2", auth, limits=Limits(), transport=Line(app, clock, shape), clock=clock)


@pytest.mark.parametrize("shape", ["announced", "retry-after", "bare"])
@pytest.mark.parametrize("workers", [1, 4])
async def test_nine_tenths_of_a_quota_are_used_by_one_worker_and_by_four(virtual_clock, shape, workers):
    random.seed(5)  # the share of a window that is no whole number is left to chance
    clock = virtual_clock()
    app = HypatosSandbox(0, switches=HypatosSwitches(quota=ALLOWED))
    app.clock = OnTheHands(clock)
    apis = [client(app, clock, shape) for _ in range(workers)]
    end = clock.now() + SECONDS

    async def caller(api):
        while clock.now() < end:
            await api.call("GET", "/documents", params={"limit": "1"})

    await clock.run(asyncio.gather(*(caller(api) for api in apis for _ in range(CALLERS))))
    answers = Counter(status for moment, _, _, status in app.log if moment < end)
    assert answers[200] / SECONDS >= 0.9 * ALLOWED
    assert answers[429] <= (0.1 if workers == 1 else 0.8) * answers[200]


class Bucket:
    """A provider that lets ten be saved up, and each second brings ten."""

    def __init__(self, clock):
        self._clock, self._there, self._seen_at = clock, float(ALLOWED), clock.now()

    def takes(self):
        """Count one request; say whether it is accepted."""
        now = self._clock.now()
        self._there = min(ALLOWED, self._there + (now - self._seen_at) * ALLOWED)
        self._seen_at = now
        self._there -= (accepted := self._there >= 1)
        return accepted


class Calendar:
    """A provider that counts by the seconds of the clock on the wall."""

    def __init__(self, clock):
        self._clock, self._second, self._count = clock, 0, 0

    def takes(self):
        """Count one request; say whether it is accepted."""
        if (second := math.floor(self._clock.now())) != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= ALLOWED


class Shedding:
    """A provider that is overloaded by others and refuses a part of whatever comes, at any rate."""

    def __init__(self, part):
        self._part, self._random = part, random.Random(11)

    def takes(self):
        """Count one request; say whether it is accepted."""
        return self._random.random() >= self._part


class Provider:
    """Takes requests of several workers, each with a pace of its own; `accepted` is when, and whose it was."""

    def __init__(self, clock, counting, seed=3):
        self.clock, self.counting, self.random = clock, counting, random.Random(seed)
        self.accepted, self.refused = [], 0

    async def worker(self, number, until):
        """Ask with many callers at once until a moment."""
        pace = Quota("demo", self.clock, rate=None, patience=100)

        async def caller():
            while self.clock.now() < until:
                await pace.turn()
                left_at = self.clock.now()
                await self.clock.sleep(LATENCY / 2 * self.random.uniform(0.8, 1.2))
                if accepted := self.counting.takes():
                    self.accepted.append((self.clock.now(), number))
                self.refused += not accepted
                await self.clock.sleep(LATENCY / 2 * self.random.uniform(0.8, 1.2))
                pace.settled({}, left_at)
                if accepted:
                    pace.accepted(left_at)
                else:
                    pace.refused(left_at, None)

        await asyncio.gather(*(caller() for _ in range(CALLERS)))

    def rate(self, since, until):
        """Return how many a second were accepted between two moments."""
        return sum(since <= moment < until for moment, _ in self.accepted) / (until - since)


@pytest.mark.parametrize("counting", [Bucket, Calendar])
@pytest.mark.parametrize("workers", [1, 4])
async def test_however_a_provider_counts_that_announces_nothing_its_rate_is_found(virtual_clock, counting, workers):
    clock = virtual_clock()
    it = Provider(clock, counting(clock))
    began = clock.now()
    await clock.run(asyncio.gather(*(it.worker(number, began + SECONDS) for number in range(workers))))
    assert it.rate(began, began + SECONDS) >= 0.9 * ALLOWED
    assert it.refused < 0.2 * len(it.accepted)


async def test_what_neighbours_leave_over_is_found_again(virtual_clock):
    clock = virtual_clock()
    it = Provider(clock, Bucket(clock))
    began = clock.now()
    lives = [20, 20, 20, 120]
    await clock.run(asyncio.gather(*(it.worker(number, began + life) for number, life in enumerate(lives))))
    assert it.rate(began + 42, began + 120) >= 0.9 * ALLOWED


async def test_a_rate_that_nobody_needs_does_not_grow(virtual_clock):
    clock = virtual_clock()
    it = Provider(clock, Bucket(clock))
    pace = Quota("demo", clock, rate=None, patience=100)

    async def work():
        for _ in range(40):  # all at once: refused, and the rate is learned
            await pace.turn()
            left_at = clock.now()
            pace.settled({}, left_at)
            if it.counting.takes():
                pace.accepted(left_at)
            else:
                pace.refused(left_at, None)
        for _ in range(200):  # then slowly
            await clock.sleep(1)
            await pace.turn()
            pace.settled({}, clock.now())
            pace.accepted(clock.now())
        began = clock.now()
        for _ in range(20):
            await pace.turn()
            pace.settled({}, clock.now())
            pace.accepted(clock.now())
        return clock.now() - began

    assert await clock.run(work()) > 1


@pytest.mark.parametrize("part", [0.2, 0.5])
async def test_refusals_that_no_rate_makes_fewer_do_not_end_in_standing_still(virtual_clock, part):
    """Halving the rate for each of them would: at one in two, a request every seven seconds is as much refused as a hundred."""
    clock = virtual_clock()
    it = Provider(clock, Shedding(part))
    began = clock.now()
    await clock.run(it.worker(0, began + 150))
    assert it.rate(began + 30, began + 150) > 3
    assert it.refused < 1.3 * part / (1 - part) * len(it.accepted)
