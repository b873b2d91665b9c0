"""What one HTTP request and its answer are to a sandbox: bodies read as they come, JSON exact to the last digit."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from starlette.types import Receive, Scope

    from connectors.sandbox_pour import Pour

JSON = "application/json"

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


@dataclass(slots=True)
class Reply:
    """An answer that is ready to go out, unless a fault gets hold of it."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    poured: Pour | None = None
    """What is sent in place of `body`, if it is too large to be held."""

    @property
    def length(self) -> int:
        """How many bytes are announced."""
        return len(self.body) if self.poured is None else self.poured.length

    def pieces(self) -> Iterator[bytes]:
        """Return the bytes that are sent."""
        return iter((self.body,)) if self.poured is None else self.poured.pieces()


class RefusedError(Exception):
    """Ends a request with this reply instead of the one it asked for."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class TooLargeError(Exception):
    """A request body went over the limit. Whoever reads bodies turns this into a 413."""


class GoneAwayError(ConnectionResetError):
    """The client left while its request was being read. Nothing comes of the request."""


class NotJsonError(Exception):
    """A request body that should be JSON is not, or the JSON is not of the wanted kind."""


def json_reply(status: int, value: object, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer with JSON. Decimals go out as numbers with all their digits."""
    return Reply(status, _encode(value), [("content-type", JSON), *(headers or {}).items()])


def as_object(body: bytes) -> dict[str, object]:
    """Read a JSON object with every fraction as a Decimal. Raises NotJsonError for anything else."""
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotJsonError(str(error)) from error
    if not isinstance(value, dict):
        raise NotJsonError("a JSON object was expected")
    return cast("dict[str, object]", value)


class Call:
    """One request. `path` is still percent-encoded and has no provider prefix; `ids` are its decoded variable parts."""

    __slots__ = ("_body_read", "_headers", "endpoint", "ids", "method", "params", "path", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive, path: str) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path = path
        query: bytes = scope["query_string"]
        self.params: list[tuple[str, str]] = parse_qsl(query.decode("latin-1"), keep_blank_values=True) if query else []
        self.endpoint = f"{self.method} (unknown)"
        self.ids: list[str] = []
        self._headers: dict[bytes, bytes] | None = None
        self.receive = receive
        self._body_read = False

    def header(self, name: str) -> str | None:
        """Return a request header, the last one if it was sent twice."""
        if self._headers is None:
            self._headers = dict(self.scope["headers"])
        value = self._headers.get(name.lower().encode())
        return None if value is None else value.decode("latin-1")

    @property
    def media_type(self) -> str:
        """The Content-Type without parameters, in lower case; empty if there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def one(self, name: str, default: str | None = None) -> str | None:
        """Return a query parameter; the last one wins, as it does in the usual frameworks."""
        found = default
        for key, value in self.params:
            if key == name:
                found = value
        return found

    def many(self, name: str) -> list[str]:
        """Return all values of a repeated query parameter."""
        return [value for key, value in self.params if key == name]

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read the body as it arrives. It can be read once."""
        self._body_read = True
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise GoneAwayError
            more = message.get("more_body", False)
            if chunk := message.get("body", b""):
                yield chunk

    async def drain(self) -> None:
        """Read what nobody has read, so that the connection can be used again."""
        if not self._body_read:
            async for _ in self.chunks():
                pass

    async def body(self, limit: int = 1 << 20) -> bytes:
        """Read the whole body. Raises TooLargeError after `limit` bytes (the rest is still taken off the wire)."""
        parts: list[bytes] = []
        size = 0
        async for chunk in self.chunks():
            size += len(chunk)
            if size <= limit:
                parts.append(chunk)
        if size > limit:
            raise TooLargeError
        return b"".join(parts)

    async def json(self) -> dict[str, object]:
        """Read a JSON object. Raises NotJsonError for anything else."""
        return as_object(await self.body())

    def basic(self) -> tuple[str, str] | None:
        """Return user and password of an `Authorization: Basic` header, None if there is none that can be read."""
        kind, _, text = (self.header("authorization") or "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (user, password) if colon else None
