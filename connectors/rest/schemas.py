"""What declared APIs take, as JSON Schema: the payload that the operator declares, or anything, with the key's place kept free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.declarations import read_streams
from connectors.fields import group, read_only, text
from connectors.rest.declared import ApiStream
from connectors.settings import ConnectionSettings, HttpsUrl

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.fields import JsonSchema

_KEY = read_only(text("The delivery's key, which docferry fills in."))
_IN_A_FORM = {"type": ["string", "number", "boolean", "null"], "description": "A field of the form."}


class _Streams(ConnectionSettings):
    """The one setting that streams depend on, without those that open an account."""

    base_url: HttpsUrl = "https://not.used.invalid"
    streams: str


def destinations(connection: str, env_file: str | Path | None) -> Mapping[str, JsonSchema]:
    """Return the schemas of a connection's streams without opening it. Raises SettingsError."""
    declared = read_streams(connection, _Streams.load(connection, env_file).streams, ApiStream)
    return {name: payload(one) for name, one in declared.items()}


def payload(declared: ApiStream) -> JsonSchema:
    """Return the schema of a stream's payloads."""
    schema = declared.payload or group("What is sent, under any names.", {})
    if declared.body == "form":
        schema = {"additionalProperties": _IN_A_FORM, **schema}
    if declared.key is not None and declared.key.field is not None:
        schema = _with_key(schema, declared.key.field.split("."))
    return schema


def _with_key(schema: JsonSchema, path: list[str]) -> JsonSchema:
    name, *rest = path
    properties = schema.get("properties", {})
    inner = properties.get(name)
    if not isinstance(inner, dict):  # true, which allows anything, is a schema as well
        inner = group("The object that the delivery's key goes into.", {})
    return {**schema, "properties": {**properties, name: _with_key(inner, rest) if rest else _KEY}}
