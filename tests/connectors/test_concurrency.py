"""The knee of a provider that slows under load is found, by the real client on a clock that does not really wait."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import statistics

import httpx
import pytest

from connectors import concurrency
from connectors.auth import Basic
from connectors.concurrency import Concurrency, Room, kind
from connectors.http import Api, Limits

BOUND = 16
BASE = 0.05
NOISE = 0.2
WARM_UP = 10.0
RECOVERY = 30.0
SEEDS = (1, 2, 3)
NEVER = 10**6


class Slowing(httpx.AsyncBaseTransport):
    """A provider that answers so many at once as fast as one; beyond, each more makes all of them slower.

    A POST always takes six times as long as a GET. `knees` are (seconds from the start, knee from then on).
    """

    def __init__(self, clock, knees, seed):
        self._clock, self._knees = clock, knees
        self._random = random.Random(seed)
        self._began = clock.now()
        self._out = 0
        self.answered = []

    async def handle_async_request(self, request):
        """Answer after as long as the load asks for."""
        self._out += 1
        knee = [knee for moment, knee in self._knees if self._began + moment <= self._clock.now()][-1]
        seconds = BASE * (6 if request.method == "POST" else 1) * self._random.lognormvariate(0, NOISE)
        seconds *= max(1, self._out / knee) * (1 + 0.02 * max(0, self._out - knee))
        await self._clock.sleep(seconds)
        self._out -= 1
        self.answered.append(self._clock.now() - self._began)
        return httpx.Response(200, json={}, request=request)

    def rate(self, begin, end):
        """Return the answers per second between two moments."""
        return sum(begin <= moment < end for moment in self.answered) / (end - begin)


@pytest.fixture
def worked(virtual_clock, monkeypatch):
    async def work(knees, seed, seconds, bound=BOUND, *, fixed=False):
        clock = virtual_clock(turns=12)
        provider = Slowing(clock, knees, seed)
        limits = Limits(concurrency=bound)
        api = Api("demo", "http://127.0.0.1:1", Basic("a", "b"), limits=limits, transport=provider, clock=clock)
        end = clock.now() + seconds
        calls = random.Random(seed + 1)

        async def caller():
            while clock.now() < end:
                await api.call("POST" if calls.random() < 0.1 else "GET", f"/documents/{calls.randrange(NEVER)}")

        with monkeypatch.context() as patched:
            if fixed:
                patched.setattr(concurrency, "FEWEST", math.inf)  # never has it measured enough
            await clock.run(asyncio.gather(*(caller() for _ in range(BOUND))))
        return provider

    return work


@pytest.mark.parametrize(("knee", "aim"), [(4, 0.9), (12, 0.9), (NEVER, 0.97)])
async def test_the_throughput_is_that_of_the_best_fixed_number(worked, knee, aim):
    end = WARM_UP + 15
    best = await worked([(0, knee)], 1, end, min(knee, BOUND), fixed=True)
    ratios = {}
    for seed in SEEDS:
        found = await worked([(0, knee)], seed, end)
        ratios[seed] = found.rate(WARM_UP, end) / best.rate(WARM_UP, end)
    print(ratios)  # noqa: T201 -- what a failure is about
    assert statistics.median(ratios.values()) >= aim
    assert min(ratios.values()) >= aim - 0.1


@pytest.mark.parametrize(("before", "after"), [(4, 12), (12, 4)])
async def test_a_knee_that_moves_is_found_again(worked, before, after):
    best = await worked([(0, after)], 1, 15, after, fixed=True)
    ratios = {}
    for seed in SEEDS:
        found = await worked([(0, before), (10, after)], seed, 10 + RECOVERY + 10)
        ratios[seed] = found.rate(10 + RECOVERY, 20 + RECOVERY) / best.rate(5, 15)
    print(ratios)  # noqa: T201 -- what a failure is about
    assert statistics.median(ratios.values()) >= 0.9
    assert min(ratios.values()) >= 0.8


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("GET", "/documents/17"), ("GET", "/documents/18"), True),
        (("GET", "/documents/17"), ("POST", "/documents/17"), False),
        (("GET", "/documents/17/files"), ("GET", "/documents/17"), False),
        (("GET", "/files/abcdefghijklmnopqrstuvwxyz"), ("GET", "/files/zyxwvutsrqponmlkjihgfedcba"), True),
    ],
)
def test_calls_that_differ_in_ids_only_are_of_one_kind(one, other, same):
    assert (kind(*one) == kind(*other)) is same


async def answer(clock, seconds, status=200):
    await clock.sleep(seconds)
    return httpx.Response(status)


@pytest.mark.parametrize(("told", "status"), [("GET /", 429), ("GET /", 503), (None, 200)])
async def test_refusals_faults_and_streamed_bodies_measure_nothing(virtual_clock, told, status):
    clock = virtual_clock()
    load = Concurrency(8, clock)

    async def caller():
        for turn in range(60):
            async with load.calls:
                await load.measured(told, answer(clock, 1 + turn, status))

    await clock.run(asyncio.gather(*(caller() for _ in range(8))))
    assert load.limit == 8


async def test_nobody_loses_a_place_when_one_who_waits_is_cancelled(virtual_clock):
    load = Concurrency(1, virtual_clock())
    room: Room = load.calls

    async def stay():
        async with room:
            pass

    await room.__aenter__()
    waiting = [asyncio.ensure_future(stay()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # while it waits
    await asyncio.sleep(0)
    await room.__aexit__()
    waiting[1].cancel()  # when it has been given the place and does not know it yet
    await asyncio.gather(*waiting, return_exceptions=True)
    assert [one.cancelled() for one in waiting] == [True, True, False]
    async with asyncio.timeout(1), room:
        pass


async def burst(clock, steady, before):
    """Make some calls at a time, so many each, and 32 at once when these are nearly over; return how much longer than alone those took."""
    load = Concurrency(64, clock)
    took = []

    async def calls(told, count):
        for _ in range(count):
            async with load.calls:
                await load.measured(told, answer(clock, BASE))

    async def telling():
        await clock.sleep(BASE * (before - 2.5))
        began = clock.now()
        await asyncio.gather(*(calls("POST /documents/*/transferred", 10) for _ in range(32)))
        took.append(clock.now() - began)

    await clock.run(asyncio.gather(*(calls("GET /documents", before) for _ in range(steady)), telling()))
    return took[0] / (10 * BASE)


@pytest.mark.parametrize("steady", [1, 4])
async def test_a_burst_finds_its_places_whatever_was_tried_while_there_was_less(virtual_clock, steady):
    took = {before: await burst(virtual_clock(turns=12), steady, before) for before in range(6, 60, 2)}
    assert max(took.values()) < 1.75, took


async def test_some_dozen_calls_are_over_before_any_other_number_is_tried(virtual_clock):
    clock = virtual_clock(turns=12)
    load = Concurrency(BOUND, clock)

    async def caller():
        for _ in range(6):
            async with load.calls:
                await load.measured("POST /", answer(clock, BASE))
                assert load.limit == BOUND

    began = clock.now()
    await clock.run(asyncio.gather(*(caller() for _ in range(BOUND))))
    assert clock.now() - began < 6 * BASE * 1.1


@pytest.mark.parametrize(
    ("slower", "first", "last"), [(1.0, concurrency.BEFORE_FIRST_IF_CALM, 90), (1.15, 64, 90), (1.5, 4, 10)]
)
async def test_a_number_is_tried_later_where_many_at_once_are_answered_as_fast_as_the_first_few(
    virtual_clock, slower, first, last
):
    clock = virtual_clock(turns=12)
    load = Concurrency(BOUND, clock)
    limits = []

    async def call(seconds):
        async with load.calls:
            await load.measured("POST /", answer(clock, seconds))
        limits.append(load.limit)

    async def all_of_them():
        await asyncio.gather(*(call(BASE) for _ in range(BOUND // 4)))
        for _ in range(160):
            await asyncio.gather(*(call(BASE * slower) for _ in range(BOUND)))

    await clock.run(all_of_them())
    tried = next((place for place, limit in enumerate(limits) if limit < BOUND), len(limits))
    assert first - 1 <= tried / concurrency.FEWEST <= last


async def test_a_try_that_shows_no_knee_at_all_is_followed_by_the_longest_rest(virtual_clock):
    clock = virtual_clock(turns=12)
    load = Concurrency(BOUND, clock)
    lowered = []

    async def caller():
        for turn in range(160):
            async with load.calls:
                await load.measured("POST /", answer(clock, BASE / 2 if turn == 0 else BASE))
            lowered.append(load.limit < BOUND)

    await clock.run(asyncio.gather(*(caller() for _ in range(BOUND))))
    tries = sum(now and not before for before, now in itertools.pairwise(lowered))
    assert 2 <= tries <= 1 + len(lowered) / (concurrency.FEWEST * concurrency.LONGEST_REST)
