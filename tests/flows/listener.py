"""A receiver of alarms over HTTP on loopback, as Apprise's json:// speaks to it, which may be down or refuse."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Listener:
    """What has been heard, in order, as (title, body); `status` is what the next ones are answered with.

    `got` counts requests that were no messages.
    """

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.status = 200
        self.got = 0
        self.url = ""

    @property
    def titles(self) -> list[str]:
        """What was heard, in short."""
        return [title.removeprefix("docferry: ") for title, _ in self.heard]

    async def hear(self, request: web.Request) -> web.Response:
        """Take a message, unless it is refused."""
        said = await request.json()
        if self.status < 300:
            self.heard.append((said["title"], said["message"]))
        return web.Response(status=self.status)

    async def get(self, request: web.Request) -> web.Response:  # noqa: ARG002 -- aiohttp hands it over
        """Answer whoever brings no message."""
        self.got += 1
        return web.Response()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Open a receiver on a free port."""
    listener = Listener()
    app = web.Application()
    app.router.add_get("/{path:.*}", listener.get)
    app.router.add_post("/{path:.*}", listener.hear)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    listener.url = f"json://127.0.0.1:{port}/Sekret-Token-4711/hook"
    try:
        yield listener
    finally:
        await runner.cleanup()


@asynccontextmanager
async def answering(head: str, *, drips: bool = False) -> AsyncIterator[str]:
    """Open a receiver that answers everything with these headers, and then a byte every tenth of a second for ever."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"{head}\r\n".encode())
            while drips:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.1)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"json://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    finally:
        server.close()
