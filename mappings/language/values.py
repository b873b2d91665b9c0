"""What operators do with JSON values: exact decimals, bounded sizes, and nothing for nothing.

Missing and null operands are never guessed: the result is missing or null too. Every bound here keeps a hostile
expression from using up time or memory.
"""

from __future__ import annotations

import operator
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from sys import getsizeof
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.shapes import looks
from mappings.language.work import LONG, spend, spend_on_text

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_TEXT = 100_000
"""How many characters text may have that an expression reads or makes."""
DIGITS = 30
"""How many digits a number in an expression may have before the decimal point, and how many after it."""

_LARGEST = 10**DIGITS
DEEPEST = 100
"""How many levels a value may be nested that is copied or compared."""
_EXACT = Context(prec=4 * DIGITS + 1)  # enough for every sum and product of numbers within DIGITS
_SHORT = Context(prec=2 * DIGITS + 2, Emax=MAX_EMAX, Emin=MIN_EMIN)  # keeps every digit of a number within DIGITS
_LARGE = 256  # bytes of memory; some three hundred digits
_NUMBER_AS_TEXT = 6  # steps
_SMALLEST = Decimal(1).scaleb(-28)
_DIVISION = Context(prec=28)


class ValueProblem(Exception):  # noqa: N818 -- it is not an error of the program but a finding about a document
    """A value cannot be used as the rule asks. The message continues a sentence and shows only the value's shape.

    `subject` is what the sentence is about; None leaves that to the rule, "" means that the message is whole.
    """

    def __init__(self, message: str, subject: str | None = None) -> None:
        super().__init__(message)
        self.subject = subject


def is_number(value: object) -> bool:
    """Say whether a value is an exact number (bool is not, a binary float is not)."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: object) -> int | Decimal:
    """Return the value if it is an exact number of sane size. Raises ValueProblem."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        if isinstance(value, float):
            raise ValueProblem("is a binary float, which cannot be exact; it must arrive as a decimal")
        raise ValueProblem(f"is not a number {looks(value)}")
    if isinstance(value, int):
        sane = -_LARGEST < value < _LARGEST
    else:
        # shortened first, so that a number of a million digits is not taken apart digit by digit
        short = _SHORT.plus(value) if getsizeof(value) > _LARGE and value.is_finite() else value
        _, digits, exponent = short.as_tuple()
        # the exponent of NaN and Infinity is a letter
        sane = isinstance(exponent, int) and exponent >= -DIGITS and exponent + len(digits) <= DIGITS
    if not sane:
        raise ValueProblem(f"is a number of more than {DIGITS} digits before or after the decimal point")
    return value


def text(value: object) -> str:
    """Return text as it is, exact numbers in plain notation, true and false as JSON writes them. Raises ValueProblem."""
    if isinstance(value, str):
        return short(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal | float):
        exact = number(value)
        return str(exact) if isinstance(exact, int) else format(exact, "f")
    raise ValueProblem(f"cannot be written as text {looks(value)}")


def short(value: str) -> str:
    """Return text that is within bounds. Raises ValueProblem."""
    if len(value) > LONG:
        if len(value) > LONGEST_TEXT:
            raise ValueProblem(f"is text of more than {LONGEST_TEXT:,} characters")
        spend_on_text(len(value))
    return value


def only_text(value: object) -> str:
    """Return text, refuse everything else. Raises ValueProblem."""
    if not isinstance(value, str):
        raise ValueProblem(f"is not text {looks(value)}")
    return short(value)


def _arithmetic(
    ints: Callable[[int, int], object] | None, decimals: Callable[[Decimal, Decimal], Decimal]
) -> Callable[[object, object], object]:
    def calculate(left: object, right: object) -> object:
        if left is MISSING or right is MISSING:
            return MISSING
        if left is None or right is None:
            return None
        a, b = _operand(left), _operand(right)
        if ints is not None and isinstance(a, int) and isinstance(b, int):
            return number(ints(a, b))
        result = decimals(Decimal(a), Decimal(b))
        return number(result or abs(result))  # zero has no sign

    return calculate


def _operand(value: object) -> int | Decimal:
    if isinstance(value, str):
        raise ValueProblem(f"is text, and text cannot be calculated with {looks(value)}; join text with ~")
    return number(value)


def _divide(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise ValueProblem("would be divided by zero")
    # a quotient has 28 digits at most, and no more places than that either, so that it can be calculated with again
    quotient = _DIVISION.divide(left, right)
    places = quotient.as_tuple().exponent
    short_enough = isinstance(places, int) and places >= -_DIVISION.prec
    return quotient if short_enough else quotient.quantize(_SMALLEST, context=_EXACT)


ARITHMETIC: dict[str, Callable[[object, object], object]] = {
    "Add": _arithmetic(operator.add, _EXACT.add),
    "Sub": _arithmetic(operator.sub, _EXACT.subtract),
    "Mul": _arithmetic(operator.mul, _EXACT.multiply),
    "Div": _arithmetic(None, _divide),
}
"""Operators of two numbers, by the name of their syntax node."""


def negative(value: object) -> object:
    """Return -value."""
    return ARITHMETIC["Sub"](0, value)


def positive(value: object) -> object:
    """Return +value: the number itself, if it is one."""
    return value if value is MISSING or value is None else _operand(value)


def joined(parts: list[object]) -> object:
    """Return all parts as one text; missing if a part is missing or null, since nothing is never written as a word."""
    spend(len(parts))
    texts: list[str] = []
    length = 0
    for part in parts:
        if part is MISSING or part is None:
            return MISSING
        if isinstance(part, str):
            piece = part
        else:
            piece = text(part)
            spend(_NUMBER_AS_TEXT)
        length += len(piece)
        if length > LONGEST_TEXT:
            raise ValueProblem(f"gives text of more than {LONGEST_TEXT:,} characters")
        texts.append(piece)
    spend_on_text(length)
    return "".join(texts)


def step(value: object, key: object) -> object:
    """Return the field of an object or the item of a list (negative counts from the end), missing if there is none."""
    if isinstance(value, dict):
        return value.get(key, MISSING) if isinstance(key, str) else MISSING
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if -len(value) <= key < len(value) else MISSING
    return MISSING


def cut(value: object, start: object, stop: object) -> object:
    """Return part of a text or list: value[start:stop]."""
    if value is MISSING or value is None:
        return value
    if not isinstance(value, str | list):
        raise ValueProblem(f"cannot be cut with [:] {looks(value)}; it must be text or a list")
    part = value[_place(start) : _place(stop)]
    spend_on_text(len(part))
    return part


def _place(bound: object) -> int | None:
    if bound is None:
        return None
    if isinstance(bound, bool) or not isinstance(bound, int):
        raise ValueProblem("is cut at a place that is not a whole number")
    return bound


def copied(value: object, depth: int = 0) -> object:
    """Copy a list or object out of a document. Raises ValueProblem if it holds binary floats or is nested absurdly."""
    if isinstance(value, float):
        raise ValueProblem("is or holds a binary float, which cannot be exact; it must arrive as a decimal")
    if depth > DEEPEST:
        raise ValueProblem(f"is nested more than {DEEPEST} levels deep")
    if isinstance(value, dict):
        spend(5 + 2 * len(value))
        return {key: copied(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        spend(5 + 2 * len(value))
        return [copied(item, depth + 1) for item in value]
    return value
