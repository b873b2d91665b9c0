"""Contracts against the sandbox: made once, complete, kept up to date, and watched."""

import asyncio
from decimal import Decimal

import pytest

from connectors.contract import Delivery, Destination, State
from connectors.errors import AccessError, RejectedError, TransientError, UnsettledError
from connectors.sandbox_faults import Fault
from connectors.zefort.sandbox_records import Link


async def test_it_is_a_destination(account):
    assert isinstance(account.contracts, Destination)


async def test_a_new_contract_shows_all_of_the_delivery(account, journal, delivery, source_file):
    main, annex = source_file(b"%PDF-1.7 main"), source_file(b"PK annex", "f2", "annex.xlsx", main=False)
    contract_id = await account.contracts.push(delivery(annex, main, note="from the mailroom"), journal)
    shown = account.shown["contracts"][contract_id]
    assert shown["attributes"] == {
        "title": "Acme Oy 4711",
        "effective_date": "2026-05-01",
        "currency": "EUR",
        "value": Decimal("12345678901234567.89"),
    }
    assert [(party["name"], party["external_id"], party["role"]) for party in shown["parties"]] == [
        ("Beispiel GmbH", "hypatos:S1", "supplier")
    ]
    assert sorted(shown["tags"]) == ["high-value", "invoice"]
    assert shown["binders"] == ["Invoices"]
    assert shown["notes"] == ["docferry: hypatos_to_zefort:d1\n\nfrom the mailroom"]
    assert [file["sha256"] for file in shown["files"]] == [main.sha256, annex.sha256]
    assert journal.results("sha256:") == {"sha256:f1": main.sha256, "sha256:f2": annex.sha256}
    assert set(shown["docai_skip"]) == {"title", "effective_date", "parties", "taggings"}


async def test_pushing_again_changes_nothing(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(), journal)
    before = account.shown["contracts"]
    assert await account.contracts.push(delivery(), journal) == contract_id
    assert await account.contracts.push(delivery(replaces=contract_id), journal) == contract_id
    assert account.shown["contracts"] == before


async def test_a_document_like_the_last_one_costs_eight_requests(account, new_journal, delivery):
    await account.contracts.push(delivery(key="r:1"), new_journal())
    before = account.connection.requests()
    await account.contracts.push(delivery(key="r:2"), new_journal())
    assert account.connection.requests() - before <= 8


async def test_a_document_without_a_file_is_rejected(account, journal, payload):
    with pytest.raises(RejectedError, match="no file"):
        await account.contracts.push(Delivery("k", payload()), journal)
    assert account.shown["contracts"] == {}


async def test_a_binder_that_is_missing_is_made_once(account, new_journal, delivery):
    pushes = [account.contracts.push(delivery(key=f"r:{n}", binders=["Nowhere yet"]), new_journal()) for n in range(4)]
    await asyncio.gather(*pushes)
    named = [binder for binder in account.shown["binders"].values() if binder["name"] == "Nowhere yet"]
    assert len(named) == 1
    assert len(named[0]["contracts"]) == 4


async def test_a_binder_that_may_not_be_made_is_rejected_before_anything_else_is(open_account, journal, delivery):
    account = await open_account(faults=[Fault("status", "POST", "/binders/", status=400)])
    with pytest.raises(RejectedError, match=r"no binder .Nowhere.*correct the route"):
        await account.contracts.push(delivery(binders=["Nowhere"]), journal)
    assert account.shown["contracts"] == {}


async def test_a_binder_whose_making_was_not_answered_is_not_made_twice(open_account, new_journal, delivery):
    account = await open_account(faults=[Fault("act_then_drop", "POST", "/binders/", times=1)])
    with pytest.raises(TransientError):
        await account.contracts.push(delivery(binders=["Nowhere"]), new_journal())
    await account.contracts.push(delivery(binders=["Nowhere"]), new_journal())
    assert [binder["name"] for binder in account.shown["binders"].values()].count("Nowhere") == 1


async def test_a_binder_may_be_named_by_its_id(account, journal, delivery):
    binder_id = next(iter(account.shown["binders"]))
    await account.contracts.push(delivery(binders=[binder_id]), journal)
    assert account.only["binders"] == [account.shown["binders"][binder_id]["name"]]


# Every lost answer is looked up before the call is made again.

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


# Updates


async def test_a_change_at_the_source_changes_the_same_contract(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(), journal)
    attributes = {"title": "Acme Oy 4712", "value": Decimal("1.10")}
    parties = [
        {"name": "Beispiel GmbH", "external_id": "hypatos:S1", "role": "buyer"},
        {"name": "New Oy", "role": "supplier"},
    ]
    again = delivery(replaces=contract_id, attributes=attributes, parties=parties, tags=["invoice", "urgent"])
    assert await account.contracts.push(again, journal) == contract_id
    shown = account.only
    assert shown["attributes"]["title"] == "Acme Oy 4712"
    assert shown["attributes"]["value"] == Decimal("1.10")
    assert {party["name"]: party["role"] for party in shown["parties"]} == {
        "Beispiel GmbH": "buyer",
        "New Oy": "supplier",
    }
    assert "urgent" in shown["tags"]
    assert shown["notes"] == ["docferry: hypatos_to_zefort:d1"]


async def test_what_the_source_dropped_is_emptied_unless_a_person_changed_it(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(), journal)
    account.app.act({"edit": contract_id, "attributes": {"currency": "USD"}})
    await account.contracts.push(delivery(replaces=contract_id, attributes={"title": "Acme Oy 4711"}), journal)
    assert account.only["attributes"]["value"] is None
    assert account.only["attributes"]["effective_date"] is None
    assert account.only["attributes"]["currency"] == "USD"


async def test_a_party_the_source_dropped_is_taken_off_and_others_are_left_alone(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(), journal)
    somebody = next(iter(account.app.store.parties.values()))
    account.app.store.contracts[contract_id].parties.append(Link(somebody, "broker"))
    await account.contracts.push(delivery(replaces=contract_id, parties=[]), journal)
    assert [party["role"] for party in account.only["parties"]] == ["broker"]
    await account.contracts.push(delivery(replaces=contract_id), journal)
    assert {party["role"] for party in account.only["parties"]} == {"broker", "supplier"}


async def test_a_file_that_is_new_at_the_source_is_added(account, journal, delivery, source_file):
    contract_id = await account.contracts.push(delivery(source_file(b"%PDF-1.7 one")), journal)
    await account.contracts.push(
        delivery(source_file(b"%PDF-1.7 two", "f9", "new main.pdf"), replaces=contract_id), journal
    )
    assert len(account.only["files"]) == 2


@pytest.mark.parametrize("trashed_read", ["200", "404"])
async def test_a_contract_in_the_trash_is_not_touched_and_the_reason_says_so(
    open_account, journal, delivery, trashed_read
):
    account = await open_account(trashed_read=trashed_read)
    contract_id = await account.contracts.push(delivery(), journal)
    account.app.act({"trash": contract_id})
    with pytest.raises(RejectedError, match=contract_id):
        await account.contracts.push(delivery(replaces=contract_id), journal)
    assert len(account.shown["contracts"]) == 1


async def test_an_attribute_the_account_does_not_have_is_rejected_and_named(account, journal, delivery):
    with pytest.raises(RejectedError, match="invented") as caught:
        await account.contracts.push(delivery(attributes={"title": "A", "invented": "x"}), journal)
    assert next(iter(account.shown["contracts"])) in str(caught.value)


async def test_a_party_of_the_register_is_linked_and_not_added_again(account, journal, delivery):
    parties = [{"name": "ACME OY", "org_id": "FI12345678", "external_id": "crm:1", "role": "supplier"}]
    before = len(account.shown["parties"])
    contract_id = await account.contracts.push(delivery(parties=parties), journal)
    assert len(account.shown["parties"]) == before
    await account.contracts.push(delivery(replaces=contract_id, parties=[]), journal)
    assert account.only["parties"] == []


async def test_a_party_that_only_sounds_alike_is_not_linked(account, journal, delivery):
    before = len(account.shown["parties"])
    await account.contracts.push(delivery(parties=[{"name": "Acme Oy", "org_id": "FI55555555"}]), journal)
    assert len(account.shown["parties"]) == before + 1


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
    assert account.connection.requests() == 1


async def test_nothing_is_ever_deleted_for_good(account, journal, delivery):
    contract_id = await account.contracts.push(delivery(), journal)
    await account.contracts.push(delivery(replaces=contract_id, parties=[], tags=[]), journal)
    assert account.shown["final_deletes_tried"] == 0
