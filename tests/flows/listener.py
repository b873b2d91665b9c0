"""A receiver of alarms over HTTP on loopback, as Apprise's json:// speaks to it, which may be down or refuse."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Listener:
    """What has been heard, in order, as (title, body); `status` is what the next ones are answered with."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.status = 200
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


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Open a receiver on a free port."""
    listener = Listener()
    app = web.Application()
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
