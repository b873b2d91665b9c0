"""What `docferry check` looks at: settings, state, routes, and one cheap call per connection."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import AccessError, ConnectorError
from connectors.registry import open_connection
from connectors.secrets import mask
from connectors.settings import SettingsError
from flows.routes import open_route, read_route
from flows.running import open_ledger
from mappings.language import RouteError
from state.errors import SettingError, StateError

if TYPE_CHECKING:
    from flows.settings import Gateway


_PATIENCE = 30
"""Seconds that a connection may take to answer one cheap call."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `exit_code` is 0, 2 (correct something here) or 3 (access, provider, state)."""

    what: str
    ok: bool
    says: str
    exit_code: int = 0


async def check(gateway: Gateway, routes: list[str]) -> list[Finding]:
    """Look at everything that these routes need and report all of it, not only the first fault."""
    findings = [await _state(gateway)]
    if not routes:
        says = f"{gateway.mappings} holds none (*.yaml); set DOCFERRY_MAPPINGS to the folder that does"
        findings.append(Finding("routes", ok=False, says=says, exit_code=2))
    connections: list[str] = []
    for name in routes:
        try:
            route = read_route(gateway, name)
        except (RouteError, SettingsError) as error:
            findings.append(Finding(f"route {name}", ok=False, says=str(error), exit_code=2))
            continue
        connections += [text.partition(".")[0] for text in (route.source, route.destination)]
        try:
            async with open_route(gateway, name):
                says = f"{route.source} to {route.destination}, mapping {route.version[:12]}"
                findings.append(Finding(f"route {name}", ok=True, says=says))
        except RouteError as error:
            findings.append(Finding(f"route {name}", ok=False, says=str(error), exit_code=2))
        except SettingsError:
            says = "loads; its connections are not set up, see below"
            findings.append(Finding(f"route {name}", ok=True, says=says))
    findings += [await _connection(name) for name in dict.fromkeys(connections)]
    return findings


async def _state(gateway: Gateway) -> Finding:
    try:
        async with open_ledger(gateway) as ledger:
            routes = await ledger.routes()
    except SettingError as error:
        return Finding("state", ok=False, says=mask(str(error)), exit_code=2)
    except StateError as error:
        return Finding("state", ok=False, says=mask(str(error)), exit_code=3)
    return Finding("state", ok=True, says=f"opens, knows {len(routes)} routes")


async def _connection(name: str) -> Finding:
    what = f"connection {name}"
    try:
        connection = await open_connection(name)
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
