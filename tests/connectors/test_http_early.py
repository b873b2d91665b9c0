"""What is answered before a request has left as a whole, and answers that are announced and never come."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from connectors.errors import AccessError, GoneError, NoSuchCallError, RejectedError, TransientError
from connectors.straight import MOST
from tests.connectors.conftest import reset

BLOCK = bytes(range(256)) * 256


@asynccontextmanager
async def answering(loopback, *answers, wait=0.0, **limits):
    """Serve one that reads a request's head, says this, and reads no further. Yields an Api and a list of all connections."""
    seen = []

    async def serve(reader, writer):
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        await asyncio.sleep(wait)
        for answer in answers:
            writer.write(answer)
            await writer.drain()
        await asyncio.sleep(10)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield loopback.client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", **limits), seen
    finally:
        server.close()


async def endless():
    while True:
        yield BLOCK


async def stalled():
    yield BLOCK
    await asyncio.sleep(10)


BODIES = {
    "endless": {"content": endless},
    "stalled": {"content": stalled, "headers": {"content-length": "10000000"}},
    "bytes": {"content": b"x" * 50_000_000},
    "small": {"content": b"x" * MOST},
}
EARLY = {
    400: RejectedError,
    401: AccessError,
    403: AccessError,
    404: GoneError,
    405: NoSuchCallError,
    407: AccessError,
    409: RejectedError,
    413: RejectedError,
    415: RejectedError,
    422: RejectedError,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(("status", "kind"), EARLY.items())
async def test_a_refusal_that_does_not_wait_for_the_body_is_one_as_any_other(loopback, skipping, body, status, kind):
    """Whatever it is about, nothing of the call was done: it has not even been there as a whole."""
    answer = f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n".encode()
    async with answering(loopback, answer, clock=skipping) as (api, seen):
        async with asyncio.timeout(5):
            with pytest.raises(kind) as caught:
                await api.call("POST", "/contracts/", **body)
    assert type(caught.value) is kind
    assert len(seen) == 1


@pytest.mark.parametrize("body", [BODIES["endless"], BODIES["stalled"], BODIES["bytes"]])
async def test_what_follows_a_refusal_in_the_middle_of_a_body_is_not_taken_for_the_rest_of_it(loopback, body):
    answer = b"HTTP/1.1 422 No\r\ncontent-length: 0\r\n\r\n"
    async with answering(loopback, answer, attempts=1) as (api, seen):
        for _ in range(3):
            with pytest.raises(RejectedError):
                await api.call("POST", "/contracts/", **body)
    assert [head.partition(b"\r\n")[0] for head in seen] == [b"POST /contracts/ HTTP/1.1"] * 3


async def test_a_refusal_that_its_own_server_destroys_leaves_open_what_became_of_the_call(loopback):
    """A server that closes on what it has not read resets the connection, and its answer may be lost with that."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        reset(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        api = loopback.client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", attempts=1)
        for body in BODIES.values():
            with pytest.raises(TransientError) as caught:
                await api.call("POST", "/contracts/", **body)
            assert caught.value.arrived == "maybe"


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(("status", "arrived"), [(429, "no"), (408, "maybe"), (500, "maybe"), (503, "maybe")])
async def test_what_is_to_come_later_comes_later_however_early_that_is_said(loopback, skipping, body, status, arrived):
    answer = f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n".encode()
    async with answering(loopback, answer, clock=skipping, attempts=1, patience=0.0) as (api, _):
        async with asyncio.timeout(5):
            with pytest.raises(TransientError) as caught:
                await api.call("POST", "/contracts/", **body)
    assert (caught.value.status, caught.value.arrived) == (status, arrived)


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("body", [{"json": {}}, {"content": b"x" * 2 * MOST}], ids=["straight", "client"])
@pytest.mark.parametrize("announced", [[CONTINUE], [CONTINUE] * 5, [b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"]])
async def test_an_answer_that_is_announced_and_never_comes_leaves_open_what_became_of_the_call(
    loopback, body, announced
):
    async with answering(loopback, *announced, timeout=1, deadline=0.4) as (api, seen):
        began = asyncio.get_running_loop().time()
        with pytest.raises(TransientError, match="no answer in time") as caught:
            await api.call("POST", "/contracts/", **body)
        assert asyncio.get_running_loop().time() - began < 1
    assert caught.value.arrived == "maybe"
    assert len(seen) == api.requests == 1
