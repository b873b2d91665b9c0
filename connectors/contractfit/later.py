"""What can become of a document at Contract.fit after it was delivered, by stream."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LATER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "documents": {
            "confirmed": "it has been processed",
            "accepted": "its review is over: it was submitted, or feedback was given",
            "trashed": "it was deleted",
            "refused": "a person has rejected it",
            "error": "Contract.fit could not process it",
        },
    }
)
