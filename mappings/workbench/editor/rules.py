"""The schemas of rules and of the fields they fill, target by target.

They mark what the loader refuses: unknown keys and words, keys that do not go together, targets that cannot be there. Which
value fits a target is not their business, so an editor marks nothing that the loader accepts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.conversions import LISTS, MOST, OPTIONS, TYPES
from mappings.language.model import ON_ERROR_WORDS, RULE_KEYS, SOURCE_KEYS
from mappings.language.numbers.money import ROUNDINGS
from mappings.language.reading import CONTROL_KEYS
from mappings.language.schema import Schema
from mappings.workbench.editor import pieces
from mappings.workbench.editor.names import Names
from mappings.workbench.editor.pieces import reference, whole
from mappings.workbench.editor.targets import others, targets
from mappings.workbench.editor.telling import telling, values

if TYPE_CHECKING:
    from collections.abc import Callable

    from mappings.workbench.editor.pieces import JsonSchema

ANYTHING = Schema({})
"""The schema of a target about which nothing is known."""
_NO_FIELDS = dict.fromkeys([*SOURCE_KEYS, *sorted(CONTROL_KEYS)], False)
"""An object in a list that has one of these keys is a rule."""
_SEVERAL = {"anyOf": [pieces.TEXT, {"type": "array", "items": pieces.TEXT, "minItems": 1, "maxItems": MOST}]}


class Rules:
    """Makes the schemas of rules and keeps them in `definitions`, so that each is written once."""

    def __init__(self) -> None:
        self.definitions: dict[str, JsonSchema] = {}
        self._names = Names()

    def target(self, target: Schema, place: str = "") -> JsonSchema:
        """Return the schema of what stands on the right of a target; `place` is its whole path."""
        return self._kept("target", self._target, target, place)

    def fields(self, target: Schema, place: str = "") -> JsonSchema:
        """Return the schema of an object: target on the left, rule on the right."""
        return self._kept("fields", self._fields, target if target.names() else ANYTHING, place)

    def _kept(self, what: str, make: Callable[[Schema, str], JsonSchema], target: Schema, place: str) -> JsonSchema:
        """Make a definition unless there is one of this content; targets about which nothing is known share one."""
        known = _known(target)
        name = self._names.of(what, target, place) if known else what
        if name not in self.definitions:
            self.definitions[name] = {}  # it may hold itself
            self.definitions[name] = make(target, place) if known else make(ANYTHING, "")
        return reference(name)

    def _target(self, target: Schema, place: str) -> JsonSchema:
        return {"anyOf": [self._rule(target, place, "sourced"), reference("path")]}

    def _fields(self, target: Schema, place: str) -> JsonSchema:
        known: dict[str, JsonSchema | bool] = {}
        for one in targets(target):
            if not one.schema.writable:
                known[one.name] = False
                continue
            rule = self.target(one.schema, f"{place}.{one.name}" if place else one.name)
            known[one.name] = {"description": telling(one.schema, required=one.required), **rule}
        unlisted = dict.fromkeys(others(target), self.target(ANYTHING))
        shape = {"type": "object", "minProperties": 1, "additionalProperties": False}
        return {**shape, "properties": known, "patternProperties": unlisted}

    def _item(self, target: Schema, place: str) -> JsonSchema:
        """Return the schema of an item of `list` or `first`: a rule, or an object written without `fields`."""
        alone = {"type": "object", "properties": _NO_FIELDS, "allOf": [self.fields(target, place)]}
        return {"anyOf": [self._rule(target, place, "sourced_item"), reference("path"), alone]}

    def _rule(self, target: Schema, place: str, condition: str) -> JsonSchema:
        """Return the schema of a rule that is written with keys."""
        keys = self._kept("rule", self._keys, target, place)
        return {"type": "object", "allOf": [keys, reference("together"), reference(condition)]}

    def _keys(self, target: Schema, place: str) -> JsonSchema:
        item = target.at((0,)) if "array" in target.types else None
        inside = (item, f"{place}[]") if item else (target, place)
        value = {**pieces.ANY_VALUE, **pieces.offers(values(target))}
        shapes = {
            "list": _items(self._kept("item", self._item, item or ANYTHING, f"{place}[]"), least=0),
            "first": _items(self._kept("item", self._item, target, place), least=1),
            "fields": self.fields(*inside),
            "value": value,
            "default": value,
        }
        own = {key: {"description": pieces.told(RULE_KEYS[key]), **shape} for key, shape in shapes.items()}
        return {
            "properties": {key: own.get(key, reference(f"key:{key}")) for key in RULE_KEYS},
            "additionalProperties": False,
        }


def keys() -> dict[str, JsonSchema]:
    """Return definitions of those keys of rules that are the same for every target."""
    shapes = {
        "from": reference("path"),
        "template": pieces.TEXT,
        "each": reference("each"),
        "as": {"type": "string", "pattern": whole(f"(?!index$){pieces.NAME}")},
        "index": {"type": "string", "pattern": whole(pieces.NAME)},
        "when": pieces.EXPRESSION,
        "lookup": pieces.TEXT,
        "type": pieces.word({name: known.help for name, known in TYPES.items()}),
        **{key: _SEVERAL if key in LISTS else pieces.TEXT for key in OPTIONS},
        "currency": reference("path"),
        "round": pieces.word(ROUNDINGS),
        "required": pieces.YES_OR_NO,
        "on_error": pieces.word(ON_ERROR_WORDS),
    }
    return {f"key:{key}": {"description": pieces.told(RULE_KEYS[key]), **shape} for key, shape in shapes.items()}


def _items(item: JsonSchema, least: int) -> JsonSchema:
    return {"type": "array", "items": item, "minItems": least}


def _known(target: Schema) -> bool:
    """Say whether a schema tells anything that an editor can offer."""
    item = target.at((0,)) if "array" in target.types else None
    return bool(target.names() or values(target) or (item is not None and _known(item)))
