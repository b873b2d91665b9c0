"""What a stream takes or gives, as JSON Schema: looked up by path while a route is written, compared with payloads before they go.

Schemas are plain data (draft-07; connectors publish them) without references and combinations: type, properties, required,
additionalProperties, items, enum, format, pattern, bounds, description; `anyOf` only with sets of required names. `readOnly` marks what a destination shows but nobody
may write, `x-extensible-enum` lists values that are known without excluding others, `examples` say how a pattern is meant.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from mappings.language.schema_check import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.language.schema_check import Misfit

Key = str | int
"""A step of a path: the name of a field, or the position in a list."""


class Schema:
    """A schema and the places in it. `data` is the JSON Schema object itself; an empty one allows anything."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data

    def at(self, keys: tuple[Key, ...]) -> Schema | None:
        """Return the schema of a place below this one, None if nothing can be there.

        What an open object does not list may be there and may be anything: its schema is empty. Positions do not matter.
        """
        found: Schema | None = self
        for key in keys:
            found = found._step(key) if found is not None else None  # noqa: SLF001 -- of the same class
        return found

    def names(self) -> list[str]:
        """Return the names of the fields that are listed, in the order they are published in."""
        return list(self._properties)

    @property
    def types(self) -> frozenset[str]:
        """The JSON types that may be here (`null` is one, `integer` is not implied by `number`); empty for any."""
        given = self.data.get("type", [])
        return frozenset([given] if isinstance(given, str) else given)

    @property
    def enum(self) -> tuple[object, ...]:
        """The only values that may be here; empty if others may."""
        return tuple(self.data.get("enum", ()))

    @property
    def known(self) -> tuple[object, ...]:
        """The values that are known, whether or not others may be here."""
        return self.enum or tuple(self.data.get("x-extensible-enum", ()))

    @property
    def required(self) -> frozenset[str]:
        """The names of the fields that must be there."""
        return frozenset(self.data.get("required", ()))

    @property
    def alternatives(self) -> tuple[frozenset[str], ...]:
        """Sets of names of which one must be there as a whole, besides what is required; empty if there are none."""
        return tuple(frozenset(one["required"]) for one in self.data.get("anyOf", ()))

    @property
    def open(self) -> bool:
        """Whether fields may be here that are not listed."""
        return self._may_be("object") and self.data.get("additionalProperties") is not False

    @property
    def writable(self) -> bool:
        """Whether a route may write here."""
        return self.data.get("readOnly") is not True

    @property
    def unlearned(self) -> bool:
        """Whether other fields are as normal here as those that are listed: they depend on the account, which was not asked."""
        return "x-account" in self.data and not self.data.get("x-learned")

    @property
    def description(self) -> str:
        """What it is, in a sentence; empty if that is not told."""
        return str(self.data.get("description", ""))

    def check(self, payload: object) -> list[Misfit]:
        """Return everything that does not fit: (path, sentence) each, without its values."""
        return self._check(payload)

    @cached_property
    def _check(self) -> Callable[[object], list[Misfit]]:
        return compiled(self.data)

    @property
    def _properties(self) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", self.data.get("properties", {}))

    def _may_be(self, kind: str) -> bool:
        return not self.types or kind in self.types

    def _step(self, key: Key) -> Schema | None:
        if isinstance(key, int):
            return _inner(self.data.get("items", True)) if self._may_be("array") else None
        if not self._may_be("object"):
            return None
        return _inner(self._properties.get(key, self.data.get("additionalProperties", True)))


def _inner(data: object) -> Schema | None:
    """Return a schema inside another; true and false are schemas, too."""
    if data is False:
        return None
    return Schema(cast("Mapping[str, Any]", data) if isinstance(data, dict) else {})
