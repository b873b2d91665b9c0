"""Contract.fit as a destination: later deliveries of the same document, and what becomes of it."""

import pytest

from connectors.contract import State
from connectors.errors import GoneError, RejectedError, TransientError

UPLOAD = "POST /documents/{}"


async def test_an_update_with_the_same_files_sends_nothing(empty, delivery, journal):
    external_id = await empty.destination.push(delivery(), journal)
    again = await empty.destination.push(delivery(title="another title", replaces=external_id), journal)
    assert again == external_id
    assert empty.asked(UPLOAD) == 1


async def test_an_update_sends_files_that_are_new(empty, delivery, journal, source_file):
    first = source_file(b"%PDF a", "a")
    external_id = await empty.destination.push(delivery(first), journal)
    more = source_file(b"%PDF b", "b", main=False)
    assert await empty.destination.push(delivery(first, more, replaces=external_id), journal) == external_id
    assert len(empty.documents) == 2


async def test_a_new_main_file_takes_the_place_of_the_old_one_which_is_rejected_first(
    empty, delivery, journal, source_file
):
    old = await empty.destination.push(delivery(source_file(b"%PDF a", "a")), journal)
    new = await empty.destination.push(delivery(source_file(b"%PDF b", "b"), replaces=old), journal)
    assert new != old
    assert empty.documents[old]["states"]["reject"] is True
    assert empty.documents[new]["states"]["reject"] is False
    assert await empty.destination.push(delivery(source_file(b"%PDF b", "b"), replaces=new), journal) == new
    assert len(empty.documents) == 2
    newest = await empty.destination.push(delivery(source_file(b"%PDF c", "c"), replaces=new), journal)
    assert [empty.documents[one]["states"]["reject"] for one in (old, new, newest)] == [True, True, False]
    empty.app.act({"advance": 30})
    assert (await empty.destination.outcome(newest, journal)).state is State.ACCEPTED


async def test_a_document_that_somebody_has_locked_is_not_replaced_now(empty, delivery, journal, source_file):
    old = await empty.destination.push(delivery(source_file(b"%PDF a", "a")), journal)
    empty.app.act({"set": old, "state": "lock"})
    with pytest.raises(TransientError, match="locked"):
        await empty.destination.push(delivery(source_file(b"%PDF b", "b"), replaces=old), journal)
    assert empty.documents[old]["calls"] == []
    empty.app.act({"set": old, "state": "lock", "value": False})
    assert await empty.destination.push(delivery(source_file(b"%PDF b", "b"), replaces=old), journal) != old


async def test_an_old_document_that_does_not_show_its_rejection_holds_the_new_one_back(
    open_account, delivery, journal, source_file
):
    account = await open_account(0, without_effect=["reject"])
    old = await account.destination.push(delivery(source_file(b"%PDF a", "a")), journal)
    with pytest.raises(TransientError):
        await account.destination.push(delivery(source_file(b"%PDF b", "b"), replaces=old), journal)
    assert account.asked(UPLOAD) == 1


@pytest.mark.parametrize("far", ["processed", "submitted", "done"])
async def test_a_document_that_may_have_been_used_is_not_replaced(empty, delivery, journal, source_file, far):
    old = await empty.destination.push(delivery(source_file(b"%PDF a", "a")), journal)
    empty.app.act({"finish": old})
    if far == "submitted":
        empty.app.act({"set": old, "state": "submitted"})
    elif far == "done":
        empty.app.act({"review": old})
    with pytest.raises(RejectedError, match="cannot be replaced"):
        await empty.destination.push(delivery(source_file(b"%PDF b", "b"), replaces=old), journal)
    assert len(empty.documents) == 1
    assert empty.documents[old]["states"]["reject"] is False


async def test_a_deleted_document_is_not_sent_anew(empty, delivery, journal):
    old = await empty.destination.push(delivery(), journal)
    empty.app.act({"delete": old})
    with pytest.raises(RejectedError) as caught:
        await empty.destination.push(delivery(replaces=old), journal)
    assert not isinstance(caught.value, GoneError)
    assert empty.documents == {}


# What becomes of it


async def test_a_document_is_pending_until_it_is_processed(empty, delivery, journal):
    external_id = await empty.destination.push(delivery(), journal)
    states = []
    for seconds in (0, 3, 20):
        empty.app.act({"advance": seconds})
        states.append((await empty.destination.outcome(external_id, journal)).state)
    assert states == [State.PENDING, State.PENDING, State.ACCEPTED]


@pytest.mark.parametrize(("act", "state"), [
    ({"finish": "", "ends_in": "to_review"}, State.ACCEPTED), ({"finish": "", "ends_in": "failed"}, State.REFUSED),
    ({"set": "", "state": "reject"}, State.REFUSED), ({"review": ""}, State.ACCEPTED), ({"archive": ""}, State.PENDING),
])  # fmt: skip
async def test_outcomes_follow_the_status(empty, delivery, journal, act, state):
    external_id = await empty.destination.push(delivery(), journal)
    empty.app.act({key: value or external_id for key, value in act.items()})
    outcome = await empty.destination.outcome(external_id, journal)
    assert outcome.state is state
    assert bool(outcome.reason) is (state is State.REFUSED)


async def test_a_further_file_that_failed_makes_the_delivery_fail(empty, delivery, journal, source_file):
    files = [source_file(b"%PDF a", "a"), source_file(b"%PDF b", "b", main=False)]
    external_id = await empty.destination.push(delivery(*files), journal)
    (other,) = set(empty.documents) - {external_id}
    empty.app.act({"finish": external_id})
    assert (await empty.destination.outcome(external_id, journal)).state is State.PENDING
    empty.app.act({"finish": other, "ends_in": "failed"})
    outcome = await empty.destination.outcome(external_id, journal)
    assert (outcome.state, other in outcome.reason) == (State.REFUSED, True)


async def test_what_is_not_visible_yet_is_pending_and_what_was_deleted_is_gone(open_account, delivery, journal):
    account = await open_account(0, visible_after=30.0)
    external_id = await account.destination.push(delivery(), journal)
    assert (await account.destination.outcome(external_id, journal)).state is State.PENDING
    note = journal.steps["sent:upload"]
    journal.steps["sent:upload"] = (note[0], note[1].replace("2026-", "2025-", 1))
    outcome = await account.destination.outcome(external_id, journal)
    assert (outcome.state, outcome.sure) == (State.GONE, False)


async def test_nothing_is_listed_as_dropped(account):
    assert [one async for one in account.destination.dropped()] == []
