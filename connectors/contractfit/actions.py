"""What Contract.fit can be told about a document: the actions of its sources by stream, as JSON Schema."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from connectors.contractfit.messages import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

_TAKES: Mapping[str, dict[str, Any]] = {
    "lock": {"type": "boolean"},
    "feedback": {"type": "object", "properties": {"annotations": {"type": "object"}}},
    "escalate": {"type": "boolean"},
    "submitted": {"type": "boolean"},
    "reject": {"type": "boolean"},
    "archived": {"type": "boolean", "enum": [True]},
}
FEEDBACK: Mapping[str, Mapping[str, dict[str, Any]]] = MappingProxyType(
    {"documents": {name: {**_TAKES[name], "description": sentence} for name, sentence in ACTIONS.items()}}
)
