"""The one door to a provider's HTTP API: logs in, paces, repeats what may be repeated, and names every failure."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager, nullcontext
from email.message import Message
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote as percent_encode
from urllib.parse import urlencode

from connectors import fence
from connectors.answer import UNSET, Answer, encode_json
from connectors.client_session import aiohttp_transport
from connectors.contract import Download
from connectors.errors import ConnectorError, RejectedError, TransientError
from connectors.gate import Gate
from connectors.limits import CLOCK, DEFAULT_LIMITS, Clock, Limits
from connectors.lists import refuse_a_fault
from connectors.retry import may_repeat, persist
from connectors.urls import SettingsError, checked_url
from connectors.wire import Heard, Outgoing, Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    import httpx

    from connectors.auth import Auth

__all__ = ["UNSET", "Answer", "Api", "Clock", "Limits", "quote"]

T = TypeVar("T")
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_NO_HEADER: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_LONGEST_URL: Final = 2**16
"""Characters that httpx takes; most servers take an eighth of that."""


def quote(segment: str) -> str:
    """Return an id as one path segment. Raises RejectedError for an id that would address something else."""
    if segment in {"", ".", ".."}:
        raise RejectedError(f"an id cannot be {segment!r}")
    try:
        return percent_encode(segment, safe="")
    except UnicodeEncodeError:
        raise RejectedError("an id cannot have half of a character in it") from None


class Api:
    """One connection's HTTP API.

    Any 2xx is a success; everything else raises the error tree. A call that may have arrived is sent again only if it
    is `repeatable`; one that certainly did not arrive always is, for as long as the limits allow.
    Redirects are never followed. `base_url` must be https unless it is this machine (else SettingsError).
    """

    def __init__(
        self,
        connection: str,
        base_url: str,
        auth: Auth,
        *,
        limits: Limits = DEFAULT_LIMITS,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = CLOCK,
    ) -> None:
        try:
            self._base = checked_url(base_url).rstrip("/") + "/"
        except SettingsError as error:
            raise SettingsError(f"{connection}: the base address {error}") from None
        self._limits = limits
        self._clock = clock
        self._wire = Wire(connection, transport or aiohttp_transport(self._base), limits, clock)
        self._gate = Gate(auth, self._wire)
        self._calls = self._wire.concurrency.calls
        # Downloads have places of their own: an upload holds its place while it waits for the file it carries.
        self._downloads = self._wire.concurrency.downloads
        self._paused = 0.0

    @property
    def connection(self) -> str:
        """The name of the connection, as it stands in errors."""
        return self._wire.connection

    @property
    def requests(self) -> int:
        """How many HTTP requests have left so far, those for tokens included."""
        return self._wire.requests

    @property
    def waited(self) -> float:
        """Seconds spent waiting for quota and for repeats, summed over calls."""
        return self._wire.quota.waited + self._paused

    @property
    def held(self) -> float:
        """Seconds of wall time during which calls have waited for quota, however many at once."""
        return self._wire.quota.held

    @property
    def saturated(self) -> bool:
        """Whether as many requests wait for their turn as the quota lets out in a while."""
        quota = self._wire.quota
        return quota.waiting > 0 and quota.saturated(self._calls.waiting + self._downloads.waiting)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] | Mapping[str, str] | None = None,
        json: object = UNSET,
        text: str | None = None,
        content: bytes | Callable[[], AsyncIterator[bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """Make one call and return its 2xx answer. Ids in `path` have gone through `quote`.

        `repeatable` is for calls that do no harm twice; it defaults to True for GET, HEAD, PUT and DELETE.
        A body that is not held is given as what opens it, since it may have to be sent again: after a 401 with another
        token, or once a 429 is over.
        """
        sent = dict(headers or {})
        if headers and _NO_HEADER.search("".join(headers.values())):
            words = f"{self.connection}: a header cannot have a line break in it, or any other sign that is none"
            raise RejectedError(words, connection=self.connection)
        body: Callable[[], AsyncIterator[bytes]] | None = None
        data = b""
        if json is not UNSET:
            data = encode_json(json)
            sent.setdefault("content-type", "application/json")
        elif text is not None:
            data = text.encode()
            sent.setdefault("content-type", "text/plain; charset=utf-8")
        elif isinstance(content, bytes):
            data = content
        elif content is not None:
            body = content
        again = method in _REPEATABLE if repeatable is None else repeatable
        out = Outgoing(method, self._url(path, params), path, sent, data, body, repeatable=again)
        try:
            try:
                return await self._attempt(out)
            except TransientError as error:
                if not may_repeat(error, repeatable=again):
                    raise
                return await self._persist(error, partial(self._attempt, out), repeatable=again)
        except ConnectorError as error:
            error.sent = text if json is UNSET else json
            raise

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        params: Sequence[tuple[str, str]] | Mapping[str, str] | None = None,
        name_header: str | None = None,
    ) -> AsyncIterator[Download]:
        """GET a file without holding it. A cut shows as TransientError while the chunks are read.

        The name comes from Content-Disposition, or from `name_header` where a provider has one of its own.
        """
        headers = {"accept-encoding": "identity"}  # a compressed answer would not tell the file's size
        out = Outgoing("GET", self._url(path, params), path, headers, repeatable=True)
        attempt = partial(self._gate.carry, partial(self._wire.open, out))
        async with self._downloads:
            try:
                response = await attempt()
            except TransientError as error:
                if not may_repeat(error, repeatable=True):
                    raise
                response = await self._persist(error, attempt, repeatable=True)
            try:
                yield _download(response, self._wire.chunks(response, out), name_header)
            finally:
                await response.aclose()

    async def close(self) -> None:
        """Close all connections. Calls still under way fail."""
        await self._wire.close()

    async def _attempt(self, out: Outgoing) -> Answer:
        async with self._calls:
            answer = await self._gate.carry(partial(self._wire.ask, out))
        return answer if out.method in fence.READING else refuse_a_fault(answer)

    async def _persist(self, error: TransientError, attempt: Callable[[], Awaitable[T]], *, repeatable: bool) -> T:
        limits, clock, sleep = self._limits, self._clock, self._sleep
        held_off = self._wire.held_off
        return await persist(
            error, attempt, repeatable=repeatable, limits=limits, clock=clock, sleep=sleep, held_off=held_off
        )

    async def _sleep(self, seconds: float) -> None:
        self._paused += seconds
        with self._wire.quota.holding() if self._wire.is_held_off else nullcontext():
            await self._clock.sleep(seconds)

    def _url(self, path: str, params: Sequence[tuple[str, str]] | Mapping[str, str] | None) -> str:
        """Return the address of a call. RejectedError: there can be none, for what an id or a parameter holds."""
        url = self._base + path.lstrip("/")
        try:
            url = f"{url}?{urlencode(params, quote_via=percent_encode)}" if params else url
        except UnicodeEncodeError:
            words = f"{self.connection}: a parameter cannot have half of a character in it"
            raise RejectedError(words, connection=self.connection) from None
        if len(url) > _LONGEST_URL:
            words = (
                f"{self.connection}: an address of {len(url):,} characters cannot be asked for; an id in it is too long"
            )
            raise RejectedError(words, connection=self.connection)
        return url


def _download(response: Heard, chunks: AsyncIterator[bytes], name_header: str | None) -> Download:
    headers = response.headers
    size = headers.get("content-length", "")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return Download(
        chunks=chunks,
        size=int(size) if size.isdecimal() and "content-encoding" not in headers else None,
        name=_name(headers.get("content-disposition", ""))
        or (headers.get(name_header) if name_header else None)
        or None,
        media_type=kind or None,
    )


def _name(disposition: str) -> str | None:
    """Return the file name in a Content-Disposition; None if there is none, or one that the library stumbles over."""
    told = Message()
    try:
        told["content-disposition"] = disposition
        return told.get_filename()
    except (TypeError, ValueError, LookupError):
        return None
