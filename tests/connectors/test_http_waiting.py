"""Being told to wait: by whom, for how long, and when a call gives up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.auth import Basic
from connectors.errors import TransientError
from connectors.faults import retry_after
from connectors.http import Api
from connectors.quota import FIRST


def refusing(loopback, times, **headers):
    async def handler(request, writer):
        return loopback.reply(429 if len(loopback.arrived) <= times else 200, b"", **headers)

    return handler


@pytest.mark.parametrize(
    ("headers", "shortest", "longest"),
    [
        ({"retry_after": "7"}, 7, 7.1),
        ({"x_ratelimit_reset": "4"}, 4, 4.1),
        ({"retry_after": "7", "x_ratelimit_reset": "4"}, 7, 7.1),
        ({"retry_after": "0"}, 1, 1.1),
        ({"x_ratelimit_reset": "0.2"}, 1, 1.1),
        ({"retry_after": "soon"}, 1, 1.1),
        ({}, 1, 1.1),
    ],
)
async def test_a_429_is_waited_for_as_told_and_then_sent_again(loopback, skipping, headers, shortest, longest):
    api = await loopback.api(refusing(loopback, 1, **headers), clock=skipping)
    assert (await api.call("POST", "/contracts/", json={})).status == 200
    assert len(loopback.arrived) == 2
    assert shortest <= skipping.time - 1000 <= longest
    assert api.waited == pytest.approx(skipping.time - 1000)
    assert api.held == pytest.approx(skipping.time - 1000)


@pytest.mark.parametrize(
    "text", ["Mon, 20 Nov 99999999999 00:00:00 GMT", "Mon, 20 Nov 2026 00:00:00 +99999999999", "1e9", "-5", ""]
)
def test_a_wish_that_is_no_time_is_no_wish(text):
    assert retry_after({"retry-after": text}) is None


async def test_a_date_in_retry_after_is_understood(loopback, skipping):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    api = await loopback.api(refusing(loopback, 1, retry_after=soon), clock=skipping)
    await api.call("POST", "/contracts/")
    assert 17 < skipping.time - 1000 <= 20.1


async def test_waits_grow_when_nothing_is_said(loopback, skipping):
    api = await loopback.api(refusing(loopback, 8), clock=skipping)
    await api.call("POST", "/contracts/")
    assert len(loopback.arrived) == 9
    assert 8 <= skipping.time - 1000 <= 60


async def test_a_provider_that_wants_more_time_than_a_call_may_wait_is_not_waited_for(loopback, skipping):
    api = await loopback.api(refusing(loopback, 99, retry_after="600"), clock=skipping)
    with pytest.raises(TransientError) as caught:
        await api.call("POST", "/contracts/")
    assert (caught.value.arrived, caught.value.retry_after, caught.value.status) == ("no", 600, 429)
    assert skipping.slept == []
    with pytest.raises(TransientError) as caught:
        await api.call("GET", "/")
    assert caught.value.arrived == "no"
    assert caught.value.retry_after == pytest.approx(600)
    assert len(loopback.arrived) == 1  # the second call did not even leave
    skipping.time += 601
    with pytest.raises(TransientError):
        await api.call("GET", "/")
    assert len(loopback.arrived) == 2


async def test_endless_refusals_end_with_the_patience_of_the_call(loopback, skipping):
    api = await loopback.api(refusing(loopback, 999, retry_after="5"), clock=skipping, patience=30)
    with pytest.raises(TransientError) as caught:
        await api.call("POST", "/contracts/")
    assert (caught.value.arrived, caught.value.retry_after) == ("no", 5)
    assert len(loopback.arrived) == 7
    assert skipping.time - 1000 == pytest.approx(30, abs=1)


async def test_one_refusal_holds_back_everybody(loopback):
    began = asyncio.get_running_loop().time()
    refused_until = began + 1.0

    async def handler(request, writer):
        early = asyncio.get_running_loop().time() < refused_until
        return loopback.reply(429, b"", retry_after=1) if early else loopback.reply()

    api = await loopback.api(handler)
    await asyncio.gather(*(api.call("GET", f"/{number}") for number in range(30)))
    assert len(loopback.arrived) == 30 + FIRST  # the very first were refused, the others waited with them


async def test_a_503_is_waited_for_as_told_if_the_call_is_repeatable(loopback, skipping):
    async def handler(request, writer):
        return loopback.reply(503 if len(loopback.arrived) == 1 else 200, b"", retry_after=9)

    api = await loopback.api(handler, clock=skipping)
    await api.call("GET", "/")
    assert skipping.slept == [9]


async def test_repeats_spread_out(skipping):
    """Callers that failed together must not come back together."""
    waits = []
    for _ in range(20):
        before = skipping.time
        answers = iter([500, 200])
        transport = httpx.MockTransport(lambda _request, answers=answers: httpx.Response(next(answers)))
        api = Api("demo", "https://api.example.com", Basic("u", "password"), transport=transport, clock=skipping)
        await api.call("GET", "/")
        waits.append(skipping.time - before)
    assert len(set(waits)) > 15
    assert max(waits) <= 0.5


@given(text=st.text() | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str))
def test_retry_after_is_never_absurd(text):
    seconds = retry_after({"retry-after": text})
    assert seconds is None or 0 <= seconds <= 86_400
