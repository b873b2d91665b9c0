"""Answers that are lost after the act, for every destination besides Zefort: whatever call it was, nothing is there twice."""

import pytest

from connectors.sandbox_faults import Fault
from tests.flows.crossings.all import CROSSINGS
from tests.flows.crossings.shipped import SHIPPED
from tests.flows.killing import grounds
from tests.flows.lives import Tally

every_destination = pytest.mark.parametrize("destination", CROSSINGS)


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


@pytest.mark.parametrize("route", [*CROSSINGS, *SHIPPED])
async def test_the_answer_to_each_write_may_be_lost_once(tmp_path, victims, route):
    """Shipped routes leave the picture they always leave, in which a call that was said again is seen too."""
    async with grounds(tmp_path, {**CROSSINGS, **SHIPPED}[route], victims) as (ground,):
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
        apps = ground.world.apps.values()
        faults = [lose(app, method, "*", every=3) for app in apps for method in ("POST", "PUT", "PATCH")]
        await ground.trial(tally := Tally())
    assert sum(fault.struck for fault in faults) >= 3
    assert tally.clean, tally.everything


@pytest.mark.parametrize(("destination", "act"), [
    ("sql", "a commit to dwh.db"), ("folder", "replace"), ("folder", "fsync"),
])  # fmt: skip
async def test_where_there_is_no_wire_the_answers_of_a_disk_or_a_database_may_be_lost(
    tmp_path, victims, destination, act
):
    async with grounds(tmp_path, CROSSINGS[destination], victims) as (ground,):
        (clean,) = await ground.trial(tally := Tally())
        (life,) = await ground.trial(tally, lost=act)
    assert life.passed.count(f"before {act}") > clean.passed.count(f"before {act}") >= 4, "it was done again"
    assert tally.clean, tally.everything


@pytest.mark.parametrize(("destination", "path"), [
    ("contractfit.documents", "/documents/*"), ("documine.files", "*/files"), ("hypatos.documents", "*/process-file"),
    ("rest", "/invoices"),
])  # fmt: skip
async def test_a_journal_that_never_looks_doubles_what_was_lost(tmp_path, victims, destination, path):
    async with grounds(tmp_path, CROSSINGS[destination], victims) as (ground,):
        far = next(app for name, app in ground.world.apps.items() if name != ground.world.source)
        lost = lose(far, "POST", path, times=1)
        await ground.trial(tally := Tally(), spoilt="careless")
    assert lost.struck == 1
    assert tally.doubled, tally.everything
