"""What the streams of Hypatos take and give, as JSON Schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.hypatos.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Mapping[str, dict[str, Any]] = MappingProxyType({"documents": {"type": "object"}})
DESTINATIONS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {name: {"type": "object"} for name in ("documents", *RESOURCES)}
)
