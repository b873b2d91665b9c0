"""What the streams of folder take and give, as JSON Schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.anything import AnyStream

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Mapping[str, dict[str, Any]] = MappingProxyType({})
DESTINATIONS: Mapping[str, dict[str, Any]] = AnyStream(lambda _: {"type": "object"})
