"""A process is really killed before and after every request and every commit; run again, nothing is lost or doubled.

`make test` tries every n-th point and starts each time with another one; `KILL_SWEEP_SEED` repeats a choice.
`make soak` tries them all.
"""

import os
import random
import sys

import httpx
import pytest

from tests.flows.killing import Tally, grounds, sweep

SEED = int(os.environ.get("KILL_SWEEP_SEED", random.randrange(100_000)))
LAGGING = {"lag": 1.5, "settle": 3.0, "applied_after": 0.3}
"""Lists show what is new only after a while, and a 202 takes its time."""


def tell(title: str, tally: Tally) -> None:
    """Print a summary where `-s` shows it even from a worker process."""
    sys.stderr.write(f"\nkill sweep, {title}: {tally}\n")


async def swept(folder, title, step, *, by_answer=False, lanes=1, **options):
    async with grounds(folder, lanes=lanes, **options) as ready:
        tally = await sweep(ready, step, SEED, by_answer=by_answer)
    tell(f"{title}, every {step}. point, seed {SEED}" if step > 1 else title, tally)
    assert tally.clean, tally.everything
    assert tally.kills > 0.9 * (tally.trials - 1), tally.everything
    return tally


@pytest.mark.timeout(400)
async def test_a_run_killed_at_any_point_is_finished_by_the_next_one(tmp_path):
    await swept(tmp_path, "2 in flight", 40)


@pytest.mark.timeout(400)
async def test_many_documents_in_flight_do_not_make_a_kill_worse(tmp_path):
    await swept(tmp_path, "8 in flight", 60, at_once=8)


@pytest.mark.timeout(400)
async def test_a_request_that_was_carried_out_after_its_sender_died_is_not_made_again(tmp_path):
    await swept(tmp_path, "killed by the provider before it answers", 20, by_answer=True)


@pytest.mark.timeout(400)
async def test_lists_that_lag_behind_do_not_make_the_next_run_send_anything_twice(tmp_path):
    await swept(tmp_path, "lagging lists", 100, lanes=4, **LAGGING)


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("at_once", [2, 8])
async def test_no_point_of_a_run_is_a_bad_one_to_be_killed_at(tmp_path, at_once):
    tally = await swept(tmp_path, f"{at_once} in flight", 1, at_once=at_once)
    assert tally.met == tally.known


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("at_once", [2, 8])
async def test_no_answer_is_a_bad_one_to_be_killed_before(tmp_path, at_once):
    await swept(tmp_path, f"{at_once} in flight, killed by the provider", 1, by_answer=True, at_once=at_once)


@pytest.mark.soak
@pytest.mark.timeout(14_400)
async def test_lists_that_lag_behind_never_make_the_next_run_send_anything_twice(tmp_path):
    await swept(tmp_path, "lagging lists", 9, lanes=4, **LAGGING)


async def test_the_documents_of_the_sweep_have_everything_that_can_go_wrong(tmp_path):
    async with grounds(tmp_path) as (ground,):
        books, demo = ground.books, ground.hypatos.store.demo
        fates = {books.numbers[document_id]: fate for document_id, fate in books.fates.items()}
        delivered = [number for number, fate in fates.items() if fate == "delivered"]
        listed = [number for number in fates if demo.state(number) in ("done", "doneAutomatically")]
        suppliers = [demo.supplier(number)["id"] for number in delivered]
        known = {party["org_id"] for party in ground.zefort.state()["parties"].values()}
        new = [demo.supplier(number)["id"] for number in delivered if demo.supplier(number).get("vatId") not in known]
    assert len(listed) == 12
    assert list(fates.values()).count("rejected") >= 1
    assert [fates[number] for number in listed].count("nothing") >= 1
    assert any(len(demo.files(number)) == 2 for number in delivered)
    assert any(demo.kind(number)[0] == "credit_note" for number in delivered)
    assert any(new.count(supplier) >= 2 for supplier in new)
    assert set(suppliers) - set(new)


@pytest.mark.timeout(400)
async def test_the_sweep_finds_a_journal_that_never_looks(tmp_path):
    async with grounds(tmp_path) as (ground,):
        tally = Tally()
        whole = (await ground.trial(tally, careless=True))[0]
        assert tally.clean, tally.everything
        for path in ("/api/contracts/", "/api/contracts/{}/add_file/", "/api/contracts/{}/parties/"):
            point = 1 + whole.passed.index(f"at the answer to POST {path}")
            await ground.trial(tally, point, careless=True)
    assert tally.kills == 3
    assert sum(words.endswith("a contract is there 1 times too often") for words in tally.doubled) == 1
    assert sum(", files: " in words for words in tally.doubled) == 1
    assert sum(", parties: " in words for words in tally.doubled) == 1
    assert not tally.lost


async def test_the_sweep_notices_an_acknowledgement_before_the_contract(tmp_path):
    async with grounds(tmp_path) as (ground,):
        document_id = next(one for one, fate in ground.books.fates.items() if fate == "delivered")
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.post(f"{ground.urls['hypatos']}/documents/{document_id}/transfer", json={"successful": True})
        assert ground.premature == [f"document {document_id}: there is no contract"]
