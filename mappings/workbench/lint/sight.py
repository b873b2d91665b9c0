"""What the expressions at a place in the route can read: the document, vars, and inside `each` the items around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.workbench.lint.kinds import Kind
from mappings.workbench.lint.likeness import alike, elsewhere, meant
from mappings.workbench.lint.logic import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.language.schema import Key, Schema
    from mappings.workbench.lint.conditions import Conditions
    from mappings.workbench.lint.logic import Formula

_SPELT = {"null": "none", "nil": "none", "none": "none", "undefined": "none", "true": "true", "false": "false"}
"""How an expression writes what YAML, JSON and other languages have a word for."""
_FIXED = "fixed text goes under value:, a fixed text inside an expression in quotes"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a path is not believed: a code, and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be read, and what holds wherever something is read here.

    `document` is what the source publishes, `names` are vars, items and their numbers, which hide its fields. `paths` has,
    for items, the path of the document that they stand for. `sampled` says that there are sample documents, `given` is what
    the conditions around ask for.
    """

    endpoint: str
    document: Schema
    names: Mapping[str, Kind]
    conditions: Conditions
    paths: Mapping[str, tuple[Key, ...]]
    sampled: bool
    given: Formula = ALWAYS

    def path(self, keys: tuple[Key, ...]) -> tuple[Key, ...] | None:
        """Return a path as one of the document, with 0 for every position; None if it reads a var or a number."""
        first = str(keys[0])
        if first in self.names and first not in self.paths:
            return None
        full = (*self.paths[first], *keys[1:]) if first in self.paths else keys
        return tuple(0 if isinstance(key, int) else key for key in full)

    def kind(self, keys: tuple[Key, ...]) -> Kind:
        """Return what a path is."""
        kind, rest = self._start(keys)
        for key in rest:
            kind = kind.at(key)
        return kind

    def doubt(self, keys: tuple[Key, ...]) -> Doubt | None:
        """Return why a path cannot be there, or is most likely misspelt; None if it may be there."""
        kind, rest = self._start(keys)
        place = self.endpoint if rest == keys else str(keys[0])
        for key in rest:
            doubt = self._step(kind, key, place)
            if doubt is not None:
                return doubt
            kind = kind.at(key)
            name = f"[{key}]" if isinstance(key, int) else key
            place = name if place == self.endpoint else f"{place}{'' if isinstance(key, int) else '.'}{name}"
        return None

    def _start(self, keys: tuple[Key, ...]) -> tuple[Kind, tuple[Key, ...]]:
        named = self.names.get(str(keys[0]))
        if named is not None:
            return named, keys[1:]
        return Kind(frozenset({"object"}), missing=False, null=False, schema=self.document), keys

    def _step(self, kind: Kind, key: Key, place: str) -> Doubt | None:
        if isinstance(key, int):
            return None if "list" in kind.words else _never(f"{place} is {kind.called()}, not a list: no [{key}] in it")
        if "object" in kind.words:
            return self._field(kind.schema, key, place) if kind.schema is not None else None
        if "list" in kind.words:
            return _never(
                f"{place} is a list: '{key}' of its first item is {place}[0].{key}, and each: goes through all"
            )
        return _never(f"{place} is {kind.called()} and has no fields such as '{key}'")

    def _field(self, schema: Schema, key: str, place: str) -> Doubt | None:
        names = schema.names()
        if key in names:
            return None
        top = place == self.endpoint
        if top and key.lower() in _SPELT:
            words = (
                f"{place} is not known to have '{key}'; an expression says {_SPELT[key.lower()]} (did you mean that?)"
            )
            return Doubt("suspect-source", words) if schema.at((key,)) is not None else _never(words)
        known = [*names, *self.names] if top else names
        if schema.at((key,)) is not None:
            return self._unlisted(key, place, known, listed=bool(names))
        if top and key == "index":
            return _never("index counts the items of each: and is known inside it only")
        deeper = None if alike(key, known) else elsewhere(schema, key)
        hint = f"; {_FIXED}" if top and not deeper else ""
        return _never(f"{place} has no field '{key}'{meant(key, known, deeper)}{hint}")

    def _unlisted(self, key: str, place: str, known: list[str], *, listed: bool) -> Doubt | None:
        """Return what is odd about a field that is not listed where others may be, too; nothing if none is `listed` there."""
        almost = alike(key, known)
        if almost is not None:
            words = f"{place} is not known to have '{key}', but it has '{almost}' (did you mean that?)"
            return Doubt("suspect-source", words)
        if not listed or not (self.sampled or place == self.endpoint):
            return None
        hint = f"; {_FIXED}" if place == self.endpoint else ""
        return Doubt("unlisted-source", f"{place} is not known to have '{key}', though it may{hint}")


def _never(message: str) -> Doubt:
    return Doubt("unknown-source", message)
