"""DocuMine as a source: whole lists of the watched dossiers, and what makes a new version."""

import pytest

from connectors.contract import Feedback, Result, Source
from connectors.errors import AccessError, ConnectorError, GoneError, RejectedError, TransientError
from connectors.sandbox_faults import Fault

COMPONENTS = "/api/dossier-templates/{}/dossiers/{}/files/{}/components"


async def test_it_is_a_source_that_is_told_nothing(account, journal):
    assert isinstance(account.source, Source)
    assert (dict(account.source.feedback_actions), list(account.source.drains)) == ({}, [])
    account.source.check_feedback({})
    with pytest.raises(RejectedError, match="title"):
        account.source.check_feedback({"title": "x"})
    await account.source.report(Feedback("x", Result.DELIVERED, None, None), journal)
    assert account.connection.traffic.requests == 0


async def test_what_is_analysed_or_has_failed_is_listed_and_what_is_in_the_works_is_not(account):
    listed = await account.listed()
    expected = {
        file_id
        for file_id, file in account.shown["documents"].items()
        if file["dossier"] == "Reports" and file["status"] in ("PROCESSED", "ERROR")
    }
    assert set(listed) == expected
    assert 0 < len(expected) < 20


async def test_several_dossiers_are_watched_by_name_or_id_and_none_means_all(open_account):
    account = await open_account()
    letters = next(one for one, it in account.shown["dossiers"].items() if it["name"].startswith("Prüf"))
    both = await open_account(app=account.app, settings={"dossier": f"Reports, {letters}"})
    everything = await open_account(app=account.app, settings={"dossier": None})
    assert set(await both.listed()) == set(await everything.listed()) > set(await account.listed())


async def test_only_what_a_person_has_approved_is_released_under_that_rule(open_account):
    account = await open_account(settings={"release": "released"})
    shown = account.shown["documents"]
    listed = await account.listed()
    assert {shown[one]["workflow"] for one in listed if shown[one]["status"] == "PROCESSED"} == {"APPROVED"}
    waiting = next(
        one
        for one, it in shown.items()
        if it["status"] == "PROCESSED" and it["workflow"] != "APPROVED" and it["dossier"] == "Reports"
    )
    with pytest.raises(TransientError):
        await account.source.fetch(waiting)
    account.app.act({"workflow": waiting, "to": "APPROVED"})
    assert waiting in await account.listed()
    assert (await account.source.fetch(waiting)).not_ready is None


async def test_a_step_back_and_a_second_approval_make_another_hint(open_account):
    account = await open_account(settings={"release": "released"})
    file_id = await account.first()
    account.app.act({"workflow": file_id, "to": "APPROVED"})
    before = (await account.listed())[file_id]
    account.app.act({"workflow": file_id, "to": "UNDER_REVIEW"})
    assert file_id not in await account.listed()
    account.app.act({"advance": 1})
    account.app.act({"workflow": file_id, "to": "APPROVED"})
    assert (await account.listed())[file_id] != before


async def test_the_order_of_names_makes_no_other_version(account):
    file_id = await account.first()
    versions = {(await account.source.fetch(file_id)).version for _ in range(4)}
    assert len(versions) == 1


async def test_a_new_analysis_is_a_new_version_and_is_not_listed_before_it_is_through(open_account):
    account = await open_account(step=1.0)
    file_id = await account.first()
    hint, version = (await account.listed())[file_id], (await account.source.fetch(file_id)).version
    account.app.act({"reprocess": file_id})
    assert file_id not in await account.listed()
    with pytest.raises(TransientError, match="in the works"):
        await account.source.fetch(file_id)
    account.app.act({"advance": 60})
    assert (await account.listed())[file_id] != hint
    assert (await account.source.fetch(file_id)).version != version


async def test_a_persons_edit_makes_another_hint_and_another_version(account):
    file_id = await account.first()
    hint, version = (await account.listed())[file_id], (await account.source.fetch(file_id)).version
    account.app.act({"edit": file_id, "components": {"Study_Title": ["corrected"]}})
    assert (await account.listed())[file_id] != hint
    document = await account.source.fetch(file_id)
    assert (document.version != version, document.fields["components"]["Study_Title"]) == (True, "corrected")


async def test_where_no_progress_is_shown_the_content_itself_makes_the_hint(open_account):
    account = await open_account(progress_shown=False)
    file_id = await account.first()
    hint = (await account.listed())[file_id]
    assert (await account.listed())[file_id] == hint
    change_without_a_trace(account.app, file_id)
    assert (await account.listed())[file_id] != hint


def change_without_a_trace(app, file_id):
    for dossier in app.store.dossiers.values():
        if file_id in dossier.files:
            dossier.files[file_id].components = {"Study_Title": ["changed without a trace"]}


async def test_a_failed_file_is_listed_and_not_ready(account):
    other = next(iter(await account.listed()))
    account.app.act({"status": other, "to": "ERROR"})
    assert other in await account.listed()
    assert "ERROR" in (await account.source.fetch(other)).not_ready


@pytest.mark.parametrize("how", ["trash", "purge"])
async def test_a_deleted_file_is_gone(account, how):
    file_id = await account.first()
    account.app.act({how: file_id})
    assert file_id not in await account.listed()
    with pytest.raises(GoneError):
        await account.source.fetch(file_id)


async def test_a_file_that_an_earlier_process_has_listed_is_found(account, open_account):
    file_id = await account.first()
    later = await open_account(app=account.app)
    assert (await later.source.fetch(file_id)).id == file_id
    with pytest.raises(GoneError, match="no watched dossier"):
        await later.source.fetch("nowhere")


@pytest.mark.parametrize("body", ["{}", "[]", '{"files": null}', '{"files": [{"fileName": "no id"}]}'])
async def test_a_list_without_its_array_is_an_error_and_not_empty(open_account, body):
    account = await open_account(faults=[Fault("status", "GET", "*/files", status=200, body=body)])
    with pytest.raises(ConnectorError):
        await account.listed()


@pytest.mark.parametrize("status", [403, 404])
async def test_a_dossier_that_cannot_be_read_is_said_to_be_unseen_and_does_not_keep_the_others_out(
    open_account, status
):
    both = {"dossier": "Reports,Prüfberichte 2026"}
    account = await open_account(settings=both)
    whole = set(await account.listed())
    names = {one: it["name"] for one, it in account.shown["dossiers"].items() if it["name"] in both["dossier"]}
    for closed, name in names.items():
        account.app.shared.faults[:] = [Fault("status", "GET", f"*/{closed}/files", status=status)]
        pages = [page async for page in account.source.changes(None)]
        assert [str(status) in page.unseen for page in pages if page.unseen] == [True]
        readable = {change.document_id for page in pages for change in page.changes}
        documents = account.shown["documents"]
        assert readable == {one for one in whole if documents[one]["dossier"] != name}


async def test_where_no_dossier_can_be_read_the_connection_is_stopped(open_account):
    account = await open_account(faults=[Fault("status", "GET", "*/files", status=403)])
    with pytest.raises(AccessError, match="403"):
        await account.listed()


async def test_a_file_of_an_earlier_process_is_found_beside_a_dossier_that_may_not_be_read(open_account):
    both = {"dossier": "Reports,Prüfberichte 2026"}
    account = await open_account(settings=both)
    documents = account.shown["documents"]
    ids = {name: one for one, it in account.shown["dossiers"].items() for name in [it["name"]]}
    listed = await account.listed()
    for closed in both["dossier"].split(","):
        account.app.shared.faults[:] = [Fault("status", "GET", f"*/{ids[closed]}/files", status=403)]
        other = next(one for one in listed if documents[one]["dossier"] != closed)
        later = await open_account(app=account.app, settings=both)
        assert (await later.source.fetch(other)).id == other
        hidden = next(one for one in listed if documents[one]["dossier"] == closed)
        with pytest.raises(AccessError, match="403"):
            await later.source.fetch(hidden)


@pytest.mark.parametrize("missing", [{"dossier": "Nowhere"}, {"template": "Nowhere"}])
async def test_a_place_that_does_not_exist_stops_the_connection(open_account, missing):
    account = await open_account(settings=missing)
    with pytest.raises(AccessError, match="Nowhere"):
        await account.listed()


async def test_an_archived_dossier_can_still_be_read(account):
    account.app.act({"archive": "Reports"})
    assert await account.listed()


async def test_what_comes_in_while_lists_are_read_is_there_in_the_next_list(open_account):
    account = await open_account(documents=8, step=0.0, drift="enter", drift_items=2, drift_most=4)
    await account.listed()
    await account.listed()
    listed = await account.listed()
    added = {one for one, it in account.shown["documents"].items() if it["name"].startswith("entered")}
    assert len(added) == 4
    assert added <= set(listed)
