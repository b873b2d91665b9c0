"""httpx's interface on aiohttp's client, with as little between the two as can be: requests are most of a run's work.

What fails is raised as aiohttp's own errors, which say better than httpx's whether a request can have arrived. Only silence
is httpx.TimeoutException: aiohttp's errors of that kind are TimeoutError, which here means that a call's whole time is over.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import httpx
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

_CHUNK: Final = 2**14
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)  # calls that create things go to the same few addresses again and again


@lru_cache(maxsize=64)
def _same_url(url: str) -> URL:
    return URL(url)


def request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | httpx.AsyncByteStream,
    extensions: Mapping[str, object],
) -> httpx.Request:
    """Return a request as `httpx.Request` makes it, without the ways of giving a body that are not used here."""
    address = _parsed(url)
    lines = [(b"host", address.netloc), *((name.encode(), value.encode()) for name, value in headers.items())]
    if not isinstance(body, bytes):
        if not any(name.lower() == "content-length" for name in headers):
            lines.append((b"transfer-encoding", b"chunked"))
        stream = body
    else:
        if body or method in _WITH_BODY:
            lines.append((b"content-length", b"%d" % len(body)))
        stream = httpx.ByteStream(body)
    return httpx.Request(method, address, headers=lines, stream=stream, extensions=dict(extensions))


class Transport(httpx.AsyncBaseTransport):
    """One pool of connections. `session` opens aiohttp's client, in the event loop of the first request."""

    def __init__(self, session: Callable[[], aiohttp.ClientSession], proxy: httpx.Proxy | None = None) -> None:
        self._open = session
        self._session: aiohttp.ClientSession | None = None
        self._way: dict[str, Any] = {} if proxy is None else {"proxy": str(proxy.url), "proxy_headers": proxy.headers}
        if proxy is not None and proxy.auth is not None:
            self._way["proxy_auth"] = aiohttp.BasicAuth(*proxy.auth)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and return the answer as soon as its headers are there. Raises aiohttp.ClientError or OSError."""
        if self._session is None:
            self._session = self._open()
        stream, timeout = request.stream, request.extensions["timeout"]
        try:
            answer = await self._session.request(
                request.method,
                _same_url(str(request.url)),
                headers=[
                    (name.decode("ascii"), value.decode())
                    for name, value in request.headers.raw
                    if name != b"transfer-encoding"  # aiohttp says so itself
                ],
                data=b"".join(stream) or None if isinstance(stream, httpx.ByteStream) else stream,
                allow_redirects=False,
                auto_decompress=False,
                timeout=_timeout(timeout["connect"], timeout["pool"], timeout["read"]),
                **self._way,
            )
        except aiohttp.ServerTimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        headers = httpx.Headers(answer.raw_headers)
        if all(value.isascii() for _, value in answer.raw_headers):
            headers.encoding = "ascii"  # else every look at a header tries them all
        response = httpx.Response(answer.status, stream=_Body(answer), request=request)
        response.headers = headers
        return response

    async def aclose(self) -> None:
        """Close idle connections."""
        if self._session is not None:
            await self._session.close()


@lru_cache(maxsize=8)
def _timeout(connect: float, pool: float, read: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(sock_connect=connect, connect=pool, sock_read=read)


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it arrives."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while chunk := await self._answer.content.read(_CHUNK):
                yield chunk
        except aiohttp.ServerTimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error

    async def aclose(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        self._answer.release()
        await self._answer.wait_for_close()
