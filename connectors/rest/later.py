"""What can become of a document at a declared API after it was delivered, by stream."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.later import ANY

if TYPE_CHECKING:
    from collections.abc import Mapping

LATER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        ANY: {
            "confirmed": "it is there",
            "trashed": "it is not there any more (where the stream declares `read`)",
        },
    }
)
