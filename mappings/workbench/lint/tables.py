"""What the tables of a route give to those who look something up in them, and which entries nobody ever finds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mappings.language.problems import Mark
from mappings.language.values import ValueProblem
from mappings.workbench.lint.kinds import ANY, NOTHING, Fixed, Kind, has_form, of_fixed, union
from mappings.workbench.lint.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from mappings.language.tables import Table
    from mappings.workbench.lint.findings import Span


@dataclass(slots=True)
class Shelf:
    """One table: what an entry of it is, what was looked up in it, and where its keys and values stand."""

    table: Table
    places: Places
    kind: Kind = NOTHING
    asked: list[Kind] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kind = of_fixed(
            Fixed(value, self.span(key, value), f"the entry for '{key}' in table '{self.table.name}'")
            for key, value in self.table.rows.items()
        )

    def span(self, key: str, value: object) -> Span:
        """Return where the value of an entry stands."""
        mark = self.table.places.get(key, self.table.mark)
        return self._cell(mark, str(value), last=True) if self.table.file else self.places.scalar(mark, value)

    def key_span(self, key: str) -> Span:
        """Return where the key of an entry stands."""
        mark = self.table.places.get(key, self.table.mark)
        return self._cell(mark, key, last=False) if self.table.file else self.places.before(mark, key)

    def _cell(self, mark: Mark, text: str, *, last: bool) -> Span:
        """Return where a text stands in a line of the csv file: from the left, or `last` from the right."""
        line = self.places.lines[min(mark.line, len(self.places.lines)) - 1]
        column = line.rfind(text) if last else line.find(text)
        return self.places.value(Mark(mark.line, max(column, 0) + 1), text)

    def entry(self, asked: Kind) -> Kind:
        """Return what looking up gives, and remember what was looked up."""
        self.asked.append(asked)
        certain = self.table.unknown == "reject" or (asked.complete and asked.fixed and self._has_all(asked))
        found = replace(self.kind, missing=asked.missing or not certain, null=asked.null)
        return union([found, asked]) if self.table.unknown == "keep" else found

    def _has_all(self, asked: Kind) -> bool:
        try:
            return all(self.table.key(each.value) in self.table.rows for each in asked.fixed)
        except ValueProblem:
            return False

    def dead(self) -> Iterator[tuple[str, str]]:
        """Walk the keys that nobody ever finds, each with the reason."""
        for key in self.table.rows if self.asked else ():
            reasons = {_why_not(key, asked) for asked in self.asked}
            if None not in reasons:
                yield key, str(next(iter(reasons)))


class Lookups:
    """The tables of one route, by name."""

    def __init__(self, tables: Mapping[str, Table], route: Places) -> None:
        self.shelves = {name: Shelf(table, _places(table, route)) for name, table in tables.items()}

    def entry(self, name: str, asked: Kind) -> Kind:
        """Return what looking something up in a table gives."""
        shelf = self.shelves.get(name)
        return ANY if shelf is None else shelf.entry(asked)


def _places(table: Table, route: Places) -> Places:
    path: Path = route.path
    return Places(path.parent / table.file, table.source) if table.file else route


def _why_not(key: str, asked: Kind) -> str | None:
    """Say why a key is never what is looked up, None if it may be."""
    for form in sorted(asked.forms):
        if not has_form(key, form):
            return f"what is looked up went through | {form}"
    if asked.complete and asked.fixed and all(each.value != key for each in asked.fixed):
        return "what is looked up never has this value"
    return None
