"""Lets the process of a connection die at a request, wherever that goes."""

from __future__ import annotations

from contextlib import asynccontextmanager

from tests.contract import account
from tests.contract.elsewhere import Elsewhere, KilledError
from tests.over_httpx import OverHttpx


class Killing:
    """The way to the provider, on which the process dies before or after its n-th request."""

    def __init__(self, url, number, moment):
        self.inner, self.left, self.moment = OverHttpx(url), number, moment

    async def handle_async_request(self, request):
        self.left -= 1
        if self.left == 0 and self.moment == "before":
            raise KilledError
        response = await self.inner.handle_async_request(request)
        if self.left == 0:
            await response.aread()
            raise KilledError
        return response

    async def aclose(self):
        await self.inner.aclose()


@asynccontextmanager
async def doomed(it, number, moment):
    """Open a second connection, whose process dies before or after its n-th request."""
    elsewhere = isinstance(it.app, Elsewhere)
    more = {} if elsewhere else {"transport": Killing(it.url, number, moment)}
    connection = await account.connected(it.subject, it.app, it.url, **more)
    if elsewhere:
        it.app.die(number, moment)
    try:
        yield connection
    finally:
        if elsewhere:
            it.app.die(0, moment)
        await connection.close()
