"""What can become of a document at Hypatos after it was delivered, by stream."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from connectors.later import ANY

if TYPE_CHECKING:
    from collections.abc import Mapping

LATER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "documents": {
            "confirmed": "it has been processed",
            "accepted": "it was completed, by a person or by the software (done, doneAutomatically, transferred)",
            "trashed": "it was deleted, or its retention is over",
            "refused": "it was rejected, or marked as junk",
            "error": "it could not be processed or transferred (failed, transferFailed)",
        },
        ANY: {"confirmed": "it was taken"},
    }
)
