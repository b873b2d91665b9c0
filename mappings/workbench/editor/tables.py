"""The schema of a lookup table: the name of a csv file, its entries, or the keys that say more about either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.conversions import TYPES
from mappings.language.model import TABLE_KEYS, UNKNOWN_WORDS
from mappings.language.reading_tables import TABLE_TYPES
from mappings.workbench.editor.pieces import SCALAR, explained, told, word

if TYPE_CHECKING:
    from mappings.workbench.editor.pieces import JsonSchema

_FILE: JsonSchema = {
    "type": "string",
    "pattern": r"\.csv$",
    "errorMessage": "write the name of a .csv file, or {key: value, …}",
}
_ROWS: JsonSchema = {"type": "object", "additionalProperties": SCALAR}
_CONTENT = ("file", "rows")


def table() -> JsonSchema:
    """Return the schema. Which of the two objects one is depends on its keys, as for the loader."""
    has_content = {"anyOf": [{"required": [key]} for key in _CONTENT]}
    only_keys = {"propertyNames": {"enum": list(TABLE_KEYS)}}
    has_rows = {"required": ["rows"], "properties": {"rows": {"type": "object"}}}
    is_long = {"type": "object", "allOf": [has_content, {"anyOf": [only_keys, has_rows]}]}
    return {"type": ["string", "object"], "if": is_long, "then": _long(), "else": _short()}


def _long() -> JsonSchema:
    types = {name: TYPES[name].help for name in TABLE_TYPES}
    shapes = {"file": _FILE, "rows": _ROWS, "type": word(types), "unknown": word(UNKNOWN_WORDS)}
    both = {"properties": {"rows": False}, "errorMessage": "a table has file or rows; keep one of them"}
    return {**explained(TABLE_KEYS, shapes), "dependencies": {"file": both}}


def _short() -> JsonSchema:
    """Return the schema of a file or of entries; the keys with which a long table begins are offered there."""
    begun = {key: {"description": told(TABLE_KEYS[key]), **SCALAR} for key in _CONTENT}
    return {
        "pattern": _FILE["pattern"],
        "errorMessage": _FILE["errorMessage"],
        "properties": begun,
        "additionalProperties": SCALAR,
    }
