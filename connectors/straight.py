"""Small requests straight over a connection of aiohttp's pool, past its client, which costs as much again as the exchange.

Connecting, parsing, the pool and what fails are aiohttp's. Left out is what docferry has no use for: cookies, redirects, traces,
middlewares, and a task of its own for each body.
"""

from __future__ import annotations

import asyncio
import re
import select
import socket
import struct
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from connectors import fence

if TYPE_CHECKING:
    from asyncio import Transport

    from aiohttp import ClientTimeout, StreamReader
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from multidict import CIMultiDictProxy
    from yarl import URL

MOST: Final = 2**15
"""Bytes of a body: as many go to a connection that is idle without anybody having to wait until they have left."""
_OTHERWISE: Final = frozenset({"connection", "content-length", "expect", "host", "transfer-encoding"})
"""Headers that say how a request travels: aiohttp's client knows what they ask for."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NOT_FINAL: Final = frozenset(range(100, 200)) - {101}
_BUFFERED: Final = 2**16
"""Bytes of an answer that are read ahead of whoever reads it, as in aiohttp's client."""
_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""What SO_LINGER is set to so that a socket drops what it still has to send."""


class UnsentError(aiohttp.ClientConnectionError):
    """Nothing of the request has left: its connection was closed by then, or something had come on it unasked."""


def head(method: str, url: URL, headers: tuple[tuple[str, str], ...]) -> bytes | None:
    """Return what a request begins with, up to its length; None for one that is left to aiohttp's client.

    Of a name that comes twice the last counts. Raises ValueError for what would end a line.
    """
    lines = {name.lower(): f"{name}: {value}" for name, value in headers}
    if _OTHERWISE & lines.keys() or url.raw_user or url.raw_password or url.scheme not in {"http", "https"}:
        return None
    lines = {"host": f"Host: {url.host_port_subcomponent}", **lines}
    first = f"{method} {url.raw_path_qs} HTTP/1.1"
    if any(_CONTROL.search(line) for line in (first, *lines.values())):
        raise ValueError("a header has a control character in it")
    return "\r\n".join((first, *lines.values(), "")).encode()


class Exchange:
    """One answer whose headers are there: what `aiohttp.ClientResponse` shows of it."""

    __slots__ = ("connection", "content", "headers", "status")

    def __init__(
        self, connection: Connection, status: int, headers: CIMultiDictProxy[str], content: StreamReader
    ) -> None:
        self.connection = connection
        self.status = status
        self.headers = headers
        self.content = content
        content.on_eof(self._ended)

    def _ended(self) -> None:
        protocol = self.connection.protocol
        if protocol is not None and not protocol.upgraded:
            self.connection.release()

    def release(self) -> None:
        """Give the connection back, which closes it if the body has not come to its end."""
        if not self.content.is_eof() and self.content.exception() is None:
            self.content.set_exception(aiohttp.ClientConnectionError("Connection closed"))
        self.connection.release()

    async def wait_for_close(self) -> None:
        """Return: nobody else is at work for this exchange."""


async def exchange(
    session: aiohttp.ClientSession,
    door: aiohttp.ClientRequest,
    method: str,
    begun: bytes,
    body: bytes,
    wait: ClientTimeout,
) -> Exchange:
    """Send, and return once the answer's headers are there. `door` is any request to that server, `begun` its `head`.

    Raises aiohttp.ClientError as aiohttp's client does, and what the fence raises.
    """
    if session.connector is None:
        raise RuntimeError("Session is closed")
    try:
        connection = await session.connector.connect(door, [], wait)
    except TimeoutError as error:
        raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {door.url}") from error
    try:
        return await _over(connection, method, begun, body, wait.sock_read)
    except BaseException as error:
        give_up(connection)  # what comes on it now is no answer to anybody else
        if isinstance(error, HttpProcessingError):
            raise aiohttp.ClientResponseError(
                door.request_info, (), status=error.code, message=error.message, headers=error.headers
            ) from error
        raise


def give_up(connection: Connection) -> None:
    """Close, and let nothing leave any more: whoever gives up looks for what it did, and may do it again if it is not there.

    Closed in the ordinary way, a connection would first send what it has left, for as long as the other side takes.
    """
    transport = connection.transport
    if transport is not None:
        if wire := transport.get_extra_info("socket"):  # else it is closed below TLS
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()
    connection.close()


async def quiet(protocol: ResponseHandler) -> bool:
    """Say whether nothing has come on an idle connection, not even its end. Then the next that comes is an answer.

    The event loop may not have read for a while, so the kernel is asked as well.
    """
    while not protocol.should_close and (transport := protocol.transport) and not transport.is_closing():
        wire = transport.get_extra_info("socket")
        if wire is None:
            break  # below TLS it is closed already
        unread = select.poll()
        unread.register(wire, select.POLLIN)
        if not unread.poll(0):
            return True
        await asyncio.sleep(0)  # it is read now; it may be what TLS keeps to itself
    return False


async def ready(protocol: ResponseHandler, method: str) -> Transport:
    """Return what to write to once a request may leave: nothing may be awaited between this and the write.

    Raises UnsentError, and what the fence raises.
    """
    if method not in fence.READING:
        await fence.ask()
    transport = protocol.transport
    if transport is None or transport.is_closing() or protocol.should_close:
        raise UnsentError("something came before the request had left")
    return transport


async def _over(connection: Connection, method: str, begun: bytes, body: bytes, silence: float | None) -> Exchange:
    protocol = connection.protocol
    if protocol is None:
        raise UnsentError("Connection closed")
    protocol.set_response_params(
        skip_payload=method == "HEAD",
        read_until_eof=True,
        auto_decompress=False,
        read_timeout=silence,
        read_bufsize=_BUFFERED,
    )
    transport = await ready(protocol, method)
    length = b"\r\n" if not body and method in fence.READING else b"Content-Length: %d\r\n\r\n" % len(body)
    transport.write(begun + length + body)
    protocol.start_timeout()
    while True:
        message, content = await protocol.read()
        if message.code not in _NOT_FINAL:
            return Exchange(connection, message.code, message.headers, content)
