"""Every fifth acknowledgement fails and processes are killed: at rest the source has heard each outcome once, in order.

Each trial is drawn from its seed: which calls fail and how, when processes die, whom people at the far end drop and take
back. `make test` tries one seed of each source, `make soak` two hundred of all; `SOAK_SEED` repeats one.
"""

import os
import random
import time

import pytest

from tests.flows.killing import grounds
from tests.flows.lives import Tally
from tests.flows.outbox.deaf import FAILING, Deaf
from tests.flows.outbox.sources import SOURCES
from tests.soak_table import seeds, shown

every_source = pytest.mark.parametrize("source", SOURCES)


def death(chance, life):
    """Draw when processes die: at one or two points of their own, or from outside before an answer."""
    if chance.random() < 0.25:
        return {"answer": chance.randrange(1, max(2, len(life) // 4))}
    return {"fatal": [chance.randrange(1, len(life)) for _ in range(chance.choice((1, 1, 2)))]}


async def one(ground, seed, life, tally, spoilt):
    """Carry everything, have half of it dropped, and some of that taken back, with deaths in each part."""
    chance, world = random.Random(seed), ground.world
    world.seed = seed
    await ground.trial(tally, **death(chance, life), spoilt=spoilt)
    if "withdrawn" not in world.ear.means(""):
        return
    dropped = world.drop(chance)
    await ground.go_on(tally, **death(chance, life[: len(life) // 2]), spoilt=spoilt)
    world.restore([id_ for id_ in dropped if chance.random() < 0.5])
    await ground.go_on(tally, **death(chance, life[: len(life) // 2]), spoilt=spoilt)


async def swept(folder, victims, source, some, soak_line, *, spoilt=""):
    tally, faults, began = Tally(), 0, time.monotonic()
    async with grounds(folder, lambda: Deaf(SOURCES[source]), victims, at_once=4) as (ground,):
        world = ground.world
        world.failing = 0.0
        (whole,) = await ground.trial(tally)
        assert tally.clean, tally.everything
        world.failing = FAILING
        last = some[0]
        for last in some:
            await one(ground, last, whole.passed, tally, spoilt)
            faults += sum(fault.struck for fault in world.faults)
            if not tally.clean:
                break  # what is found is of this seed
    tally.seconds = time.monotonic() - began
    canary = "canary, to be found out: " if spoilt else ""
    soak_line(f"{canary}feedback outbox, {source}", f"{tally}; {faults} faults", shown(some) if tally.clean else last)
    assert tally.clean or spoilt, f"SOAK_SEED={last}\n{tally.everything}"
    return tally


@pytest.mark.timeout(900)
@every_source
async def test_at_rest_the_source_has_heard_every_outcome_once_and_in_order(tmp_path, victims, source, soak_line):
    await swept(tmp_path, victims, source, seeds(1), soak_line)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@every_source
async def test_whatever_fails_and_whoever_dies_each_outcome_is_heard_once_and_in_order(
    tmp_path, victims, source, soak_line
):
    tally = await swept(tmp_path, victims, source, seeds(200 // len(SOURCES)), soak_line)
    assert tally.kills > tally.trials / 3 or "SOAK_SEED" in os.environ


@pytest.mark.parametrize("spoilt", ["forgetful", "silent"])
async def test_the_sweep_finds_messages_that_are_told_again_and_those_that_are_never_told(
    tmp_path, victims, spoilt, soak_line
):
    tally = await swept(tmp_path, victims, "zefort.contracts", [1], soak_line, spoilt=spoilt)
    assert tally.doubled if spoilt == "forgetful" else tally.lost, tally.everything
