"""What Zefort can be told about a document: the actions of its sources by stream, as JSON Schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.zefort.feedback import ACTIONS
from connectors.zefort.schemas import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAKES: Mapping[str, dict[str, Any]] = {
    "note": {"type": "string"},
    "tag": {"type": ["string", "array"]},
    "attributes": {"type": "object"},
    "status": {"type": "string", "enum": list(STATUSES)},
}
FEEDBACK: Mapping[str, Mapping[str, dict[str, Any]]] = MappingProxyType(
    {"contracts": {name: {**_TAKES[name], "description": sentence} for name, sentence in ACTIONS.items()}}
)
