"""Contracts against the sandbox: made once, complete, with what they refer to."""

import asyncio
from decimal import Decimal

import pytest

from connectors.contract import Delivery, Destination
from connectors.errors import RejectedError, TransientError
from connectors.sandbox_faults import Fault


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
    before = account.connection.traffic.requests
    await account.contracts.push(delivery(key="r:2"), new_journal())
    assert account.connection.traffic.requests - before <= 8


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
