"""Files on their way: whole, counted, hashed, in bounded memory, and what a lying or breaking source does."""

import hashlib

import httpx
import pytest

from connectors.auth import Basic
from connectors.errors import RejectedError, TransientError
from connectors.http import Api
from connectors.sandbox_faults import Fault
from connectors.sandbox_serve import serve
from connectors.uploads import READ_AHEAD, Form, opened
from connectors.zefort import Settings, connect
from connectors.zefort.sandbox import Switches, ZefortSandbox

SMALL, LARGE = b"%PDF-1.7 small", bytes(range(256)) * 12_000
assert len(LARGE) > 2 * READ_AHEAD


async def bytes_of(upload):
    return b"".join([chunk async for chunk in upload.chunks()])


@pytest.mark.parametrize("content", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
@pytest.mark.parametrize("announced", ["true", "unknown"])
async def test_every_file_arrives_whole_hashed_and_with_its_exact_size(source_file, content, announced):
    source = source_file(content, announced=announced)
    async with opened(source.attachment()) as upload:
        assert upload.size == len(content)
        assert await bytes_of(upload) == content
        assert upload.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("announced", ["true", "unknown"])
async def test_a_repeated_call_gets_the_same_bytes_again(source_file, announced):
    source = source_file(LARGE, announced=announced)
    async with opened(source.attachment()) as upload:
        again = upload.chunks()
        await anext(again)
        assert await bytes_of(upload) == LARGE
        assert await bytes_of(upload) == LARGE


async def test_a_small_file_is_fetched_once_however_often_it_is_sent(source_file):
    source = source_file(SMALL)
    async with opened(source.attachment()) as upload:
        await bytes_of(upload)
        await bytes_of(upload)
    assert source.opened == 1


@pytest.mark.parametrize("announced", [len(SMALL) - 1, len(SMALL) + 1])
async def test_a_small_file_of_another_size_than_announced_never_leaves(source_file, announced):
    with pytest.raises(TransientError) as caught:
        async with opened(source_file(SMALL, announced=announced).attachment()):
            pass
    assert caught.value.arrived == "no"


@pytest.mark.parametrize("announced", [len(LARGE) - 1, len(LARGE) + 1])
async def test_a_large_file_of_another_size_than_announced_stops_the_upload(source_file, announced):
    async with opened(source_file(LARGE, announced=announced).attachment()) as upload:
        with pytest.raises(TransientError, match="announced"):
            await bytes_of(upload)


@pytest.mark.parametrize(("content", "announced"), [(SMALL, "true"), (LARGE, "unknown")])
async def test_a_source_that_breaks_before_the_upload_has_had_no_effect(source_file, content, announced):
    source = source_file(content, announced=announced)
    source.failure = TransientError("the source broke", arrived="maybe")
    with pytest.raises(TransientError) as caught:
        async with opened(source.attachment()):
            pass
    assert caught.value.arrived == "no"


async def test_a_source_that_breaks_in_mid_upload_may_have_had_one(account, journal, delivery, source_file):
    source = source_file(LARGE)
    source.failure = TransientError("the source broke", arrived="maybe")
    with pytest.raises(TransientError) as caught:
        await account.contracts.push(delivery(source), journal)
    assert caught.value.arrived == "maybe"
    assert account.shown["contracts"] == {}


async def test_a_file_the_source_does_not_have_any_more_rejects_the_document(account, journal, delivery, source_file):
    source = source_file(SMALL)
    source.failure = RejectedError("no such file", status=404)
    with pytest.raises(RejectedError, match="no such file"):
        await account.contracts.push(delivery(source), journal)
    assert "create" not in journal.steps


@pytest.mark.parametrize("title", ["Änderungs-Vertrag 合同", 'with "quotes"\r\n--and lines', "ends in \\"])
@pytest.mark.parametrize("name", ["Änderung 合同.pdf", 'a"b\\c\r\nd.pdf', "x" * 300 + ".pdf"])
async def test_any_title_and_name_travel_in_the_form(account, journal, delivery, source_file, title, name):
    attributes = {"title": title}
    await account.contracts.push(delivery(source_file(SMALL, name=name), attributes=attributes), journal)
    assert account.only["attributes"]["title"] == title.strip()
    assert account.only["files"][0]["sha256"] == hashlib.sha256(SMALL).hexdigest()
    assert "Änderung 合同 [gw-" in account.only["files"][0]["name"] or name[0] != "Ä"


async def test_the_announced_length_is_that_of_the_body(source_file):
    bodies = []

    async def answer(scope, receive, send):
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        bodies.append((dict(scope["headers"]), body))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    api = Api("zefort", "http://127.0.0.1/api/", Basic("key", ""), transport=httpx.ASGITransport(answer))
    for content in (SMALL, LARGE):
        async with opened(source_file(content).attachment()) as upload:
            form = Form(upload, "Ä.pdf", "blob", [("title", "Ünï"), ("docai_skip", "title"), ("docai_skip", "parties")])
            await api.call("POST", "contracts/", content=form.content(), headers=form.headers)
    for headers, body in bodies:
        assert int(headers[b"content-length"]) == len(body)
        assert b"transfer-encoding" not in headers


@pytest.fixture
async def served():
    app = ZefortSandbox(Switches(queued=0.0, processing=0.0))
    async with serve({"zefort": app}) as urls:
        settings = Settings(base_url=urls["zefort"], settle_seconds=0, **app.credentials)
        connection = await connect("zefort", settings)
        yield app, connection.destinations["contracts"]
        await connection.close()


@pytest.mark.parametrize("announced", ["true", "unknown"])
async def test_a_large_file_passes_over_real_sockets(served, journal, delivery, source_file, announced):
    app, contracts = served
    source = source_file(b"%PDF-1.7" + LARGE, announced=announced)
    contract_id = await contracts.push(delivery(source), journal)
    (file,) = app.state()["contracts"][contract_id]["files"]
    assert (file["size"], file["sha256"]) == (len(source.content), source.sha256)
    assert journal.results("sha256:") == {"sha256:f1": source.sha256}


async def test_an_upload_that_is_cut_off_by_its_source_makes_no_contract_and_the_next_one_does(
    served, journal, delivery, source_file
):
    app, contracts = served
    source = source_file(b"%PDF-1.7" + LARGE, pieces=40)
    source.failure = TransientError("the source broke", arrived="maybe")
    with pytest.raises(TransientError):
        await contracts.push(delivery(source), journal)
    source.failure = None
    contract_id = await contracts.push(delivery(source), journal)
    assert list(app.state()["contracts"]) == [contract_id]


async def test_a_call_that_was_refused_for_quota_sends_the_whole_file_again(served, journal, delivery, source_file):
    app, contracts = served
    refusal = Fault("status", "POST", "/contracts/", times=1, status=429, headers={"retry-after": "0"})
    app.switches.faults = [refusal]
    source = source_file(b"%PDF-1.7" + LARGE, pieces=40)
    contract_id = await contracts.push(delivery(source), journal)
    assert app.state()["contracts"][contract_id]["files"][0]["sha256"] == source.sha256
    assert source.opened == 2
