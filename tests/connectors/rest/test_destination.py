"""What the ERP holds after a delivery and a change, and what is refused."""

from decimal import Decimal

import pytest

from connectors.contract import State
from connectors.errors import AccessError, RejectedError
from connectors.rest.sandbox import RestSandbox
from tests.connectors.memory_journal import MemoryJournal
from tests.connectors.rest.conftest import ALL, CREATE, FIND, KEY, READ, UPDATE, until_done

HEADER = "idempotency_header: Idempotency-Key"
HOLD = "unsettled: hold"


async def test_a_document_becomes_an_object_with_its_key_and_files(erp, delivery, journal, source_file):
    one = await erp()
    first, second = source_file(b"%PDF one"), source_file(b"%PDF two", "b.pdf", "f2")
    sent = delivery(first, second)
    one.objects.check(sent.payload)
    object_id = await one.objects.push(sent, journal)
    assert one.only["id"] == object_id
    assert one.only["externalKey"] == "hypatos_to_erp:d1"
    assert one.only["fields"] == sent.payload
    assert [file["sha256"] for file in one.only["files"]] == [first.sha256, second.sha256]
    assert (await one.objects.outcome(object_id, journal)).state is State.ACCEPTED
    one.app.act({"delete": object_id})
    outcome = await one.objects.outcome(object_id, journal)
    assert (outcome.state, outcome.sure) == (State.GONE, False)


async def test_the_id_may_come_in_the_location_header(erp, delivery, journal):
    one = await erp("create: {path: /invoices}", FIND, KEY, READ, id_in="location")
    assert await one.objects.push(delivery(), journal) == one.only["id"]


async def test_a_form_says_amounts_in_full(erp, delivery, journal):
    one = await erp(*ALL, "body: form", body="form")
    await one.objects.push(delivery(supplier="Müller", paid=True, note=None), journal)
    wanted = {"number": "4711", "amount": "12345678901234567.89", "supplier": "Müller", "paid": "true"}
    assert one.only["fields"] == wanted
    with pytest.raises(RejectedError, match="`supplier` must be of type string or number"):
        one.objects.check(delivery().payload)


async def test_the_key_may_travel_in_a_header_or_deeper_in_the_body(erp, delivery, journal):
    one = await erp(CREATE, FIND, "key: {header: X-External-Key}")
    await one.objects.push(delivery(), journal)
    assert one.only["externalKey"] == "hypatos_to_erp:d1"
    two = await erp(CREATE, HEADER, "key: {field: supplier.ref}")
    await two.objects.push(delivery(), MemoryJournal())
    assert two.only["fields"]["supplier"] == {"name": "Müller", "ref": "hypatos_to_erp:d1"}
    with pytest.raises(RejectedError, match=r"`supplier\.ref` cannot be written"):
        two.objects.check({"supplier": {"ref": "x"}})


async def test_without_an_update_a_change_is_refused(erp, delivery, journal):
    one = await erp(CREATE, FIND, KEY)
    object_id = await one.objects.push(delivery(), journal)
    with pytest.raises(RejectedError, match="declares no update"):
        await one.objects.push(delivery(replaces=object_id, number="4712"), journal)


async def test_or_makes_another_object_once_if_that_is_declared(erp, delivery, journal):
    one = await erp(CREATE, FIND, KEY, "changed: create")
    first = await one.objects.push(delivery(), journal)
    one.strike("act_then_drop", "POST", times=1)
    second = await until_done(one, delivery(replaces=first, number="4712"), journal)
    assert await one.objects.push(delivery(replaces=first, number="4712"), journal) == second
    third = await one.objects.push(delivery(replaces=second, number="4713"), journal)
    assert [held["fields"]["number"] for held in one.held.values()] == ["4711", "4712", "4713"]
    assert list(one.held) == [first, second, third]


async def test_a_change_of_an_object_that_is_gone_is_refused_not_taken_for_gone_at_the_source(erp, delivery, journal):
    one = await erp()
    object_id = await one.objects.push(delivery(), journal)
    one.app.act({"delete": object_id})
    with pytest.raises(RejectedError, match="cannot be changed") as refused:
        await one.objects.push(delivery(replaces=object_id), journal)
    assert type(refused.value) is RejectedError


async def test_a_conflict_over_our_own_key_is_our_own_object(erp, delivery, journal):
    one = await erp(unique_keys=True)
    object_id = await one.objects.push(delivery(), journal)
    assert await one.objects.push(delivery(), MemoryJournal()) == object_id
    assert len(one.held) == 1


async def test_a_refusal_is_the_documents_own(erp, delivery, journal):
    one = await erp()
    with pytest.raises(RejectedError, match="number must be a text"):
        await one.objects.push(delivery(number=""), journal)
    assert not one.held
    await one.objects.push(delivery(), journal)
    with pytest.raises(RejectedError):
        one.objects.check({"amount": Decimal("NaN")})


async def test_files_without_a_file_call_are_not_dropped_silently(erp, delivery, journal, source_file):
    one = await erp(CREATE, FIND, KEY, UPDATE)
    with pytest.raises(RejectedError, match="files: none"):
        await one.objects.push(delivery(source_file(b"%PDF")), journal)
    assert not one.held


@pytest.mark.parametrize(
    ("login", "settings"),
    [
        ("basic", {"username": "erp-user", "password": "erp-sandbox-password"}),
        ("api_key", {"api_key": RestSandbox.token}),
        (
            "oauth",
            {
                "client_id": "erp-user",
                "client_secret": "erp-sandbox-password",
                "token_url": "http://127.0.0.1/oauth/token",
            },
        ),
    ],
)
async def test_every_way_to_log_in_works(erp, delivery, journal, login, settings):
    one = await erp(settings=settings, login=login)
    await one.objects.push(delivery(), journal)
    assert "the credentials work" in await one.connection.check()


async def test_a_wrong_token_is_for_a_person(erp, delivery, journal):
    one = await erp(settings={"token": "wrong-token-here"})
    with pytest.raises(AccessError):
        await one.connection.check()
    with pytest.raises(AccessError):
        await one.objects.push(delivery(), journal)


async def test_check_goes_without_a_look_up_where_none_is_declared(erp):
    one = await erp(CREATE, KEY, HOLD)
    assert "were not tried" in await one.connection.check()
