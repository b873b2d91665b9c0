"""What a filter is. Filters leave missing and null as they are, and give nothing where an argument is nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.words import ANY, Example, Word

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Word):
    """A filter, how it is written, and how many arguments it takes at least and at most.

    `run` raises ValueProblem. `check` is called with the place and value of each argument that is fixed in the route,
    when the route is loaded, and raises FormatError. `always` filters meet missing and null values and arguments too.
    """

    run: Callable[..., object]
    written: str
    least: int = 0
    most: int = 0
    check: Callable[[int, object], object] | None = None
    always: bool = False


LOOKUP = Word(
    help="the entry in a table; missing if there is none",
    takes=frozenset({"string", "integer", "decimal", "boolean"}),
    gives=ANY,
    examples=(Example("'€' | lookup('currencies')", "EUR"),),
)
"""`lookup('table')`, which is compiled with the route's tables."""
