"""The way to a server: aiohttp's client, with as little around it as can be, since requests are most of a run's work.

What fails is raised as aiohttp's own errors, which say better than httpx's whether a request can have arrived. Only silence
is httpx.TimeoutException: aiohttp's errors of that kind are TimeoutError, which here means that a call's whole time is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import httpx
from yarl import URL

from connectors.straight import MOST, Exchange, exchange, head

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from multidict import CIMultiDictProxy

_CHUNK: Final = 2**14
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)  # calls that create things go to the same few addresses again and again


@lru_cache(maxsize=64)
def _address(url: str) -> URL:
    return URL(str(_parsed(url)))


def request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | httpx.AsyncByteStream,
    timeout: Mapping[str, float],
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
    return httpx.Request(method, address, headers=lines, stream=stream, extensions={"timeout": timeout})


class Headers(Mapping[str, str]):
    """The headers of an answer as `httpx.Headers` shows them: names in any case, lines of one name joined by commas.

    Nothing is made of the headers that nobody asks for.
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: CIMultiDictProxy[str]) -> None:
        self._lines = lines

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 -- as in Mapping, whose overloads say no more
        """Return what a header says, or the default."""
        lines = self._lines.getall(name, None)
        if lines is None:
            return default
        said = lines[0] if len(lines) == 1 else ", ".join(lines)
        return said if said.isascii() else _readable(said)

    def __getitem__(self, name: str) -> str:
        said: str | None = self.get(name)
        if said is None:
            raise KeyError(name)
        return said

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name in self._lines))

    def __len__(self) -> int:
        return len(set(self))


def _readable(said: str) -> str:
    """Return what is not UTF-8 as ISO 8859-1, which headers were in before."""
    try:
        said.encode()
    except UnicodeEncodeError:
        return said.encode("utf-8", "surrogateescape").decode("iso-8859-1")
    return said


class Response:
    """An answer whose body is still to be read, as far as `httpx.Response` is needed of it."""

    __slots__ = ("_answer", "_protocol", "headers", "is_success", "status_code")

    def __init__(self, answer: aiohttp.ClientResponse | Exchange) -> None:
        self._answer = answer
        # None once the connection is given back: the body is there then
        self._protocol = None if answer.connection is None else answer.connection.protocol
        self.status_code = answer.status
        self.is_success = 200 <= answer.status < 300  # noqa: PLR2004 -- the success range of RFC 9110
        self.headers = Headers(answer.headers)

    def whole(self, most: int) -> bytes | None:
        """Return the body if all of it is there by now and it is at most so long, as most answers are; else None."""
        content = self._answer.content
        if content.is_eof() and content.exception() is None and content.total_bytes <= most and not self._is_cut():
            return content.read_nowait()
        return None

    def _is_cut(self) -> bool:
        """Say whether a body that ends with its connection has ended with a broken one. aiohttp takes that for an end as well."""
        protocol = self._protocol
        if protocol is None or not isinstance(protocol.exception(), OSError):
            return False
        return "content-length" not in self.headers and "transfer-encoding" not in self.headers

    @property
    def stream(self) -> httpx.AsyncByteStream:
        """The body as it comes."""
        return _Body(self._answer, self._is_cut)

    async def aclose(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        self._answer.release()
        await self._answer.wait_for_close()


class Transport:
    """One pool of connections. `session` opens aiohttp's client, in the event loop of the first request."""

    def __init__(self, session: Callable[[], aiohttp.ClientSession], proxy: httpx.Proxy | None = None) -> None:
        self._open = session
        self._session: aiohttp.ClientSession | None = None
        self._doors: dict[tuple[str, str], aiohttp.ClientRequest] = {}
        # Most requests begin alike. Kept no longer than the connection, since credentials are in it.
        self._head = lru_cache(maxsize=64)(head)
        self._way: dict[str, Any] = {} if proxy is None else {"proxy": str(proxy.url), "proxy_headers": proxy.headers}
        if proxy is not None and proxy.auth is not None:
            self._way["proxy_auth"] = aiohttp.BasicAuth(*proxy.auth)

    async def send(
        self,
        method: str,
        url: str,
        headers: tuple[tuple[str, str], ...],
        body: bytes | AsyncIterable[bytes],
        waits: Mapping[str, float],
    ) -> Response:
        """Send, and return the answer as soon as its headers are there. Raises aiohttp.ClientError or OSError."""
        if self._session is None:
            self._session = self._open()
        session, address = self._session, _address(url)
        wait = _timeout(waits["connect"], waits["pool"], waits["read"])
        try:
            if not self._way and isinstance(body, bytes) and len(body) <= MOST:
                begun = self._head(method, address, headers)
                if begun is not None:
                    return Response(await exchange(session, self._door(session, address), method, begun, body, wait))
            left = aiohttp.UploadTracker()
            answer = Response(
                await session.request(
                    method,
                    address,
                    headers=headers,
                    data=body or None,
                    allow_redirects=False,
                    auto_decompress=False,
                    timeout=wait,
                    upload_tracker=left,
                    **self._way,
                )
            )
        except aiohttp.ServerTimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        if answer.is_success and not _has_left(left, headers, body):
            await answer.aclose()
            raise httpx.RemoteProtocolError("a success before the request had left")
        return answer

    def _door(self, session: aiohttp.ClientSession, address: URL) -> aiohttp.ClientRequest:
        """Return a request for the pool to connect by: there are but one or two servers to a connection."""
        where = address.raw_authority, address.scheme
        door = self._doors.get(where)
        if door is None:
            door = self._doors[where] = aiohttp.ClientRequest(
                "GET", address.origin(), loop=asyncio.get_running_loop(), session=session
            )
        return door

    async def aclose(self) -> None:
        """Close idle connections."""
        if self._session is not None:
            await self._session.close()


def _has_left(
    left: aiohttp.UploadTracker, headers: tuple[tuple[str, str], ...], body: bytes | AsyncIterable[bytes]
) -> bool:
    """Say whether all of a body has left by now. If nobody has said how long it is, its end has to have left as well."""
    if left.upload_complete.done():
        return left.upload_complete.exception() is None
    if isinstance(body, bytes):
        return left.bytes_written >= len(body)
    said = [int(value) for name, value in headers if name.lower() == "content-length"]
    return bool(said) and left.bytes_written >= said[0]


@lru_cache(maxsize=8)
def _timeout(connect: float, pool: float, read: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(sock_connect=connect, connect=pool, sock_read=read)


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it arrives."""

    def __init__(self, answer: aiohttp.ClientResponse | Exchange, is_cut: Callable[[], bool]) -> None:
        self._answer, self._is_cut = answer, is_cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._answer.content
        try:
            while not content.at_eof() and (chunk := await content.read(_CHUNK)):
                yield chunk
            if self._is_cut():
                raise aiohttp.ClientPayloadError("the connection broke")
        except aiohttp.ServerTimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error

    async def aclose(self) -> None:
        """Give the connection back, or close it if the body was not read to its end."""
        self._answer.release()
        await self._answer.wait_for_close()
