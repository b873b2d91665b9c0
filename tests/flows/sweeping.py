"""How a sweep is run and judged, for all tests that sweep."""

from tests.flows.crossings.zefort import ShippedToZefort
from tests.flows.killing import grounds, sweep
from tests.flows.lives import Tally
from tests.soak_table import SoakLine, seeds

SEED = seeds(1)[0]


def checked(soak_line: SoakLine, tally: Tally, title: str, seed: int | str = "") -> Tally:
    """Give the table its line, and fail if anything was found."""
    soak_line(f"killed anywhere: {title}", str(tally), seed)
    assert tally.clean, tally.everything
    # nobody is killed in the first trial, and how many points there are varies: some lie behind the end
    assert tally.kills >= min(tally.trials - 2, 0.7 * tally.trials), tally.everything
    return tally


async def swept(soak_line, folder, title, step, *, by_answer=False, twice=False, world=ShippedToZefort, **options):
    """Sweep on several lanes."""
    async with grounds(folder, world, **{"lanes": 2, **options}) as ready:
        tally = await sweep(ready, step, SEED, by_answer=by_answer, twice=twice)
    drawn = step > 1 or twice
    return checked(soak_line, tally, f"{title}, every {step}. point" if step > 1 else title, SEED if drawn else "")
