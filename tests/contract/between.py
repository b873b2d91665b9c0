"""Stands between a client and a sandbox: keeps what they say to each other, and changes answers where a test wants it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

KEPT = 64 << 10
"""Bytes of a body that are kept; longer ones are of no interest here."""

_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


@dataclass
class Exchange:
    """One request and its answer. `status` 0: there was none. `staged`: the answer is not the sandbox's own, or not over.

    `heard`: the request has come to its end. `long`: its body was too long to be kept. `ours`: one of our clients asked.
    """

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    long: bool = False
    heard: bool = False
    status: int = 0
    answer_headers: list[tuple[str, str]] = field(default_factory=list)
    answer: bytes = b""
    staged: bool = True
    ours: bool = True

    def hear(self, message):
        """Take in a part of the request."""
        self.heard = self.heard or (message["type"] == "http.request" and not message.get("more_body"))
        if message["type"] == "http.request" and (body := message.get("body", b"")):
            self.long = self.long or len(self.body) + len(body) > KEPT
            self.body = b"" if self.long else self.body + body

    def say(self, message, *, whole=False):
        """Take in a part of the answer, all of it if it is wanted `whole`."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.answer_headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
        elif whole or len(self.answer) < KEPT:
            self.answer += message.get("body", b"")


@dataclass
class Change:
    """What is done to the answers of one endpoint; `times` None means to all of them."""

    method: str
    path: re.Pattern[str]
    what: object
    times: int | None
    size: int | None = None
    around: tuple[bytes, bytes] = (b"", b"")
    struck: int = 0

    def fits(self, method, path):
        if self.method != method or not self.path.fullmatch(path):
            return False
        return self.times is None or self.struck < self.times


class Between:
    """An ASGI app around a sandbox."""

    def __init__(self, app):
        self.app = app
        self.base_path = app.base_path
        self.exchanges = []
        self.changes = []

    def change(self, endpoint, what, times=None):
        """Let `what(exchange)` alter answers of an endpoint (`GET /documents/{}`, or `GET *`) before they go out."""
        method, template = endpoint.split(" ")
        pattern = re.compile(re.escape(template).replace(r"\{\}", "[^/]+").replace(r"\*", ".*"))
        made = Change(method, pattern, what, times)
        self.changes.append(made)
        return made

    def change_json(self, endpoint, what, times=None):
        """Do the same to the JSON in successful answers: `what(value)` changes it in place."""

        def alter(exchange):
            if exchange.status // 100 == 2 and "json" in dict(exchange.answer_headers).get("content-type", ""):
                value = _decode(exchange.answer)
                what(value)
                exchange.answer = _encode(value)

        return self.change(endpoint, alter, times)

    def pour(self, endpoint, size, around):
        """Answer with `size` bytes that nobody holds, between the two of `around`: they are made while they are sent."""
        change = self.change(endpoint, None)
        change.size, change.around = size, around

    async def __call__(self, scope, receive, send):
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").removeprefix(self.app.prefix)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        exchange = Exchange(scope["method"], path, scope["query_string"].decode("latin-1"), headers)
        self.exchanges.append(exchange)
        change = next((one for one in self.changes if one.fits(exchange.method, path)), None)
        if change is not None:
            change.struck += 1
        struck = self.app.struck.total()

        async def hear():
            message = await receive()
            exchange.hear(message)
            return message

        async def say(message):
            exchange.say(message, whole=change is not None)
            if change is None:
                await send(message)

        await self.app(scope, hear, say)
        exchange.staged = change is not None or self.app.struck.total() != struck
        if change is None or not exchange.status:
            return
        await _hear_out(exchange, hear)
        if change.size is not None:
            await _pour(exchange, send, change.size, change.around)
        else:
            change.what(exchange)
            await _answer(exchange, send)


async def _hear_out(exchange, hear):
    """Hear the rest of a request that was answered before it was heard, as faults do."""
    while not exchange.heard and (await hear())["type"] != "http.disconnect":
        pass


async def _answer(exchange, send):
    await _head(exchange, send, len(exchange.answer))
    await send({"type": "http.response.body", "body": exchange.answer})


async def _pour(exchange, send, size, around):
    before, after = around
    await _head(exchange, send, len(before) + size + len(after))
    await send({"type": "http.response.body", "body": before, "more_body": True})
    piece = bytes(64 << 10)
    for _ in range(size // len(piece)):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": bytes(size % len(piece)) + after})


async def _head(exchange, send, length):
    headers = [(name, value) for name, value in exchange.answer_headers if name != "content-length"]
    told = [(name.encode(), value.encode("latin-1")) for name, value in [*headers, ("content-length", str(length))]]
    await send({"type": "http.response.start", "status": exchange.status, "headers": told})
