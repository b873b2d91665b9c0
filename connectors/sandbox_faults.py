"""The faults a sandbox can commit, when each strikes, and how a connection really breaks."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from connectors.sandbox_http import Call, Reply

Kind = Literal["status", "html", "delay", "drip", "garbled", "cut", "drop", "act_then_drop"]

BEFORE: frozenset[str] = frozenset({"drop", "html"})
"""Faults that keep the request from having any effect. A `status` fault does too, unless `act` is set."""

_PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body><h1>Please sign in</h1></body></html>"


@dataclass
class Fault:
    """One rule: which requests are hit, and what happens to them. The first rule that strikes wins.

    `status`: answer `status` with `headers` and `body` (no effect, or after the effect if `act`).
    `html`: a 200 with a web page, as a proxy or a login screen would send; no effect.
    `delay`: wait `seconds` first. `drip`: the answer takes `seconds` to come, in ten pieces.
    `garbled`: the effect happens, the JSON is damaged. `cut`: the effect happens, half of the announced body comes.
    `drop`: the connection breaks, no effect. `act_then_drop`: the effect happens, then the connection breaks.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    """A shell pattern over the path without the provider's prefix: `/documents/*/transfer`. A star spans slashes."""
    nth: int | None = None
    """Only the n-th request that fits (from 1)."""
    first: int = 1
    """Not before the n-th request that fits."""
    every: int = 1
    """Of those, only every n-th."""
    times: int | None = None
    """At most this often."""
    probability: float = 1.0
    seed: int = 0
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    """Body of a `status` fault; None for the provider's own error shape (and nothing at all for 429 and 5xx)."""
    seconds: float = 1.0
    act: bool = False
    seen: int = 0
    """How many requests have fitted so far."""
    struck: int = 0
    """How often the fault has struck so far."""
    _random: random.Random | None = field(default=None, repr=False)

    def strikes(self, method: str, path: str) -> bool:
        """Count this request if it fits, and say whether it is hit."""
        if self.method not in ("*", method) or not (self.path == "*" or fnmatchcase(path, self.path)):
            return False
        self.seen += 1
        if self.nth is not None and self.seen != self.nth:
            return False
        if self.seen < self.first or (self.seen - self.first) % self.every:
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        if self.probability < 1.0:
            if self._random is None:
                self._random = random.Random(self.seed)  # noqa: S311 -- repeatable on purpose, nothing secret
            if self._random.random() >= self.probability:
                return False
        self.struck += 1
        return True

    @property
    def harmless(self) -> bool:
        """True if a request that is hit has no effect."""
        return self.kind in BEFORE or (self.kind == "status" and not self.act)


def page() -> bytes:
    """Return the web page that stands where an answer should be."""
    return _PAGE


def garble(body: bytes) -> bytes:
    """Damage JSON so that no lenient reader can take it for whole: the end is missing and a quote too many is there."""
    return body[: max(1, len(body) * 2 // 3)] + b'"\xff'


async def deliver(fault: Fault | None, call: Call, send: Send, reply: Reply) -> None:
    """Send the answer, the way the fault wants it."""
    kind = None if fault is None else fault.kind
    if kind == "cut":
        await send_cut(call.scope, call.receive, send, reply)
    elif fault is not None and kind == "drip":
        await send_dripping(send, reply, fault.seconds)
    else:
        if kind == "garbled":
            reply.body = garble(reply.body)
        await send_reply(send, reply)


async def send_reply(send: Send, reply: Reply) -> None:
    """Send the answer in one piece, with its length; a file that is poured comes in many."""
    await _send_head(send, reply, reply.length)
    if reply.poured is None:
        await send({"type": "http.response.body", "body": reply.body})
        return
    for piece in reply.pieces():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def send_dripping(send: Send, reply: Reply, seconds: float) -> None:
    """Send the answer in ten pieces over `seconds`."""
    await _send_head(send, reply, len(reply.body))
    step = max(1, -(-len(reply.body) // 10))
    for start in range(0, max(1, len(reply.body)), step):
        await asyncio.sleep(seconds / 10)
        piece = reply.body[start : start + step]
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def send_cut(scope: Scope, receive: Receive, send: Send, reply: Reply) -> None:
    """Announce the whole answer, send half of it, and hang up."""
    if not reply.length:
        reply.body = b"{}"
    await _send_head(send, reply, reply.length)
    left = reply.length // 2
    for piece in reply.pieces():
        await send({"type": "http.response.body", "body": piece[:left], "more_body": True})
        left -= len(piece)
        if left <= 0:
            break
    await hang_up(scope, receive)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Break the connection for real. Where there is none (an in-process client) ConnectionResetError takes its place."""
    transport: asyncio.Transport | None = scope.get("state", {}).get("sandbox.transport")
    if transport is None:
        raise ConnectionResetError("the sandbox hung up")
    transport.close()  # what was written still goes out, so that a cut answer arrives cut
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_head(send: Send, reply: Reply, length: int) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in reply.headers]
    headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
