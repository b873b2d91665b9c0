"""What can become of a document at the example after it was delivered, by stream."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LATER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "documents": {
            "confirmed": "it is there",
            "accepted": "somebody has taken it from there",
            "trashed": "it was put into the trash, or deleted",
            "refused": "it was refused there",
        },
    }
)
