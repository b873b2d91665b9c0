"""What tables take, as JSON Schema: any columns as long as the database has not been asked, those that there are afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from connectors.anything import AnyStream
from connectors.declarations import read_streams
from connectors.fields import group, listed, of_account, optional, read_only, text
from connectors.settings import ConnectionSettings, HttpsUrl
from connectors.sql.declared import TableStream
from connectors.sql.tables import fills_itself, needs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from sqlalchemy.types import TypeEngine

    from connectors.fields import JsonSchema
    from connectors.sql.tables import Shape

_OURS = " Filled by docferry."
_KINDS: tuple[tuple[type | tuple[type, ...], JsonSchema], ...] = (
    (sa.JSON, {}),
    (sa.Boolean, {"type": "boolean"}),
    (sa.Integer, {"type": "integer"}),
    (sa.Numeric, {"type": "number"}),
    (sa.Date, {"type": "string", "format": "date"}),
    (sa.DateTime, {"type": "string", "format": "date-time"}),
    ((sa.Time, sa.Uuid), {"type": "string"}),
    (sa.String, {"type": ["string", "number"]}),
)
"""In this order: what is not in it is of the database's own kinds, which judges for itself."""


class _Streams(ConnectionSettings):
    """The settings that streams depend on, without those that open the database."""

    base_url: HttpsUrl = "https://not.used.invalid"
    streams: str | None = None
    key_column: str = "docferry_key"


def destinations(connection: str, env_file: str | Path | None) -> Mapping[str, JsonSchema]:
    """Return what is known of streams without asking the database. Raises SettingsError."""
    settings = _Streams.load(connection, env_file)
    if settings.streams is None:
        return AnyStream(lambda stream: unread(stream, TableStream(), settings.key_column))
    declared = read_streams(connection, settings.streams, TableStream)
    return {name: unread(name, one, settings.key_column) for name, one in declared.items()}


def unread(stream: str, declared: TableStream, key: str) -> JsonSchema:
    """Return the schema of a stream whose tables are not known: any columns, and lists of the child tables that are declared."""
    children = {
        name: optional(listed(f"Rows of the table {child.table}.", group("A row, its values by column.", {})))
        for name, child in declared.children.items()
    }
    ours = {declared.key or key: read_only(text(f"The delivery's key.{_OURS}"))}
    return of_account(stream, group("A row, its values by column.", {**ours, **children}), guessed=True)


def read(shape: Shape) -> JsonSchema:
    """Return the schema of a stream whose tables have been read."""
    children = {
        name: optional(
            listed(f"Rows of the table {child.table.name}.", _table(child.table, {child.parent, child.position}))
        )
        for name, child in shape.children.items()
    }
    row = _table(shape.table, {shape.key})
    return {**row, "properties": {**row["properties"], **children}}


def _table(table: sa.Table, ours: Collection[str]) -> JsonSchema:
    columns = {column.name: _column(table, column, ours) for column in table.columns}
    needed = [name for name in columns if name not in ours and needs(table, table.c[name])]
    more = {"additionalProperties": False}
    return group(f"A row of the table {table.name}, its values by column.", columns, required=needed, **more)


def _column(table: sa.Table, column: sa.Column[object], ours: Collection[str]) -> JsonSchema:
    words = f"{column.comment.strip().rstrip('.')}." if column.comment else f"The column {table.name}.{column.name}."
    schema = {"description": words, **_kind(column.type)}
    if column.name in ours:
        return read_only(schema | {"description": words + _OURS})
    if fills_itself(column):
        return read_only(schema | {"description": f"{words} Filled by the database."})
    return optional(schema) if column.nullable else schema


def _kind(kind: TypeEngine[object]) -> JsonSchema:
    found = next((schema for types, schema in _KINDS if isinstance(kind, types)), {})
    if kind.__visit_name__ == "TINYINT":  # what MySQL calls a boolean
        found = {"type": ["integer", "boolean"]}
    length = getattr(kind, "length", None) if isinstance(kind, sa.String) else None
    return {**found, **({"maxLength": length} if length is not None else {})}
