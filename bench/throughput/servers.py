"""Both providers of the task in one process: a source that lists pages, and a destination that counts what it is sent.

`python servers.py '{"documents": 2000}'` prints its base address and then, when `mark` objects were sent, a second line.
Neither does more than it must: they are not what is measured.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web
from documents import document, expected, moment, name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CHUNK = b"0" * 65536


@dataclass
class World:
    """What both know, and how they behave. Latencies in seconds; shares of 1."""

    documents: int = 2000
    begin: int = 0
    """The number of the first document."""
    thin: bool = False
    """Whether the list shows nothing but ids and moments, so that it may be very long."""
    source_latency: float = 0.0
    destination_latency: float = 0.0
    page: int = 100
    files: int = 0
    """Bytes of the one file of every document, 0 for no file."""
    refused: tuple[int, ...] = ()
    """Documents that the destination answers with 422."""
    unavailable: float = 0.0
    """Share of creating calls that are answered with 503 and have no effect."""
    quota: float = 0.0
    """Creating calls a second, 0 for no limit."""
    loses: int = 0
    """How many documents of each page leave the list once it was read."""
    mark: int = 0
    """After how many creating calls a line is printed; that call is answered late."""

    order: list[int] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    uploads: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    told_last: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    out: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    """How many calls of each server were under way at the same time, at most."""
    first: float = 0.0
    last_sent: float = 0.0
    last_told: float = 0.0
    allowed: float = 0.0
    allowed_at: float = 0.0

    def __post_init__(self) -> None:
        self.order = list(range(self.begin, self.begin + self.documents))
        self.texts = {} if self.thin else {number: self._text(number) for number in self.order}

    def _text(self, number: int) -> str:
        if self.thin:
            return f'{{"id":"{name(number)}","updatedAt":"{moment(number)}"}}'
        return json.dumps(document(number, self.files), ensure_ascii=False)

    # The source

    async def listing(self, request: web.Request) -> web.Response:
        self.calls["list"] += 1
        self.first = self.first or time.monotonic()
        await asyncio.sleep(self.source_latency)
        asked, since = request.query, request.query.get("updated_since", "")
        page = int(asked.get("page", int(asked.get("offset", "0")) // self.page + 1))
        rows = self.order[bisect_left(self.order, since, key=moment) :] if since else self.order
        shown = rows[(page - 1) * self.page : page * self.page]
        pages = -(-len(rows) // self.page)
        text = (
            f'{{"total":{len(rows)},"pages":{pages},"page":{page},"items":['
            + ",".join(self.texts.get(number) or self._text(number) for number in shown)
            + "]}"
        )
        if self.loses:
            leaving = set(shown[: self.loses])
            self.order = [number for number in self.order if number not in leaving]
        return _json(text)

    async def one(self, request: web.Request) -> web.Response:
        self.calls["read"] += 1
        await asyncio.sleep(self.source_latency)
        id_ = request.match_info["id"]
        text = self.texts.get(int(id_[2:])) or self._text(int(id_[2:]))
        return _json(f'{text[:-1]},"transferred":{json.dumps(self.told_last.get(id_))}}}')

    async def acknowledge(self, request: web.Request) -> web.Response:
        self.calls["acknowledge"] += 1
        body = await request.json()
        await asyncio.sleep(self.source_latency)
        self.told[request.match_info["id"]] += 1
        self.told_last[request.match_info["id"]] = body["externalId"]
        self.last_told = time.monotonic()
        return _json(json.dumps({"id": request.match_info["id"], "transferred": body["externalId"]}))

    async def file(self, request: web.Request) -> web.StreamResponse:
        self.calls["file"] += 1
        await asyncio.sleep(self.source_latency)
        answer = web.StreamResponse(headers={"content-type": "application/pdf", "content-length": str(self.files)})
        await answer.prepare(request)
        for start in range(0, self.files, len(_CHUNK)):
            await answer.write(_CHUNK[: self.files - start])
        return answer

    # The destination

    async def create(self, request: web.Request) -> web.Response:
        self.calls["create"] += 1
        body = await request.read()
        number = self.calls["create"]
        if (wait := self._over_quota()) > 0:
            return web.Response(status=429, headers={"retry-after": "1"}, text=f"wait {wait:.1f} s")
        await asyncio.sleep(self.destination_latency)
        if self.unavailable and number * self.unavailable % 1 < self.unavailable:
            return web.Response(status=503)
        if self.refused:
            which = int(json.loads(body)["number"][3:])
            if which in self.refused:
                return _json('{"error": "the department is closed"}', 422)
        self.sent.append(body)
        self.last_sent = time.monotonic()
        id_ = f"i-{len(self.sent)}"
        if number == self.mark:
            print("mark", flush=True)
            await asyncio.sleep(0.5)
        return _json(f'{{"id":"{id_}"}}', 201)

    async def find(self, request: web.Request) -> web.Response:
        self.calls["find"] += 1
        await asyncio.sleep(self.destination_latency)
        wanted = request.query["externalKey"].encode()
        rows = [number for number, body in enumerate(self.sent, 1) if wanted in body]
        shown = [
            {"id": f"i-{number}", "externalKey": json.loads(self.sent[number - 1])["externalKey"]} for number in rows
        ]
        return _json(json.dumps({"items": shown}))

    async def upload(self, request: web.Request) -> web.Response:
        self.calls["upload"] += 1
        size = 0
        async for chunk in request.content.iter_any():
            size += len(chunk)
        await asyncio.sleep(self.destination_latency)
        if size >= self.files:
            self.uploads[request.match_info["id"]] += 1
        return _json(f'{{"id":"u-{self.calls["upload"]}"}}', 201)

    async def uploaded(self, _request: web.Request) -> web.Response:
        self.calls["find"] += 1
        return _json('{"items": []}')

    def _over_quota(self) -> float:
        """Take one call from what a bucket of a second's calls allows; return how long there is none."""
        if not self.quota:
            return 0.0
        now = time.monotonic()
        self.allowed = min(self.quota, self.allowed + (now - (self.allowed_at or now)) * self.quota)
        self.allowed_at = now
        if self.allowed < 1:
            self.calls["429"] += 1
            return (1 - self.allowed) / self.quota
        self.allowed -= 1
        return 0.0

    @web.middleware
    async def count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        server = request.path.split("/")[1]
        self.out[server] += 1
        self.most[server] = max(self.most[server], self.out[server])
        try:
            return await handler(request)
        finally:
            self.out[server] -= 1

    # Between runs and afterwards

    async def change(self, request: web.Request) -> web.Response:
        """Set what a body names, such as {"refused": []}."""
        for what, value in (await request.json()).items():
            setattr(self, what, value)
        return _json("{}")

    async def result(self, _request: web.Request) -> web.Response:
        """Judge what was sent: each document once, and as it must be."""
        times: Counter[int] = Counter()
        wrong = 0
        for text in self.sent:
            body = json.loads(text, parse_float=Decimal, parse_int=Decimal)
            number = int(body["number"][3:])
            times[number] += 1
            key = str(body.pop("externalKey", ""))
            wrong += not key.endswith(f"d-{number:07d}") or body != expected(number)
        return _json(
            json.dumps(
                {
                    "sent": len(self.sent),
                    "delivered": len(times),
                    "doubles": times.total() - len(times),
                    "missing": self.documents - len(times),
                    "wrong": wrong,
                    "told": len(self.told),
                    "told_twice": self.told.total() - len(self.told),
                    "uploads": len(self.uploads),
                    "uploaded_twice": self.uploads.total() - len(self.uploads),
                    "calls": dict(self.calls),
                    "at_once": {"source": self.most["source"], "destination": self.most["erp"]},
                    "window": self.last_sent - self.first,
                    "told_window": self.last_told - self.first,
                }
            )
        )


def _json(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="application/json")


async def serve(world: World) -> None:
    app = web.Application(client_max_size=2**30, middlewares=[world.count])
    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/source/documents", world.listing),
        ("GET", "/source/documents/{id}", world.one),
        ("POST", "/source/documents/{id}/transferred", world.acknowledge),
        ("GET", "/source/files/{id}", world.file),
        ("POST", "/erp/invoices", world.create),
        ("GET", "/erp/invoices", world.find),
        ("POST", "/erp/invoices/{id}/files", world.upload),
        ("GET", "/erp/invoices/{id}/files", world.uploaded),
        ("POST", "/change", world.change),
        ("GET", "/result", world.result),
    ]
    for method, path, handler in routes:
        app.router.add_route(method, path, handler)
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=300)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    gc.freeze()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    given: dict[str, Any] = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    asyncio.run(serve(World(**given)))
