"""Answers that are lost after the act, for every destination besides Zefort: whatever call it was, nothing is there twice."""

import pytest

from connectors.sandbox_faults import Fault
from tests.flows.crossings.all import CROSSINGS
from tests.flows.killing import grounds
from tests.flows.lives import Tally
from tests.flows.victims import Victims

every_destination = pytest.mark.parametrize("destination", CROSSINGS)


@pytest.fixture(scope="module")
def victims():
    with Victims() as server:
        yield server


def lose(app, method, path, **more):
    """Let the answers to some calls be lost after the act."""
    fault = Fault("act_then_drop", method, path, **more)
    app.shared.faults.append(fault)
    return fault


def writes(world):
    """Return the calls that changed something in the trial before, as app, method and path with stars for ids."""
    return [
        (app, *endpoint.replace("{}", "*").split(" ", 1))
        for app in world.apps.values()
        for endpoint in app.requests
        if not endpoint.startswith("GET ")
    ]


@every_destination
async def test_the_answer_to_each_write_may_be_lost_once(tmp_path, victims, destination):
    async with grounds(tmp_path, CROSSINGS[destination], victims) as (ground,):
        await ground.trial(tally := Tally())
        for app, method, path in writes(ground.world):
            fault = lose(app, method, path, times=1)
            await ground.trial(tally)
            app.shared.faults.clear()
            assert fault.struck == 1, (method, path)
    assert tally.clean, tally.everything


@every_destination
async def test_every_third_answer_to_a_write_may_be_lost(tmp_path, victims, destination):
    async with grounds(tmp_path, CROSSINGS[destination], victims) as (ground,):
        await ground.trial(tally := Tally())
        calls = writes(ground.world)
        # each kind of call counts for itself, so that its second answer, its fifth and so on are lost
        faults = [lose(app, method, path, first=2, every=3) for app, method, path in calls]
        await ground.trial(tally)
        assert sum(fault.struck for fault in faults) >= len(calls) / 2
    assert tally.clean, tally.everything
