"""Which version counts: a person's, the newest one, wherever it stands and whether or not it is named as the last."""

import pytest

from connectors.contractfit.sandbox import ContractfitSandbox, Switches
from connectors.errors import TransientError
from connectors.sandbox_faults import Fault

REVIEW = {"invoice_number": "corrected-1"}


def null_last(body):
    return {**body, "last_version": None}


def only_in_the_version(body):
    return {**body, "last_version": None, "prediction": None, "feedback": None}


def without_order(body):
    return {**body, "versions": [*reversed(body["versions"])]}


def without_times(body):
    return {**body, "versions": [{**one, "timestamp": None} for one in reversed(body["versions"])]}


def machine_listed_only(body):
    listed = [one for one in body["versions"] if one["source"] == "machine"]
    return {**body, "last_version": None, "feedback": None, "versions": listed}


@pytest.fixture
async def opened(open_account, rewriting):
    async def open_one(change, **switches):
        app = ContractfitSandbox(0, 7, Switches(**switches))
        way = rewriting(app)
        account = await open_account(app=app, transport=way)
        way.document = change
        return account

    return open_one


async def number_of(account, document_id):
    return (await account.source.fetch(document_id)).fields["fields"].get("invoice_number")


@pytest.mark.parametrize("change", [null_last, only_in_the_version])
@pytest.mark.parametrize("versions", ["inline", "names"])
async def test_a_review_counts_though_no_last_version_is_named(opened, change, versions):
    account = await opened(change, versions=versions)
    document_id = account.add()
    before = await account.source.fetch(document_id)
    account.app.act({"review": document_id, "annotations": REVIEW})
    assert await number_of(account, document_id) == "corrected-1"
    assert (await account.source.fetch(document_id)).version != before.version


@pytest.mark.parametrize(("change", "versions"), [
    (null_last, "absent"), (only_in_the_version, "absent"), (machine_listed_only, "names"),
    (machine_listed_only, "inline"),
])  # fmt: skip
async def test_a_review_that_is_not_listed_is_asked_for(opened, change, versions):
    account = await opened(change, versions=versions)
    document_id = account.add()
    account.app.act({"review": document_id, "annotations": REVIEW})
    assert await number_of(account, document_id) == "corrected-1"


async def test_a_review_that_is_neither_listed_nor_to_be_asked_for_is_taken_from_the_feedback(opened):
    account = await opened(null_last, versions="absent", last_version_call=False)
    document_id = account.add()
    account.app.act({"review": document_id, "annotations": REVIEW})
    assert await number_of(account, document_id) == "corrected-1"


@pytest.mark.parametrize("versions", ["inline", "names", "absent"])
async def test_feedback_of_ours_is_no_review_though_no_last_version_is_named(opened, versions):
    account = await opened(null_last, versions=versions)
    document_id = account.add()
    before = await account.source.fetch(document_id)
    account.app.store.add_version(
        account.app.store.records[document_id], "docferry-1", {"annotations": {"x": [{"gold": "1"}]}}, evaluated=True
    )
    after = await account.source.fetch(document_id)
    assert after.fields["fields"] == before.fields["fields"]
    assert after.version == before.version


@pytest.mark.parametrize("change", [without_order, without_times])
@pytest.mark.parametrize("named", [True, False])
async def test_of_two_versions_with_one_name_the_newer_one_counts(opened, change, named):
    account = await opened(lambda body: change(body if named else null_last(body)), versions="inline")
    document_id = account.add()
    account.app.act({"review": document_id, "annotations": {"invoice_number": "first"}})
    first = await account.source.fetch(document_id)
    account.app.act({"advance": 60})
    account.app.act({"review": document_id, "annotations": {"invoice_number": "second"}})
    assert await number_of(account, document_id) == "second"
    assert (await account.source.fetch(document_id)).version != first.version


@pytest.mark.parametrize("body", [
    '{"error": "backend failed"}', '{"message": "try again"}', "null", "{}", "[]", "",
])  # fmt: skip
async def test_a_persons_version_that_is_answered_with_nothing_is_not_replaced_by_the_machines(opened, body):
    account = await opened(lambda shown: {**shown, "feedback": None}, versions="names")
    document_id = account.add()
    account.app.act({"review": document_id, "annotations": REVIEW})
    fault = Fault("status", "GET", "/documents/*/last_version", status=200, body=body, headers=JSON)
    account.app.shared.faults.append(fault)
    with pytest.raises(TransientError):
        await account.source.fetch(document_id)
    assert fault.struck
    account.app.shared.faults.clear()
    assert await number_of(account, document_id) == "corrected-1"


JSON = {"content-type": "application/json"}
