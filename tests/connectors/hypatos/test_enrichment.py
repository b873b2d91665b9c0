"""Master data at Hypatos: written whole by external id, refused by naming the field, never deleted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Delivery, Destination, State
from connectors.errors import AccessError, ConnectorError, RejectedError, TransientError
from connectors.hypatos.resources import RESOURCES
from connectors.sandbox_faults import Fault

SUPPLIER = {"externalId": "S-1", "name": "Müller & Söhne GmbH", "countryCode": "DE", "vatIds": [{"id": "DE811907980"}]}
MORE = {
    "invoices": {"invoiceLines": [{"externalId": "1"}], "totalGrossAmount": Decimal("12345678901234567.89")},
    "contracts": {"documents": [{"id": "6040dc9680b782b365ea77d5"}]},
    "goods-receipts": {"goodsReceiptLines": [{"externalId": "1"}]},
    "lookup-tables": {"table": "tax_codes"},
}


def delivery(payload, replaces=None):
    return Delivery("r:1", payload, (), replaces)


def records(account, resource="suppliers"):
    return [kept["record"] for kept in account.app.state()["enriched"].get(resource, [])]


@pytest.fixture
def suppliers(account):
    return account.connection.destinations["suppliers"]


@pytest.mark.parametrize("name", sorted(RESOURCES))
async def test_every_kind_of_master_data_is_written(account, journal, name):
    stream = account.connection.destinations[name]
    assert isinstance(stream, Destination)
    payload = {"externalId": "X-1", **dict.fromkeys(RESOURCES[name].required, "x"), **MORE.get(name, {})}
    assert set(payload) <= set(stream.schema["properties"])
    stream.check(payload)
    written = await stream.push(delivery(payload), journal)
    where = "lookup-tables/tax_codes" if name == "lookup-tables" else name
    (kept,) = account.app.state()["enriched"][where]
    assert kept["id"] == written
    assert kept["record"] == {key: value for key, value in payload.items() if key != "table"}
    outcome = await stream.outcome(written, journal)
    assert outcome.state is State.ACCEPTED
    assert [one async for one in stream.dropped()] == []


async def test_writing_again_overwrites_the_whole_record(account, suppliers, journal):
    first = await suppliers.push(delivery({**SUPPLIER, "city": "Köln"}), journal)
    second = await suppliers.push(delivery(SUPPLIER, replaces=first), journal)
    assert first == second
    assert records(account) == [SUPPLIER]
    assert account.app.state()["deleted_records"] == 0


async def test_what_was_written_last_is_not_written_again_and_an_older_one_is(account, suppliers, journal):
    other = {**SUPPLIER, "city": "Köln"}
    first = await suppliers.push(delivery(SUPPLIER), journal)
    assert await suppliers.push(delivery(SUPPLIER), journal) == first
    assert account.asked("POST /enrichment/{}") == 1
    await suppliers.push(delivery(other, replaces=first), journal)
    await suppliers.push(delivery(SUPPLIER, replaces=first), journal)
    assert account.asked("POST /enrichment/{}") == 3
    assert records(account) == [SUPPLIER]


async def test_after_a_lost_answer_nothing_counts_as_written(account, suppliers, journal):
    other = {**SUPPLIER, "city": "Köln"}
    await suppliers.push(delivery(SUPPLIER), journal)
    account.app.shared.faults.append(Fault("act_then_drop", "POST", "/enrichment/*"))
    with pytest.raises(TransientError):
        await suppliers.push(delivery(other), journal)
    account.app.shared.faults.clear()
    await suppliers.push(delivery(SUPPLIER), journal)
    assert records(account) == [SUPPLIER]


async def test_several_records_are_written_one_by_one(account, suppliers, journal):
    other = {"externalId": "S-2", "name": "株式会社"}
    ids = (await suppliers.push(delivery({"records": [SUPPLIER, other, SUPPLIER]}), journal)).split(",")
    assert records(account) == [SUPPLIER, other]
    assert ids == [kept["id"] for kept in account.app.state()["enriched"]["suppliers"]]


async def test_records_may_belong_to_another_company(account, suppliers, journal):
    await suppliers.push(delivery({**SUPPLIER, "company": "C-7"}), journal)
    (kept,) = account.app.state()["enriched"]["suppliers"]
    assert kept["company"] == "C-7"
    assert kept["record"] == SUPPLIER
    with pytest.raises(RejectedError, match="company"):
        suppliers.check({**SUPPLIER, "company": "a\r\nb: c"})


async def test_null_means_nothing(account, suppliers, journal):
    await suppliers.push(delivery({**SUPPLIER, "countryCode": None, "vatIds": None}), journal)
    assert records(account) == [{"externalId": "S-1", "name": SUPPLIER["name"]}]


async def test_amounts_keep_every_digit(account, journal):
    stream = account.connection.destinations["purchase-orders"]
    await stream.push(delivery({"externalId": "PO-1", "totalNetAmount": Decimal("12345678901234567.89")}), journal)
    assert records(account, "purchase-orders")[0]["totalNetAmount"] == Decimal("12345678901234567.89")


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"name": "A"}, "externalId"),
        ({"externalId": "a b", "name": "A"}, "`externalId` must be of pattern"),
        ({"externalId": 7, "name": "A"}, "externalId"),
        ({"externalId": "S"}, "name"),
        ({"externalId": "S", "name": "  "}, "name"),
        ({**SUPPLIER, "colour": "red"}, "colour"),
        ({"externalId": "S", "name": "A", "countryCode": "Finland"}, "countryCode"),
        ({"externalId": "S", "name": "A", "customFields": {"a": 1}}, "customFields"),
        ({"records": []}, "`records` must be of minItems 1"),
        ({"records": "x"}, "records"),
        ({"records": [SUPPLIER], "name": "A"}, "name"),
        ({"records": [SUPPLIER, {**SUPPLIER, "city": "x"}]}, r"records\[1\].*two different"),
        ({"records": [SUPPLIER, {"externalId": "T"}]}, r"records\[1\]\.name"),
    ],
)
async def test_what_can_never_be_taken_is_refused_before_anything_is_sent(account, suppliers, journal, payload, named):
    with pytest.raises(RejectedError, match=named):
        suppliers.check(payload)
    with pytest.raises(RejectedError):
        await suppliers.push(delivery(payload), journal)
    assert account.app.requests.total() == 0


@pytest.mark.parametrize("table", [None, "", "Tax Codes", "../suppliers"])
async def test_a_lookup_table_must_be_named(account, table):
    with pytest.raises(RejectedError, match="table"):
        account.connection.destinations["lookup-tables"].check({"externalId": "1", "table": table})


async def test_a_refused_field_is_named_and_its_value_is_not(suppliers, journal):
    wrong = {"externalId": "S-2", "name": "A", "invoiceLines": "SECRET"}
    with pytest.raises(RejectedError, match=r"body\.invoiceLines") as caught:
        await suppliers.push(delivery({"records": [SUPPLIER, wrong]}), journal)
    assert "records[1]" in str(caught.value)
    assert "SECRET" not in str(caught.value)


async def test_a_kind_that_the_account_does_not_have_stops_the_connection(open_account, journal):
    account = await open_account(no_enrichment=["suppliers"])
    with pytest.raises(ConnectorError, match="suppliers") as caught:
        await account.connection.destinations["suppliers"].push(delivery(SUPPLIER), journal)
    assert not isinstance(caught.value, RejectedError)


async def test_an_answer_without_an_id_is_no_trouble(open_account, journal):
    account = await open_account(enrichment_answer="empty")
    suppliers = account.connection.destinations["suppliers"]
    first = await suppliers.push(delivery(SUPPLIER), journal)
    assert first
    assert "S-1" not in first
    assert await suppliers.push(delivery(SUPPLIER), journal) == first


@pytest.mark.parametrize("kind", ["act_then_drop", "drop", "cut"])
async def test_a_lost_answer_is_simply_asked_for_again(open_account, journal, kind):
    account = await open_account(faults=[Fault(kind, "POST", "/enrichment/*", times=1)])
    await account.connection.destinations["suppliers"].push(delivery(SUPPLIER), journal)
    assert records(account) == [SUPPLIER]


async def test_after_a_failure_in_the_middle_all_are_written(open_account, journal):
    account = await open_account(faults=[Fault("status", "POST", "/enrichment/*", first=2, times=5, status=403)])
    suppliers = account.connection.destinations["suppliers"]
    several = {"records": [{**SUPPLIER, "externalId": f"S-{number}"} for number in range(3)]}
    with pytest.raises(AccessError):
        await suppliers.push(delivery(several), journal)
    account.app.shared.faults.clear()
    await suppliers.push(delivery(several), journal)
    assert records(account) == several["records"]


@given(
    st.dictionaries(
        st.sampled_from(["externalId", "name", "countryCode", "records", "customFields", "company", "documentId", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
            max_leaves=4,
        ),
    )
)
def test_any_payload_is_either_taken_or_refused_in_words(payload):
    try:
        found = RESOURCES["suppliers"].records(payload)
    except RejectedError:
        return
    assert all(record["externalId"] and record["name"] for record in found)
