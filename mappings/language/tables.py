"""Lookup tables: written in the route file, or kept beside it as csv with the two columns key and value."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.problems import TOP
from mappings.language.shapes import looks
from mappings.language.values import ValueProblem, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mappings.language.problems import Mark


@dataclass(frozen=True, slots=True)
class Table:
    """A named table from text to values.

    `mark` is the place of its name in the route file. `file` is its csv file as the route names it and `source` that
    file's text, both empty if the table stands in the route file itself; `places` says where each entry stands, in
    the one or the other. `type` is what the values were converted to, None if they are as they were written. `unknown`
    says what becomes of a value without an entry: missing, keep or reject.
    """

    name: str
    rows: Mapping[str, object]
    source: str = ""
    mark: Mark = TOP
    file: str = ""
    places: Mapping[str, Mark] = field(default_factory=dict)
    type: str | None = None
    unknown: str = "missing"

    def find(self, value: object) -> object:
        """Return the entry for text, a number or true/false; without one, what `unknown` says. Raises ValueProblem."""
        found = self.rows.get(value, MISSING) if isinstance(value, str) else self.rows.get(self.key(value), MISSING)
        if found is not MISSING or self.unknown == "missing":
            return found
        if self.unknown == "keep":
            return value
        raise ValueProblem(f"has no entry in table '{self.name}' {looks(value)}")

    def key(self, value: object) -> str:
        """Return the text under which a value is looked up. Raises ValueProblem."""
        if isinstance(value, str):
            return value
        if isinstance(value, bool | int | Decimal | float):
            return text(value)
        raise ValueProblem(f"cannot be looked up in table '{self.name}': it is not a single value")

    def path(self, route: Path) -> Path:
        """Return the file in which the entries stand."""
        return route.parent / self.file if self.file else route
