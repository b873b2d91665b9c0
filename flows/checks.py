"""What `docferry check` looks at: settings, state, routes, and one cheap call per connection."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import AccessError, ConnectorError
from connectors.registry import open_connection
from connectors.secrets import mask
from connectors.settings import SettingsError
from flows.accounts import connections_of, unset
from flows.memory import LedgerMemory
from flows.renamed import ADVICE, without_file
from flows.routes import no_routes, open_route, read_route
from flows.running import open_ledger
from flows.tokens import token_store
from mappings.language import RouteError
from state.errors import SettingError, StateError

if TYPE_CHECKING:
    from connectors.auth import TokenStore
    from connectors.memory import Memory
    from flows.settings import Gateway
    from mappings.language import Route


_PATIENCE = 30
"""Seconds that a connection may take to answer one cheap call."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `exit_code` is 0, 2 (correct something here) or 3 (access, provider, state)."""

    what: str
    ok: bool
    says: str
    exit_code: int = 0


async def check(gateway: Gateway, routes: list[str], *, all_of_them: bool = True) -> list[Finding]:
    """Look at everything that these routes need and report all of it, not only the first fault.

    With `all_of_them` no route was asked for by name: then those between accounts of which nothing is set do not count,
    as long as another route has something.
    """
    findings = await _state(gateway)
    if not routes:
        findings.append(Finding("routes", ok=False, says=no_routes(gateway.mappings), exit_code=2))
    loaded: dict[str, Route] = {}
    for name in routes:
        try:
            loaded[name] = read_route(gateway, name)
        except (RouteError, SettingsError) as error:
            findings.append(Finding(f"route {name}", ok=False, says=str(error), exit_code=2))
    absent = {name: unset(route) for name, route in loaded.items()}
    idle = {name for name, missing in absent.items() if missing} if all_of_them and not all(absent.values()) else set()
    connections: list[str] = []
    for name, route in loaded.items():
        if name in idle:
            says = f"not in use: nothing is set for {' and '.join(absent[name])}"
            findings.append(Finding(f"route {name}", ok=True, says=says))
            continue
        connections += connections_of(route)
        findings.append(await _route(gateway, name, route))
    findings += [await _connection(gateway, name) for name in dict.fromkeys(connections)]
    return findings


async def _route(gateway: Gateway, name: str, route: Route) -> Finding:
    try:
        async with open_route(gateway, name):
            says = f"{route.source} to {route.destination}, mapping {route.version[:12]}"
            return Finding(f"route {name}", ok=True, says=says)
    except RouteError as error:
        return Finding(f"route {name}", ok=False, says=str(error), exit_code=2)
    except SettingsError:
        return Finding(f"route {name}", ok=True, says="loads; its connections are not set up, see below")


async def _state(gateway: Gateway) -> list[Finding]:
    """Look at the state, and at what it knows routes of that have no file; a retired one is no fault."""
    try:
        async with open_ledger(gateway) as ledger:
            routes = await ledger.routes()
            says = f"{ledger.place} opens, knows {len(routes)} {'route' if len(routes) == 1 else 'routes'}"
    except SettingError as error:
        return [Finding("state", ok=False, says=mask(str(error)), exit_code=2)]
    except StateError as error:
        return [Finding("state", ok=False, says=mask(str(error)), exit_code=3)]
    gone = [
        Finding(
            f"route {name}", ok=True, says=f"known to the state, but without a file in {gateway.mappings}; {ADVICE}"
        )
        for name in without_file(routes, gateway.mappings)
    ]
    return [Finding("state", ok=True, says=says), *gone]


async def _connection(gateway: Gateway, name: str) -> Finding:
    what = f"connection {name}"
    try:
        async with open_ledger(gateway) as ledger:
            return await _opened(name, what, token_store(gateway, ledger, name), LedgerMemory(ledger, name))
    except StateError:  # told already; a login that is kept there cannot be used then
        return await _opened(name, what, None, None)


async def _opened(name: str, what: str, tokens: TokenStore | None, memory: Memory | None) -> Finding:
    try:
        connection = await open_connection(name, token_store=tokens, memory=memory)
    except SettingsError as error:
        return Finding(what, ok=False, says=str(error), exit_code=2)
    try:
        async with asyncio.timeout(_PATIENCE):
            return Finding(what, ok=True, says=(await connection.check()).removeprefix(f"{name}: "))
    except TimeoutError:
        return Finding(what, ok=False, says=f"no usable answer within {_PATIENCE} s", exit_code=3)
    except AccessError as error:
        return Finding(
            what,
            ok=False,
            says=f"{mask(str(error)).rstrip('.')}. Renew the credentials or grant the right.",
            exit_code=3,
        )
    except ConnectorError as error:
        return Finding(what, ok=False, says=mask(str(error)), exit_code=3)
    finally:
        await connection.close()
