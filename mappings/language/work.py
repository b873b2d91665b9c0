"""How much work one document may cause, counted in steps, so that no route and no document can hold up a run.

A step is about a quarter of a microsecond, as measured: half of a plain rule, an operation of an expression, an item of a list that is
searched, fifty characters of long text that are read or made. Counting, unlike a clock, gives the same answer every time.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.language.problems import FieldProblem

MOST: Final = 400_000
"""How many steps one document may take, those for the fields in its lists not counted."""
FOR_A_FIELD: Final = 12
"""How many steps more a document may take for every field of an object in a list of it: an honest invoice has many lines.

Not for every object: a million empty ones are three megabytes, and would allow half a minute.
"""
ARITHMETIC: Final = 10
"""How many steps a sum or product of exact numbers takes."""
DIVISION: Final = 25
"""How many steps a quotient takes."""
_WORDS: Final[Mapping[str, int]] = {
    "iban": 240, "language": 95, "vat": 90, "format_date": 50, "bic": 36, "format_number": 25, "to_zone": 21,
    "datetime": 17, "date_in": 15, "plus_business_days": 12, "country": 10, "days_until": 10, "end_of_month": 10,
    "plus_months": 10, "start_of_month": 10, "money": 8, "round": 8, "weekday": 8, "plus_days": 7,
}  # fmt: skip  # a table reads better in lines
_FORMATS: Final[Mapping[str, int]] = {"datetime": 20, "date": 12, "money": 18, "decimal": 11, "integer": 11}
"""How many steps it takes to try one format."""
FOR_A_PROBLEM: Final = 40
"""How many steps it takes to say what is wrong with a field."""
LONG: Final = 200
"""Text up to this length and lists of up to a tenth of it cost nothing beyond the operation itself."""


def steps_of_word(word: str, formats: int = 0) -> int:
    """Return how many steps it takes to apply a filter or a type with so many formats, long text not counted."""
    return _WORDS.get(word, 3) + _FORMATS.get(word, 0) * formats


class TooMuchWorkError(Exception):
    """A document takes more steps than it may; no rule can go on after this, whatever its `on_error`.

    `problem` says at which rule it was, as soon as one has noticed.
    """

    def __init__(self) -> None:
        super().__init__(
            f"needs more than the {MOST:,} steps that a document may take (and {FOR_A_FIELD} for each field of the "
            "objects in its lists); an each inside an each multiplies their items, and long text counts as well"
        )
        self.problem: FieldProblem | None = None


_LARGE_NUMBER: Final = 256
"""How many bytes of memory a number of some three hundred digits takes."""


class _Meter(threading.local):
    left: int = sys.maxsize  # outside of a document nothing is counted
    document: object = None  # whose fields have not been counted yet


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
        # Fields are counted for those few documents only that need more.
        document, _METER.document = _METER.document, None
        _METER.left += FOR_A_FIELD * _fields(document)
        if _METER.left < 0:
            raise TooMuchWorkError


def _fields(document: object) -> int:
    """Count the fields of the objects in the lists of a document; what stands in lists of lists is not looked for."""
    count, rest = 0, [document]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            rest.extend(inner for inner in value.values() if isinstance(inner, dict | list))
        elif isinstance(value, list):
            records = [item for item in value if isinstance(item, dict)]
            count += sum(map(len, records))
            rest.extend(records)
    return count


def spend_on_text(length: int) -> None:
    """Note that long text is read or made. Raises TooMuchWorkError."""
    if length > LONG:
        spend(length // 50)


def spend_on_items(count: int) -> None:
    """Note that items of a long list, or fields of a large object, are gone through. Raises TooMuchWorkError."""
    if count > LONG // 10:
        spend(count)


def spend_on_number(value: object) -> None:
    """Note that a number is compared, which takes long only if it is absurdly long. Raises TooMuchWorkError."""
    size = sys.getsizeof(value)
    if size > _LARGE_NUMBER:
        spend(size // 2)
