"""What is read from the queue and told to it, beyond what the contract suite asks of every source."""

from dataclasses import replace

import pytest

from connectors.contract import Result
from connectors.errors import OvertakenError, RejectedError, TransientError


async def ids(account):
    return [change.document_id async for page in account.source.changes(None) for change in page.changes]


async def test_what_is_ready_is_listed_and_read_with_its_files(open_account):
    account = await open_account(documents=3)
    assert await ids(account) == ["d-000001", "d-000002", "d-000003"]
    document = await account.source.fetch("d-000001")
    assert document.fields["title"] == "Invoice 1"
    (file,) = document.files
    assert (file.name, file.media_type, file.main) == ("invoice-1.pdf", "application/pdf", True)
    async with account.source.open(file) as download:
        content = b"".join([chunk async for chunk in download.chunks])
    assert (download.name, download.size) == (file.name, len(content))
    assert content.startswith(b"%PDF")


@pytest.mark.parametrize("status", ["processing", "exported", "refused", "trashed"])
async def test_what_is_not_ready_says_so_and_is_not_listed(open_account, status):
    account = await open_account(documents=1)
    account.app.act({"status": "d-000001", "to": status})
    assert await ids(account) == []
    document = await account.source.fetch("d-000001")
    assert status in document.not_ready
    assert document.acknowledged is (status in ("exported", "refused"))


async def test_what_was_told_shows_and_takes_the_document_off_the_queue(open_account, feedback, journal):
    account = await open_account(documents=2)
    await account.source.report(feedback("d-000001", exported="far-1"), journal)
    assert account.documents["d-000001"]["export"] == {"status": "exported", "external_id": "far-1"}
    assert await ids(account) == ["d-000002"]


async def test_a_document_that_was_changed_since_it_was_judged_is_carried_again_first(open_account, feedback, journal):
    account = await open_account(documents=1)
    judged = (await account.source.fetch("d-000001")).version
    account.app.act({"edit": "d-000001", "fields": {"title": "Invoice 1, corrected"}})
    with pytest.raises(OvertakenError):
        await account.source.report(feedback("d-000001", exported="far-1", judged=judged.__eq__), journal)
    assert account.documents["d-000001"]["status"] == "ready"


@pytest.mark.parametrize(
    ("status", "error"), [("processing", TransientError), ("trashed", RejectedError), ("refused", RejectedError)]
)
async def test_a_document_that_left_the_queue_is_told_later_or_never(open_account, feedback, journal, status, error):
    account = await open_account(documents=1)
    account.app.act({"status": "d-000001", "to": status})
    with pytest.raises(error, match=status):
        await account.source.report(feedback("d-000001", exported="far-1"), journal)
    assert account.documents["d-000001"]["told"] == {"effective": 0, "repeated": 0}


async def test_what_we_have_refused_ourselves_and_is_delivered_after_all_hears_no_more(
    open_account, feedback, new_journal
):
    account = await open_account(documents=1)
    await account.source.report(feedback("d-000001", refused="no such supplier"), new_journal())
    cured = replace(feedback("d-000001", seq=2, exported="far-1"), before=Result.REJECTED)
    await account.source.report(cured, journal := new_journal())
    await account.source.report(cured, journal)
    assert account.documents["d-000001"]["told"] == {"effective": 1, "repeated": 0}
    assert account.documents["d-000001"]["status"] == "refused"


async def test_a_message_that_shows_already_is_not_sent_again(open_account, feedback, journal, new_journal):
    account = await open_account(documents=1)
    for book in (journal, new_journal()):
        await account.source.report(feedback("d-000001", refused="no such supplier"), book)
    assert account.documents["d-000001"]["told"] == {"effective": 1, "repeated": 0}


@pytest.mark.parametrize("actions", [{"exported": ""}, {"exported": 4711}, {"exported": "x" * 201}, {"refused": None}])
async def test_words_that_cannot_be_taken_are_refused(open_account, actions):
    account = await open_account()
    with pytest.raises(RejectedError, match=next(iter(actions))):
        account.source.check_feedback(actions)


async def test_a_long_reason_is_cut_and_nothing_to_say_is_not_said(open_account, feedback, journal):
    account = await open_account(documents=1)
    await account.source.report(feedback("d-000001"), journal)
    assert account.documents["d-000001"]["status"] == "ready"
    await account.source.report(feedback("d-000001", refused="x" * 999), journal)
    assert len(account.documents["d-000001"]["export"]["message"]) == 200
