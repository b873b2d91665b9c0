"""What the streams of Zefort take and give, as JSON Schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Mapping[str, dict[str, Any]] = MappingProxyType(
    {name: {"type": "object"} for name in ("contracts", "esigns", "activities")}
)
DESTINATIONS: Mapping[str, dict[str, Any]] = MappingProxyType({"contracts": {"type": "object"}})
