"""Finding a contract by the marker in its file's name."""

import asyncio

import pytest

from connectors.errors import TransientError
from connectors.markers import delivery_marker


async def push_and_lose(account, delivery, new_journal, keys):
    """Make contracts whose journals know only that they were asked for."""
    ids = {}
    for key in keys:
        journal = new_journal()
        ids[key] = await account.contracts.push(delivery(key=key), journal)
        journal.steps = {"create": (journal.now, None)}
        ids[key] = (ids[key], journal)
    return ids


async def test_a_contract_is_found_on_the_first_page(account, delivery, new_journal):
    made = await push_and_lose(account, delivery, new_journal, ["r:1"])
    before = account.asked("GET /contracts/")
    assert await account.contracts.push(delivery(key="r:1"), made["r:1"][1]) == made["r:1"][0]
    assert account.asked("GET /contracts/") - before == 1


@pytest.mark.parametrize("where", ["archived", "trash", "error", "limited", "later page"])
async def test_a_contract_is_found_wherever_it_is(open_account, delivery, new_journal, where):
    account = await open_account(settings={"page_size": 2})
    made = await push_and_lose(account, delivery, new_journal, ["r:1", "r:2", "r:3", "r:4", "r:5"])
    contract_id, _ = made["r:1"]
    if where in {"archived", "error", "limited"}:
        account.app.act({"status": contract_id, "to": where})
    found = account.found
    if where == "trash":
        account.app.act({"trash": contract_id})
    assert await found(delivery_marker("r:1"), 2) == contract_id
    assert await found(delivery_marker("r:none"), 2) is None


async def test_many_who_ask_at_once_share_the_sweeps(open_account, delivery, new_journal):
    account = await open_account(settings={"page_size": 10})
    made = await push_and_lose(account, delivery, new_journal, [f"r:{number}" for number in range(30)])
    find = account.found
    account.app.switches.latency = 0.005
    before = account.asked("GET /contracts/")
    answers = await asyncio.gather(*(find(delivery_marker(key), 2) for key in made))
    assert answers == [contract_id for contract_id, _ in made.values()]
    assert account.asked("GET /contracts/") - before <= 2 * 3


async def test_one_who_is_cancelled_leaves_the_others_their_answer(account, delivery, new_journal):
    made = await push_and_lose(account, delivery, new_journal, ["r:1", "r:2", "r:3"])
    find = account.found
    account.app.switches.latency = 0.005
    first, *others = (asyncio.create_task(find(delivery_marker(key), 2)) for key in made)
    await asyncio.sleep(0)
    first.cancel()
    answers = await asyncio.gather(first, *others, return_exceptions=True)
    assert isinstance(answers[0], BaseException)  # in-process transports do not always pass a cancellation on as one
    assert answers[1:] == [contract_id for contract_id, _ in made.values()][1:]


async def test_a_list_that_shrinks_while_it_is_searched_is_read_again(open_account, delivery, new_journal):
    account = await open_account(settings={"page_size": 3})
    made = await push_and_lose(account, delivery, new_journal, [f"r:{number}" for number in range(12)])
    account.app.switches.drift, account.app.switches.drift_items, account.app.switches.drift_most = "leave", 2, 2
    before = account.asked("GET /contracts/")
    # Newest first, three a page: two of 11, 10, 9 leave, and 8 has moved from the second page to the first.
    assert await account.found(delivery_marker("r:8"), 2) == made["r:8"][0]
    assert (
        account.asked("GET /contracts/") - before == 4
    )  # it was read to its end and is read again: it showed fewer than it counted


async def test_of_two_contracts_with_one_marker_the_older_is_kept(account, delivery, new_journal, caplog):
    older = await account.contracts.push(delivery(key="r:1"), new_journal())
    account.app.act({"advance": 5})
    newer = await account.contracts.push(delivery(key="r:1"), new_journal())
    assert await account.found(delivery_marker("r:1"), 2) == older
    assert older in caplog.text
    assert newer in caplog.text


async def push_copied(account, delivery, new_journal, source_file):
    """Make a contract, and later another one of somebody else's to which a copy of the first one's file was added."""
    (made,) = (await push_and_lose(account, delivery, new_journal, ["r:1"])).values()
    (copied,) = [file["name"] for file in account.only["files"]]
    account.app.act({"advance": 5})
    own, copy = source_file(b"%PDF-1.7 framework"), source_file(b"%PDF-1.7 r:1", "f2", "copy.pdf", main=False)
    await account.contracts.push(delivery(own, copy, key="r:2"), new_journal())
    contract = next(reversed(account.app.store.contracts.values()))
    contract.files[1].name = copied
    return made, contract


async def test_a_contract_to_which_somebody_has_added_a_copy_of_our_file_is_not_taken_for_ours(
    open_account, delivery, new_journal, source_file
):
    account = await open_account(settings={"page_size": 1})
    (made, _), other = await push_copied(account, delivery, new_journal, source_file)
    assert await account.found(delivery_marker("r:1")) == made != other.id


async def test_where_only_such_a_copy_is_left_nothing_is_overwritten_and_nothing_is_doubled(
    account, delivery, new_journal, source_file
):
    (made, _), other = await push_copied(account, delivery, new_journal, source_file)
    del account.app.store.contracts[made]
    with pytest.raises(TransientError, match=f"contract {other.id} has its file, but not as the main one"):
        await account.found(delivery_marker("r:1"))


async def test_of_what_was_made_long_ago_the_contract_itself_is_found_behind_its_copies(
    open_account, delivery, new_journal
):
    account = await open_account(settings={"page_size": 1})
    older = await account.contracts.push(delivery(key="r:1"), new_journal())
    account.app.act({"advance": 5})
    await account.contracts.push(delivery(key="r:1"), new_journal())
    assert await account.found(delivery_marker("r:1"), 9) == older
