"""Sends one request at a time over the transport: bounds on time and size, pacing, counting, faults as errors."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import httpx

from connectors import fence
from connectors.answer import Answer, decode_json
from connectors.concurrency import Concurrency, kind
from connectors.errors import ConnectorError, RejectedError, TransientError
from connectors.faults import NETWORK, network_fault, refusal, retry_after
from connectors.held_off import HeldOff
from connectors.packed import PACKED, unpacked
from connectors.quota import Quota
from connectors.transport import Response, Transport, request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping

    from connectors.limits import Clock, Limits


Heard = Response | httpx.Response
"""An answer whose headers are there, of our transport or of any other."""
_HEADERS = {"accept": "*/*", "accept-encoding": "gzip, deflate", "user-agent": "docferry"}
_LONGEST_REFUSAL = 2**20
"""Bytes of an answer that is no success which are read: a reason is a sentence, and sixteen of these may be held at a time."""
_TOO_MANY = 429
_UNAUTHORIZED = 401
_SAYS_WHY = 0.5
"""Seconds for the reason that comes with a 401: until it is read, nobody knows of it, and others leave with the same credentials."""
_NOT_UNDONE = frozenset({"br", "zstd", "compress", "x-compress", "x-gzip", "dcb", "dcz"})
"""Codings that were not asked for. Other words stand for none: some servers put their own there, or a character set."""
LEAST = 64 * 2**10
"""Bytes that a download has to bring in each `Limits.deadline`: one that drips for ever would hold its run open."""


@dataclass(slots=True)
class Outgoing:
    """A request to be. `path` is what error messages show; `body` opens a fresh stream each time it is called."""

    method: str
    url: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    body: Callable[[], AsyncIterator[bytes]] | None = None
    repeatable: bool = False


class Wire:
    """One connection's way to its provider. Every request that leaves goes through here and is counted."""

    def __init__(
        self, connection: str, transport: Transport | httpx.AsyncBaseTransport, limits: Limits, clock: Clock
    ) -> None:
        self.connection = connection
        self.clock = clock
        self.quota = Quota(connection, clock, rate=limits.rate, patience=limits.patience)
        self.concurrency = Concurrency(limits.concurrency, clock)
        self.requests = 0
        """HTTP requests that have left."""
        self._held_off = HeldOff(connection, clock, patience=limits.patience)
        self._transport = transport
        self._limits = limits
        wait = limits.connect_timeout
        self._timeout = {"connect": wait, "pool": wait, "read": limits.timeout, "write": limits.timeout}

    @property
    def is_held_off(self) -> bool:
        """Whether the last answer was a 429."""
        return self._held_off.seconds is not None

    def held_off(self) -> float:
        """For how many seconds every answer has been a 429, 0 if the last one was not."""
        return self._held_off.seconds or 0.0

    async def ask(self, out: Outgoing, credentials: Mapping[str, str]) -> Answer:
        """Send, read the whole answer, and return it if it is 2xx. The caller has taken a turn of the quota."""
        response, body = await self._exchange(out, credentials)
        if not response.is_success:
            raise self._refused(out, response, body)
        self._held_off.answered()
        status, headers, asked = response.status_code, response.headers, self._asked(out)
        media_type = headers.get("content-type", "") if body else ""
        if "html" in media_type:
            # A proxy or a login screen has answered in the provider's place, so nobody knows what became of the call.
            raise TransientError(
                f"{asked} answered {status} with a web page", connection=self.connection, status=status
            )
        if "json" in media_type and (out.repeatable or out.method not in fence.READING):
            try:
                return Answer(status, headers, body, asked, self.connection, decode_json(body))
            except ValueError:
                if out.repeatable:
                    # Raises the error for it, so that the call is repeated.
                    Answer(status, headers, body, asked, self.connection).json()
        return Answer(status, headers, body, asked, self.connection)

    async def open(self, out: Outgoing, credentials: Mapping[str, str]) -> Heard:
        """Send, and return a 2xx answer whose body is still to be read. The caller closes it."""
        response, body = await self._exchange(out, credentials, keep=True)
        if not response.is_success:
            raise self._refused(out, response, body)
        self._held_off.answered()
        return response

    async def chunks(self, response: Heard, out: Outgoing) -> AsyncGenerator[bytes, None]:
        """Yield the body of an opened answer. Raises TransientError if it is cut, or only drips."""
        announced = response.headers.get("content-length")
        received, before, waited = 0, 0, 0.0
        try:
            body = _body(response)
            while True:
                since = self.clock.now()
                async with asyncio.timeout(self._limits.deadline):  # what comes may be all frame and no file
                    chunk = await anext(body, None)
                if chunk is None:
                    break
                received += len(chunk)
                # Only the sender's time counts: whoever reads may be slow.
                waited += self.clock.now() - since
                if waited > self._limits.deadline:
                    if received - before < LEAST:
                        raise TransientError(f"{self._asked(out)}: the file only drips", connection=self.connection)
                    before, waited = received, 0.0
                yield chunk
        except NETWORK as error:
            raise network_fault(self.connection, self._asked(out), out.url, error) from error
        if announced and "content-encoding" not in response.headers and received != int(announced):
            raise TransientError(f"{self._asked(out)}: the answer was cut off", connection=self.connection)

    async def close(self) -> None:
        """Close idle connections."""
        self._held_off.close()
        await self._transport.aclose()

    async def _exchange(
        self, out: Outgoing, credentials: Mapping[str, str], *, keep: bool = False
    ) -> tuple[Heard, bytes]:
        """Send and read the answer before the deadline; with `keep` a 2xx answer is returned open, its body unread."""
        upload: _Upload | None = None
        heard: Heard | None = None
        left_at = self.clock.now()
        try:
            async with asyncio.timeout(self._limits.deadline) as deadline:
                if out.body:
                    upload = _Upload(out.body, deadline, self._limits.deadline)
                if out.method not in fence.READING:
                    await fence.ask()  # whatever the transport
                self.requests += 1
                tells = None if upload else kind(out.method, out.path)
                heard = await self.concurrency.measured(tells, self._sending(out, credentials, upload or out.content))
                if keep and heard.is_success:
                    return heard, b""
                try:
                    if heard.status_code == _UNAUTHORIZED:
                        with suppress(TimeoutError):
                            async with asyncio.timeout(_SAYS_WHY):
                                return heard, await self._read(heard, out)
                        return heard, b""
                    return heard, await self._read(heard, out)
                finally:
                    await heard.aclose()
        except NETWORK as error:
            if upload and upload.closed:
                raise upload.closed from error
            if upload and upload.failure:
                raise self._not_readable(out, upload.failure) from upload.failure
            fault = network_fault(self.connection, self._asked(out), out.url, error)
            if heard is None and isinstance(fault, TransientError) and fault.arrived == "no":
                self.requests -= 1
            raise fault from error
        finally:
            self._settle(heard, left_at)
            if upload:
                await upload.close()

    def _sending(
        self, out: Outgoing, credentials: Mapping[str, str], body: bytes | httpx.AsyncByteStream
    ) -> Awaitable[Heard]:
        headers = {**_HEADERS, **out.headers, **credentials}
        if isinstance(self._transport, Transport):
            return self._transport.send(out.method, out.url, tuple(headers.items()), body, self._timeout)
        return self._transport.handle_async_request(request(out.method, out.url, headers, body, self._timeout))

    def _settle(self, heard: Heard | None, left_at: float) -> None:
        self.quota.settled(None if heard is None else heard.headers, left_at)
        if heard is None:
            return
        if heard.status_code == _TOO_MANY:
            self.quota.refused(left_at, retry_after(heard.headers, "x-ratelimit-reset"))
        else:
            self.quota.accepted(left_at)

    async def _read(self, response: Heard, out: Outgoing) -> bytes:
        most = self._limits.largest_answer if response.is_success else _LONGEST_REFUSAL
        if isinstance(response, Response) and "content-encoding" not in response.headers:
            whole = response.whole(most)
            if whole is not None:
                return whole
        parts: list[bytes] = []
        size = 0
        async for chunk in _body(response):
            size += len(chunk)
            if size > most:
                if not response.is_success:
                    break
                words = f"{self._asked(out)}: the answer is larger than {most} bytes"
                if out.method in fence.READING:
                    raise RejectedError(words, connection=self.connection)
                # It is a success, only not one that can be read: what was asked for has been done.
                raise TransientError(words, connection=self.connection, status=response.status_code, arrived="maybe")
            parts.append(chunk)
        return b"".join(parts)

    def _refused(self, out: Outgoing, response: Heard, body: bytes) -> ConnectorError:
        status, headers = response.status_code, response.headers
        error = refusal(self.connection, self._asked(out), out.url, out.path, status, headers, body)
        if status == _TOO_MANY:
            self._held_off.refused(retry_after(headers, "x-ratelimit-reset"))
        else:
            self._held_off.answered()
        return error

    def _not_readable(self, out: Outgoing, failure: Exception) -> Exception:
        if isinstance(failure, ConnectorError) and not isinstance(failure, TransientError):
            return failure  # the file is gone or forbidden at its source, and stays so
        text = f"{self._asked(out)}: what was to be sent could not be read: {failure or type(failure).__name__}"
        return TransientError(text, connection=self.connection, arrived="maybe")

    def _asked(self, out: Outgoing) -> str:
        return f"{self.connection}: {out.method} {out.path}"


class _Upload(httpx.AsyncByteStream):
    """A request body on its way: every chunk moves the deadline, and its own failure is told from the network's."""

    def __init__(self, body: Callable[[], AsyncIterator[bytes]], deadline: asyncio.Timeout, seconds: float) -> None:
        self._chunks = body()
        self._deadline = deadline
        self._seconds = seconds
        self.failure: Exception | None = None
        self.closed: Exception | None = None
        """Why the rest of the body may not leave any more."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        try:
            async for chunk in self._chunks:
                if not self._deadline.expired():
                    self._deadline.reschedule(loop.time() + self._seconds)
                await self._ask()
                yield chunk
        except Exception as error:
            self.failure = error
            raise

    async def _ask(self) -> None:
        try:
            await fence.ask()
        except Exception as error:
            self.closed = error
            raise

    async def close(self) -> None:
        """Let go of what the body was read from."""
        if hasattr(self._chunks, "aclose"):
            with suppress(RuntimeError):  # it is still running: the transport has cancelled it and it unwinds by itself
                await self._chunks.aclose()


def _body(response: Heard) -> AsyncIterator[bytes]:
    """Return the content of an answer. Raises httpx.DecodingError for a coding that nobody here can undo, or several.

    Packed twice, a few thousand bytes may be more than any memory holds, before the first of them can be counted.
    """
    body = cast("httpx.AsyncByteStream", response.stream)
    said = response.headers.get("content-encoding", "")
    if not said:
        return aiter(body)
    codings = [one.strip().lower() for one in said.split(",")]
    if len(codings) > 1 or codings[0] in _NOT_UNDONE:
        raise httpx.DecodingError(f"content-encoding {', '.join(codings)}")
    return aiter(body) if codings[0] not in PACKED else unpacked(body, codings[0])
