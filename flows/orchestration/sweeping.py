"""All routes one after the other, each reading its source anew: what a schedule does once a week. Knows no Prefect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError
from connectors.secrets import mask
from connectors.settings import SettingsError
from flows.route_accounts import connections_of, unset
from flows.routes import read_route, route_names
from flows.running import open_ledger, run_route
from flows.selection import Selection
from mappings.language import RouteError
from state.errors import RouteBusyError, StateError

if TYPE_CHECKING:
    import asyncio

    from flows.settings import Gateway
    from flows.tally import Report


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of one route, in words. `open_ends`: some of its documents need a person or another run."""

    route: str
    says: str
    failed: bool = False
    open_ends: bool = False
    interrupted: bool = False


async def sweep_all(gateway: Gateway, stop: asyncio.Event) -> list[Swept]:
    """Sweep every route whose accounts are set; a failure keeps no other route from it. No further one once `stop` is set."""
    swept = []
    for name in route_names(gateway.mappings):
        if stop.is_set():
            swept.append(Swept(name, "not begun", interrupted=True))
            continue
        try:
            if await _has_no_accounts(gateway, name):
                continue
            report = await _read_anew(gateway, name, stop)
        except RouteBusyError as busy:
            swept.append(Swept(name, mask(str(busy)), open_ends=True))  # it was not swept
        except (SettingsError, RouteError, StateError, ConnectorError) as error:
            swept.append(Swept(name, mask(str(error)), failed=True))
        else:
            swept.append(_told(name, report))
    return swept


async def _has_no_accounts(gateway: Gateway, name: str) -> bool:
    async with open_ledger(gateway) as ledger:
        return bool(await unset(ledger, connections_of(read_route(gateway, name))))


async def _read_anew(gateway: Gateway, name: str, stop: asyncio.Event) -> Report:
    return await run_route(gateway, name, asked=Selection(sweep=True), stop=stop)


def _told(name: str, report: Report) -> Swept:
    if report.stopped:
        return Swept(name, report.stopped, failed=True)
    says = f"{report.listed} listed, {report.delivered} delivered, {report.updated} updated, {report.rejected} rejected"
    return Swept(name, says, open_ends=report.exit_code == 1, interrupted=report.interrupted)
