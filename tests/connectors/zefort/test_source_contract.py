"""One contract as it is read: fields, files, what must not be exported, and what makes a version."""

from __future__ import annotations

import hashlib

import pytest

from connectors.errors import ConnectorError, GoneError, TransientError
from connectors.sandbox_faults import Fault
from connectors.settings import SettingsError
from connectors.zefort import Settings, models


async def test_a_contract_is_read_with_tags_by_name_whole_parties_and_exact_amounts(reader):
    contract = reader.add(
        attributes={"title": "売買契約書", "value": 7},
        parties=[{"name": "Beispiel GmbH", "external_id": "erp:1", "role": "supplier"}],
        tags=["vip", "contract"],
        notes=["read me"],
    )
    document = await reader.source.fetch(contract)
    assert document.fields["attributes"]["title"] == "売買契約書"
    assert document.fields["tags"] == ["contract", "vip"]
    assert document.fields["roles"] == ["supplier"]
    assert document.fields["parties"][0]["external_id"] == "erp:1"
    assert document.fields["notes"][0]["content"] == "read me"
    assert document.fields["status"] == "done"
    assert document.not_ready is None


@pytest.mark.parametrize("cover_listed", [True, False])
@pytest.mark.parametrize("download", ["documents", "contract"])
async def test_files_arrive_whole_the_cover_document_first(open_reader, cover_listed, download):
    path = {"documents": "documents/{id}/download/", "contract": "contracts/{contract}/documents/{id}/download/"}
    reader = await open_reader(settings={"download_path": path[download]}, cover_listed=cover_listed, download=download)
    contract = reader.add(files=["Größe.pdf", "請求書.pdf"])
    document = await reader.source.fetch(contract)
    assert [(file.name, file.main, file.media_type) for file in document.files] == [
        ("Größe.pdf", True, "application/pdf"),
        ("請求書.pdf", False, "application/pdf"),
    ]
    held = {file["name"]: file["sha256"] for file in reader.app.state()["contracts"][contract]["files"]}
    for file in document.files:
        async with reader.source.open(file) as opened:
            content = b"".join([chunk async for chunk in opened.chunks])
        assert content.startswith(b"%PDF-")
        assert hashlib.sha256(content).hexdigest() == held[file.name]
        assert opened.name == file.name


async def test_a_wrong_download_path_stops_the_connection_and_names_the_setting(open_reader):
    reader = await open_reader(download="none")
    document = await reader.source.fetch(reader.add())
    with pytest.raises(ConnectorError, match="DOWNLOAD_PATH") as caught:
        async with reader.source.open(document.files[0]):
            pass
    assert not isinstance(caught.value, GoneError)


async def test_a_file_that_is_gone_is_that_documents_fault_only(reader):
    contract = reader.add(files=["a.pdf", "b.pdf"])
    document = await reader.source.fetch(contract)
    first = reader.app.store.contracts[contract].files[0]
    reader.app.store.drop_file(reader.app.store.contracts[contract], first)
    with pytest.raises(GoneError):
        async with reader.source.open(document.files[0]):
            pass


async def test_a_download_that_does_not_know_its_type_has_the_one_of_the_document(reader):
    document = await reader.source.fetch(reader.add())
    plain = {"content-type": "application/octet-stream"}
    reader.app.shared.faults.append(Fault("status", "GET", "/documents/*", status=200, headers=plain, body="%PDF-"))
    async with reader.source.open(document.files[0]) as opened:
        assert opened.media_type == "application/pdf"


async def test_a_web_page_in_a_files_place_is_no_file(reader):
    document = await reader.source.fetch(reader.add())
    reader.app.shared.faults.append(Fault("html", "GET", "/documents/*"))
    with pytest.raises(TransientError):
        async with reader.source.open(document.files[0]):
            pass


@pytest.mark.parametrize("path", ["documents/download/", "documents/{doc}/", "https://elsewhere.invalid/{id}", "{id"])
def test_a_download_path_that_cannot_work_is_refused(path):
    with pytest.raises((SettingsError, ValueError), match="needs a path"):
        Settings(api_key="k", download_path=path)


@pytest.mark.parametrize(
    ("what", "reason"),
    [({"trashed": True}, "trash"), ({"status": "error"}, "error"), ({"status": "queued"}, "waiting")],
)
async def test_what_must_not_be_exported_says_why(reader, what, reason):
    document = await reader.source.fetch(reader.add(**what))
    assert reason in document.not_ready


async def test_a_deleted_contract_is_gone(reader):
    with pytest.raises(GoneError):
        await reader.source.fetch("ct_nothing")


async def test_only_content_makes_a_version(reader):
    contract = reader.add(parties=[{"name": "A", "role": "supplier"}])
    first = (await reader.source.fetch(contract)).version
    reader.app.act({"note": contract, "text": "x"})
    reader.app.act({"status": contract, "to": "archived"})
    assert (await reader.source.fetch(contract)).version == first
    reader.app.act({"tag": contract, "name": "vip"})
    second = (await reader.source.fetch(contract)).version
    assert second != first
    reader.app.act({"edit": contract, "attributes": {"end_date": "2030-01-01"}})
    assert (await reader.source.fetch(contract)).version not in (first, second)


async def test_the_check_warns_of_what_a_key_may_not_see(open_account):
    account = await open_account(sees_all=False)
    for _ in range(2):
        account.app.act({"add": {}})
        account.app.act({"add": {"owner": "user_else"}})
    words = await account.connection.check()
    assert "manage all contracts" in words
    assert "all of one owner" in words
    assert "2 contracts" in words


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-05:00", "2026-02-30T00:00:00Z", ""])
def test_a_moment_that_no_calendar_has_is_none(text):
    assert models.instant(text) is None
