"""What arrives that nobody has asked for is no answer, and a request that was given up does not arrive after all."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest

from connectors import fence
from connectors.errors import TransientError
from tests.connectors.conftest import read_request
from tests.connectors.holds import Hold

LARGE = 2**17
"""Bytes of a body that aiohttp's client sends."""


def parts(size):
    async def body():
        yield b"x" * size

    return body


SENDING = {
    "no body": lambda api: api.call("GET", "/"),
    "small": lambda api: api.call("POST", "/", content=b"x"),
    "large": lambda api: api.call("POST", "/", content=b"x" * LARGE),
    "streamed": lambda api: api.call("POST", "/", content=parts(LARGE), headers={"content-length": str(LARGE)}),
    "chunked": lambda api: api.call("POST", "/", content=parts(LARGE)),
}


@pytest.mark.parametrize("send", SENDING.values(), ids=SENDING)
@pytest.mark.parametrize("unasked", [{"unasked": True}, None], ids=["an answer", "a cut"])
@pytest.mark.parametrize("read", [True, False], ids=["read", "unread"])
async def test_what_comes_on_an_idle_connection_is_nobodys_answer(loopback, skipping, send, unasked, read):
    said = asyncio.Event()

    async def handler(request, writer):
        if len(loopback.arrived) > 1:
            return loopback.reply(200, {"for": len(loopback.arrived)})

        async def say_more():
            await asyncio.sleep(0.05)
            if unasked:
                writer.write(loopback.reply(200, unasked))
            else:
                writer.close()
            said.set()

        loopback.kept = asyncio.ensure_future(say_more())
        return loopback.reply(200, {"for": 1})

    api = await loopback.api(handler, clock=skipping)
    assert (await api.call("GET", "/")).json() == {"for": 1}
    await said.wait()
    if read:
        await asyncio.sleep(0.05)
    else:
        time.sleep(0.05)  # noqa: ASYNC251 -- it is in the kernel and the event loop has not looked
    assert (await send(api)).json() == {"for": 2}
    assert len(loopback.arrived) == 2


class Slow(Hold):
    """A right that has to be proven once there is a connection, which takes as long as an answer does."""

    async def prove(self):
        await asyncio.sleep(0.05)
        self.looks = 100


@pytest.mark.parametrize("send", list(SENDING.values())[1:], ids=list(SENDING)[1:])
async def test_a_server_that_answers_before_it_was_asked_has_got_no_request(loopback, send):
    arrived = []

    async def greet(reader, writer):
        writer.write(loopback.reply(200, {"unasked": True}))
        with suppress(ConnectionError):
            arrived.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        api = loopback.client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", attempts=1)

        with fence.held_by(Slow(1)), pytest.raises(TransientError, match="before the request had left") as caught:
            await send(api)
        assert caught.value.arrived == "no"
        assert api.requests == 0
        await asyncio.sleep(0.01)
    assert b"".join(arrived) == b""


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_success_before_the_body_has_left_is_none(loopback, chunked):
    async def body():
        yield b"x" * 1000
        await asyncio.sleep(0.1)
        yield b"x" * 1000

    async def hasty(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(loopback.reply(201, {"id": 1}))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hasty, "127.0.0.1", 0)
    async with server:
        api = loopback.client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        headers = {} if chunked else {"content-length": "2000"}
        with pytest.raises(TransientError, match="before the request had left") as caught:
            await api.call("POST", "/files/", content=body, headers=headers)
    assert caught.value.arrived == "maybe"


async def test_a_success_may_come_before_the_source_of_the_body_has_said_that_this_was_all(loopback):
    async def body():
        yield b"x" * 1000
        await asyncio.sleep(0.2)

    async def handler(request, writer):
        return loopback.reply(201, {"id": 1})

    api = await loopback.api(handler)
    answer = await api.call("POST", "/files/", content=body, headers={"content-length": "1000"})
    assert answer.status == 201


async def test_what_was_given_up_does_not_arrive_later(loopback):
    """Nobody looks for it any more by then: whoever looked has found nothing and has sent it again."""
    given_up, arrived = asyncio.Event(), asyncio.Queue()

    async def deaf(reader, writer):
        await given_up.wait()
        try:
            arrived.put_nowait(await read_request(reader))
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            arrived.put_nowait(error)
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024)
    async with server:
        api = loopback.client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout=0.2, deadline=0.5)
        with pytest.raises(TransientError) as caught:
            await api.call("POST", "/contracts/", content=b"x" * 2**24)
        assert caught.value.arrived == "maybe"
        given_up.set()
        assert isinstance(await asyncio.wait_for(arrived.get(), 5), Exception)
