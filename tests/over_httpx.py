"""The product's way to a server for whoever stands between as one of httpx's transports."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import httpx

from connectors.client_session import aiohttp_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterable

_SAID_ANYWAY = frozenset({b"host", b"transfer-encoding"})
"""Headers that a request gets from its address and its body."""


class OverHttpx(httpx.AsyncBaseTransport):
    """Takes httpx's requests and gives its answers."""

    def __init__(self, url: str) -> None:
        self._real = aiohttp_transport(url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        stream = request.stream
        body = b"".join(stream) if isinstance(stream, httpx.ByteStream) else cast("AsyncIterable[bytes]", stream)
        whole = isinstance(body, bytes)
        headers = tuple(
            (name.decode("ascii"), value.decode())
            for name, value in request.headers.raw
            if name.lower() not in _SAID_ANYWAY and not (whole and name.lower() == b"content-length")
        )
        answer = await self._real.send(request.method, str(request.url), headers, body, request.extensions["timeout"])
        heard = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        return httpx.Response(answer.status_code, headers=heard, stream=answer.stream, request=request)

    async def aclose(self) -> None:
        """Close idle connections."""
        await self._real.aclose()
