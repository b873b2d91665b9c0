"""Logs a connection in through a browser: the address, the redirect that comes back to this machine, the tokens."""

from __future__ import annotations

import asyncio
import contextlib
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.settings import SettingsError
from connectors.urls import is_loopback
from flows.accounts import open_account
from flows.running import open_ledger
from state.vault import MAKE_ONE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from flows.settings import Gateway

PATIENCE = 300.0
"""Seconds that a person has for the login."""
_LONGEST_LINE = 8192
_PAGE = (
    b"HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n"
    b"Cache-Control: no-store\r\n\r\n%s"
)


async def connect(
    gateway: Gateway, name: str, *, say: Callable[[str], None], ask: Callable[[], str] | None, browser: bool
) -> str:
    """Log a connection in and return a sentence of what came of it.

    With `ask` the address the browser was sent to is pasted by the person; without, it is waited for on the redirect's
    own port. Raises SettingsError (nothing to log in, no key to keep it with, port taken) and the connectors' errors.
    """
    async with open_ledger(gateway) as ledger:
        if ledger.credentials.locked:
            raise SettingsError(
                "DOCFERRY_KEYS is not set: without a key the login could not be kept for the next run. "
                f"Make one with `{MAKE_ONE}`"
            )
        connection = await open_account(gateway, ledger, name)
        try:
            login = connection.login
            if login is None:
                raise SettingsError(f"{name} needs no login in a browser: its settings hold the credentials")
            request = login.begin()
            if ask is not None:
                say(f"Open this address, log in, and paste the address you are sent to:\n{request.address}")
                answer = await asyncio.to_thread(ask)
            else:
                async with _listening(login.redirect_uri, request.state) as redirected:
                    say(f"Log in within {PATIENCE / 60:.0f} minutes at\n{request.address}")
                    if browser:
                        await asyncio.to_thread(webbrowser.open, request.address)
                    answer = await _in_time(redirected)
            await login.finish(request, answer)
            return await connection.check()
        finally:
            await connection.close()


async def _in_time(redirected: asyncio.Future[str]) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            return await redirected
    except TimeoutError:
        raise SettingsError(
            "nobody has logged in; run the command again, with --no-browser on another machine"
        ) from None


@contextlib.asynccontextmanager
async def _listening(redirect_uri: str, state: str) -> AsyncIterator[asyncio.Future[str]]:
    """Listen where the browser will be sent; the future becomes the first address that belongs to this login."""
    parts = urlsplit(redirect_uri)
    if parts.scheme != "http" or not is_loopback(redirect_uri):
        raise SettingsError(f"{redirect_uri} is not on this machine; use --no-browser and paste the address")
    redirected: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            words = (await reader.readuntil(b"\r\n")).decode("latin-1").split(" ")
            target = words[1] if len(words) > 1 else ""
            # Whatever else knocks here (a favicon, another program) does not end the waiting.
            ours = words[0] == "GET" and urlsplit(target).path == (parts.path or "/") and f"state={state}" in target
            status, text = (
                (b"200 OK", "Thank you; you can close this page.") if ours else (b"404 Not Found", "Nothing.")
            )
            body = f"<!doctype html><title>docferry</title><p>{text}".encode()
            writer.write(_PAGE % (status, len(body), body))
            await writer.drain()
            if ours and not redirected.done():
                redirected.set_result(target)
        writer.close()

    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    try:
        server = await asyncio.start_server(answer, host, parts.port or 80, limit=_LONGEST_LINE)
    except OSError as error:
        raise SettingsError(
            f"port {parts.port} of {redirect_uri} cannot be listened on ({error.strerror}); "
            "free it, or use --no-browser and paste the address"
        ) from None
    async with server:
        yield redirected
