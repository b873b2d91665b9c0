"""What Hypatos can be told about a document: the actions of its sources by stream, as JSON Schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.hypatos.feedback import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAKES: Mapping[str, dict[str, Any]] = {
    "external_id": {"type": ["string", "number"], "pattern": r"^\S+$", "examples": ["C-4711"], "maxLength": 100},
    "external_data": {"type": "object", "maxProperties": 20},
    "title": {"type": ["string", "number"]},
    "transfer": {"type": "boolean"},
    "message": {"type": ["string", "number"]},
    "reject": {"type": ["string", "number"]},
}
FEEDBACK: Mapping[str, Mapping[str, dict[str, Any]]] = MappingProxyType(
    {"documents": {name: {**_TAKES[name], "description": sentence} for name, sentence in ACTIONS.items()}}
)
