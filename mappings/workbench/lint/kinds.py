"""What is known of a value before there is a document: which types it may have, which values, and whether it may be absent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from mappings.language.filters import FILTERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mappings.language.schema import Schema
    from mappings.workbench.lint.findings import Span

WORDS = frozenset({"string", "date", "datetime", "integer", "decimal", "boolean", "list", "object"})
"""The types of values, in the words that filters and conversions use; dates and instants are text of a certain form."""
NUMBERS = frozenset({"integer", "decimal"})
TEXTS = frozenset({"string", "date", "datetime"})

FORMS = frozenset({"lower", "upper", "trim"})
"""Filters that leave what they gave as it is."""

_FROM_JSON = {
    "string": frozenset({"string"}),
    "number": NUMBERS,
    "integer": frozenset({"integer"}),
    "boolean": frozenset({"boolean"}),
    "array": frozenset({"list"}),
    "object": frozenset({"object"}),
    "null": frozenset[str](),
}
_FORMATS = {"date": "date", "date-time": "datetime"}
_TO_JSON = {
    "integer": "integer",
    "decimal": "number",
    "boolean": "boolean",
    "list": "array",
    "object": "object",
}
_NAMES = {
    "string": "text",
    "date": "a date",
    "datetime": "an instant",
    "integer": "a whole number",
    "decimal": "a number",
    "boolean": "true or false",
    "list": "a list",
    "object": "an object",
}


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that something is known to have, where it stands in the route or in a table, and what to call it there.

    `span` is None for a value that the source is known to have.
    """

    value: object
    span: Span | None = None
    what: str = "the value"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value may be. The default is: anything, or nothing.

    `words` are the types it may have, of WORDS. `fixed` are values it is known to have, `complete` says that there are no
    others. `missing` and `null` say whether it may be the one or the other. `forms` are the filters that leave it as it
    is. What is below it is told by `schema` if a source publishes it, by `item` for a list made in an expression, or by
    `parts` if it is one of several.
    """

    words: frozenset[str] = WORDS
    missing: bool = True
    null: bool = True
    fixed: tuple[Fixed, ...] = ()
    complete: bool = False
    schema: Schema | None = None
    item: Kind | None = None
    parts: tuple[Kind, ...] = ()
    forms: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        """Whether the types are known at all."""
        return self.words != WORDS

    @property
    def maybe(self) -> bool:
        """Whether it may come to nothing."""
        return self.missing or self.null

    def called(self) -> str:
        """Return the types in words fit for a sentence."""
        words = self.words - {"integer"} if self.words >= NUMBERS else self.words
        return " or ".join(_NAMES[word] for word in _NAMES if word in words) or "null"

    def at(self, key: str | int) -> Kind:
        """Return what is one step below."""
        wanted = "list" if isinstance(key, int) else "object"
        if self.parts:
            one = union(part.at(key) for part in self.parts if wanted in part.words)
            return replace(one, missing=True) if self.words != {wanted} or self.maybe else one
        if isinstance(key, int) and self.item is not None:
            return replace(self.item, missing=True)
        if self.schema is None:
            return UNKNOWN if self == UNKNOWN else ANY
        below = self.schema.at((key,))
        if below is None:
            return UNKNOWN
        certain = isinstance(key, str) and key in self.schema.required and not self.maybe and self.words == {"object"}
        kind = of_schema(below)
        # sources write null for what they do not have, and their schemas do not say so
        return replace(kind, missing=not certain, null=kind.null or not certain)

    def items(self) -> Kind:
        """Return what an item of the list is; there is one wherever this is asked."""
        return replace(self.at(0), missing=False)


ANY = Kind()
UNKNOWN = Kind(missing=False, null=False)
"""What cannot be, and is told as such; so that nothing is told of what is made of it."""
NOTHING = Kind(frozenset(), missing=True, null=False, complete=True)
BOOLEAN = Kind(frozenset({"boolean"}), missing=False, null=False)


def of_schema(schema: Schema) -> Kind:
    """Return what a schema says of a value that is there."""
    types = schema.types
    fixed = tuple(Fixed(value) for value in schema.known if value is not None)
    if not types:
        return Kind(missing=False, fixed=fixed, schema=schema)
    words = frozenset().union(*(_FROM_JSON[kind] for kind in types))
    form = _FORMATS.get(str(schema.data.get("format")))
    if form and words == {"string"}:
        words = frozenset({form})
    return Kind(words, missing=False, null="null" in types, fixed=fixed, complete=bool(schema.enum), schema=schema)


def of_value(value: object) -> Kind:
    """Return what a value is, without its place."""
    if value is None:
        return Kind(frozenset(), missing=False)
    if isinstance(value, list):
        return Kind(frozenset({"list"}), missing=False, null=False, item=union(map(of_value, value)))
    return Kind(frozenset({word_of(value)}), missing=False, null=False)


def of_fixed(values: Iterable[Fixed]) -> Kind:
    """Return what one of several fixed values is."""
    fixed = tuple(values)
    return replace(union(of_value(each.value) for each in fixed), fixed=fixed, missing=False, complete=True)


def word_of(value: object) -> str:
    """Return the type of a value that is not null."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, Decimal):
        return "decimal"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "list"


def union(kinds: Iterable[Kind]) -> Kind:
    """Return what one of several is."""
    all_ = list(kinds)
    if not all_:
        return NOTHING
    if len(all_) == 1:
        return all_[0]
    return Kind(
        frozenset().union(*(kind.words for kind in all_)),
        missing=any(kind.missing for kind in all_),
        null=any(kind.null for kind in all_),
        fixed=tuple(each for kind in all_ for each in kind.fixed),
        complete=all(kind.complete for kind in all_),
        parts=tuple(all_),
    )


def has_form(text: str, form: str) -> bool:
    """Say whether one of the FORMS leaves a text as it is."""
    return FILTERS[form].make()(text) == text


def takes(wanted: frozenset[str], word: str) -> bool:
    """Say whether something that takes the types `wanted` may take a value of the type `word`."""
    if "any" in wanted or word in wanted:
        return True
    if word in TEXTS:
        # any text may be written in the form of a date, and a date is text
        return bool(wanted & TEXTS) if word == "string" else "string" in wanted
    return word in NUMBERS and bool(wanted & NUMBERS)


def fits(word: str, types: frozenset[str]) -> bool:
    """Say whether a value of a type may stand where a schema asks for one of some JSON types."""
    if not types:
        return True
    if word in NUMBERS:
        return bool(types & {"number", "integer"})
    return _TO_JSON.get(word, "string") in types
