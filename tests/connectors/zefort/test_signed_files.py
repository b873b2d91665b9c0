"""Signed files: a wrong address stops the connection, a file that is late is waited for, and none is left behind."""

from __future__ import annotations

import json

import pytest

from connectors.errors import ConnectorError, GoneError, RejectedError, TransientError
from connectors.sandbox_faults import Fault
from connectors.zefort import Settings


@pytest.fixture
async def signed(open_account):
    """Return an account, its stream, and a completed signing request of two files."""
    account = await open_account()
    contract = account.app.act({"add": {"files": ["lease.pdf", "terms.pdf"]}})["id"]
    esign = account.app.act({"esign": contract})["id"]
    account.app.act({"esign_status": esign, "to": "completed"})
    return account.app, account.connection.sources["esigns"], esign


async def content(stream, file):
    async with stream.open(file) as opened:
        return b"".join([chunk async for chunk in opened.chunks])


@pytest.mark.parametrize("status", [404, 405])
async def test_a_wrong_address_stops_the_connection_and_names_the_setting(signed, status):
    app, stream, esign = signed
    document = await stream.fetch(esign)
    app.shared.faults.append(Fault("status", "GET", "/esigns/*/documents/*", status=status))
    with pytest.raises(ConnectorError, match="ZEFORT_SIGNED_DOWNLOAD_PATH") as caught:
        await content(stream, document.files[0])
    assert not isinstance(caught.value, RejectedError | TransientError)


async def test_a_file_that_is_listed_and_not_there_is_asked_for_later_where_others_come(signed):
    app, stream, esign = signed
    document = await stream.fetch(esign)
    await content(stream, document.files[1])
    fault = Fault("status", "GET", "/esigns/*/documents/*", status=404, times=1)
    app.shared.faults.append(fault)
    with pytest.raises(TransientError) as caught:
        await content(stream, document.files[0])
    assert caught.value.arrived == "no"
    assert (await content(stream, document.files[0])).startswith(b"%PDF")


async def test_a_file_of_a_request_that_is_gone_is_gone(signed):
    app, stream, esign = signed
    document = await stream.fetch(esign)
    del app.store.esigns[esign]
    with pytest.raises(GoneError):
        await content(stream, document.files[0])


def answered(app, esign, documents):
    body = json.dumps({"id": esign, "status": "completed", "documents": documents})
    headers = {"content-type": "application/json"}
    app.shared.faults.append(Fault("status", "GET", f"/esigns/{esign}/", status=200, headers=headers, body=body))


@pytest.mark.parametrize(
    "listed",
    ["1", 1, {"id": 1}, {"document": "1"}, {"document": 1}, {"document": {"id": "1"}}, {"id": None, "document": 1}],
    ids=str,
)
async def test_signed_files_are_found_however_they_are_listed(signed, listed):
    app, stream, esign = signed
    answered(app, esign, [listed])
    document = await stream.fetch(esign)
    assert document.not_ready is None
    assert [file.id for file in document.files] == [f"{esign}/1"]
    assert (await content(stream, document.files[0])).startswith(b"%PDF")


@pytest.mark.parametrize("listed", [[{"name": "lease.pdf"}], [None], [True], ["1", {}], {"results": ["1"]}], ids=str)
async def test_a_completed_request_whose_documents_are_not_understood_waits_and_says_why(signed, listed):
    app, stream, esign = signed
    answered(app, esign, listed)
    assert "documents" in (await stream.fetch(esign)).not_ready


@pytest.mark.parametrize("path", ["esigns/download/", "e/{contract}/{id}/", "https://elsewhere.invalid/{id}", "{id"])
def test_an_address_of_signed_files_that_cannot_work_is_refused(path):
    with pytest.raises(ValueError, match="needs a path"):
        Settings(api_key="k", signed_download_path=path)
