"""A change at the source changes the same contract, and leaves alone what people did to it."""

from decimal import Decimal

import pytest

from connectors.errors import RejectedError
from connectors.zefort.sandbox_records import Link

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
