"""What a document carries: its version, its fields, its files, and the status that follows from flags and times."""

import json
from decimal import Decimal

import pytest

from connectors.contractfit.status import Status, status_of
from connectors.errors import GoneError


async def test_a_change_of_status_is_a_new_hint_and_no_new_version(account):
    document_id = min(account.expected("processed"))
    hints = {change.document_id: change.version for change in (await account.read())[0]}
    before = await account.source.fetch(document_id)
    account.app.act({"set": document_id, "state": "submitted"})
    again = {change.document_id: change.version for change in (await account.read())[0]}
    assert {one for one in hints if hints[one] != again[one]} == {document_id}
    after = await account.source.fetch(document_id)
    assert after.version == before.version
    assert (before.fields["status"], after.fields["status"]) == ("processed", "submitted")


@pytest.mark.parametrize("switches", [
    {}, {"versions": "inline"}, {"versions": "absent"}, {"detail": "plain"}, {"last_version_call": False},
    {"dates": "offset"},
])  # fmt: skip
async def test_a_persons_correction_is_a_new_version_and_what_mappings_see(open_account, switches):
    account = await open_account(**switches)
    document_id = min(account.expected("processed"))
    before = await account.source.fetch(document_id)
    account.app.act({"review": document_id, "annotations": {"invoice_number": "corrected-1"}})
    after = await account.source.fetch(document_id)
    assert after.version != before.version
    assert after.fields["fields"]["invoice_number"] == "corrected-1"
    assert after.fields["fields"]["currency"] == before.fields["fields"]["currency"]


async def test_a_document_is_flattened_for_mappings(open_account):
    account = await open_account(60)
    for document_id in await account.ids():
        document = await account.source.fetch(document_id)
        if document.fields["status"] == "failed":
            assert document.fields["fields"] == {}
            continue
        assert document.fields["id"] == document_id
        assert document.fields["inbox"] == account.app.credentials["inbox"]
        assert document.fields["filename"]
        assert document.fields["received"].endswith("Z")
        assert document.fields["fields"]["invoice_number"].startswith("INV-2026/")
        assert set(document.fields["lines"]["line_items"][0]) == {"quantity", "unit_price"}
        assert document.fields["document_type"] in ("invoice", "contract")
        assert "$" not in json.dumps(document.fields, default=str)


async def test_amounts_keep_every_digit(open_account):
    account = await open_account(60, numbers=True)
    amounts = [(await account.source.fetch(one)).fields["fields"].get("gross_amount") for one in await account.ids()]
    assert {type(amount) for amount in amounts} <= {Decimal, int, type(None)}
    assert Decimal("12345678901234567.89") in amounts


@pytest.mark.parametrize(("life", "word"), [("rejected", "rejected"), ("failed", "failed"), ("to_review", "to_review")])
async def test_a_document_that_must_not_be_used_says_so(account, life, word):
    document = await account.source.fetch(min(account.expected(life)))
    assert word in document.not_ready
    assert document.acknowledged is (life == "rejected")


async def test_a_document_that_was_deleted_is_gone(account):
    document_id = min(account.expected("done"))
    account.app.act({"delete": document_id})
    with pytest.raises(GoneError):
        await account.source.fetch(document_id)


async def test_a_file_arrives_byte_for_byte_under_its_own_name(account):
    document_id = account.add(content="%PDF-1.7 äöü", name="größe 請求書.pdf")
    (file,) = (await account.source.fetch(document_id)).files
    async with account.source.open(file) as download:
        content = b"".join([chunk async for chunk in download.chunks])
    assert content == "%PDF-1.7 äöü".encode()
    assert download.name == "größe 請求書.pdf"
    assert file.main


async def test_an_archived_document_has_no_file_any_more_and_the_same_version(account):
    document_id = min(account.expected("done"))
    before = await account.source.fetch(document_id)
    account.app.act({"archive": document_id})
    after = await account.source.fetch(document_id)
    assert (len(before.files), len(after.files)) == (1, 0)
    assert after.version == before.version
    assert after.not_ready is None


async def test_the_custom_output_is_a_file_where_it_is_wanted(open_account):
    account = await open_account(settings={"custom_output": True}, custom_output=True)
    document = await account.source.fetch(min(account.expected("done")))
    original, output = document.files
    assert (original.main, output.main) == (True, False)
    async with account.source.open(output) as download:
        assert document.id.encode() in b"".join([chunk async for chunk in download.chunks])


def test_the_first_condition_that_holds_is_the_status():
    done = {"start_time": "2026-05-01T00:00:00", "done_time": "2026-05-01T00:00:20"}
    cases = [
        ({}, Status.RECEIVING),
        ({"timings": None, "status_data": None, "lock": None}, Status.RECEIVING),
        ({"timings": {"start_time": "x", "done_time": None}}, Status.PROCESSING),
        ({"timings": done}, Status.PROCESSED),
        ({"timings": done, "status_data": {"success": None}}, Status.PROCESSED),
        ({"timings": done, "status_data": {"success": False}}, Status.FAILED),
        ({"timings": done, "flag_for_review": True}, Status.TO_REVIEW),
        ({"timings": done, "flag_for_review": True, "escalate": {"value": True}}, Status.ESCALATED),
        ({"timings": done, "submitted": {"value": True}}, Status.SUBMITTED),
        ({"timings": {**done, "submit_time": "x"}}, Status.SUBMITTED),
        ({"timings": {**done, "submit_time": "x"}, "submitted": {"value": False}}, Status.PROCESSED),
        ({"timings": done, "submitted": {"value": True}, "status_data": {"feedback": True}}, Status.DONE),
        ({"timings": done, "reject": {"value": True}, "status_data": {"feedback": True}}, Status.REJECTED),
        ({"timings": done, "status_data": {"reject": True}}, Status.REJECTED),
    ]
    assert [(fields, status_of(fields)) for fields, _ in cases] == cases
