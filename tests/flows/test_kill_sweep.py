"""A process is really killed before and after every request and every commit; run again, nothing is lost or doubled.

`make test` tries every n-th point and starts each time with another one; `SOAK_SEED` repeats a choice.
`make soak` tries them all.
"""

from functools import partial

import httpx
import pytest

from connectors.hypatos.sandbox_documents import DemoDocuments
from tests.flows.books import REGISTERED, Books
from tests.flows.crossings.mended import MendedToZefort
from tests.flows.crossings.zefort import DOCUMENTS, SET, ShippedToZefort
from tests.flows.killing import grounds
from tests.flows.lives import Tally
from tests.flows.sweeping import swept

LAGGING = {"world": partial(ShippedToZefort, lag=1.5, applied_after=0.3), "settle": 3.0}
"""Lists show what is new only after a while, and a 202 takes its time."""


@pytest.mark.timeout(900)
async def test_a_run_killed_at_any_point_is_finished_by_the_next_one(soak_line, tmp_path):
    await swept(soak_line, tmp_path, "2 in flight", 50)


@pytest.mark.timeout(900)
async def test_many_documents_in_flight_do_not_make_a_kill_worse(soak_line, tmp_path):
    await swept(soak_line, tmp_path, "8 in flight", 70, at_once=8)


@pytest.mark.timeout(900)
async def test_a_request_that_was_carried_out_after_its_sender_died_is_not_made_again(soak_line, tmp_path):
    await swept(soak_line, tmp_path, "killed by the provider before it answers", 25, by_answer=True)


@pytest.mark.timeout(900)
async def test_lists_that_lag_behind_do_not_make_the_next_run_send_anything_twice(soak_line, tmp_path):
    await swept(soak_line, tmp_path, "lagging lists", 130, lanes=4, **LAGGING)


@pytest.mark.timeout(900)
async def test_the_run_that_cleans_up_may_be_killed_as_well(soak_line, tmp_path):
    await swept(soak_line, tmp_path, "killed twice", 130, twice=True)


@pytest.mark.timeout(900)
async def test_a_run_that_wakes_what_a_mended_mapping_cures_may_be_killed_at_any_point(soak_line, tmp_path):
    await swept(soak_line, tmp_path, "mended", 110, world=MendedToZefort)


@pytest.mark.timeout(900)
async def test_documents_are_woken_by_the_next_run_wherever_the_first_one_died(tmp_path, victims):
    async with grounds(tmp_path, MendedToZefort, victims) as (ground,):
        tally = Tally()
        for point in range(4, 11, 2):  # after each commit before anything is asked of a provider
            (first, *_) = await ground.trial(tally, [point])
            assert first.died == "after a commit to state.db"
    assert tally.clean, tally.everything


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("at_once", [2, 8])
async def test_no_point_of_waking_is_a_bad_one_to_be_killed_at(soak_line, tmp_path, at_once):
    tally = await swept(soak_line, tmp_path, f"mended, {at_once} in flight", 1, at_once=at_once, world=MendedToZefort)
    assert tally.known <= tally.met


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("at_once", [2, 8])
async def test_no_point_of_a_run_is_a_bad_one_to_be_killed_at(soak_line, tmp_path, at_once):
    tally = await swept(soak_line, tmp_path, f"{at_once} in flight", 1, at_once=at_once)
    assert tally.known <= tally.met


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("at_once", [2, 8])
async def test_no_answer_is_a_bad_one_to_be_killed_before(soak_line, tmp_path, at_once):
    await swept(soak_line, tmp_path, f"{at_once} in flight, killed by the provider", 1, by_answer=True, at_once=at_once)


@pytest.mark.soak
@pytest.mark.timeout(14_400)
async def test_no_point_is_a_bad_one_to_be_killed_at_for_the_second_time(soak_line, tmp_path):
    await swept(soak_line, tmp_path, "killed twice", 3, twice=True)


@pytest.mark.soak
@pytest.mark.timeout(14_400)
async def test_lists_that_lag_behind_never_make_the_next_run_send_anything_twice(soak_line, tmp_path):
    await swept(soak_line, tmp_path, "lagging lists", 9, lanes=4, **LAGGING)


def test_the_documents_of_the_sweep_have_everything_that_can_go_wrong():
    demo = DemoDocuments(SET, DOCUMENTS)
    books = Books(demo)
    fates = {books.numbers[document_id]: fate for document_id, fate in books.fates.items()}
    delivered = [number for number, fate in fates.items() if fate == "delivered"]
    listed = [number for number in fates if demo.state(number) in ("done", "doneAutomatically")]
    suppliers = [demo.supplier(number)["name"] for number in delivered]
    new = [name for name in suppliers if name not in REGISTERED]
    assert len(listed) == 12
    assert list(fates.values()).count("rejected") >= 1
    assert [fates[number] for number in listed].count("nothing") >= 1
    assert any(len(demo.files(number)) == 2 for number in delivered)
    assert any(demo.kind(number)[0] == "credit_note" for number in delivered)
    assert any(new.count(supplier) >= 2 for supplier in new)
    assert set(suppliers) & set(REGISTERED)


@pytest.mark.timeout(900)
async def test_the_sweep_finds_a_journal_that_never_looks(tmp_path):
    async with grounds(tmp_path, ShippedToZefort, at_once=1) as (ground,):
        await ground.trial(tally := Tally(), spoilt="careless")
        assert tally.clean, tally.everything
        for path in ("", "{}/add_file/", "{}/parties/", "{}/notes/"):
            await ground.trial(tally, [f"at the answer to POST /api/contracts/{path}"], spoilt="careless")
    assert tally.kills == 4
    doubled = "\n".join(tally.doubled)
    assert "a contract is there 1 times too often" in doubled
    assert all(f", {part}: " in doubled for part in ("files", "parties", "notes")), doubled


async def test_the_sweep_notices_an_acknowledgement_before_the_contract(tmp_path):
    async with grounds(tmp_path, ShippedToZefort) as (ground,):
        document_id = next(one for one, fate in ground.world.books.fates.items() if fate == "delivered")
        url, secrets = ground.urls["hypatos"], ground.world.hypatos.credentials
        async with httpx.AsyncClient(trust_env=False) as client:
            asked = {
                "data": {"grant_type": "client_credentials"},
                "auth": (secrets["client_id"], secrets["client_secret"]),
            }
            token = (await client.post(f"{url}/auth/token", **asked)).json()["access_token"]
            let_in = {"Authorization": f"Bearer {token}"}
            told = f"{url}/documents/{document_id}/transfer"
            (await client.post(told, json={"successful": True}, headers=let_in)).raise_for_status()
        assert ground.premature == [f"document {document_id}: there is no contract"]
