"""What a route's destination can never accept, as its stream's schema says it: without credentials or a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.schemas import destination_schema
from connectors.settings import SettingsError
from mappings.language.schema import Schema

if TYPE_CHECKING:
    from flows.settings import Gateway
    from mappings.language import Route
    from mappings.workbench.outcome import Check


def checker(gateway: Gateway, route: Route) -> tuple[Check | None, str]:
    """Return what compares payloads with the destination's schema; or None, and why there is no schema."""
    try:
        return Schema(destination_schema(route.destination, gateway.mappings)).check, ""
    except SettingsError as error:
        return None, str(error)
