"""The schemas of every stream, by its endpoint: as the provider's connector publishes them, with what was learned from the account.

A schema is plain JSON Schema (draft-07). Nothing here needs credentials or the network.
"""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from connectors.anything import AnyStream
from connectors.registry import provider_of
from connectors.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

JsonSchema = dict[str, Any]
LEARNED = "schemas"
"""The folder beside the routes that keeps what was learned: one file per connection."""


def source_schema(endpoint: str, folder: Path | None = None, env_file: str | Path | None = ".env") -> JsonSchema:
    """Return the schema of the documents that `connection.stream` gives.

    `folder` is where the routes lie, so that what was learned from the account counts as well. Raises SettingsError if there
    is no such provider or stream, or what was learned cannot be read.
    """
    return _schema(endpoint, "source", folder, env_file)


def destination_schema(endpoint: str, folder: Path | None = None, env_file: str | Path | None = ".env") -> JsonSchema:
    """Return the schema of the payloads that `connection.stream` takes. As `source_schema` otherwise."""
    return _schema(endpoint, "destination", folder, env_file)


def stream_names(endpoint: str, role: str, env_file: str | Path | None = ".env") -> tuple[str, ...]:
    """Return the endpoints that a connection has in a role; none where the operator names the streams. As above otherwise."""
    connection, _, _ = endpoint.partition(".")
    streams = _published(provider_of(connection, env_file), role)
    return () if isinstance(streams, AnyStream) else tuple(f"{connection}.{name}" for name in sorted(streams))


def with_learned(schema: Mapping[str, Any], endpoint: str, role: str, folder: Path | None) -> JsonSchema:
    """Return a schema with what was learned about it; `role` is source or destination. Raises SettingsError as above."""
    connection, _, stream = endpoint.partition(".")
    learned = _learned(connection, folder).get(f"{role}s", {})
    return merged(schema, learned.get(stream, {}) if isinstance(learned, dict) else {})


def merged(schema: Mapping[str, Any], more: Mapping[str, Any]) -> JsonSchema:
    """Return a schema with another one laid over it: fields come together, any other word of the upper one replaces the lower."""
    result = {**schema, **more}
    for word in ("properties", "items"):
        lower, upper = schema.get(word), more.get(word)
        if isinstance(lower, dict) and isinstance(upper, dict):
            result[word] = _together(lower, upper) if word == "properties" else merged(lower, upper)
    return result


def _together(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> JsonSchema:
    both = {name for name in lower if isinstance(lower[name], dict) and isinstance(upper.get(name), dict)}
    return {**lower, **upper, **{name: merged(lower[name], upper[name]) for name in lower if name in both}}


def _schema(endpoint: str, role: str, folder: Path | None, env_file: str | Path | None) -> JsonSchema:
    connection, _, stream = endpoint.partition(".")
    streams = _published(provider_of(connection, env_file), role)
    if stream not in streams:
        near = difflib.get_close_matches(stream, streams, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"it has: {', '.join(sorted(streams)) or 'none in this role'}."
        raise SettingsError(f"'{connection}' has no {role} stream '{stream}'; {hint}")
    return with_learned(streams[stream], endpoint, role, folder)


def _published(provider: ModuleType, role: str) -> Mapping[str, JsonSchema]:
    module = importlib.import_module(f"{provider.__name__}.schemas")
    return cast("Mapping[str, JsonSchema]", getattr(module, f"{role.upper()}S"))


def _learned(connection: str, folder: Path | None) -> Mapping[str, Any]:
    path = Path(folder) / LEARNED / f"{connection}.json" if folder is not None else None
    if path is None or not path.is_file():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, ValueError) as error:
        words = f"{path} cannot be read ({error}); write it anew with: docferry learn {connection}"
        raise SettingsError(words) from None
