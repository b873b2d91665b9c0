"""How a sweep is run and judged, for all tests that sweep."""

import os
import random
import sys

from tests.flows.crossings.zefort import ShippedToZefort
from tests.flows.killing import grounds, sweep
from tests.flows.lives import Tally

SEED = int(os.environ.get("KILL_SWEEP_SEED", random.randrange(100_000)))


def checked(tally: Tally, title: str) -> Tally:
    """Print a summary where `-s` shows it even from a worker process, and fail if anything was found."""
    sys.stderr.write(f"\nkill sweep, {title}: {tally}\n")
    assert tally.clean, tally.everything
    # nobody is killed in the first trial, and how many points there are varies: some lie behind the end
    assert tally.kills >= min(tally.trials - 2, 0.7 * tally.trials), tally.everything
    return tally


async def swept(folder, title, step, *, by_answer=False, twice=False, world=ShippedToZefort, **options):
    """Sweep on several lanes."""
    async with grounds(folder, world, **{"lanes": 2, **options}) as ready:
        tally = await sweep(ready, step, SEED, by_answer=by_answer, twice=twice)
    return checked(tally, f"{title}, every {step}. point, seed {SEED}" if step > 1 else title)
