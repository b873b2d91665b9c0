"""How much work one document may cause, counted in steps, so that no route and no document can hold up a run.

A step is about half a microsecond: a rule, two operations of an expression, two items of a long list, a hundred characters
of long text that are read or made. Counting, unlike a clock, gives the same answer every time.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.language.problems import FieldProblem

MOST: Final = 200_000
"""How many steps one document may take, those for its records not counted."""
FOR_A_RECORD: Final = 60
"""How many steps more a document may take for every object in a list of it: an honest invoice has many lines."""
ARITHMETIC: Final = 4
"""How many steps a sum, product or quotient of exact numbers takes."""
# Measured by microbenchmark on the examples of every word (2026-11-26), rounded up.
_WORDS: Final[Mapping[str, int]] = {
    "abs": 4, "bic": 11, "boolean": 2, "country": 6, "currency": 2, "date": 9, "date_in": 9, "datetime": 11,
    "decimal": 2, "end_of_month": 5, "format_date": 30, "format_number": 8, "iban": 46, "integer": 2, "language": 22,
    "money": 6, "plus_business_days": 20, "plus_days": 4, "plus_months": 6, "round": 5, "start_of_month": 4,
    "string": 2, "to_zone": 12, "unit": 2, "vat": 24,
}  # fmt: skip  # a table reads better in lines
_FOR_A_FORMAT: Final = 9
_FORMATTED: Final = frozenset({"date", "datetime", "decimal", "integer", "money"})
FOR_A_PROBLEM: Final = 20
"""How many steps it takes to say what is wrong with a field."""
LONG: Final = 1_000
"""Text up to this length and lists of up to a tenth of it cost nothing beyond the operation itself."""


def steps_of_word(word: str, formats: int = 0) -> int:
    """Return how many steps it takes to apply a filter or a type that tries so many formats, long text not counted."""
    return _WORDS.get(word, 3) + (_FOR_A_FORMAT * formats if word in _FORMATTED else 0)


class TooMuchWorkError(Exception):
    """A document takes more steps than it may; no rule can go on after this, whatever its `on_error`.

    `problem` says at which rule it was, as soon as one has noticed.
    """

    def __init__(self) -> None:
        super().__init__(
            f"needs more than the {MOST:,} steps that a document may take (and {FOR_A_RECORD} for each object in its "
            "lists); an each inside an each multiplies their items, and long text counts as well"
        )
        self.problem: FieldProblem | None = None


class _Meter(threading.local):
    left: int = sys.maxsize  # outside of a document nothing is counted
    document: object = None  # whose records have not been counted yet


_METER: Final = _Meter()


def begin(steps: int, document: object) -> None:
    """Begin to count for a document of this thread, which takes some steps in any case. Raises TooMuchWorkError."""
    _METER.left, _METER.document = MOST, document
    spend(steps)


def end() -> None:
    """Count no longer."""
    _METER.left, _METER.document = sys.maxsize, None


def spend(steps: int) -> None:
    """Note steps. Raises TooMuchWorkError if there are too many by now."""
    _METER.left -= steps
    if _METER.left < 0:
        # Records are counted for those few documents only that need more.
        document, _METER.document = _METER.document, None
        _METER.left += FOR_A_RECORD * _records(document)
        if _METER.left < 0:
            raise TooMuchWorkError


def _records(document: object) -> int:
    """Count the objects in the lists of a document; what stands in lists of lists is not looked for."""
    count, rest = 0, [document]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            rest.extend(inner for inner in value.values() if isinstance(inner, dict | list))
        elif isinstance(value, list):
            records = [item for item in value if isinstance(item, dict)]
            count += len(records)
            rest.extend(records)
    return count


def spend_on_text(length: int) -> None:
    """Note that long text is read or made. Raises TooMuchWorkError."""
    if length > LONG:
        spend(length // 100)


def spend_on_items(count: int) -> None:
    """Note that items of a long list, or fields of a large object, are gone through. Raises TooMuchWorkError."""
    if count > LONG // 10:
        spend(count // 2)
