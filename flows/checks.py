"""What `docferry check` looks at: settings, state, routes, and the accounts that they are between."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

from connectors.secrets import mask
from connectors.settings import SettingsError, mentioned
from flows.account_checks import check_account
from flows.accounts import further_places
from flows.findings import Finding
from flows.meant import ADVICE
from flows.renamed import without_file
from flows.route_accounts import connections_of
from flows.routes import no_routes, open_route, read_route
from flows.running import care_of, open_ledger
from mappings.language import RouteError
from state.errors import SettingError, StateError

if TYPE_CHECKING:
    from connectors.places import Place
    from flows.settings import Gateway
    from mappings.language import Route
    from state.ledger import Ledger


PATIENCE = 10.0
"""Seconds for which another program may hold the state: a transaction of docferry takes milliseconds."""


async def check(gateway: Gateway, routes: list[str], *, all_of_them: bool = True) -> list[Finding]:
    """Look at everything that these routes need and report all of it, not only the first fault.

    With `all_of_them` no route was asked for by name: then those between accounts of which nothing is set do not count,
    as long as another route has something.
    """
    async with contextlib.AsyncExitStack() as opened:
        ledger: Ledger | None = None
        try:
            ledger = await opened.enter_async_context(open_ledger(gateway))
            await care_of(gateway, patience=PATIENCE).try_write()
            findings = await _state(gateway, ledger)
        except SettingError as error:
            findings = [Finding("state", ok=False, says=mask(str(error)), exit_code=2)]
        except StateError as error:
            findings = [Finding("state", ok=False, says=mask(str(error)), exit_code=3)]
        return findings + await _routes(gateway, ledger, routes, all_of_them=all_of_them)


async def _routes(gateway: Gateway, ledger: Ledger | None, routes: list[str], *, all_of_them: bool) -> list[Finding]:
    findings = []
    if not routes:
        findings.append(Finding("routes", ok=False, says=no_routes(gateway.mappings), exit_code=2))
    loaded: dict[str, Route] = {}
    for name in routes:
        try:
            loaded[name] = read_route(gateway, name)
        except (RouteError, SettingsError) as error:
            findings.append(Finding(f"route {name}", ok=False, says=str(error), exit_code=2))
    named = {name: connections_of(route) for name, route in loaded.items()}
    further = {one: await _further(ledger, one) for one in dict.fromkeys(itertools.chain(*named.values()))}
    there = {one for one, places in further.items() if mentioned(one) or any(place.values for place in places)}
    absent = {name: [one for one in ones if one not in there] for name, ones in named.items()}
    idle = {name for name, missing in absent.items() if missing} if all_of_them and not all(absent.values()) else set()
    connections: list[str] = []
    for name, route in loaded.items():
        if name in idle:
            says = f"not in use: nothing is set for {' and '.join(absent[name])}"
            findings.append(Finding(f"route {name}", ok=True, says=says))
            continue
        connections += named[name]
        findings.append(await _route(gateway, ledger, name, route))
    used = list(dict.fromkeys(connections))
    for name in used:
        findings += await check_account(gateway, ledger, name, used, further[name])
    return findings


async def _further(ledger: Ledger | None, connection: str) -> list[Place]:
    """Look into the places of a connection that take asking: the vault and Prefect. None if there is no such provider."""
    try:
        return await further_places(ledger, connection)
    except SettingsError:
        return []


async def _route(gateway: Gateway, ledger: Ledger | None, name: str, route: Route) -> Finding:
    try:
        async with open_route(gateway, name, ledger):
            says = f"{route.source} to {route.destination}, mapping {route.version[:12]}"
            return Finding(f"route {name}", ok=True, says=says)
    except RouteError as error:
        return Finding(f"route {name}", ok=False, says=str(error), exit_code=2)
    except SettingsError:
        return Finding(f"route {name}", ok=True, says="loads; its connections are not set up, see below")


async def _state(gateway: Gateway, ledger: Ledger) -> list[Finding]:
    """Look at the state, and at what it knows routes of that have no file; a retired one is no fault."""
    routes = await ledger.routes()
    says = f"{ledger.place} opens and can be written, knows {len(routes)} {'route' if len(routes) == 1 else 'routes'}"
    gone = [
        Finding(
            f"route {name}", ok=True, says=f"known to the state, but without a file in {gateway.mappings}; {ADVICE}"
        )
        for name in without_file(routes, gateway.mappings)
    ]
    return [Finding("state", ok=True, says=says), *gone]
