"""A loopback HTTP server that can misbehave on every level, and clocks that do not really wait."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass

import pytest

from connectors.auth import Basic
from connectors.http import Api, Limits
from tests.connectors.memory_journal import MemoryJournal


@dataclass
class Request:
    """What arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self):
        """Say what was asked for, without the query."""
        return self.target.partition("?")[0]


class Loopback:
    """Real sockets. A handler gets the request and the writer and returns the bytes of its answer.

    None means: say nothing more and close the connection.
    """

    def __init__(self):
        self.arrived = []
        self._servers = []
        self._apis = []
        self._tasks = set()

    async def serve(self, handler):
        """Start a server and return its address."""

        async def connected(reader, writer):
            self._tasks.add(asyncio.current_task())
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while True:
                    request = await read_request(reader)
                    self.arrived.append(request)
                    answer = await handler(request, writer)
                    if answer is None:
                        break
                    writer.write(answer)
                    await writer.drain()
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self._servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def client(self, url, auth=None, clock=None, **limits):
        """Return an Api for an address; it is closed when the test ends."""
        options = {"clock": clock} if clock else {}
        api = Api("demo", url, auth or Basic("user", "password"), limits=Limits(**limits), **options)
        self._apis.append(api)
        return api

    async def api(self, handler, auth=None, clock=None, **limits):
        """Start a server and return an Api for it."""
        return self.client(await self.serve(handler), auth, clock, **limits)

    async def answering(self, status, body=b"{}", **headers):
        """Start a server that answers everything alike, and return an Api for it that tries once."""

        async def handler(request, writer):
            return self.reply(status, body, **headers)

        return await self.api(handler, attempts=1)

    @staticmethod
    def reply(status=200, body=b"{}", **headers):
        """Return the bytes of an answer; bodies that are not bytes become JSON."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        told = {"content-type": "application/json", "content-length": str(len(body))}
        told |= {name.replace("_", "-"): str(value) for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in told.items()), "", ""]
        return "\r\n".join(lines).encode() + body

    async def close(self):
        """Close whatever was opened."""
        for api in self._apis:
            await api.close()
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def reset(writer):
    """Close with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def read_request(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "chunked" in headers.get("transfer-encoding", ""):
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body)


class SkippingClock:
    """Waiting takes no time: it only moves the hands and is written down."""

    def __init__(self):
        self.time = 1000.0
        self.slept = []

    def now(self):
        """Return the time on the hands."""
        return self.time

    async def sleep(self, seconds):
        """Wait by these hands."""
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


class VirtualClock:
    """Many may wait at once; the hands jump to the next one who is due when nobody else can go on.

    `turns` of the event loop are enough for everybody who can go on to come to where they wait again.
    """

    def __init__(self, turns=100):
        self.time = 1000.0
        self._turns = turns
        self._sleepers = []
        self._order = itertools.count()  # who began to wait first goes on first: the same every time

    def now(self):
        """Return the time on the hands."""
        return self.time

    async def sleep(self, seconds):
        """Wait by these hands."""
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + seconds, next(self._order), woken))
        await woken

    async def run(self, work):
        """Move the hands until the work is done, and return its result."""
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(self._turns):  # everybody who can go on does
                await asyncio.sleep(0)
            if not task.done() and self._sleepers:
                due, _, woken = heapq.heappop(self._sleepers)
                self.time = max(self.time, due)
                if not woken.done():
                    woken.set_result(None)
        return task.result()


@pytest.fixture
async def loopback():
    server = Loopback()
    yield server
    await server.close()


@pytest.fixture
def skipping():
    return SkippingClock()


@pytest.fixture
def virtual_clock():
    return VirtualClock


@pytest.fixture
async def account(open_account):
    return await open_account()


@pytest.fixture
def journal():
    return MemoryJournal()


@pytest.fixture
def new_journal():
    return MemoryJournal
