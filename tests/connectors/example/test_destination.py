"""What the archive holds after deliveries, beyond what the contract suite asks of every destination."""

from datetime import timedelta

import pytest

from connectors.contract import State
from connectors.errors import ConnectorError, RejectedError, TransientError, UnsettledError


async def test_a_delivery_becomes_a_document_with_its_files(open_account, delivery, source_file, journal):
    account = await open_account()
    first, second = source_file(b"%PDF one"), source_file(b"%PDF two", "annex.pdf", "f2")
    document_id = await account.destination.push(delivery(first, second), journal)
    held = account.documents[document_id]
    assert (held["title"], str(held["amount"])) == ("Invoice 4711", "10.50")
    assert [file["sha256"] for file in held["files"]] == [first.sha256, second.sha256]


async def test_a_file_that_came_later_is_added_to_the_same_document(open_account, delivery, source_file, journal):
    account = await open_account()
    first, late = source_file(b"%PDF one"), source_file(b"%PDF late", "late.pdf", "f2")
    document_id = await account.destination.push(delivery(first), journal)
    assert await account.destination.push(delivery(first, late, replaces=document_id), journal) == document_id
    assert [file["sha256"] for file in account.documents[document_id]["files"]] == [first.sha256, late.sha256]


async def test_a_call_that_may_have_arrived_is_looked_for_and_repeated_only_after_the_settle_time(
    open_account, delivery, journal
):
    account = await open_account(listing_lag=3600.0)
    account.strike("act_then_drop", "POST", "/documents", times=1)
    with pytest.raises(TransientError):
        await account.destination.push(delivery(), journal)
    with pytest.raises(UnsettledError) as caught:
        await account.destination.push(delivery(), journal)
    assert caught.value.look_again_at == journal.now + timedelta(seconds=60)
    account.app.act({"advance": 3600})
    assert await account.destination.push(delivery(), journal) in account.documents
    assert len(account.documents) == 1


async def test_a_server_that_ignores_the_look_up_gives_nobody_elses_document(
    open_account, delivery, journal, new_journal
):
    account = await open_account(reference="ignored")
    other = await account.destination.push(delivery(key="hypatos_to_example:d0"), new_journal())
    account.strike("drop", "POST", "/documents", times=1)
    with pytest.raises(TransientError):
        await account.destination.push(delivery(), journal)
    journal.now += timedelta(seconds=60)
    assert await account.destination.push(delivery(), journal) != other
    assert len(account.documents) == 2


@pytest.mark.parametrize("status", [400, 404])
async def test_a_look_up_that_is_refused_is_no_verdict_on_the_document(open_account, delivery, journal, status):
    account = await open_account()
    account.strike("act_then_drop", "POST", "/documents", times=1)
    account.strike("status", "GET", "/documents", status=status, times=1)
    with pytest.raises(TransientError):
        await account.destination.push(delivery(), journal)
    with pytest.raises(ConnectorError) as caught:
        await account.destination.push(delivery(), journal)
    assert not isinstance(caught.value, RejectedError)
    assert [await account.destination.push(delivery(), journal)] == list(account.documents)


async def test_a_document_that_changed_while_its_creation_was_in_doubt_ends_as_it_is_now(
    open_account, delivery, journal
):
    account = await open_account()
    account.strike("act_then_drop", "POST", "/documents", times=1)
    with pytest.raises(TransientError):
        await account.destination.push(delivery(), journal)
    document_id = await account.destination.push(delivery(title="Invoice 4712"), journal)
    assert [one["title"] for one in account.documents.values()] == ["Invoice 4712"]
    assert list(account.documents) == [document_id]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("processing", State.PENDING),
        ("ready", State.ACCEPTED),
        ("exported", State.ACCEPTED),
        ("refused", State.REFUSED),
        ("trashed", State.GONE),
    ],
)
async def test_each_status_has_its_outcome(open_account, delivery, journal, status, state):
    account = await open_account()
    document_id = await account.destination.push(delivery(), journal)
    account.app.act({"status": document_id, "to": status})
    outcome = await account.destination.outcome(document_id, journal)
    assert (outcome.state, outcome.sure) == (state, True)


@pytest.mark.parametrize("change", [{"title": ""}, {"title": None}, {"amount": "10.50"}, {"amount": True}])
async def test_a_payload_of_no_use_is_refused_by_name(open_account, delivery, journal, change):
    account = await open_account()
    with pytest.raises(RejectedError, match=next(iter(change))):
        await account.destination.push(delivery(**change), journal)
    assert account.connection.traffic.requests == 0
