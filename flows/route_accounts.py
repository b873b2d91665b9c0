"""Which accounts a route is between, and which of them nothing is set for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.settings import mentioned

if TYPE_CHECKING:
    from mappings.language import Route


def connections_of(route: Route) -> list[str]:
    """Return the names of a route's connections, its source first."""
    return list(dict.fromkeys(text.partition(".")[0] for text in (route.source, route.destination)))


def unset(route: Route) -> list[str]:
    """Return those of its connections of which no setting is there. Raises SettingsError if `.env` cannot be read."""
    return [name for name in connections_of(route) if not mentioned(name)]
