"""What a source may be told about a document, as JSON Schema, by its endpoint. Nothing here needs credentials or the network."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, cast

from connectors.registry import provider_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def feedback_schema(endpoint: str, env_file: str | Path | None = ".env") -> dict[str, Any]:
    """Return the schema of one entry under a route's `feedback:`: the source's actions and what each takes.

    Raises SettingsError if there is no such provider.
    """
    connection, _, stream = endpoint.partition(".")
    name = f"{provider_of(connection, env_file).__name__}.actions"
    actions = importlib.import_module(name).FEEDBACK if importlib.util.find_spec(name) else {}
    return {
        "type": "object",
        "description": "What the source is told; without an entry, nothing.",
        "properties": cast("Mapping[str, Any]", actions).get(stream, {}),
        "additionalProperties": False,
    }
