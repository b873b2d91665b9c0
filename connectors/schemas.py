"""The schemas of every stream, by its endpoint: as the provider's connector publishes them, with what was learned from the account.

A schema is plain JSON Schema (draft-07). Nothing here needs credentials or the network.
"""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING, Any, cast

import msgspec

from connectors.anything import AnyStream
from connectors.registry import provider_of
from connectors.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.fields import JsonSchema

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
    streams = _published(connection, role, env_file)
    return () if isinstance(streams, AnyStream) else tuple(f"{connection}.{name}" for name in sorted(streams))


def with_learned(schema: JsonSchema, connection: str, folder: Path | None) -> JsonSchema:
    """Return a schema with what was learned from the account, where the schema depends on it. Raises SettingsError as above."""
    learned = stored(connection, folder).get("learned", {})
    return _laid(schema, learned) if learned else schema


def stored(connection: str, folder: Path | None) -> Mapping[str, Any]:
    """Return the file of what was learned from an account, empty if there is none. Raises SettingsError if it cannot be read."""
    path = stored_at(connection, folder) if folder is not None else None
    if path is None or not path.is_file():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, ValueError) as error:
        words = f"{path} cannot be read ({error}); remove it and write it anew with: docferry learn {connection}"
        raise SettingsError(words) from None


def stored_at(connection: str, folder: Path) -> Path:
    """Return where what is learned from an account is kept."""
    return folder / LEARNED / f"{connection}.json"


def _laid(schema: JsonSchema, learned: Mapping[str, JsonSchema]) -> JsonSchema:
    """Return a schema with what was learned in the places that are marked for it."""
    if (own := learned.get(schema.get("x-account", ""))) is not None:
        fields = {"properties": _fields(schema, own)} if "properties" in own else {}
        schema = {**schema, **own, **fields, "x-learned": True}
    result = dict(schema)
    if "properties" in schema:
        result["properties"] = {name: _laid(inner, learned) for name, inner in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        result["items"] = _laid(schema["items"], learned)
    return result


def _fields(schema: JsonSchema, own: JsonSchema) -> JsonSchema:
    """Return the fields of a place: what is published holds, unless it is only what accounts commonly have."""
    if schema.get("x-guessed"):
        fields: JsonSchema = _told({"properties": schema.get("properties", {})}, own)["properties"]
        return fields
    return {**own["properties"], **schema.get("properties", {})}


def _told(guessed: JsonSchema, own: JsonSchema) -> JsonSchema:
    """Return what was learned with the descriptions of what was guessed."""
    result = {**guessed, **own}
    if "properties" in own:
        known = guessed.get("properties", {})
        result["properties"] = {name: _told(known.get(name, {}), inner) for name, inner in own["properties"].items()}
    if "items" in own:
        result["items"] = _told(guessed.get("items", {}), own["items"])
    return result


def _schema(endpoint: str, role: str, folder: Path | None, env_file: str | Path | None) -> JsonSchema:
    connection, _, stream = endpoint.partition(".")
    streams = _published(connection, role, env_file)
    if stream not in streams:
        near = difflib.get_close_matches(stream, streams, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"it has: {', '.join(sorted(streams)) or 'none in this role'}."
        raise SettingsError(f"'{connection}' has no {role} stream '{stream}'; {hint}")
    return with_learned(streams[stream], connection, folder)


def _published(connection: str, role: str, env_file: str | Path | None) -> Mapping[str, JsonSchema]:
    module = importlib.import_module(f"{provider_of(connection, env_file).__name__}.schemas")
    if hasattr(module, f"{role}s"):  # the streams are the operator's own, so they depend on the settings
        return cast("Mapping[str, JsonSchema]", getattr(module, f"{role}s")(connection, env_file))
    # A provider of one role has only one of them.
    return cast("Mapping[str, JsonSchema]", getattr(module, f"{role.upper()}S", {}))
