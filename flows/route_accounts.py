"""Which accounts a route is between, and which of them nothing is set for, wherever settings may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.settings import SettingsError, mentioned
from flows.accounts import further_places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mappings.language import Route
    from state.ledger import Ledger


def connections_of(route: Route) -> list[str]:
    """Return the names of a route's connections, its source first."""
    return list(dict.fromkeys(text.partition(".")[0] for text in (route.source, route.destination)))


async def unset(ledger: Ledger, connections: Iterable[str]) -> list[str]:
    """Return those connections of which no setting is anywhere: environment, files, the vault, a Prefect block.

    Raises SettingsError if `.env` cannot be read, StateError.
    """
    return [name for name in connections if not (mentioned(name) or await _kept(ledger, name))]


async def _kept(ledger: Ledger, connection: str) -> bool:
    try:
        return any(place.values for place in await further_places(ledger, connection))
    except SettingsError:  # there is no such provider, so nothing is kept for it
        return False
