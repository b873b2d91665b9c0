"""What can become of a document at Zefort after it was delivered, by stream."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LATER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "contracts": {
            "confirmed": "it is there and whole, and the AI is done with it",
            "edited": "a person has changed attributes that docferry had set",
            "accepted": "a person has reviewed it (status done or archived)",
            "signed": "a signing request of it is completed",
            "trashed": "it was moved to the trash, or deleted",
            "error": "Zefort could not process it (status error)",
        },
    }
)
