"""What the example can be told about a document: the actions of its sources by stream, as JSON Schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.example.feedback import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAKES: Mapping[str, dict[str, Any]] = {
    "exported": {"type": ["string", "number"], "minLength": 1, "maxLength": 200},
    "refused": {"type": ["string", "number"], "minLength": 1},
}
FEEDBACK: Mapping[str, Mapping[str, dict[str, Any]]] = MappingProxyType(
    {"documents": {name: {**_TAKES[name], "description": sentence} for name, sentence in ACTIONS.items()}}
)
