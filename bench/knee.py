"""How near docferry comes to the knee of a provider that slows under load: the best fixed number beside the one it finds.

Starts a server in this process; each row calls it for so many seconds. Prints answers per second and their ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from unittest.mock import patch

from aiohttp import web

from connectors import concurrency
from connectors.auth import Basic
from connectors.http import Api, Limits

BOUND = 16
BASE = 0.05


class Slowing:
    """Answers so many at once as fast as one; beyond, each more makes all of them slower."""

    def __init__(self, knee: int) -> None:
        self._knee = knee
        self._out = 0

    async def answer(self, _: web.Request) -> web.Response:
        self._out += 1
        try:
            over = max(0, self._out - self._knee)
            await asyncio.sleep(BASE * max(1.0, self._out / self._knee) * (1 + 0.02 * over))
        finally:
            self._out -= 1
        return web.json_response({})


async def rate(knee: int, bound: int, seconds: float) -> float:
    """Return answers per second in the second half of the time, with `BOUND` callers and so many calls out at most."""
    app = web.Application()
    app.router.add_get("/{tail:.*}", Slowing(knee).answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    api = Api("demo", url, Basic("a", "b"), limits=Limits(concurrency=bound))
    began = time.monotonic()
    counted = 0

    async def caller() -> None:
        nonlocal counted
        while (spent := time.monotonic() - began) < seconds:
            await api.call("GET", "/documents/1")
            counted += spent >= seconds / 2

    try:
        await asyncio.gather(*(caller() for _ in range(BOUND)))
    finally:
        await api.close()
        await runner.cleanup()
    return counted / (seconds / 2)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    print(
        f"{BOUND} callers, {BASE * 1000:g} ms, {options.seconds:g} s a row; load of the machine {os.getloadavg()[0]:.1f}"
    )
    for knee in (4, 12, 10**6):
        with patch.object(concurrency, "FEWEST", 10**9):  # it never has measured enough to change the number
            best = await rate(knee, min(knee, BOUND), options.seconds)
        found = await rate(knee, BOUND, options.seconds)
        print(
            f"knee {knee:>7}: at the knee {best:6.1f}/s, bound {BOUND} {found:6.1f}/s, ratio {found / best:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    asyncio.run(main())
