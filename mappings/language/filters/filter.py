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

    Arguments from place `fixed` on are fixed texts in the route. `make` is called with them when the route is loaded and
    raises FormatError; what it returns is called with the value and the other arguments, and raises ValueProblem.
    `always` filters meet missing and null values and arguments too.
    """

    make: Callable[..., Callable[..., object]]
    written: str
    least: int = 0
    most: int = 0
    fixed: int | None = None
    always: bool = False


def plain(run: Callable[..., object]) -> Callable[..., Callable[..., object]]:
    """Return the `make` of a filter without fixed arguments."""
    return lambda: run


LOOKUP = Word(
    help="the entry in a table; missing if there is none",
    takes=frozenset({"string", "integer", "decimal", "boolean"}),
    gives=ANY,
    examples=(Example("'€' | lookup('currencies')", "EUR"),),
)
"""`lookup('table')`, which is compiled with the route's tables."""
