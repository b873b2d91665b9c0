"""Uploads: opened anew when they are turned away, sent once where they can be read once, and let go of in time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import pytest

from connectors.contract import Attachment, Download, File
from connectors.errors import AccessError, GoneError, TransientError
from connectors.uploads import opened

BLOCK = bytes(range(256)) * 256


async def test_an_upload_is_opened_anew_when_it_was_turned_away(loopback, skipping):
    async def handler(request, writer):
        return loopback.reply(429 if len(loopback.arrived) < 3 else 201)

    opened = 0

    async def body():
        nonlocal opened
        opened += 1
        yield b"one"
        yield b"two"

    api = await loopback.api(handler, clock=skipping)
    assert (await api.call("POST", "/contracts/", content=body)).status == 201
    assert opened == 3
    assert [request.body for request in loopback.arrived] == [b"onetwo"] * 3


class Renewing:
    """A login that has always another token."""

    count = 0

    async def headers(self, _wire):
        """Return the token."""
        return {"authorization": f"token {self.count}"}

    async def renew(self, _wire, _stale):
        """Get another one."""
        self.count += 1
        return True


async def test_an_upload_is_opened_anew_when_its_token_was_not_taken_and_one_that_cannot_be_is_none(loopback):
    """What can be read once would be sent as nothing the second time, and be taken."""

    async def handler(request, writer):
        return loopback.reply(401 if request.headers["authorization"] == "token 0" else 201)

    async def body():
        yield b"one"

    api = await loopback.api(handler, Renewing())
    assert (await api.call("POST", "/contracts/", content=body)).status == 201
    assert [request.body for request in loopback.arrived] == [b"one", b"one"]
    with pytest.raises(TypeError):
        await (await loopback.api(handler, Renewing())).call("POST", "/contracts/", content=body())
    assert len(loopback.arrived) == 2


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (GoneError("source: gone", connection="source"), GoneError),
        (AccessError("source: no right", connection="source"), AccessError),
        (TransientError("source: cut off", connection="source", arrived="no"), TransientError),
        (OSError("disk"), TransientError),
    ],
)
async def test_a_source_that_fails_during_an_upload_is_named(loopback, skipping, failure, kind):
    async def handler(request, writer):
        return loopback.reply()

    closed = []

    async def body():
        try:
            yield b"one"
            await asyncio.sleep(0.05)
            raise failure
        finally:
            closed.append(True)

    api = await loopback.api(handler, clock=skipping)
    with pytest.raises(kind) as caught:
        await api.call("POST", "/contracts/", content=body, headers={"content-length": "1000"})
    assert str(failure) in str(caught.value)
    if isinstance(caught.value, TransientError):
        assert caught.value.arrived == "maybe"  # half of it has left
    assert loopback.arrived == []
    assert closed == [True]


async def test_an_upload_that_is_turned_away_early_lets_go_of_its_source(loopback):
    async def refuse(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(1)

    closed = asyncio.Event()

    async def body(wait):
        try:
            while True:
                yield BLOCK
                await asyncio.sleep(wait)
        finally:
            closed.set()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        api = loopback.client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        for wait in (0, 5):  # while it is written, while its source is waited for
            closed.clear()
            with pytest.raises(AccessError):
                await api.call("POST", "/contracts/", content=partial(body, wait))
            async with asyncio.timeout(1):
                await closed.wait()


async def test_an_upload_nobody_takes_ends_and_a_slow_one_goes_on(loopback):
    async def ignore(reader, writer):
        await asyncio.sleep(30)

    async def endless():
        while True:
            yield BLOCK

    async def slow():
        for _ in range(6):
            await asyncio.sleep(0.1)
            yield b"x"

    async def handler(request, writer):
        return loopback.reply()

    server = await asyncio.start_server(ignore, "127.0.0.1", 0)
    async with server:
        api = loopback.client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", deadline=0.3)
        with pytest.raises(TransientError, match="no answer in time"):
            await api.call("POST", "/contracts/", content=endless)
        server.close()
    api = await loopback.api(handler, deadline=0.3)
    assert (await api.call("POST", "/contracts/", content=slow)).status == 200


async def test_as_many_uploads_as_slots_can_read_from_the_same_provider(loopback):
    async def handler(request, writer):
        return loopback.reply(200, b"content", content_type="text/plain")

    api = await loopback.api(handler, concurrency=2)
    await api.call("GET", "/")  # the pace is known

    async def body():
        async with api.stream("/files/1") as download:
            async for chunk in download.chunks:
                yield chunk

    async with asyncio.timeout(5):
        await asyncio.gather(*(api.call("POST", "/files", content=body) for _ in range(6)))
    assert [request.body for request in loopback.arrived if request.method == "POST"] == [b"content"] * 6


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ("text/plain\r\nX-Other: 1", "application/octet-stream"),
        ("text/\x7f", "application/octet-stream"),
        ("grün/weiß", "application/octet-stream"),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
    ],
)
async def test_a_source_writes_no_headers_by_a_media_type(told, sent):
    async def chunks():
        yield b"x"

    @asynccontextmanager
    async def open_it():
        yield Download(chunks(), 1, "a.txt", told)

    async with opened(Attachment(File("f1", "a.txt", told), open_it)) as upload:
        assert upload.media_type == sent
