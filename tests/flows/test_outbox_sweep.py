"""Every fifth acknowledgement fails and processes are killed: at rest the source has heard each outcome once, in order.

Each trial is drawn from its seed: which calls fail and how, when processes die, whom people at the far end drop and take
back. `make test` tries a few seeds, `make soak` two hundred; `SOAK_SEED` repeats one, `SOAK_SEEDS` says how many.
"""

import os
import random
import sys

import pytest

from tests.flows.killing import grounds
from tests.flows.lives import Tally
from tests.flows.outbox.deaf import Deaf
from tests.flows.outbox.sources import SOURCES

SEEDS = int(os.environ.get("SOAK_SEEDS", "200"))
every_source = pytest.mark.parametrize("source", SOURCES)


def seeds(count):
    """Return the seed that was asked for, or some that nobody has seen before."""
    if "SOAK_SEED" in os.environ:
        return [int(os.environ["SOAK_SEED"])]
    first = random.randrange(1_000_000)
    return range(first, first + count)


def death(chance, life):
    """Draw when processes die: at one or two points of their own, or from outside before an answer."""
    if chance.random() < 0.25:
        return {"answer": chance.randrange(1, max(2, len(life) // 4))}
    return {"fatal": [chance.randrange(1, len(life)) for _ in range(chance.choice((1, 1, 2)))]}


async def one(ground, seed, life, tally):
    """Carry everything, have half of it dropped, and some of that taken back, with deaths in each part."""
    chance, world = random.Random(seed), ground.world
    world.seed = seed
    await ground.trial(tally, **death(chance, life))
    if "withdrawn" not in world.ear.means(""):
        return
    dropped = world.drop(chance)
    await ground.go_on(tally, **death(chance, life[: len(life) // 2]))
    world.restore([id_ for id_ in dropped if chance.random() < 0.5])
    await ground.go_on(tally, **death(chance, life[: len(life) // 2]))


async def swept(folder, victims, source, some, *, spoilt=""):
    tally = Tally()
    async with grounds(folder, lambda: Deaf(SOURCES[source]), victims) as (ground,):
        world = ground.world
        world.failing = 0.0
        (whole,) = await ground.trial(tally)
        assert tally.clean, tally.everything
        world.failing = 0.2
        struck = {}
        for seed in some:
            before = tally.clean
            await one(ground, seed, whole.passed, tally)
            for fault in world.faults:
                struck[fault.kind, fault.status] = struck.get((fault.kind, fault.status), 0) + fault.struck
            assert tally.clean or not before, f"SOAK_SEED={seed}\n{tally.everything}"
    sys.stderr.write(f"\noutbox, {source}, seeds {some}: {tally}; faults {sum(struck.values())}\n")
    return tally


@pytest.mark.timeout(900)
@every_source
async def test_at_rest_the_source_has_heard_every_outcome_once_and_in_order(tmp_path, victims, source):
    tally = await swept(tmp_path, victims, source, seeds(3))
    assert tally.kills


@pytest.mark.soak
@pytest.mark.timeout(3600)
@every_source
async def test_whatever_fails_and_whoever_dies_each_outcome_is_heard_once_and_in_order(tmp_path, victims, source):
    tally = await swept(tmp_path, victims, source, seeds(-(-SEEDS // len(SOURCES))))
    assert tally.kills > tally.trials / 3
