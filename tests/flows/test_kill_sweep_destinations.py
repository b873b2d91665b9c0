"""The kill sweep for every destination besides Zefort: whatever it is, a run killed at any point is finished by the next.

`make test` tries some points and starts each time with others; `SOAK_SEED` repeats a choice. `make soak` tries all.
"""

import pytest

from tests.flows.crossings.all import CROSSINGS
from tests.flows.killing import grounds, sweep
from tests.flows.lives import Tally
from tests.flows.sweeping import SEED, checked, swept

every_destination = pytest.mark.parametrize("destination", CROSSINGS)
CREATING = {
    "contractfit.documents": "POST /api/documents/{}",
    "documine.files": "POST /api/{}/{}/dossiers/{}/files",
    "hypatos.documents": "POST /v2/documents/process-file",
    "rest": "POST /api/v1/invoices",
}
"""The call that makes one more each time it is made (one more upload, at DocuMine), where there is such a call …"""
SETTING = {
    "hypatos.suppliers": "at the answer to POST /v2/enrichment/suppliers",
    "hypatos.purchase-orders": "at the answer to POST /v2/enrichment/{}",
    "sql": "after a commit to dwh.db",
    "folder": "after replace",
}
"""… and the points right behind the writing of those that set what is there."""


@every_destination
async def test_a_run_killed_at_any_point_is_finished_by_the_next_one(soak_line, tmp_path, victims, destination):
    async with grounds(tmp_path, CROSSINGS[destination], victims) as ready:
        checked(soak_line, await sweep(ready, 60, SEED), f"{destination}, every 60. point", SEED)


@every_destination
async def test_what_was_carried_out_after_its_sender_died_is_not_done_again(soak_line, tmp_path, victims, destination):
    async with grounds(tmp_path, CROSSINGS[destination], victims) as ready:
        checked(soak_line, await sweep(ready, 20, SEED, by_answer=True), f"{destination}, every 20. answer", SEED)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@every_destination
async def test_no_point_of_a_run_is_a_bad_one_to_be_killed_at(soak_line, tmp_path, destination):
    tally = await swept(soak_line, tmp_path, destination, 1, world=CROSSINGS[destination], lanes=4)
    assert tally.known <= tally.met


@pytest.mark.soak
@pytest.mark.timeout(3600)
@every_destination
async def test_no_answer_is_a_bad_one_to_be_killed_before(soak_line, tmp_path, destination):
    title = f"{destination}, killed by the provider"
    await swept(soak_line, tmp_path, title, 1, by_answer=True, world=CROSSINGS[destination], lanes=4)


@pytest.mark.parametrize(("destination", "call"), CREATING.items())
async def test_the_sweep_finds_a_journal_that_never_looks(tmp_path, victims, destination, call):
    async with grounds(tmp_path, CROSSINGS[destination], victims, at_once=1) as (ground,):
        await ground.trial(tally := Tally(), [f"at the answer to {call}"], spoilt="careless")
    assert tally.kills == 1
    assert tally.doubled, tally.everything


@pytest.mark.parametrize(("destination", "point"), SETTING.items())
async def test_where_writing_is_setting_a_journal_that_never_looks_doubles_nothing(
    tmp_path, victims, destination, point
):
    async with grounds(tmp_path, CROSSINGS[destination], victims, at_once=1) as (ground,):
        await ground.trial(tally := Tally(), [point], spoilt="careless")
    assert tally.kills == 1
    assert tally.clean, tally.everything


@every_destination
async def test_the_sweep_finds_feedback_about_what_is_not_there_and_that_it_is_lost(tmp_path, victims, destination):
    async with grounds(tmp_path, CROSSINGS[destination], victims) as (ground,):
        await ground.trial(tally := Tally(), spoilt="hasty")
    assert tally.premature, tally.everything
    assert tally.lost, tally.everything


async def test_the_commits_of_a_destinations_own_database_are_points_and_so_is_all_that_is_done_on_a_disk(
    tmp_path, victims
):
    passed = {}
    for destination in ("sql", "folder"):
        async with grounds(tmp_path / destination, CROSSINGS[destination], victims) as (ground,):
            (life,) = await ground.trial(Tally())
        passed[destination] = set(life.passed)
    assert {"before a commit to dwh.db", "after a commit to dwh.db"} <= passed["sql"]
    assert {"before a file is opened", "within a file", "before replace", "after replace"} <= passed["folder"]
