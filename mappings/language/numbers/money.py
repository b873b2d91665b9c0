"""Amounts of money: as many places as the currency has in ISO 4217, and rounding only where it is asked for."""

from __future__ import annotations

import decimal
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final

from mappings.language.codes.currencies import currency_of, is_sign_of, minor_units
from mappings.language.numbers.readers import checked, read_number
from mappings.language.shapes import looks
from mappings.language.values import DIGITS, ValueProblem, number
from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUNDINGS: Final[Mapping[str, str]] = {
    "half_up": "to the nearest, a half away from zero",
    "half_even": "to the nearest, a half to the even digit",
    "up": "away from zero",
    "down": "towards zero",
    "none": "not at all: digits that would be lost are a problem",
}
"""What `round:` may say."""

_MODES = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "up": decimal.ROUND_UP,
    "down": decimal.ROUND_DOWN,
}
_ENOUGH = Context(prec=2 * DIGITS + 1)


def rounding(name: object) -> str:
    """Return a word of ROUNDINGS. Raises FormatError."""
    if name not in ROUNDINGS:
        raise FormatError(f"rounding is one of {', '.join(ROUNDINGS)}", "round")
    return str(name)


def rounded(value: object, places: int, mode: str) -> Decimal:
    """Return a number with exactly so many places. Raises ValueProblem for `none` if that would change it."""
    exact = Decimal(number(value))
    result = exact.quantize(Decimal(1).scaleb(-places), _MODES.get(mode, decimal.ROUND_DOWN), _ENOUGH)
    if mode == "none" and result != exact:
        raise ValueProblem(f"has more than {places} places; say with round: how it is rounded")
    return result or abs(result)  # what is rounded away has no sign: nobody owes -0.00


def money(value: object, currency: object, mode: str = "none") -> Decimal:
    """Return an amount with the places of its currency (a code or an unambiguous sign). Raises ValueProblem."""
    try:
        code = currency_of(currency)
    except ValueProblem as problem:
        raise ValueProblem(f"is an amount whose currency {problem}") from None
    places = minor_units(code)
    if places is None:
        raise ValueProblem("is an amount in a currency that has no minor unit to round to")
    return rounded(value, places, mode)


def money_reader(formats: tuple[str, ...], mode: str) -> Callable[[object, object], Decimal]:
    """Return what makes an amount of a value and its currency. Raises FormatError; what it returns ValueProblem.

    A sign that a format shows with ¤ must be one of the currency.
    """
    known, rule = checked(formats), rounding(mode)

    def read(value: object, currency: object) -> Decimal:
        if not isinstance(value, str):
            return money(value, currency, rule)
        amount, sign = read_number(value, known)
        exact = money(amount, currency, rule)
        if sign is not None and not is_sign_of(sign, currency_of(currency)):
            raise ValueProblem(f"carries the sign of another currency than its own {looks(value)}")
        return exact

    return read
