"""The work queue against the sandbox: listing, reading, files, and what each failure becomes."""

import hashlib

import pytest

from connectors.contract import Source
from connectors.errors import AccessError, GoneError
from connectors.hypatos.models import STATES
from connectors.sandbox_faults import Fault


def test_it_is_a_source_that_drains(account):
    assert isinstance(account.source, Source)
    assert account.source.drains


async def test_all_documents_that_are_done_are_listed_once_and_no_others(open_account):
    account = await open_account(130)
    ids = await account.all_ids()
    ready = {
        one for one, shown in account.app.state()["documents"].items() if STATES[shown["state"]] == "ready to export"
    }
    assert len(ids) == len(set(ids))
    assert set(ids) == ready


async def test_listings_carry_no_cursor_and_state_the_total(open_account):
    account = await open_account(130)
    pages = [page async for page in account.source.changes("anything")]
    assert {page.cursor for page in pages} == {None}
    assert {page.total for page in pages} == {sum(len(page.changes) for page in pages)}


@pytest.mark.parametrize("switches", [
    {"total": "page"}, {"total": "omitted"}, {"short_pages": True}, {"past_end": "400"}, {"repeat_page": 2},
    {"total": "omitted", "short_pages": True, "past_end": "400"}, {"novelties": True}, {"list_entities": True},
    {"drift": "leave", "drift_items": 10}, {"drift": "leave", "drift_items": "all"}, {"drift": "enter", "drift_most": 30},
])  # fmt: skip
async def test_no_habit_of_the_server_loses_a_document_that_stays(open_account, switches):
    account = await open_account(230, **switches)
    ready = {
        one
        for one, shown in account.app.state()["documents"].items()
        if shown["state"] in ("done", "doneAutomatically")
    }
    assert ready <= set(await account.all_ids())


async def test_only_the_projects_of_the_setting_are_listed(open_account):
    everything = await open_account(60)
    projects = {
        document["projectId"]
        for document in [(await everything.source.fetch(one)).fields for one in await everything.all_ids()]
    }
    some = await open_account(60, settings={"projects": f" {min(projects)} ,"})
    found = {(await some.source.fetch(one)).fields["projectId"] for one in await some.all_ids()}
    assert len(projects) > 1
    assert found == {min(projects)}


async def test_a_document_is_read_with_its_entities_and_is_ready(account):
    document = await account.source.fetch(await account.first())
    assert document.not_ready is None
    assert document.fields["entities"]["documentType"]


async def test_a_document_taken_back_to_work_says_so(account):
    document_id = await account.first()
    account.app.act({"status": document_id, "state": "inCompletion"})
    assert "'inCompletion'" in (await account.source.fetch(document_id)).not_ready


async def test_a_document_that_retention_took_is_gone(account):
    document_id = await account.first()
    account.app.act({"delete": document_id})
    with pytest.raises(GoneError):
        await account.source.fetch(document_id)


async def test_a_file_arrives_byte_for_byte(account):
    document_id = account.app.act({"add": {"content": "%PDF-1.7 äöü", "name": "one.pdf"}})["id"]
    file = (await account.source.fetch(document_id)).files[0]
    async with account.source.open(file) as download:
        content = b"".join([chunk async for chunk in download.chunks])
    assert content == "%PDF-1.7 äöü".encode()
    assert download.size == len(content)
    assert download.media_type == "application/pdf"


async def test_every_demo_file_is_readable_and_different(open_account):
    account = await open_account(12)
    digests = []
    for document_id in await account.all_ids():
        for file in (await account.source.fetch(document_id)).files:
            async with account.source.open(file) as download:
                digests.append(hashlib.sha256(b"".join([chunk async for chunk in download.chunks])).hexdigest())
    assert len(set(digests)) == len(digests)


async def test_the_check_says_what_it_saw(account):
    sentence = await account.connection.check()
    assert str(len(await account.all_ids())) in sentence


async def test_a_wrong_secret_is_an_access_error(open_account):
    account = await open_account(settings={"client_secret": "wrong"})
    with pytest.raises(AccessError):
        await account.connection.check()


async def test_an_expired_token_in_mid_listing_goes_unnoticed(open_account):
    account = await open_account(130)
    pages = account.source.changes(None)
    first = await anext(pages)
    account.app.act({"revoke_tokens": True})
    rest = [page async for page in pages]
    assert rest
    assert first.total == len(first.changes) + sum(len(page.changes) for page in rest)


async def test_a_cut_listing_is_asked_for_again(open_account):
    account = await open_account(60, faults=[Fault("garbled", "GET", "/documents", times=1)])
    assert len(await account.all_ids()) == len(set(await account.all_ids()))
    assert account.asked("GET /documents") >= 3
