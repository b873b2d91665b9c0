"""A storm must be able to find what is wrong: engines that are spoilt on purpose are found out, and the whole one is not."""

import pytest

from tests.soak.plan import Blow, Plan
from tests.soak.weather import storm

pytestmark = pytest.mark.timeout(600)
on_both = pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
CREATING = "POST /api/v1/invoices"
"""The call that makes one more each time it is made."""


def plan(*blows, workers=1, database="sqlite"):
    return Plan(0, "rest", workers, workers > 1, database, 2, blows)


KILLED = Blow("kill", 0.0, 0, 0.5, f"at the answer to {CREATING}")
PAUSED = Blow("pause", 0.0, 0, 0.5, f"before {CREATING}")


@on_both
@pytest.mark.parametrize(("spoilt", "blows", "workers", "found"), [
    ("careless", (KILLED,), 1, "doubled"),
    ("hasty", (), 1, "premature"),
    ("unfenced", (PAUSED,), 1, "doubled"),
    ("unclaimed", (), 4, "doubled"),
])  # fmt: skip
async def test_a_spoilt_engine_is_found_out(tmp_path, victims, spoilt, blows, workers, found, database):
    tally = await storm(tmp_path, victims, plan(*blows, workers=workers, database=database), spoilt)
    assert getattr(tally, found), tally.everything


@on_both
@pytest.mark.parametrize("blow", [KILLED, PAUSED], ids=["killed", "paused"])
async def test_nothing_is_found_of_one_that_is_not(tmp_path, victims, blow, database):
    tally = await storm(tmp_path, victims, plan(blow, database=database), "")
    assert tally.clean, tally.everything
