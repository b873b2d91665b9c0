"""What is known of a source's documents: what its schema says for certain, and what sample documents show beyond it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mappings.language.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NO_TYPES = {"description", "properties", "items", "x-extensible-enum"}
_TYPES = {str: "string", bool: "boolean", int: "integer", Decimal: "number", type(None): "null"}


def with_samples(schema: Mapping[str, Any] | None, samples: Sequence[object]) -> Schema:
    """Return a schema with what documents have beyond it. Without a schema the documents are all that is known.

    Of fields that accounts only commonly have (`x-guessed`) the names count, but not the types: an account that writes
    amounts as text is right, too.
    """
    certain = _certain(dict(schema or {}), guessed=False)
    return Schema(_both(certain, _seen(samples)) if samples else certain)


def _certain(schema: dict[str, Any], *, guessed: bool) -> dict[str, Any]:
    """Return a schema without the types that are guesses."""
    kept = {word: each for word, each in schema.items() if not guessed or word in _NO_TYPES} | (
        {"x-guessed": True} if guessed else {}
    )
    below = guessed or bool(schema.get("x-guessed"))
    if "properties" in kept:
        kept["properties"] = {name: _certain(dict(each), guessed=below) for name, each in kept["properties"].items()}
    if isinstance(kept.get("items"), dict):
        kept["items"] = _certain(kept["items"], guessed=below)
    return kept


def _seen(values: Sequence[object]) -> dict[str, Any]:
    """Return a schema that all of some values fit; nothing in it is required or excludes anything."""
    types = {_TYPES.get(type(value), "object" if isinstance(value, dict) else "array") for value in values}
    seen: dict[str, Any] = {"type": sorted(types)}
    objects = [value for value in values if isinstance(value, dict)]
    if objects:
        names = dict.fromkeys(name for each in objects for name in each)
        seen["properties"] = {name: _seen([each[name] for each in objects if name in each]) for name in names}
    items = [item for value in values if isinstance(value, list) for item in value]
    if items:
        seen["items"] = _seen(items)
    return seen


def _both(schema: dict[str, Any], seen: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that allows what both do; what documents show counts, whatever is published."""
    both = {**seen, **schema}
    given = schema.get("type")
    if given is not None:
        published = [given] if isinstance(given, str) else list(given)
        both["type"] = [*published, *(kind for kind in seen["type"] if not _covers(published, kind))]
    elif schema and not schema.get("x-guessed"):
        both.pop("type")  # an open place stays open
    properties, fields = schema.get("properties", {}), seen.get("properties", {})
    if properties or fields:
        merged = {name: _both(each, fields[name]) if name in fields else each for name, each in properties.items()}
        both["properties"] = {**fields, **merged}
    if isinstance(schema.get("items"), dict) and "items" in seen:
        both["items"] = _both(schema["items"], seen["items"])
    return both


def _covers(published: list[str], kind: str) -> bool:
    return kind in published or (kind == "integer" and "number" in published)
