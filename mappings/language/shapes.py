"""Describes values without giving them away: error messages travel to other systems, documents' contents must not."""

from __future__ import annotations

import unicodedata
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

from mappings.language.missing import MISSING

_LONGEST = 40
_SHORT = Context(prec=_LONGEST + 1, Emax=MAX_EMAX, Emin=MIN_EMIN)


def shape_of(value: object) -> str:
    """Return what a value looks like: digits become 9, letters a or A, the rest stays; at most 40 characters."""
    if value is MISSING or value is None or isinstance(value, bool):
        return "null" if value is None else "nothing" if value is MISSING else "true or false"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object with {len(value)} fields"
    text = _number_text(value) if isinstance(value, int | float | Decimal) else value
    if not isinstance(text, str):
        return "something that JSON does not have"
    shape = "".join(_stand_in(character) for character in text[: _LONGEST + 1])
    return shape if len(shape) <= _LONGEST else shape[: _LONGEST - 1] + "…"


def looks(value: object) -> str:
    """Return "(looks like '99,99 AAA')" for text and numbers, "(is null)" and the like for the rest."""
    if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        return f"(looks like '{shape_of(value)}')"
    return f"(is {shape_of(value)})"


def _number_text(value: float | Decimal) -> str:
    # Python refuses to write out an int of more than 4,300 digits; its shape is all nines anyway
    if isinstance(value, int) and value.bit_length() > 4 * _LONGEST:
        return "9" * (_LONGEST + 1)
    if isinstance(value, Decimal) and value.is_finite():
        value = _SHORT.plus(value)
    return str(value)


def _stand_in(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LM":
        return "A" if category in {"Lu", "Lt"} else "a"
    if category[0] == "N":
        return "9"
    return " " if category[0] in "ZC" else character
