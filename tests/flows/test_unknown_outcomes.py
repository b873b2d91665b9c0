"""One answer in ten is lost after the act: nothing is there twice, nothing stays open, and finding out costs little."""

import asyncio
import time
from contextlib import asynccontextmanager, suppress

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


CHANCE = 2
"""Reads more or less that two runs differ by of themselves: who is waited for looks again after a while."""
FEW = 3
"""Of so many runs with so few losses chance is a larger part; the long form holds the average."""


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
        lose(ground.world, ("*",), drawn[0])  # and those of reads, whose repeats are no reads about writes
        await ground.trial(tally)
    return tally, lost, more


def settled(tally, lost, more, chance=CHANCE):
    """Hold all promises against what was found."""
    assert tally.clean, tally.everything
    assert tally.most_runs <= RUNS
    assert more <= MOST_READS * lost + chance, f"{more} reads for {lost} unknown outcomes"


@pytest.mark.parametrize("crossing", EVERY)
async def test_every_tenth_answer_may_be_lost(tmp_path, victims, crossing):
    tally, lost, more = await trials(tmp_path, victims, crossing, range(FEW))
    assert lost
    settled(tally, lost, more, FEW * CHANCE)


SPEED = 60.0
"""How many times as fast as ours the clock of a far end runs that lags: a settle time of two minutes takes two seconds."""
LAG = 60.0
LAGGING = ("zefort.contracts", "contractfit.documents", "documine.files", "hypatos.documents", "rest")
"""Those that look a lost answer up in a list; in the others it is read by its id, or is overwritten."""


@asynccontextmanager
async def time_lapse(app):
    """Let a sandbox's time pass faster."""

    async def pass_on():
        before = time.monotonic()
        while True:
            await asyncio.sleep(0.02)
            now = time.monotonic()
            app.clock.advance((now - before) * (SPEED - 1))
            before = now

    passing = asyncio.create_task(pass_on())
    try:
        yield
    finally:
        passing.cancel()
        with suppress(asyncio.CancelledError):
            await passing


async def lagging(folder, victims, crossing, settle):
    """Lose answers of a far end whose lists show what is new a minute late; return what was found."""
    async with grounds(folder, EVERY[crossing], victims, settle=settle) as (ground,):
        (far,) = [app for name, app in ground.world.apps.items() if name != ground.world.source]
        (switch,) = [name for name in ("index_lag", "listing_lag") if hasattr(far.shared, name)]
        setattr(far.shared, switch, LAG)
        lost = Fault("act_then_drop", "POST", "*", every=3)
        far.shared.faults.append(lost)
        async with time_lapse(far):
            await ground.trial(tally := Tally())
        assert lost.struck
    return tally


@pytest.mark.parametrize("crossing", LAGGING)
async def test_a_list_that_lags_a_minute_is_waited_for(tmp_path, victims, crossing):
    tally = await lagging(tmp_path, victims, crossing, settle=120 / SPEED)
    assert tally.clean, tally.everything


async def test_without_waiting_a_list_that_lags_doubles_what_was_lost(tmp_path, victims):
    tally = await lagging(tmp_path, victims, "contractfit.documents", settle=0.0)
    assert tally.doubled, tally.everything


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
