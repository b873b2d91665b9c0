"""What `type: decimal` and `type: integer` do: exact numbers from numbers and from text, in plain notation or by example."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from mappings.language.numbers.examples import ANY_SIGN, number_format
from mappings.language.shapes import looks
from mappings.language.values import DIGITS, ValueProblem, number
from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mappings.language.numbers.examples import NumberFormat

_PLAIN_INTEGER = re.compile(rf"[+-]?[0-9]{{1,{DIGITS}}}")
_PLAIN_DECIMAL = re.compile(rf"[+-]?[0-9]{{1,{DIGITS}}}(?:\.[0-9]{{1,{DIGITS}}})?")


def integer(value: object) -> int:
    """Return a whole number; text must be in plain notation. Raises ValueProblem."""
    if isinstance(value, str):
        if not _PLAIN_INTEGER.fullmatch(value):
            raise ValueProblem(f"is not a whole number {looks(value)}")
        return int(value)
    return _whole(number(value), value)


def decimal(value: object) -> Decimal:
    """Return an exact number with the digits it has; text must be in plain notation. Raises ValueProblem."""
    if isinstance(value, str):
        if not _PLAIN_DECIMAL.fullmatch(value):
            raise ValueProblem(f"is not a number {looks(value)}")
        return Decimal(value)
    exact = number(value)
    return exact if isinstance(exact, Decimal) else Decimal(exact)


def decimal_reader(formats: tuple[str, ...] = ()) -> Callable[[object], Decimal]:
    """Return what reads numbers by one of some examples. Raises FormatError; what it returns raises ValueProblem."""
    known = _without_sign(formats)
    return (lambda value: _exact(value, known)) if known else decimal


def integer_reader(formats: tuple[str, ...] = ()) -> Callable[[object], int]:
    """Return what reads whole numbers by one of some examples. Raises as decimal_reader does."""
    known = _without_sign(formats)
    return (lambda value: _whole(_exact(value, known), value)) if known else integer


def number_writer(example: str) -> Callable[[object], str]:
    """Return what writes numbers as an example shows. Raises FormatError; what it returns raises ValueProblem."""
    return _without_sign((example,))[0].write


def checked(formats: tuple[str, ...]) -> tuple[NumberFormat, ...]:
    """Return the formats of some examples. Raises FormatError with the place of the one that is wrong."""
    known = []
    for place, text in enumerate(formats):
        try:
            known.append(number_format(text))
        except FormatError as error:
            error.place = place
            raise
    return tuple(known)


def read_number(text: str, known: tuple[NumberFormat, ...]) -> tuple[Decimal, str | None]:
    """Return the number that a text shows, and the currency's sign beside it if an example asks for one.

    Without examples plain notation is read. Raises ValueProblem, also if two examples read two numbers.
    """
    if not known:
        return decimal(text), None
    if len(known) == 1 and (only := known[0].read(text)) is not None:
        return only
    readings = [(reading, each.text) for each in known if (reading := each.read(text)) is not None]
    if not readings:
        forms = " or ".join(f"'{each.text}'" for each in known)
        raise ValueProblem(f"is not a number of the form {forms} {looks(text)}")
    if any(reading[0] != readings[0][0][0] for reading, _ in readings):
        forms = " and another by ".join(f"'{form}'" for _, form in readings)
        raise ValueProblem(f"is one number by {forms} {looks(text)}")
    return readings[0][0]


def _without_sign(formats: tuple[str, ...]) -> tuple[NumberFormat, ...]:
    known = checked(formats)
    for place, each in enumerate(known):
        if each.any_sign:
            raise FormatError(
                f"format '{each.text}' has {ANY_SIGN}, the sign of any currency; that goes with type: money, "
                "here the sign itself must stand",
                place=place,
            )
    return known


def _exact(value: object, known: tuple[NumberFormat, ...]) -> Decimal:
    return read_number(value, known)[0] if isinstance(value, str) else Decimal(number(value))


def _whole(exact: int | Decimal, value: object) -> int:
    whole = int(exact)
    if whole != exact:
        raise ValueProblem(f"is not a whole number {looks(value)}")
    return whole
