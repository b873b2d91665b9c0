"""One answer in ten is lost after the act: nothing is there twice, nothing stays open, and finding out costs little."""

import pytest

from connectors.sandbox_faults import Fault
from tests.flows.crossings.all import CROSSINGS
from tests.flows.crossings.zefort import ShippedToZefort
from tests.flows.killing import RUNS, grounds
from tests.flows.lives import Tally
from tests.soak_table import seeds, shown

EVERY = {"zefort.contracts": ShippedToZefort, **CROSSINGS}
WRITES = ("POST", "PUT", "PATCH", "DELETE")
LOST = 0.1
MOST_READS = 1.0
"""Reads that an unknown outcome may cost, on average."""


def reads(world):
    """Count the reads that have been answered or broken off so far in this trial."""
    return sum(
        count for app in world.apps.values() for endpoint, count in app.requests.items() if endpoint.startswith("GET ")
    )


def lose(world, methods, seed):
    """Let one in ten answers be lost after the act, of these methods, at both ends."""
    made = [
        Fault("act_then_drop", method, "*", probability=LOST, seed=1000 * seed + number)
        for number, method in enumerate(methods)
    ]
    for app in world.apps.values():
        app.shared.faults = list(made)
    return made


async def trials(folder, victims, crossing, drawn):
    """Return what was found, how many answers to writes were lost, and how many reads more that took."""
    tally, lost, more = Tally(), 0, 0
    async with grounds(folder, EVERY[crossing], victims) as (ground,):
        await ground.trial(tally)
        still = reads(ground.world)
        for seed in drawn:
            faults = lose(ground.world, WRITES, seed)
            await ground.trial(tally)
            lost += sum(fault.struck for fault in faults)
            more += reads(ground.world) - still
            lose(ground.world, ("*",), seed)  # and those of reads, whose repeats are no reads about writes
            await ground.trial(tally)
            for app in ground.world.apps.values():
                app.shared.faults.clear()
    return tally, lost, more


def settled(tally, lost, more):
    """Hold all promises against what was found."""
    assert tally.clean, tally.everything
    assert tally.most_runs <= RUNS
    assert more <= MOST_READS * max(1, lost), f"{more} reads for {lost} unknown outcomes"


@pytest.mark.parametrize("crossing", EVERY)
async def test_every_tenth_answer_may_be_lost(tmp_path, victims, crossing):
    tally, lost, more = await trials(tmp_path, victims, crossing, range(2))
    assert lost
    settled(tally, lost, more)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("crossing", EVERY)
async def test_every_tenth_answer_may_be_lost_with_many_seeds(tmp_path, victims, crossing, soak_line):
    drawn = seeds(20)
    tally, lost, more = await trials(tmp_path, victims, crossing, drawn)
    figures = (
        f"{crossing}: {lost} unknown, {len(tally.doubled)} doubled, {len(tally.lost)} lost, "
        f"{more / max(1, lost):.2f} extra reads each, all settled after at most {tally.most_runs} runs"
    )
    soak_line("answers lost after the act double nothing", figures, shown(drawn))
    settled(tally, lost, more)
