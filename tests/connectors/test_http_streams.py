"""Files are streamed: memory stays bounded, cuts are noticed, and each failure keeps its owner."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import shutil
import tracemalloc
from contextlib import asynccontextmanager
from types import SimpleNamespace

import httpx
import pytest

from connectors.auth import Basic
from connectors.contract import Attachment, Download, File
from connectors.errors import GoneError, TransientError
from connectors.http import Api
from connectors.uploads import opened
from connectors.wire import LEAST
from tests.connectors.conftest import reset

MEGABYTE = 2**20
SIZE = 50 * MEGABYTE
BLOCK = bytes(range(256)) * 256


async def send_file(request, writer, size=SIZE):
    writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: Application/PDF; a=b\r\ncontent-length: {size}\r\n\r\n".encode())
    for _ in range(size // len(BLOCK)):
        writer.write(BLOCK)
        await writer.drain()
    return b""


async def read_all(api, into):
    async with api.stream("/files/1") as download:
        async for chunk in download.chunks:
            into.append(chunk)


async def peak_of(work):
    tracemalloc.start()
    try:
        await work
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_a_large_download_keeps_memory_bounded(loopback):
    api = await loopback.api(send_file)
    digest = hashlib.sha256()
    seen = []

    async def work():
        async with api.stream("/files/1") as download:
            seen.append((download.size, download.media_type))
            async for chunk in download.chunks:
                digest.update(chunk)

    assert await peak_of(work()) < 4 * MEGABYTE
    assert seen == [(SIZE, "application/pdf")]
    assert digest.digest() == hashlib.sha256(BLOCK * (SIZE // len(BLOCK))).digest()


async def test_a_large_file_goes_from_one_to_the_other_with_memory_bounded(loopback):
    received = 0

    async def swallow(reader, writer):
        nonlocal received
        head = await reader.readuntil(b"\r\n\r\n")
        assert f"content-length: {SIZE}".encode() in head.lower()
        while received < SIZE:
            received += len(await reader.read(65536))
        writer.write(loopback.reply())
        await writer.drain()
        writer.close()

    source = await loopback.api(send_file)
    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with server:
        target = loopback.client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")

        async def body():
            async with source.stream("/files/1") as download:
                async for chunk in download.chunks:
                    yield chunk

        size = {"content-length": str(SIZE)}
        assert await peak_of(target.call("POST", "/contracts/", content=body, headers=size)) < 4 * MEGABYTE
    assert received == SIZE


@pytest.mark.parametrize(
    "head",
    [
        "content-length: 100000\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n10000\r\n",
    ],
)
async def test_a_cut_download_is_an_error_and_not_a_short_file(loopback, head):
    async def cut(request, writer):
        writer.write(f"HTTP/1.1 200 OK\r\n{head}".encode() + b"x" * 5000)
        await writer.drain()

    api = await loopback.api(cut)
    got = []
    with pytest.raises(TransientError, match="demo: GET /files/1: the answer was cut off"):
        await read_all(api, got)
    assert b"".join(got) == b"x" * 5000


@pytest.mark.parametrize("method", ["GET", "POST", "a file"])
@pytest.mark.parametrize(("breaks", "size"), [(True, 5000), (True, 300_000), (False, 5000)])
async def test_a_body_that_ends_with_its_connection_is_whole_only_if_that_was_closed(loopback, method, breaks, size):
    async def until_the_end(request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * size)
        await writer.drain()
        await asyncio.sleep(0.02)
        if breaks:
            reset(writer)

    api = await loopback.api(until_the_end, attempts=1)
    got = []

    async def read():
        if method == "a file":
            await read_all(api, got)
        else:
            got.append((await api.call(method, "/files/1")).body)

    if breaks:
        with pytest.raises(TransientError, match=r"cut off|broke"):
            await read()
    else:
        await read()
        assert b"".join(got) == b"x" * size


async def test_a_short_file_is_noticed_whatever_the_transport():
    class Short(httpx.AsyncByteStream):
        async def __aiter__(self):
            yield b"x" * 99

    answer = httpx.Response(200, headers={"content-length": "100"}, stream=Short())
    transport = httpx.MockTransport(lambda _request: answer)
    api = Api("demo", "https://api.example.com", Basic("u", "password"), transport=transport)
    with pytest.raises(TransientError, match="cut off"):
        await read_all(api, [])


async def test_a_download_that_falls_silent_ends(loopback):
    async def stall(request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nx")
        await asyncio.sleep(30)

    api = await loopback.api(stall, timeout=0.2)
    with pytest.raises(TransientError, match="no answer in time"):
        await read_all(api, [])


async def test_a_download_of_which_only_the_frame_comes_ends(loopback):
    async def all_frame(request, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n1;")
        while True:
            writer.write(b"x" * 100)
            await writer.drain()
            await asyncio.sleep(0.02)

    api = await loopback.api(all_frame, deadline=0.3)
    got = []
    with pytest.raises(TransientError, match="no answer in time"):
        async with asyncio.timeout(5):
            await read_all(api, got)
    assert got == [b"x"]


class Hands:
    """A clock that goes on by ten seconds whenever it is looked at."""

    def __init__(self):
        self.time = 0.0

    def now(self):
        self.time += 10
        return self.time


@pytest.mark.parametrize(("size", "ends"), [(100, False), (LEAST, True)])
async def test_a_download_that_only_drips_ends_and_a_slow_one_does_not(loopback, size, ends):
    async def drip(request, writer):
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {size * 60}\r\n\r\n".encode())
        for _ in range(60):
            writer.write(b"x" * size)
            await writer.drain()
            await asyncio.sleep(0.005)  # so that each arrives by itself
        return b""

    api = await loopback.api(drip, clock=Hands(), deadline=30)
    chunks = []
    if ends:
        await read_all(api, chunks)
        assert sum(map(len, chunks)) == size * 60
    else:
        with pytest.raises(TransientError, match="only drips"):
            await read_all(api, chunks)


async def test_a_file_without_an_end_leaves_the_disk_room_for_others(monkeypatch):
    async def forever():
        while True:
            yield b"x" * MEGABYTE

    @asynccontextmanager
    async def open_it():
        yield Download(forever(), None, "endless.pdf", "application/pdf")

    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=8 * MEGABYTE))
    with pytest.raises(TransientError, match="no end") as caught:
        async with opened(Attachment(File("f1", "endless.pdf", "application/pdf"), open_it)):
            raise AssertionError("it was read to its end")
    assert caught.value.arrived == "no"


async def test_opening_a_file_is_repeated_and_its_refusals_have_names(loopback, skipping):
    answers = [loopback.reply(503), loopback.reply(429), loopback.reply(404, {"title": "File not found"})]

    async def handler(request, writer):
        return answers.pop(0)

    api = await loopback.api(handler, clock=skipping)
    with pytest.raises(GoneError, match="File not found"):
        async with api.stream("/files/1"):
            pass
    assert api.requests == 3


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ('attachment; filename="a b.pdf"', "a b.pdf"),
        ("attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe.pdf", "grüße.pdf"),
        ("inline", None),
        ("attachment; filename*0=a; filename*2=b; filename*=x", None),
        ("", None),
    ],
)
async def test_a_download_knows_its_name(loopback, told, name):
    async def handler(request, writer):
        return loopback.reply(content_disposition=told)

    api = await loopback.api(handler)
    async with api.stream("/files/1") as download:
        assert (download.name, download.size) == (name, 2)


async def test_a_file_that_comes_compressed_all_the_same_has_no_size(loopback):
    async def handler(request, writer):
        assert request.headers["accept-encoding"] == "identity"
        return loopback.reply(200, gzip.compress(b"hello"), content_encoding="gzip")

    api = await loopback.api(handler)
    async with api.stream("/files/1") as download:
        assert download.size is None
        assert b"".join([chunk async for chunk in download.chunks]) == b"hello"


async def test_errors_of_whoever_reads_a_file_stay_their_own(loopback):
    async def handler(request, writer):
        return loopback.reply()

    api = await loopback.api(handler, concurrency=1)

    async def write_to_a_full_disk():
        async with api.stream("/files/1") as download:
            async for _ in download.chunks:
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await write_to_a_full_disk()
    async with asyncio.timeout(1), api.stream("/files/1"):  # the slot is free again
        pass
