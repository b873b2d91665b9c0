"""Filters for numbers and amounts of money; all of them exact."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mappings.language.codes.currencies import known_code
from mappings.language.filters.filter import Filter
from mappings.language.numbers.money import money, rounded, rounding
from mappings.language.numbers.readers import decimal, decimal_reader, format_number, integer_reader
from mappings.language.values import ValueProblem, number, only_text
from mappings.language.words import NUMBER, TEXT, Example, FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_PLACES = 10  # ten places outdo every currency
_MOST_FORMATS = 4
_DECIMAL = frozenset({"decimal"})


def _round(value: object, places: object = 0, mode: object = "half_up") -> object:
    if isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= _MOST_PLACES:
        raise ValueProblem(f"can be rounded to 0 to {_MOST_PLACES} places only")
    exact = rounded(value, places, _rounding(mode))
    return exact if places else int(exact)


def _money(value: object, currency: object, mode: object = "none") -> object:
    return money(decimal(value), currency, _rounding(mode))


def _rounding(mode: object) -> str:
    try:
        return rounding(mode)
    except FormatError as error:
        raise ValueProblem(f"cannot be rounded so: {error}") from None


def _check_rounding(place: int, value: object) -> None:
    if place == 1:
        rounding(value)


def _check_money(place: int, value: object) -> None:
    if place == 0 and isinstance(value, str) and value.isalpha() and value.isascii():
        known_code(value)
    _check_rounding(place, value)


def _read(make: Callable[[tuple[str, ...]], Callable[[object], object]]) -> Callable[..., object]:
    def read(value: object, *examples: object) -> object:
        try:
            convert = make(tuple(only_text(example) for example in examples))
        except FormatError as error:
            raise ValueProblem(f"cannot be read as a number: {error}") from None
        return convert(value)

    return read


def _check_example(_place: int, value: object) -> None:
    decimal_reader((_fixed_text(value),))


def _fixed_text(value: object) -> str:
    if not isinstance(value, str):
        raise FormatError("an example of a number is text in quotes, such as '1.234,56'")
    return value


NUMBERS: dict[str, Filter] = {
    "abs": Filter(
        run=lambda value: abs(number(value)),
        written="abs",
        help="a number without its sign",
        takes=NUMBER,
        gives=NUMBER,
        examples=(Example("-5 | abs", 5),),
    ),
    "decimal": Filter(
        run=_read(decimal_reader),
        written="decimal('1.234,56')",
        help="an exact number; text in plain notation, or as one of the examples shows",
        takes=TEXT | NUMBER,
        gives=_DECIMAL,
        most=_MOST_FORMATS,
        check=_check_example,
        examples=(Example("'1.234,50' | decimal('1.234,56')", Decimal("1234.50")),),
    ),
    "format_number": Filter(
        run=format_number,
        written="format_number('1.234,56')",
        help="a number as the example shows it; a number with more places is a problem, so round it before",
        takes=NUMBER,
        gives=TEXT,
        least=1,
        most=1,
        check=_check_example,
        examples=(Example("1234.5 | format_number('1.234,56 €')", "1.234,50 €"),),
    ),
    "integer": Filter(
        run=_read(integer_reader),
        written="integer('1.234,56')",
        help="a whole number; text in plain notation, or as one of the examples shows",
        takes=TEXT | NUMBER,
        gives=frozenset({"integer"}),
        most=_MOST_FORMATS,
        check=_check_example,
        examples=(Example("'12' | integer", 12),),
    ),
    "money": Filter(
        run=_money,
        written="money('EUR', 'half_up')",
        help="an amount with the places of its currency in ISO 4217; without a rounding, digits that would be lost are a "
        "problem",
        takes=TEXT | NUMBER,
        gives=_DECIMAL,
        least=1,
        most=2,
        check=_check_money,
        examples=(Example("12.345 | money('EUR', 'half_even')", Decimal("12.34")),),
    ),
    "round": Filter(
        run=_round,
        written="round(2, 'half_up')",
        help="a number rounded to 0 to 10 places, to 0 if none are given, and half up if no rounding is given",
        takes=NUMBER,
        gives=NUMBER,
        most=2,
        check=_check_rounding,
        examples=(
            Example("2.345 | round(2)", Decimal("2.35")),
            Example("2.345 | round(2, 'half_even')", Decimal("2.34")),
        ),
    ),
}
"""Filters by name."""
