"""Serves sandboxes on loopback ports from inside the running event loop, and lets them really break a connection."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.types import ASGIApp


class PortError(OSError):
    """A port cannot be served on. `strerror` says which and why, `owner` whose sandbox it was for."""

    def __init__(self, owner: str, port: int, error: OSError) -> None:
        said = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be served on ({error.strerror})"
        super().__init__(error.errno, f"port {port} {said}")
        self.owner = owner


class _BreakableProtocol(H11Protocol):
    """Hands the app its own connection, so that a fault can close it in the middle of an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # the class above has it too
        self.app_state = {**self.app_state, "sandbox.transport": transport}
        super().connection_made(transport)


@asynccontextmanager
async def serve(
    apps: Mapping[str, ASGIApp], host: str = "127.0.0.1", ports: Mapping[str, int] | None = None
) -> AsyncIterator[dict[str, str]]:
    """Serve each app and yield its base URL by name (with the provider's path, such as `/v2`).

    `ports` names fixed ports; the others are free ones. On leaving, the ports are closed and requests still running
    are cancelled. Raises PortError if a port is taken or not for us.
    """
    async with AsyncExitStack() as stack:
        urls = {}
        for name, app in apps.items():
            wanted = (ports or {}).get(name, 0)
            try:
                port = await stack.enter_async_context(_listening(app, host, wanted))
            except OSError as error:
                raise PortError(name, wanted, error) from error
            urls[name] = f"http://{host}:{port}{getattr(app, 'base_path', '')}"
        yield urls


@asynccontextmanager
async def _listening(app: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    config = uvicorn.Config(
        app,
        http=_BreakableProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=75,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    # named as TCP in full: asyncio switches Nagle off only then, and a 40 ms pause per answer is what it costs otherwise
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # startup() is called directly: serve() would take over the signals of the program we are part of.
        await server.startup(sockets=[listener])
        try:
            yield listener.getsockname()[1]
        finally:
            await _stop(server)


async def _stop(server: uvicorn.Server) -> None:
    """Close the port, break every connection, and end the requests that were still running."""
    for listening in server.servers:
        listening.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)  # lets the connections learn that they are lost, so that nothing is answered any more
    tasks = list(server.server_state.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
