"""The quota is kept before the provider has to refuse anything."""

from __future__ import annotations

import asyncio
import math
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.errors import TransientError
from connectors.limits import Clock
from connectors.quota import FIRST, Quota, window


class Window:
    """A provider that counts requests per fixed window and says what is left."""

    def __init__(self, quota, seconds, now, rounding):
        self.quota, self.seconds, self.now, self.rounding = quota, seconds, now, rounding
        self.began = -math.inf
        self.used = self.refused = 0

    def headers(self):
        """Count a request and say what is left."""
        if self.now() >= self.began + self.seconds:
            self.began, self.used = self.now(), 0
        self.used += 1
        self.refused += self.used > self.quota
        left = self.began + self.seconds - self.now()
        return {
            "x-ratelimit-limit": f"{self.quota}, {self.quota};w={self.seconds}",
            "x-ratelimit-remaining": str(max(0, self.quota - self.used)),
            "x-ratelimit-reset": str(self.rounding(left)),
        }


@pytest.mark.parametrize("rounding", [math.ceil, math.floor])
async def test_ten_per_second_are_kept_without_a_single_429(loopback, rounding):
    provider = Window(10, 1, time.monotonic, rounding)

    async def handler(request, writer):
        headers = provider.headers()
        status = 429 if provider.used > provider.quota else 200
        return loopback.reply(status, b"{}", **{name.replace("-", "_"): text for name, text in headers.items()})

    api = await loopback.api(handler)
    began = time.monotonic()
    await asyncio.gather(*(api.call("GET", "/") for _ in range(25)))
    assert provider.refused == 0
    assert api.requests == 25
    assert 2 <= time.monotonic() - began < 4
    assert api.waited > 2 * api.held, "of the one each request counts, of the other the clock"
    assert 1 < api.held <= time.monotonic() - began


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quota=st.integers(1, 20),
    seconds=st.sampled_from([1, 2, 10, 60]),
    rounding=st.sampled_from([math.ceil, lambda left: left]),
    callers=st.integers(1, 16),
    latencies=st.lists(st.floats(0.001, 0.4), min_size=2, max_size=20),
)
@example(quota=5, seconds=1, rounding=math.ceil, callers=3, latencies=[0.375, 0.125, 0.0625, 0.25, 0.375])
async def test_whatever_the_window_and_the_latency_at_most_one_of_a_window_is_refused(
    virtual_clock, quota, seconds, rounding, callers, latencies
):
    clock = virtual_clock()
    provider = Window(quota, seconds, clock.now, rounding)
    pace = Quota("demo", clock, rate=None, patience=100)
    todo = list(range(quota * 3 + 5))

    async def caller():
        while todo:
            number = todo.pop()
            await pace.turn()
            left_at = clock.now()
            await clock.sleep(latencies[number % len(latencies)])
            headers = provider.headers()
            await clock.sleep(latencies[(number + 1) % len(latencies)])
            pace.settled(headers, left_at)

    async def everybody():
        await asyncio.gather(*(caller() for _ in range(callers)))

    await clock.run(everybody())
    # A window is opened at once, not by asking: what crosses the line between two of them may count in the later one.
    assert provider.refused <= math.ceil((quota * 3 + 5) / quota)
    # and no time is given away: as many windows as it takes, each with two more round trips than needed
    requests = quota * 3 + 5
    assert clock.now() - 1000 < math.ceil(requests / quota) * (seconds + 1 + 1.6) + requests * 0.8


async def test_a_fixed_rate_is_kept_from_the_first_request_on(virtual_clock):
    clock = virtual_clock()
    pace = Quota("demo", clock, rate=5, patience=60)
    left_at = []

    async def caller():
        await pace.turn()
        left_at.append(clock.now())
        pace.settled({}, clock.now())

    async def everybody():
        await asyncio.gather(*(caller() for _ in range(20)))

    await clock.run(everybody())
    assert left_at == pytest.approx([1000 + number / 5 for number in range(20)])


async def test_without_quota_headers_nothing_is_held_back(skipping):
    pace = Quota("demo", skipping, rate=None, patience=60)
    await pace.turn()
    pace.settled({}, skipping.now())
    for _ in range(100):
        assert await pace.turn() is False
    assert skipping.slept == []


async def test_a_first_request_without_an_answer_does_not_hold_up_the_others(virtual_clock):
    clock = virtual_clock()
    pace = Quota("demo", clock, rate=None, patience=60)

    async def work():
        for _ in range(FIRST):
            await pace.turn()  # never settled: long uploads
        await pace.turn()
        pace.settled({}, clock.now())
        await asyncio.gather(*(pace.turn() for _ in range(10)))

    await clock.run(work())
    assert clock.now() - 1000 == pytest.approx(1)


async def test_a_failed_first_request_lets_the_next_one_ask_at_once(skipping):
    pace = Quota("demo", skipping, rate=None, patience=60)
    for _ in range(5):
        await pace.turn()
        pace.settled(None, skipping.now())
    assert skipping.slept == []


async def test_a_reset_beyond_the_patience_is_an_error_at_once(skipping):
    pace = Quota("demo", skipping, rate=None, patience=60)
    await pace.turn()
    pace.settled({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3600"}, skipping.now())
    with pytest.raises(TransientError, match="demo: the quota is used up for another 3600 s") as caught:
        await pace.turn()
    assert (caught.value.arrived, caught.value.retry_after) == ("no", 3600)
    assert caught.value.status == 429  # told as busy, not as unreachable: the provider does answer
    assert skipping.slept == []


async def test_the_window_stands_in_for_a_missing_reset(skipping):
    pace = Quota("demo", skipping, rate=None, patience=60)
    await pace.turn()
    pace.settled({"x-ratelimit-remaining": "0", "x-ratelimit-limit": "100, 100;w=30"}, skipping.now())
    await pace.turn()
    assert skipping.slept == [30]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10, 10;w=1", 1),
        ('10, 10;w=1;name="per-ip"', 1),
        ("100, 100;w=1, 1000;w=60", 1),
        ("100,100; comment=x ; w = 60", 60),
        ("10", None),
        ("", None),
        ("garbage;w=x", None),
    ],
)
def test_the_limit_header_is_read_in_all_its_forms(text, seconds):
    assert window(text) == seconds


@given(
    headers=st.dictionaries(
        st.sampled_from(["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]), st.text()
    )
)
async def test_odd_headers_do_no_harm(headers):
    pace = Quota("demo", Clock(), rate=None, patience=60)
    await pace.turn()
    pace.settled(headers, 0.0)
