"""Filters for numbers and amounts of money; all of them exact."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mappings.language.filters.filter import Filter, plain
from mappings.language.numbers.money import money, rounded, rounding
from mappings.language.numbers.readers import decimal, decimal_reader, integer_reader, number_writer
from mappings.language.values import ValueProblem, number
from mappings.language.words import NUMBER, TEXT, Example

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_PLACES = 10  # ten places outdo every currency
_MOST_FORMATS = 4
_DECIMAL = frozenset({"decimal"})


def _round(mode: str = "half_up") -> Callable[..., object]:
    how = rounding(mode)

    def run(value: object, places: object = 0) -> object:
        if isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= _MOST_PLACES:
            raise ValueProblem(f"can be rounded to 0 to {_MOST_PLACES} places only")
        exact = rounded(value, places, how)
        return exact if places else int(exact)

    return run


def _money(mode: str = "none") -> Callable[..., object]:
    how = rounding(mode)
    return lambda value, currency: money(decimal(value), currency, how)


NUMBERS: dict[str, Filter] = {
    "abs": Filter(
        make=plain(lambda value: abs(number(value))),
        written="abs",
        help="a number without its sign",
        takes=NUMBER,
        gives=NUMBER,
        examples=(Example("-5 | abs", 5),),
    ),
    "decimal": Filter(
        make=lambda *examples: decimal_reader(examples),
        written="decimal('1.234,56')",
        help="an exact number; text in plain notation, or as one of the examples shows",
        takes=TEXT | NUMBER,
        gives=_DECIMAL,
        most=_MOST_FORMATS,
        fixed=0,
        examples=(Example("'1.234,50' | decimal('1.234,56')", Decimal("1234.50")),),
    ),
    "format_number": Filter(
        make=number_writer,
        written="format_number('1.234,56')",
        help="a number as the example shows it; a number with more places is a problem, so round it before",
        takes=NUMBER,
        gives=TEXT,
        least=1,
        most=1,
        fixed=0,
        examples=(Example("1234.5 | format_number('1.234,56 €')", "1.234,50 €"),),
    ),
    "integer": Filter(
        make=lambda *examples: integer_reader(examples),
        written="integer('1.234,56')",
        help="a whole number; text in plain notation, or as one of the examples shows",
        takes=TEXT | NUMBER,
        gives=frozenset({"integer"}),
        most=_MOST_FORMATS,
        fixed=0,
        examples=(Example("'12' | integer", 12),),
    ),
    "money": Filter(
        make=_money,
        written="money('EUR', 'half_up')",
        help="an amount with the places of its currency in ISO 4217; without a rounding, digits that would be lost are a "
        "problem",
        takes=TEXT | NUMBER,
        gives=_DECIMAL,
        least=1,
        most=2,
        fixed=1,
        examples=(Example("12.345 | money('EUR', 'half_even')", Decimal("12.34")),),
    ),
    "round": Filter(
        make=_round,
        written="round(2, 'half_up')",
        help="a number rounded to 0 to 10 places, to 0 if none are given, and half up if no rounding is given",
        takes=NUMBER,
        gives=NUMBER,
        most=2,
        fixed=1,
        examples=(
            Example("2.345 | round(2)", Decimal("2.35")),
            Example("2.345 | round(2, 'half_even')", Decimal("2.34")),
        ),
    ),
}
"""Filters by name."""
