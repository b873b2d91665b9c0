"""What can become of a document at DocuMine after it was delivered, by stream."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LATER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "files": {
            "confirmed": "it has been analysed",
            "accepted": "its review is over (workflow status APPROVED)",
            "trashed": "it lies in the trash, or was purged",
            "error": "it could not be analysed (status ERROR)",
        },
    }
)
