"""Which keys of a rule go together, as the loader has it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from mappings.language.conversions import OPTIONS, TYPES
from mappings.language.model import SOURCE_KEYS
from mappings.language.reading import CONTROL_KEYS, SINGLE_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mappings.workbench.editor.pieces import JsonSchema

_SOURCES = ", ".join(SOURCE_KEYS)
_CONTAINERS = ("list", "each", "fields")


def together() -> JsonSchema:
    """Return the schema of every rule that is written with keys."""
    sources = {key: {"allOf": [_alone(key), *_inside(key)]} for key in SOURCE_KEYS}
    each = {"each": ["as", "fields"], "as": ["each"], "index": ["each"]}
    options = {key: _beside_type(key) for key in OPTIONS}
    return {"dependencies": sources | options, "allOf": [_has_default(), {"dependencies": each}]}


def sourced() -> JsonSchema:
    """Return the schema of a rule that must say where its value comes from."""
    return _has_source({"not": _any_of(SOURCE_KEYS)})


def sourced_item() -> JsonSchema:
    """Return the same for an item of a list, where an object that has no key of a rule is none."""
    return _has_source({"not": _any_of(SOURCE_KEYS), "allOf": [_any_of(sorted(CONTROL_KEYS))]})


def _alone(key: str) -> JsonSchema:
    """Return that a source stands alone; of two, the second is marked. Only `each` goes with `fields`."""
    pairs = [(first, second) for first, second in combinations(SOURCE_KEYS, 2) if (first, second) != ("each", "fields")]
    message = f"a rule has one of {_SOURCES} (each goes with fields); keep one of them"
    return {"properties": {second: False for first, second in pairs if first == key}, "errorMessage": message}


def _inside(key: str) -> list[JsonSchema]:
    """Return what does not work on a list or object."""
    if key not in _CONTAINERS:
        return []
    message = f"{', '.join(SINGLE_KEYS)} work on a single value; write them at the rules inside"
    return [{"properties": dict.fromkeys(SINGLE_KEYS, False), "errorMessage": message}]


def _beside_type(key: str) -> JsonSchema:
    """Return which types a key may stand beside. That a type is known at all is told where the types are."""
    without = [name for name, known in TYPES.items() if key not in known.options]
    message = f"{key}: goes with type: {', '.join(name for name in TYPES if name not in without)}"
    wrong = {"properties": {"type": {"enum": without}}, "required": ["type"]}
    never = {"properties": {key: False}, "errorMessage": message}
    return {"required": ["type"], "errorMessage": message, "if": wrong, "then": never}


def _any_of(keys: Iterable[str]) -> JsonSchema:
    return {"anyOf": [{"required": [key]} for key in keys]}


def _has_source(where: JsonSchema) -> JsonSchema:
    message = f"a rule says where its value comes from; it needs one of: {_SOURCES}"
    return {"if": where, "then": {"required": [next(iter(SOURCE_KEYS))], "errorMessage": message}}


def _has_default() -> JsonSchema:
    written = {"required": ["on_error"], "properties": {"on_error": {"const": "default"}}}
    return {
        "if": written,
        "then": {"required": ["default"], "errorMessage": "on_error: default needs default: beside it"},
    }
