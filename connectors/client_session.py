"""How requests leave for one server: aiohttp's session, fenced, without cookies and without repeats of its own."""

from __future__ import annotations

import urllib.request
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
import httpx

from connectors import fence
from connectors.straight import give_up, quiet, ready
from connectors.transport import Transport
from connectors.urls import is_loopback

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_KEEP_ALIVE = 4.0
"""Seconds an idle connection is kept: less than common servers do, since a POST on a closing one cannot be repeated."""


def aiohttp_transport(url: str) -> Transport:
    """Return the transport for one server: no cookies, no repeats of its own, proxies from the environment.

    This machine is never asked for through a proxy, which would look for it on its own.
    """
    parts = urlsplit(url)
    direct = is_loopback(url) or urllib.request.proxy_bypass(parts.hostname or "")
    proxy = None if direct else urllib.request.getproxies().get(parts.scheme)
    tls = httpx.create_ssl_context() if parts.scheme == "https" else False

    def session() -> aiohttp.ClientSession:
        # the number of connections is bounded by the calls under way
        connector = _Pool(ssl=tls, limit=0, keepalive_timeout=_KEEP_ALIVE)
        opened = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=["content-type"],
            request_class=_Fenced,
        )
        opened._retry_connection = False  # noqa: SLF001 -- no public switch; else a PUT may leave twice behind our back
        return opened

    return Transport(session, httpx.Proxy(proxy) if proxy else None)


class _Pool(aiohttp.TCPConnector):
    """A pool that gives out no connection on which anything has come since its last answer: the next call would take it for its own."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 -- as aiohttp has it
    ) -> Connection:
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None or protocol.read_timeout is None:  # a new one: no request has set it yet
                return connection
            try:
                if await quiet(protocol):
                    return connection
            except BaseException:
                connection.close()
                raise
            connection.close()


class _Fenced(aiohttp.ClientRequest):
    """A request that asks at the door once it has its connection: how long connecting took does not matter then."""

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        if conn.protocol is not None:
            await ready(conn.protocol, self.method)
        conn.add_callback(partial(self._let_go, conn))
        return await super().send(conn)

    def _let_go(self, conn: Connection) -> None:
        unsent = 0 if conn.transport is None else conn.transport.get_write_buffer_size()
        if unsent or self.response is None or self.response.status is None:
            give_up(conn)

    async def write_bytes(
        self, writer: AbstractStreamWriter, conn: Connection, content_length: int | None = None
    ) -> None:
        try:
            # Once more: a body is written by a task of its own, and the headers go out with it.
            await fence.ask()
        except Exception as error:  # noqa: BLE001 -- whatever it is, it belongs to the one who waits for the answer
            if conn.protocol is not None:
                conn.protocol.set_exception(error)
            return
        await super().write_bytes(writer, conn, content_length)
