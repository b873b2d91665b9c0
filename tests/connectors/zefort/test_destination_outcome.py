"""What becomes of a contract afterwards: processed, corrected, dropped, and what the check says."""

import pytest

from connectors.contract import State
from connectors.errors import AccessError, RejectedError

# The status and the AI


async def test_a_contract_is_pending_until_the_ai_has_finished(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(), journal)
    assert (await account.contracts.outcome(contract_id, journal)).state is State.PENDING
    account.ai_finishes()
    assert (await account.contracts.outcome(contract_id, journal)).state in {State.ACCEPTED, State.ALTERED}


async def test_what_the_ai_replaced_is_corrected_once_and_people_are_respected(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(), journal)
    account.ai_finishes()
    account.app.act({"edit": contract_id, "attributes": {"title": "What the AI read"}})
    outcome = await account.contracts.outcome(contract_id, journal)
    assert outcome.state is State.ALTERED
    assert "title" in outcome.reason
    await account.contracts.push(delivery(replaces=contract_id), journal)
    assert account.only["attributes"]["title"] == "Acme Oy 4711"
    account.app.act({"edit": contract_id, "attributes": {"title": "What a person wrote"}})
    assert (await account.contracts.outcome(contract_id, journal)).state is State.ACCEPTED


async def test_a_wished_status_is_set_once_the_ai_has_finished(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(status="done"), journal)
    account.ai_finishes()
    assert (await account.contracts.outcome(contract_id, journal)).state is State.ALTERED
    await account.contracts.push(delivery(replaces=contract_id, status="done"), journal)
    assert account.only["status"] == "done"
    assert (await account.contracts.outcome(contract_id, journal)).state is State.ACCEPTED


async def test_a_wished_status_is_set_where_no_ai_runs(open_account, journal, delivery):
    account = await open_account(ai=False)
    contract_id = await account.contracts.push(delivery(status="done"), journal)
    account.ai_finishes()
    account.app.store.contracts[contract_id].ai_done = None
    assert (await account.contracts.outcome(contract_id, journal)).state is State.ALTERED
    await account.contracts.push(delivery(replaces=contract_id, status="done"), journal)
    assert account.only["status"] == "done"
    assert (await account.contracts.outcome(contract_id, journal)).state is State.ACCEPTED


async def test_a_status_a_person_has_changed_is_left_alone(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(status="done"), journal)
    account.ai_finishes()
    await account.contracts.push(delivery(replaces=contract_id, status="done"), journal)
    account.app.act({"status": contract_id, "to": "archived"})
    await account.contracts.push(delivery(replaces=contract_id, status="done"), journal)
    assert account.only["status"] == "archived"


async def test_a_missing_mandatory_attribute_keeps_it_from_being_done_and_is_named(open_account, journal, delivery):
    account = await open_account(mandatory=["cost_centre"])
    contract_id = await account.contracts.push(delivery(status="done"), journal)
    account.ai_finishes()
    with pytest.raises(RejectedError, match="mandatory"):
        await account.contracts.push(delivery(replaces=contract_id, status="done"), journal)
    assert account.only["status"] == "review"


@pytest.mark.parametrize(
    ("what", "state", "words"),
    [("trash", State.GONE, "trash"), ("purge", State.GONE, "deleted"), ("error", State.REFUSED, "error")],
)
async def test_a_contract_that_was_dropped_is_seen_and_told(account, journal, delivery, what, state, words):
    contract_id = await account.contracts.push(delivery(), journal)
    account.ai_finishes()
    account.app.act({"status": contract_id, "to": "error"} if what == "error" else {what: contract_id})
    outcome = await account.contracts.outcome(contract_id, journal)
    assert outcome.state is state
    assert words in outcome.reason


async def test_dropped_lists_the_trash_and_the_failed(account, new_journal, delivery):
    ids = [await account.contracts.push(delivery(key=f"r:{number}"), new_journal()) for number in range(3)]
    account.app.act({"trash": ids[0]})
    account.app.act({"status": ids[1], "to": "error"})
    assert [contract_id async for contract_id in account.contracts.dropped()] == ids[:2]


async def test_a_status_nobody_knows_is_accepted(open_account, journal, delivery):
    account = await open_account(novelties=True)
    contract_id = await account.contracts.push(delivery(), journal)
    account.ai_finishes()
    account.app.store.contracts[contract_id].status = "quarantined"
    assert (await account.contracts.outcome(contract_id, journal)).state is State.ACCEPTED


# The account


async def test_the_check_says_what_it_saw(account):
    assert "0 contracts" in await account.connection.check()


async def test_a_wrong_key_is_an_access_error_and_ends_the_connection(open_account, journal, delivery):
    account = await open_account(settings={"api_key": "wrong-key"})
    for _ in range(3):
        with pytest.raises(AccessError):
            await account.contracts.push(delivery(), journal)
    assert account.connection.traffic.requests == 1


async def test_nothing_is_ever_deleted_for_good(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(), journal)
    await account.contracts.push(delivery(replaces=contract_id, parties=[], tags=[]), journal)
    assert account.shown["final_deletes_tried"] == 0
