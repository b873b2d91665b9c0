"""What becomes of uploaded files, and what is told of it."""

import pytest

from connectors.contract import State
from connectors.errors import RejectedError


async def test_a_file_is_pending_until_its_analysis_is_through(open_account, journal, delivery):
    account = await open_account(step=1.0)
    file_id = await account.destination.push(delivery(), journal)
    for _ in range(5):
        assert (await account.destination.outcome(file_id, journal)).state is State.PENDING
        account.app.act({"advance": 1})
    assert (await account.destination.outcome(file_id, journal)).state is State.ACCEPTED


@pytest.mark.parametrize(
    ("ends_in", "state"), [("ERROR", State.REFUSED), ("stuck", State.PENDING), ("novel", State.PENDING)]
)
async def test_the_end_of_an_analysis_is_the_outcome_and_unknown_states_are_still_running(
    open_account, journal, delivery, ends_in, state
):
    account = await open_account(ends_in=ends_in, step=0.0)
    file_id = await account.destination.push(delivery(), journal)
    assert (await account.destination.outcome(file_id, journal)).state is state


async def test_an_analysis_without_end_is_called_stuck_and_not_failed(open_account, journal, delivery):
    account = await open_account(ends_in="stuck")
    file_id = await account.destination.push(delivery(), journal)
    next(
        one for dossier in account.app.store.dossiers.values() for one in dossier.files.values() if one.id == file_id
    ).uploaded -= 3700
    outcome = await account.destination.outcome(file_id, journal)
    assert (outcome.state, outcome.reason) == (State.PENDING, "its analysis is stuck")


@pytest.mark.parametrize(("how", "sure"), [("trash", True), ("purge", False)])
async def test_a_deleted_file_is_gone_and_listed_as_dropped(account, journal, delivery, how, sure, open_account):
    here = await open_account(app=account.app, settings={"dossier": "Inbox"})
    file_id = await here.destination.push(delivery(), journal)
    here.app.act({"advance": 10})
    here.app.act({how: file_id})
    outcome = await here.destination.outcome(file_id, journal)
    assert (outcome.state, outcome.sure) == (State.GONE, sure)
    assert ([one async for one in here.destination.dropped()] == [file_id]) is (how == "trash")
    with pytest.raises(RejectedError, match=r"trash|deleted"):
        await here.destination.push(delivery(replaces=file_id), journal)
    assert len([one for one in here.inbox() if not one["trashed"]]) == 0


async def test_one_failed_file_of_several_makes_the_outcome(account, journal, delivery, source_file):
    file_id = await account.destination.push(
        delivery(source_file(), source_file(b"%PDF-1.7 2", "f2", main=False)), journal
    )
    account.app.act({"advance": 10})
    assert (await account.destination.outcome(file_id, journal)).state is State.ACCEPTED
    account.app.act({"status": journal.results("file:")["file:f2"], "to": "ERROR"})
    assert (await account.destination.outcome(file_id, journal)).state is State.REFUSED


async def test_nothing_is_dropped_from_a_dossier_that_does_not_exist_yet(open_account):
    account = await open_account(settings={"dossier": "Not yet"})
    assert [one async for one in account.destination.dropped()] == []


async def test_no_value_of_a_document_is_written_into_the_journal(account, journal, delivery, source_file):
    await account.destination.push(
        delivery(source_file(name="Geheim.pdf"), name="Streng vertraulich", dossier="Akte Müller"), journal
    )
    written = repr(journal.steps)
    assert not any(word in written for word in ("Geheim", "vertraulich", "Müller"))


async def test_the_check_tells_templates_and_the_licence_if_it_may(open_account):
    account = await open_account()
    assert (
        "3 templates, 'DocuMine Example' is ACTIVE; licence: numberOfAnalyzedFiles 20"
        in await account.connection.check()
    )
    account.app.switches.licence = False
    assert "licence" not in await account.connection.check()
