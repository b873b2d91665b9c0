"""Answers that are lost on the way to the sandbox: every one is looked up before its call is made again."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from connectors.contract import State
from connectors.errors import RejectedError, TransientError, UnsettledError
from connectors.sandbox_faults import Fault
from connectors.zefort import models

STEPS = [
    ("POST", "/contracts/"),
    ("POST", "/contracts/*/parties/"),
    ("POST", "/contracts/*/notes/"),
    ("POST", "/contracts/*/add_file/"),
    ("POST", "/contracts/*/binders/"),
    ("POST", "/tags/"),
    ("POST", "/tags/*/contracts/"),
    ("PATCH", "/contracts/*/"),
]


def assert_complete_once(account):
    shown = account.only
    assert [file["name"].partition(" ")[0] for file in shown["files"]] == ["invoice", "annex"]
    assert [party["external_id"] for party in shown["parties"]] == ["hypatos:S1"]
    assert sum(party.get("external_id") == "hypatos:S1" for party in account.shown["parties"].values()) == 1
    assert shown["notes"] == ["docferry: hypatos_to_zefort:d1"]
    assert sorted(shown["tags"]) == ["high-value", "invoice"]
    assert sorted(tag["name"] for tag in account.shown["tags"].values()).count("high-value") == 1
    assert shown["binders"] == ["Invoices"]
    assert shown["attributes"]["value"] == Decimal("12345678901234567.89")


async def push_to_the_end(account, journal, delivery):
    """Push as an engine does: later, and later still when something is not settled."""
    for _ in range(8):
        try:
            return await account.contracts.push(delivery, journal)
        except UnsettledError as error:
            journal.now = error.look_again_at
        except TransientError:
            pass
    raise AssertionError("it never ends")


async def test_a_contract_that_is_found_in_a_list_is_not_read_once_more(open_account, new_journal, delivery):
    still, lossy = (
        await open_account(),
        await open_account(faults=[Fault("act_then_drop", "POST", "/contracts/", times=1)]),
    )
    await push_to_the_end(still, new_journal(), delivery())
    await push_to_the_end(lossy, new_journal(), delivery())
    assert len(lossy.shown["contracts"]) == 1
    assert lossy.asked("GET /contracts/") == 1
    assert lossy.asked("GET /contracts/{}/") == still.asked("GET /contracts/{}/")


@pytest.mark.parametrize("trashed_read", ["200", "404"])
async def test_what_a_person_put_in_the_trash_before_it_was_found_stays_there(
    open_account, journal, delivery, trashed_read
):
    account = await open_account(
        faults=[Fault("act_then_drop", "POST", "/contracts/", times=1)], trashed_read=trashed_read
    )
    with pytest.raises(TransientError) as lost:
        await account.contracts.push(delivery(), journal)
    (contract_id,) = account.shown["contracts"]
    account.app.act({"trash": contract_id})
    journal.now = getattr(lost.value, "look_again_at", journal.now)
    with pytest.raises(RejectedError, match=contract_id):
        await push_to_the_end(account, journal, delivery())
    assert len(account.shown["contracts"]) == 1
    assert not account.only["notes"]


@pytest.mark.parametrize("step", STEPS, ids=str)
@pytest.mark.parametrize("kind", ["act_then_drop", "cut", "garbled", "drop", "status"])
async def test_whatever_is_lost_on_the_way_everything_is_there_once(
    open_account, journal, delivery, source_file, step, kind
):
    method, path = step
    account = await open_account(faults=[Fault(kind, method, path, times=1)])
    files = source_file(b"%PDF-1.7 main"), source_file(b"annex", "f2", "annex.pdf", main=False)
    await push_to_the_end(account, journal, delivery(*files))
    assert_complete_once(account)


@pytest.mark.parametrize("step", [("POST", "/tags/*/contracts/"), ("PATCH", "/contracts/*/")], ids=str)
@pytest.mark.parametrize("kind", ["act_then_drop", "garbled"])
async def test_an_answer_that_alone_was_lost_costs_one_look_and_no_attempt(
    open_account, journal, new_journal, delivery, step, kind
):
    account = await open_account()
    await account.contracts.push(delivery(key="r:1"), new_journal())
    before = account.app.requests.copy()
    account.app.shared.faults.append(fault := Fault(kind, *step, times=1))
    await account.contracts.push(delivery(key="r:2"), journal)
    made = account.app.requests - before
    undisturbed = account.app.requests.copy()
    await account.contracts.push(delivery(key="r:3"), new_journal())
    assert fault.struck == 1
    assert made.total() <= (account.app.requests - undisturbed).total() + 1


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_process_that_dies_at_any_request_loses_and_doubles_nothing(
    open_account, new_journal, delivery, source_file, killing, killed, moment
):
    files = source_file(b"%PDF-1.7 main"), source_file(b"annex", "f2", "annex.pdf", main=False)
    number = 0
    while True:
        number += 1
        account = await open_account()
        journal = new_journal()
        deadly = killing(account.app)
        setattr(deadly, moment, number)
        first = await open_account(app=account.app, transport=deadly)
        try:
            await first.contracts.push(delivery(*files), journal)
        except killed:
            restarted = await open_account(app=account.app)
            await push_to_the_end(restarted, journal, delivery(*files))
            assert_complete_once(restarted)
        else:
            break
    assert number > 10


async def test_a_lag_of_the_index_does_not_make_a_second_contract(open_account, journal, delivery):
    account = await open_account(index_lag=60.0, faults=[Fault("act_then_drop", "POST", "/contracts/", times=1)])
    with pytest.raises(TransientError):
        await account.contracts.push(delivery(), journal)
    with pytest.raises(UnsettledError):
        await account.contracts.push(delivery(), journal)
    account.app.act({"advance": 61})
    await account.contracts.push(delivery(), journal)
    assert len(account.shown["contracts"]) == 1


async def test_a_list_that_counts_more_than_it_shows_proves_nothing_and_makes_no_second_contract(
    open_account, journal, delivery, monkeypatch
):
    account = await open_account(faults=[Fault("act_then_drop", "POST", "/contracts/", times=1)])
    whole = models.listing

    def cut(body, page):
        return replace(whole(body, page), rows=())

    with monkeypatch.context() as hidden:
        hidden.setattr(models, "listing", cut)
        with pytest.raises(TransientError):
            await account.contracts.push(delivery(), journal)
        journal.now += timedelta(days=1)
        with pytest.raises(TransientError, match="counts 1 more than it shows"):
            await account.contracts.push(delivery(), journal)
    await account.contracts.push(delivery(), journal)
    assert len(account.shown["contracts"]) == 1


async def test_documents_pushed_at_once_share_one_party_one_tag_and_no_lock(open_account, new_journal, delivery):
    account = await open_account(latency=0.003)
    pushes = [account.contracts.push(delivery(key=f"r:{number}"), new_journal()) for number in range(12)]
    assert len(set(await asyncio.gather(*pushes))) == 12
    shown = account.shown
    assert sum(party.get("external_id") == "hypatos:S1" for party in shown["parties"].values()) == 1
    assert sum(tag["name"] == "high-value" for tag in shown["tags"].values()) == 1


@pytest.mark.parametrize("switches", [
    {"past_end": "empty"}, {"largest_page": 1}, {"total": "omitted"}, {"binder_again": "201"}, {"attributes": "replace"},
    {"tag_names_unique": False}, {"trims_text": False}, {"novelties": True}, {"party_dedupe": "external_id"},
    {"archived_listed": True}, {"ends_in": "limited"}, {"trashed_read": "404"},
])  # fmt: skip
async def test_no_habit_of_the_server_changes_the_result(open_account, journal, delivery, source_file, switches):
    account = await open_account(**switches)
    files = source_file(b"%PDF-1.7 main"), source_file(b"annex", "f2", "annex.pdf", main=False)
    contract_id = await account.contracts.push(delivery(*files), journal)
    await account.contracts.push(delivery(*files, replaces=contract_id), journal)
    assert_complete_once(account)
    account.ai_finishes()
    outcome = await account.contracts.outcome(contract_id, journal)
    assert outcome.state in {State.ACCEPTED, State.ALTERED}


@pytest.mark.parametrize("path", ["/tags/*/contracts/", "/contracts/*/binders/"])
async def test_a_refusal_of_what_is_there_already_is_no_failure(open_account, journal, delivery, path):
    refusal = Fault("status", "POST", path, times=1, status=400, act=True)
    account = await open_account(faults=[refusal])
    first = account.contracts.push(delivery(binders=["Invoices", "Contracts"]), journal)
    contract_id = await first
    # The upload puts it into its binders, so that call is made only for a contract that left one.
    contract = account.app.store.contracts[contract_id]
    binder, _ = contract.binders.pop()
    binder.contracts.pop(contract_id)
    await journal.forget("binders")
    await account.contracts.push(delivery(binders=["Invoices", "Contracts"], replaces=contract_id), journal)
    assert sorted(account.only["tags"]) == ["high-value", "invoice"]
    assert sorted(account.only["binders"]) == ["Contracts", "Invoices"]
    assert refusal.struck == 1


async def test_a_refusal_of_what_is_not_there_is_a_failure(open_account, journal, delivery):
    account = await open_account(faults=[Fault("status", "POST", "/tags/*/contracts/", status=400)])
    with pytest.raises(RejectedError):
        await account.contracts.push(delivery(), journal)


@pytest.mark.parametrize("pending", [1, 3])
async def test_a_tagging_that_becomes_a_task_is_waited_for(open_account, journal, delivery, pending):
    started = Fault(
        "status", "POST", "/tags/*/contracts/", status=200, body='{"id": "task_1", "backend_status": "pending"}'
    )
    waiting = Fault("status", "GET", "/tasks/*", times=pending - 1, status=200, body=started.body)
    account = await open_account(faults=[started, waiting])
    await account.contracts.push(delivery(tags=["invoice"]), journal)
    assert account.asked("GET /tasks/{}/") == pending


async def test_a_tagging_task_that_fails_rejects_the_document(open_account, journal, delivery):
    body = '{"id": "task_1", "backend_status": "done", "failed_contracts": ["ct_1"]}'
    account = await open_account(faults=[Fault("status", "POST", "/tags/*/contracts/", status=200, body=body)])
    with pytest.raises(RejectedError, match="tag"):
        await account.contracts.push(delivery(), journal)
