"""Kills, pauses, full disks, clocks that go back and providers that are down, drawn by a seed; then the books are audited.

`make soak` sends 200 storms, `make test` a few, each time others. `SOAK_SEED` repeats one.
"""

import pytest

from tests.flows.crossings.shipped import SHIPPED
from tests.flows.killing import grounds
from tests.flows.lives import Tally
from tests.soak.weather import season
from tests.soak_table import seeds, shown

PROMISE = "whatever happens to the workers: nothing lost, doubled, told too early or twice, or left in part"


def checked(soak_line, found, drawn, clocks):
    without = "" if clocks else "; no clock was set back, since libfaketime is not installed"
    soak_line(PROMISE, f"{found}{without}", found.bad[0] if found.bad else shown(drawn))
    assert found.tally.clean, f"seeds {found.bad}\n{found.tally.everything}"


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_two_hundred_storms_leave_the_books_in_order(soak_line, tmp_path, victims, clocks):
    drawn = seeds(200)
    checked(soak_line, await season(tmp_path, victims, drawn, clocks=clocks), drawn, clocks)


@pytest.mark.timeout(900)
async def test_a_few_storms_leave_the_books_in_order(soak_line, tmp_path, victims, clocks):
    drawn = seeds(3)
    checked(soak_line, await season(tmp_path, victims, drawn, clocks=clocks, lanes=2), drawn, clocks)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("route", SHIPPED)
async def test_an_undisturbed_run_leaves_the_same_picture_every_time(tmp_path, victims, route):
    async with grounds(tmp_path, SHIPPED[route], victims) as (ground,):
        for _ in range(2):
            (life,) = await ground.trial(tally := Tally())
            assert life.complete
    assert tally.clean, tally.everything
