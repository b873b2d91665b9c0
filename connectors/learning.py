"""Learns what is an account's own in the schemas of its streams: names and kinds of fields, never what is in them.

Where a schema depends on the account, its place is marked `x-account: NAME`, and what was learned under that name counts at every
such place. Some of it the account itself declares; names of fields are also gathered from documents.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from connectors.errors import NoSuchCallError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Mapping

    from connectors.contract import Connection, Fields, Source
    from connectors.fields import JsonSchema

MOST_NAMES = 300
"""An object with more names than this has values for names, and those may be a document's own."""
_DEEPEST = 8
_KINDS = {bool: "boolean", int: "number", Decimal: "number", str: "string", list: "array", dict: "object"}
_ONE_DOCUMENTS = (RejectedError, NoSuchCallError, TransientError)

Path = tuple[str, ...]
"""Names of fields from the top of a document; "[]" stands for the items of a list."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an account says of itself: the schema of the places marked `x-account: name` (empty if it could not be had).

    `origin` says in a few words what it came from, such as "12 binders".
    """

    name: str
    schema: JsonSchema
    origin: str


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned, by the name of the places it counts at, and a sentence for everything it came from."""

    names: Mapping[str, JsonSchema] = field(default_factory=dict)
    origin: tuple[str, ...] = ()


async def learn(connection: Connection, streams: Collection[str], documents: int) -> Learned:
    """Ask an account what is its own. Raises ConnectorError.

    `streams` are those that routes use, for connections that cannot list theirs; `documents` is how many documents of each
    source are read at most.
    """
    names: dict[str, JsonSchema] = {}
    origin: list[str] = []
    for stream, source in connection.sources.items():
        objects = {path: place for path, place in _places(source.schema) if path[-1:] != ("[]",)}
        if objects:
            read = [document async for document in _read(source, documents)]
            for path, place in objects.items():
                name, known = place["x-account"], {} if place.get("x-guessed") else place.get("properties", {})
                for document in read:
                    names[name] = widened(names.get(name, {}), _named(_at(document, path), known))
            origin.append(f"{len(read)} documents of {connection.name}.{stream}")
    if connection.declares is not None:
        async for declared in connection.declares(streams):
            if declared.schema:
                names[declared.name] = widened(names.get(declared.name, {}), declared.schema)
            origin.append(declared.origin)
    return Learned({name: schema for name, schema in names.items() if schema}, tuple(origin))


def widened(known: JsonSchema, more: JsonSchema) -> JsonSchema:
    """Return a schema that both fit: all names of both, all kinds of both; for the rest the second one's word counts."""
    result = {**known, **more}
    if "type" in known and "type" in more:
        result["type"] = sorted({*known["type"], *more["type"]})
    if "items" in known and "items" in more:
        result["items"] = widened(known["items"], more["items"])
    if "properties" in known and "properties" in more:
        lower, upper = known["properties"], more["properties"]
        result["properties"] = {
            name: widened(lower.get(name, {}), upper.get(name, {})) for name in sorted({*lower, *upper})
        }
    return _few(result)


def kind_of(value: object, depth: int = 0) -> JsonSchema:
    """Return the schema of a value as far as its kind and the names in it go; null says nothing."""
    if value is None or type(value) not in _KINDS or depth > _DEEPEST:
        return {}
    schema: JsonSchema = {"type": sorted({_KINDS[type(value)], "null"})}
    if isinstance(value, dict):
        schema["properties"] = {str(name): kind_of(inner, depth + 1) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        schema["items"] = {}
        for item in value:
            schema["items"] = widened(schema["items"], kind_of(item, depth + 1))
    return _few(schema)


def _few(schema: JsonSchema) -> JsonSchema:
    """Return a schema without its names if they are too many; that is remembered, or a few of them would come back."""
    if not schema.get("x-many") and len(schema.get("properties", {})) <= MOST_NAMES:
        return schema
    return {word: value for word, value in schema.items() if word != "properties"} | {"x-many": True}


def _named(value: object, known: Collection[str]) -> JsonSchema:
    """Return the fields that an object has besides those that every account has."""
    found = kind_of(value)
    if "x-many" in found:
        return {"x-many": True}
    own = {name: schema for name, schema in found.get("properties", {}).items() if name not in known}
    return {"properties": own} if own else {}


def _places(schema: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield what depends on the account."""
    if "x-account" in schema:
        yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _places(inner, (*path, name))
    if isinstance(schema.get("items"), dict):
        yield from _places(schema["items"], (*path, "[]"))


def _at(fields: object, path: Path) -> object:
    for name in path:
        fields = cast("Fields", fields).get(name) if isinstance(fields, dict) else None
    return fields


async def _read(source: Source, most: int) -> AsyncIterator[Fields]:
    """Yield the fields of documents that are there; one that cannot be read now is passed over."""
    seen: set[str] = set()
    async with aclosing(cast("Any", source.changes(None))) as pages:
        async for page in pages:
            for change in page.changes:
                if change.document_id in seen:
                    continue
                if len(seen) == most:
                    return
                seen.add(change.document_id)
                try:
                    yield (await source.fetch(change.document_id)).fields
                except _ONE_DOCUMENTS:
                    continue
