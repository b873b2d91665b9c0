"""The blast radius of an edit: the same documents through two versions of a mapping, and what comes out otherwise.

Two payloads are the same if their canonical JSON is, which is how a run tells whether anything has changed: the order of
keys says nothing, while 1, 1.0 and "1" differ, and so do null and nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

import msgspec

from mappings.language.missing import MISSING
from mappings.language.shapes import shape_of
from mappings.workbench.comparing import written
from mappings.workbench.outcome import pattern_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mappings.language.route import Route
    from mappings.workbench.comparing import Keys
    from mappings.workbench.outcome import Check

FILES = "(files)"
"""The target that stands for which files travel."""
_EXAMPLES = 5
_encode = msgspec.json.Encoder(decimal_format="number", order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Judged:
    """What one version makes of a document: a payload, or why it is skipped, or the causes for which it is rejected."""

    payload: Mapping[str, object] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    skipped: bool = False
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One value of a payload that is another one now; MISSING on the side that has none."""

    target: str
    before: object
    after: object


@dataclass(slots=True)
class Group:
    """Documents to which the same happens: how many, and the ids of the first."""

    documents: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, document_id: str) -> None:
        """Count a document."""
        self.documents += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(document_id)


@dataclass(slots=True)
class Field(Group):
    """A target whose value changes. `ways` counts documents by how, as (before, after)."""

    ways: Counter[tuple[str, str]] = field(default_factory=Counter)


def judged(route: Route, fields: dict[str, object], check: Check | None, files: tuple[str, ...] = ()) -> Judged:
    """Say what a route makes of a document. `check` says what the destination can never accept, `files` are those that travel."""
    mapped, problems = route.attempt(fields)
    if problems:
        told = [f"line {each.line}, {pattern_of(str(each.target))}: {each.message}" for each in problems]
        return Judged(causes=tuple(dict.fromkeys(told)))
    if mapped.skipped is not None:
        return Judged(skipped=True)
    misfits = check(mapped.payload) if check is not None else ()
    told = [f"{pattern_of(target)}: the destination refuses it: {sentence}" for target, sentence in misfits]
    return Judged(causes=tuple(dict.fromkeys(told))) if told else Judged(mapped.payload, files)


def changes(before: Judged, after: Judged) -> Iterator[Change]:
    """Yield every single value in which two payloads differ."""
    if before.files != after.files:
        yield Change(FILES, list(before.files), list(after.files))
    if _encode(before.payload) == _encode(after.payload):
        return
    yield from _changes(before.payload, after.payload, ())


def _changes(before: object, after: object, keys: Keys) -> Iterator[Change]:
    inside = _inside(before, after)
    for key, one, other in inside:
        yield from _changes(one, other, (*keys, key))
    if not inside and (before is MISSING or after is MISSING or _encode(before) != _encode(after)):
        yield Change(written(keys), before, after)


def _inside(before: object, after: object) -> list[tuple[str | int, object, object]]:
    """Return what both have inside if both are objects, or lists; one of them may be missing as a whole."""
    sides = [side for side in (before, after) if side is not MISSING]
    if all(isinstance(side, dict) for side in sides):
        old, new = (side if isinstance(side, dict) else {} for side in (before, after))
        return [(name, old.get(name, MISSING), new.get(name, MISSING)) for name in dict.fromkeys([*old, *new])]
    if all(isinstance(side, list) for side in sides):
        lists = (side if isinstance(side, list) else [] for side in (before, after))
        return [(place, one, other) for place, (one, other) in enumerate(zip_longest(*lists, fillvalue=MISSING))]
    return []


class Blast:
    """What an edit does to a number of documents. With `values` ways are shown as they are, else as shapes."""

    def __init__(self, *, values: bool = False) -> None:
        self._values = values
        self.documents = 0
        self.changed = Group()
        self.fields: dict[str, Field] = {}
        self.failing = Group()
        self.causes: dict[str, Group] = {}
        self.passing = Group()
        self.skipped = Group()
        self.unskipped = Group()

    @property
    def otherwise(self) -> int:
        """How many documents come out otherwise, without those that were rejected before and pass now."""
        return sum(one.documents for one in (self.changed, self.failing, self.skipped, self.unskipped))

    @property
    def unchanged(self) -> int:
        """How many documents come out as before."""
        return self.documents - self.otherwise - self.passing.documents

    def add(self, document_id: str, before: Judged, after: Judged) -> None:
        """Compare what two versions make of one document."""
        self.documents += 1
        if after.causes:
            if not before.causes:
                self.failing.add(document_id)
                for cause in after.causes:
                    self.causes.setdefault(cause, Group()).add(document_id)
        elif after.skipped:
            if not before.skipped:
                self.skipped.add(document_id)
        elif before.causes:
            self.passing.add(document_id)
        elif before.skipped:
            self.unskipped.add(document_id)
        elif found := list(changes(before, after)):
            self._changed(document_id, found)

    def _changed(self, document_id: str, found: list[Change]) -> None:
        self.changed.add(document_id)
        ways: dict[str, dict[tuple[str, str], None]] = {}
        for change in found:
            way = self._shown(change.before), self._shown(change.after)
            ways.setdefault(pattern_of(change.target), {})[way] = None
        for target, different in ways.items():
            here = self.fields.setdefault(target, Field())
            here.add(document_id)
            here.ways.update(different.keys())

    def _shown(self, value: object) -> str:
        if value is MISSING:
            return "nothing"
        if self._values:
            return _encode(value).decode()
        shape = shape_of(value)
        return f'"{shape}"' if isinstance(value, str) else shape
