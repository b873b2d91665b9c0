"""The kinds of fields that a stream's schema is made of: JSON Schema (draft-07), each with its sentence of description.

Words of JSON Schema that a kind may have besides are given as they are: `text("Its name.", maxLength=100)`. Optional fields of
a destination take null, too, and that empties them; at a source null is as good as nothing, so nothing is said about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

JsonSchema = dict[str, Any]

NOT_BLANK = r"\S"
"""The pattern of text that has more in it than white space."""


def text(description: str, **more: object) -> JsonSchema:
    """Return the schema of a text."""
    return {"type": "string", "description": description, **more}


def word(description: str, *known: str) -> JsonSchema:
    """Return the schema of a text of which some values are known; there may be others, now or later."""
    return text(description, **{"x-extensible-enum": list(known)})


def filled(description: str, **more: object) -> JsonSchema:
    """Return the schema of a text that is not empty, nor white space only."""
    return text(description, minLength=1, pattern=NOT_BLANK, **more)


def number(description: str, **more: object) -> JsonSchema:
    """Return the schema of a number; amounts are numbers with all their digits."""
    return {"type": "number", "description": description, **more}


def whole(description: str, **more: object) -> JsonSchema:
    """Return the schema of a whole number."""
    return {"type": "integer", "description": description, **more}


def flag(description: str) -> JsonSchema:
    """Return the schema of true or false."""
    return {"type": "boolean", "description": description}


def day(description: str) -> JsonSchema:
    """Return the schema of a day written YYYY-MM-DD."""
    return text(description, format="date")


def instant(description: str) -> JsonSchema:
    """Return the schema of a moment written 2026-12-31T12:00:00Z."""
    return text(description, format="date-time")


def anything(description: str) -> JsonSchema:
    """Return the schema of what may be of any kind."""
    return {"description": description}


def listed(description: str, items: JsonSchema, **more: object) -> JsonSchema:
    """Return the schema of a list."""
    return {"type": "array", "description": description, "items": items, **more}


def group(
    description: str, properties: Mapping[str, JsonSchema], *, required: Collection[str] = (), **more: object
) -> JsonSchema:
    """Return the schema of an object; other fields may be in it."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "description": description, **needed, "properties": dict(properties), **more}


def closed(
    description: str, properties: Mapping[str, JsonSchema], *, required: Collection[str] = (), **more: object
) -> JsonSchema:
    """Return the schema of an object that has no other fields. What is not required may be null."""
    inner = {name: one if name in required else optional(one) for name, one in properties.items()}
    return group(description, inner, required=required, additionalProperties=False, **more)


def pairs(description: str, values: JsonSchema, **more: object) -> JsonSchema:
    """Return the schema of an object whose fields all have one kind and any names."""
    return {"type": "object", "description": description, "additionalProperties": values, **more}


def optional(schema: JsonSchema) -> JsonSchema:
    """Return the schema with null allowed."""
    kinds = schema.get("type")
    if kinds is None:
        return schema
    either = {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
    return either | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def read_only(schema: JsonSchema) -> JsonSchema:
    """Return the schema of what a destination shows but nobody may write."""
    return {**schema, "readOnly": True}


def written(description: str, pattern: str, example: str) -> JsonSchema:
    """Return the schema of a text that is written in one way as a whole; the example shows it to people."""
    # A dollar alone would let a line's end pass behind it.
    return text(description, pattern=f"^{pattern}$(?!\\n)", examples=[example])


def of_account(name: str, schema: JsonSchema, *, guessed: bool = False) -> JsonSchema:
    """Return a schema that says more once the account has been asked, under this name.

    `guessed` fields are those that accounts commonly have: what was learned takes their place.
    """
    return {**schema, "x-account": name, **({"x-guessed": True} if guessed else {})}
