"""How long the TLS certificates last of the servers that connections speak to. Nothing but a request without credentials is sent."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from connectors.registry import provider_of
from connectors.settings import SettingsError
from connectors.urls import is_loopback
from flows.accounts import further_places
from flows.route_accounts import connections_of, unset
from flows.routes import read_route, route_names
from mappings.language import RouteError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flows.settings import Gateway
    from state.ledger import Ledger

_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was found at one server. `days` are those that its certificate is still good for, None where none was seen.

    `good` is False if it ends within the limit, or was refused; a server without TLS on this machine is good.
    """

    server: str
    connections: tuple[str, ...]
    days: int | None
    good: bool
    says: str


async def look(servers: Mapping[str, tuple[str, ...]], *, least: int) -> list[Certificate]:
    """Look at the certificates of servers (`https://host:port`), those of `servers_of`. `least`: days it has to last."""
    return list(await asyncio.gather(*(_look(server, names, least) for server, names in servers.items())))


async def servers_of(gateway: Gateway, ledger: Ledger) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Return all servers of all connections that routes name and that are set, and what could not be looked at and why."""
    found: dict[str, dict[str, None]] = {}
    problems: list[str] = []
    named = _connections(gateway, problems)
    absent = await unset(ledger, named)
    for connection in (name for name in named if name not in absent):
        try:
            places = await further_places(ledger, connection)
            settings = provider_of(connection).Settings.load(connection, further=places)
        except SettingsError as error:
            problems.append(str(error))
            continue
        for value in settings.model_dump().values():
            if isinstance(value, str) and value.startswith(("https://", "http://")):
                parts = urlsplit(value)
                found.setdefault(f"{parts.scheme}://{parts.netloc}", {})[connection] = None
    return {server: tuple(names) for server, names in found.items()}, problems


def _connections(gateway: Gateway, problems: list[str]) -> list[str]:
    names: dict[str, None] = {}
    for each in route_names(gateway.mappings):
        try:
            route = read_route(gateway, each)
        except RouteError as error:
            problems.append(str(error))
            continue
        names |= dict.fromkeys(connections_of(route))
    return list(names)


async def _look(server: str, names: tuple[str, ...], least: int) -> Certificate:
    if server.startswith("http://"):
        where = "on this machine" if is_loopback(server) else "elsewhere"
        return Certificate(server, names, None, is_loopback(server), f"{where}, without TLS: nothing to look at")
    try:
        # As the connections do it: the same authorities, the same proxies.
        async with httpx.AsyncClient(timeout=_PATIENCE) as client, client.stream("HEAD", server) as answer:
            connection = answer.extensions["network_stream"].get_extra_info("ssl_object")
            ends = _end(connection)
    except httpx.HTTPError as error:
        return Certificate(server, names, None, False, f"no connection: {error or type(error).__name__}")
    if ends is None:
        return Certificate(server, names, None, False, "the server shows no certificate")
    days = (ends - datetime.now(UTC)).days
    return Certificate(server, names, days, days >= least, f"good until {ends:%Y-%m-%d}, {days} days")


def _end(connection: ssl.SSLObject | None) -> datetime | None:
    shown = connection.getpeercert() if connection is not None else None
    if not shown:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
