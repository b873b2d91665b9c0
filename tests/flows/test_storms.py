"""Providers that refuse, fail and garble all the time: a few runs later everything is as if nothing had happened."""

from typing import NamedTuple

import pytest

from tests.flows.findings import Findings
from tests.flows.world import strike, world


class Storm(NamedTuple):
    """What every second request meets."""

    kind: str
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    act: bool = False


STORMS = {
    "429 with Retry-After": Storm("status", 429, (("retry-after", "1"),)),
    "429 with x-ratelimit-reset": Storm("status", 429, (("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1"))),
    "429 with nothing": Storm("status", 429),
    "500 before acting": Storm("status", 500),
    "502 after acting": Storm("status", 502, act=True),
    "503 before acting": Storm("status", 503),
    "503 after acting": Storm("status", 503, act=True),
    "cut": Storm("cut"),
    "garbled": Storm("garbled"),
    "html": Storm("html"),
    "drop": Storm("drop"),
    "act then drop": Storm("act_then_drop"),
}


def let_loose(app, storm, **when):
    more = {"status": storm.status, "headers": dict(storm.headers), "act": storm.act} if storm.status else {}
    return strike(app, storm.kind, **more, **when)


@pytest.mark.parametrize("name", STORMS)
async def test_a_storm_on_both_sides_ends_in_the_same_result(tmp_path, name):
    async with world(tmp_path) as it:
        # Drawn, not counted: a strict rhythm can fall in step with "look, send, look" and hit each sending for ever.
        # A garbled file cannot be told from a whole one: the source states no digest.
        where = "/documents*" if name == "garbled" else "*"
        faults = [
            let_loose(it.hypatos, STORMS[name], path=where, probability=0.4, seed=3),
            let_loose(it.zefort, STORMS[name], probability=0.4, seed=3),
        ]
        await it.finish(6)
        assert all(fault.struck > 10 for fault in faults)
        assert it.findings() == Findings()


async def test_answers_that_drip_are_waited_for(tmp_path):
    async with world(tmp_path) as it:
        for app in (it.hypatos, it.zefort):
            strike(app, "drip", every=4, seconds=0.05)
        await it.finish(1)
        assert it.findings() == Findings()


async def test_answers_that_take_too_long_are_given_up_and_made_up_for(tmp_path):
    async with world(tmp_path, deadline=0.5) as it:
        slow = [strike(app, "drip", every=11, seconds=3.0, times=4) for app in (it.hypatos, it.zefort)]
        await it.finish()
        assert all(fault.struck for fault in slow)
        assert it.findings() == Findings()
