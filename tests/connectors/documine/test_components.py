"""Components are read while no analysis is under way, in every spelling that the facts allow."""

import hashlib

import pytest

from connectors.errors import ConnectorError, RejectedError, TransientError
from connectors.sandbox_faults import Fault

COMPONENTS = "/api/dossier-templates/{}/dossiers/{}/files/{}/components"


async def read(source, document):
    async with source.open(document.files[0]) as download:
        return b"".join([chunk async for chunk in download.chunks])


async def test_components_are_read_with_first_and_all_values_and_their_origin(account):
    file_id = await account.first()
    document = await account.source.fetch(file_id)
    truth = account.shown["documents"][file_id]["components"]
    assert document.fields["components_all"] == truth
    assert document.fields["components"] == {name: values[0] if values else None for name, values in truth.items()}
    assert document.fields["details"]["Study_Title"][0]["componentRuleId"] == "StudyTitle.0.0"
    assert (document.fields["dossier"]["name"], document.files[0].main) == ("Reports", True)
    assert document.not_ready is None


@pytest.mark.parametrize(
    "switches",
    [
        {"file_spelling": "fileId,filename", "detail_key": "componentValues", "package_key": "id"},
        {"stamps": "z", "novelties": True, "package_key": "downloadId", "unpublished_params": "ignored"},
        {"stamps": "mixed", "package_form": "folders", "licence": False},
    ],
)
async def test_every_spelling_that_the_facts_allow_is_read(open_account, switches):
    account = await open_account(**switches)
    file_id = await account.first()
    document = await account.source.fetch(file_id)
    shown = account.shown["documents"][file_id]
    assert (document.fields["name"], document.fields["components_all"]) == (shown["name"], shown["components"])
    assert document.fields["details"]["Study_Title"][0]["value"] == shown["components"]["Study_Title"][0]
    content = await read(account.source, document)
    assert content.startswith(b"%PDF-")
    assert hashlib.sha256(content).hexdigest() == account.shown["documents"][file_id]["sha256"]


async def test_components_that_were_read_across_an_analysis_are_read_again(open_account):
    """The status before shows the old analysis, the components are already those of the new one."""
    account = await open_account(step=0.0)
    file_id = await account.first()
    seen = []
    inner = account.app.dossiers.components

    async def analysed_meanwhile(call):
        seen.append(1)
        if len(seen) == 1:
            account.app.act({"reprocess": file_id})
        return await inner(call)

    account.app.route("GET", COMPONENTS, analysed_meanwhile)
    document = await account.source.fetch(file_id)
    assert len(seen) == 2
    assert document.fields["components_all"] == account.shown["documents"][file_id]["components"]


@pytest.mark.parametrize("early", ["404", "409"])
async def test_components_that_are_refused_because_an_analysis_has_begun_are_no_verdict_on_the_file(
    open_account, early
):
    account = await open_account(step=0.0, early_components=early)
    file_id = await account.first()
    inner = account.app.dossiers.components

    async def meanwhile(call):
        account.app.act({"status": file_id, "to": "REPROCESS"})
        return await inner(call)

    account.app.route("GET", COMPONENTS, meanwhile)
    with pytest.raises(TransientError, match="in the works"):
        await account.source.fetch(file_id)
    account.app.route("GET", COMPONENTS, inner)
    account.app.act({"status": file_id, "to": "PROCESSED"})
    assert (await account.source.fetch(file_id)).not_ready is None


@pytest.mark.parametrize(("status", "kind"), [(404, TransientError), (409, TransientError), (400, RejectedError)])
async def test_components_refused_to_a_file_that_is_through_never_make_it_gone(open_account, status, kind):
    account = await open_account(progress_shown=False, faults=[Fault("status", "GET", "*/components", status=status)])
    file_id = await account.first()
    with pytest.raises(kind) as caught:
        await account.source.fetch(file_id)
    assert type(caught.value) is kind
    before = await account.listed()
    account.app.shared.faults.clear()
    assert (await account.listed())[file_id] != before[file_id]


async def test_a_document_is_the_same_whichever_way_its_instants_are_spelt(open_account):
    account = await open_account(stamps="z")
    file_id = await account.first()
    document = await account.source.fetch(file_id)
    account.app.switches.stamps = "offset"
    assert await account.source.fetch(file_id) == document


async def test_a_file_that_is_analysed_again_and_again_is_left_for_later(open_account):
    account = await open_account(step=0.0)
    file_id = await account.first()
    inner = account.app.dossiers.components

    async def restless(call):
        account.app.act({"reprocess": file_id})
        return await inner(call)

    account.app.route("GET", COMPONENTS, restless)
    with pytest.raises(TransientError, match="again and again"):
        await account.source.fetch(file_id)


async def test_components_are_never_asked_for_before_the_analysis_is_through(open_account):
    account = await open_account(step=5.0)
    added = account.app.act({"add": "Reports"})["id"]
    assert added not in await account.listed()
    with pytest.raises(TransientError):
        await account.source.fetch(added)
    assert account.asked("GET F/components") == 0


def answered(body):
    return Fault("status", "GET", "*/components", status=200, body=body, headers={"content-type": "application/json"})


@pytest.mark.parametrize("body", [
    '{"components": {}, "error": "backend failed"}', '{"components": {}, "message": "analysis is being stored"}',
])  # fmt: skip
async def test_no_components_and_a_reason_for_that_are_not_a_file_in_which_nothing_was_found(open_account, body):
    account = await open_account(faults=[answered(body)])
    with pytest.raises(TransientError, match="is an error"):
        await account.source.fetch(await account.first())
    account.app.shared.faults[:] = [answered('{"components": {}}')]
    assert (await account.source.fetch(await account.first())).fields["components"] == {}


async def test_components_of_another_file_are_not_carried_as_those_of_the_one_that_was_asked_for(open_account):
    body = '{"fileId": "another", "components": {"Study_Title": ["Another study"]}}'
    account = await open_account(faults=[answered(body)])
    with pytest.raises(ConnectorError, match="another document"):
        await account.source.fetch(await account.first())


@pytest.mark.parametrize("path", ["/api/downloads/*", "/api/downloads/*/download"])
@pytest.mark.parametrize("status", [400, 409])
async def test_a_package_that_is_refused_is_no_verdict_on_the_document(open_account, path, status):
    account = await open_account(faults=[Fault("status", "GET", path, status=status)])
    document = await account.source.fetch(await account.first())
    with pytest.raises(TransientError):
        await read(account.source, document)
    account.app.shared.faults.clear()
    assert (await read(account.source, document)).startswith(b"%PDF")
    assert account.shown["packages"] == {}
