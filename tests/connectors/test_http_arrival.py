"""Whether a failed call may be sent again: it depends on whether it can have arrived."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors.errors import ConnectorError, RejectedError, TransientError
from tests.connectors.conftest import reset


async def drop(request, writer):
    return None


async def break_off(request, writer):
    reset(writer)


async def answer_half(request, writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
    await writer.drain()


async def answer_half_a_head(request, writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-ty")
    await writer.drain()


async def answer_half_a_chunk(request, writer):
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{")
    await writer.drain()


async def babble(request, writer):
    return b"SMTP ready, how can I help?\r\n\r\n"


async def fall_silent(request, writer):
    await asyncio.sleep(30)


def status(code):
    async def handler(request, writer):
        return f"HTTP/1.1 {code} No\r\ncontent-length: 0\r\n\r\n".encode()

    return handler


FAULTS = [
    drop,
    break_off,
    answer_half,
    answer_half_a_head,
    answer_half_a_chunk,
    babble,
    fall_silent,
    status(500),
    status(502),
    status(503),
    status(504),
    status(408),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_call_that_may_have_arrived_leaves_exactly_once(loopback, skipping, fault):
    api = await loopback.api(fault, clock=skipping, timeout=0.2)
    with pytest.raises(TransientError) as caught:
        await api.call("POST", "/contracts/", json={"title": "PAYLOAD"})
    assert caught.value.arrived == "maybe"
    assert len(loopback.arrived) == api.requests == 1
    assert str(caught.value).startswith("demo: POST /contracts/")
    assert "PAYLOAD" not in str(caught.value)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_call_that_may_have_arrived_leaves_once_on_a_used_connection_too(loopback, skipping, fault):
    async def handler(request, writer):
        return loopback.reply() if request.method == "GET" else await fault(request, writer)

    api = await loopback.api(handler, clock=skipping, timeout=0.2)
    await api.call("GET", "/")
    with pytest.raises(TransientError) as caught:
        await api.call("PUT", "/contracts/1/", json={}, repeatable=False)
    assert caught.value.arrived == "maybe"
    assert [request.method for request in loopback.arrived] == ["GET", "PUT"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_repeatable_call_is_repeated_until_it_works(loopback, skipping, fault):
    async def handler(request, writer):
        return loopback.reply(200, b"[1]") if len(loopback.arrived) > 2 else await fault(request, writer)

    api = await loopback.api(handler, clock=skipping, timeout=0.2)
    assert (await api.call("GET", "/documents")).json() == [1]
    assert len(loopback.arrived) == api.requests == 3
    assert len(skipping.slept) == 2


async def test_repeats_end_after_five_attempts(loopback, skipping):
    api = await loopback.api(status(500), clock=skipping)
    with pytest.raises(TransientError) as caught:
        await api.call("GET", "/documents")
    assert caught.value.status == 500
    assert len(loopback.arrived) == 5
    assert all(0 <= slept <= 4 for slept in skipping.slept)


async def test_a_garbled_answer_is_read_again_but_never_sent_again(loopback, skipping):
    async def handler(request, writer):
        return loopback.reply(200, b'{"id": ' if len(loopback.arrived) < 3 else b'{"id": 1}')

    api = await loopback.api(handler, clock=skipping)
    answer = await api.call("POST", "/contracts/")
    with pytest.raises(TransientError, match="POST /contracts/ answered 200 with something that is not JSON") as caught:
        answer.json()
    assert caught.value.arrived == "maybe"
    assert len(loopback.arrived) == 1
    assert (await api.call("GET", "/contracts/")).json() == {"id": 1}
    assert len(loopback.arrived) == 3


async def test_a_web_page_in_place_of_an_answer_leaves_open_what_became_of_the_call(loopback, skipping):
    async def handler(request, writer):
        return loopback.reply(200, b"<html>Please log in</html>", content_type="text/html; charset=utf-8")

    api = await loopback.api(handler, clock=skipping)
    with pytest.raises(TransientError, match="POST /contracts/ answered 200 with a web page") as caught:
        await api.call("POST", "/contracts/", json={})
    assert caught.value.arrived == "maybe"
    assert len(loopback.arrived) == 1


async def test_a_connection_that_is_refused_has_not_arrived_and_is_tried_again(loopback, skipping):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        api = loopback.client(f"http://127.0.0.1:{port}", clock=skipping)
        with pytest.raises(TransientError) as caught:
            await api.call("POST", "/contracts/", json={})
    assert str(caught.value) == (f"demo: POST /contracts/: cannot connect to 127.0.0.1:{port} (setting DEMO_BASE_URL)")
    assert caught.value.arrived == "no"
    assert len(skipping.slept) == 4
    assert api.requests == 0


async def test_a_name_that_does_not_exist_has_not_arrived_and_is_told_with_its_setting(loopback, skipping):
    api = loopback.client("https://nowhere.invalid", clock=skipping)
    with pytest.raises(TransientError, match=r"nowhere\.invalid:443 \(setting DEMO_BASE_URL\)") as caught:
        await api.call("POST", "/contracts/", json={})
    assert caught.value.arrived == "no"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
async def test_this_machine_is_never_asked_for_through_a_proxy(loopback, skipping, monkeypatch, name):
    for every in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(every, raising=False)
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def handler(request, writer):
        return loopback.reply()

    api = await loopback.api(handler, clock=skipping)
    assert (await api.call("POST", "/contracts/", json={})).status == 200


async def test_a_proxy_that_does_not_answer_is_told_as_such(loopback, skipping, monkeypatch):
    for every in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(every, raising=False)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    api = loopback.client("https://nowhere.invalid", clock=skipping)
    with pytest.raises(TransientError, match=r"the proxy cannot be used on the way to nowhere\.invalid:443"):
        await api.call("POST", "/contracts/", json={})


async def test_an_untrusted_certificate_stops_the_connection(loopback, skipping, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    tls = SSLContext(PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=tls)
    async with server:
        api = loopback.client(f"https://localhost:{server.sockets[0].getsockname()[1]}", clock=skipping)
        with pytest.raises(ConnectorError, match="certificate") as caught:
            await api.call("GET", "/")
    assert type(caught.value) is ConnectorError


async def test_an_act_that_lost_its_answer_was_done_once(loopback, skipping):
    contracts = []

    async def act_then_drop(request, writer):
        contracts.append(request.body)
        reset(writer)

    api = await loopback.api(act_then_drop, clock=skipping)
    with pytest.raises(TransientError):
        await api.call("POST", "/contracts/", json={"title": "a"})
    assert contracts == [b'{"title":"a"}']


async def test_a_slow_drip_ends_at_the_deadline_and_is_not_repeated(loopback):
    async def drip(request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    api = await loopback.api(drip, timeout=1, deadline=0.3)
    began = asyncio.get_running_loop().time()
    with pytest.raises(TransientError, match="no answer in time") as caught:
        await api.call("GET", "/")
    assert 0.2 < asyncio.get_running_loop().time() - began < 1
    assert caught.value.arrived == "maybe"
    assert len(loopback.arrived) == 1


async def test_a_rejection_is_final(loopback, skipping):
    api = await loopback.api(status(422), clock=skipping)
    with pytest.raises(RejectedError):
        await api.call("GET", "/")
    assert len(loopback.arrived) == 1


async def test_a_cancelled_call_gives_its_slot_back(loopback):
    async def handler(request, writer):
        if len(loopback.arrived) == 1:
            await asyncio.sleep(30)
        return loopback.reply()

    api = await loopback.api(handler, concurrency=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await api.call("GET", "/")
    async with asyncio.timeout(1):
        assert (await api.call("GET", "/")).status == 200


async def test_a_success_too_large_to_be_read_is_no_refusal_of_what_was_asked_for(loopback):
    async def handler(_request, _writer):
        return loopback.reply(200, b" " * 300_000)

    api = await loopback.api(handler, largest_answer=100_000)
    with pytest.raises(TransientError, match="larger than 100000 bytes") as caught:
        await api.call("POST", "/contracts/", json={})
    assert caught.value.arrived == "maybe"
    assert len(loopback.arrived) == 1
