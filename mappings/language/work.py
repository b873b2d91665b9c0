"""How much work one document may cause, counted in steps, so that no route and no document can hold up a run.

A step is about half a microsecond: a rule, two operations of an expression, two items of a long list, a hundred characters of long text that are
read or made. Counting, unlike a clock, gives the same answer every time.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.language.problems import FieldProblem

MOST: Final = 250_000
"""How many steps one document may take."""
ARITHMETIC: Final = 8
"""How many steps a sum, product or quotient of exact numbers takes."""
_WORDS: Final[Mapping[str, int]] = {
    "iban": 120, "format_date": 50, "plus_business_days": 50, "vat": 50, "date": 40, "datetime": 40, "language": 40,
    "bic": 30, "money": 25, "decimal": 15, "to_zone": 12, "date_in": 10, "format_number": 10, "integer": 10,
    "country": 8, "round": 8, "end_of_month": 6, "plus_days": 6, "plus_months": 6, "start_of_month": 6,
}  # fmt: skip  # a table reads better in lines
FOR_A_PROBLEM: Final = 20
"""How many steps it takes to say what is wrong with a field."""
LONG: Final = 1_000
"""Text up to this length and lists of up to a tenth of it cost nothing beyond the operation itself."""


def steps_of_word(word: str) -> int:
    """Return how many steps it takes to apply a filter or a type, long text not counted."""
    return _WORDS.get(word, 3)


class TooMuchWorkError(Exception):
    """A document takes more steps than it may; no rule can go on after this, whatever its `on_error`.

    `problem` says at which rule it was, as soon as one has noticed.
    """

    def __init__(self) -> None:
        super().__init__(
            f"needs more than {MOST:,} steps for this document; an each inside an each multiplies their items, and long "
            "text counts as well"
        )
        self.problem: FieldProblem | None = None


class _Meter(threading.local):
    left: int = sys.maxsize  # outside of a document nothing is counted


_METER: Final = _Meter()


def begin(steps: int) -> None:
    """Begin to count for a document of this thread, which takes some steps in any case. Raises TooMuchWorkError."""
    _METER.left = MOST
    spend(steps)


def end() -> None:
    """Count no longer."""
    _METER.left = sys.maxsize


def spend(steps: int) -> None:
    """Note steps. Raises TooMuchWorkError if there are too many by now."""
    _METER.left -= steps
    if _METER.left < 0:
        raise TooMuchWorkError


def spend_on_text(length: int) -> None:
    """Note that long text is read or made. Raises TooMuchWorkError."""
    if length > LONG:
        spend(length // 100)


def spend_on_items(count: int) -> None:
    """Note that items of a long list, or fields of a large object, are gone through. Raises TooMuchWorkError."""
    if count > LONG // 10:
        spend(count // 2)
