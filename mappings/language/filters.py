"""The filters (`x | trim`) and tests (`x is defined`) of the expression language; what is not here does not exist.

Filters leave missing and null as they are, except `default`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.shapes import looks
from mappings.language.values import DIGITS, LONGEST_TEXT, ValueProblem, is_number, joined, number, only_text
from mappings.language.work import spend_on_text

if TYPE_CHECKING:
    from collections.abc import Callable

_ROUNDING = Context(prec=2 * DIGITS + 1)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, how many arguments it takes at least and at most, and a line of help."""

    run: Callable[..., object]
    least: int
    most: int
    help: str


def _default(value: object, other: object, also_empty: object = False) -> object:
    if value is MISSING or (also_empty and not value):
        return other
    return value


def _replace(value: object, old: object, new: object) -> object:
    source, old_text, new_text = only_text(value), only_text(old), only_text(new)
    if not old_text:
        raise ValueProblem("cannot have empty text replaced")
    length = len(source) + source.count(old_text) * (len(new_text) - len(old_text))
    if length > LONGEST_TEXT:
        raise ValueProblem(f"gives text of more than {LONGEST_TEXT:,} characters")
    spend_on_text(length)
    return source.replace(old_text, new_text)


def _round(value: object, places: object = 0) -> object:
    if isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= 10:  # noqa: PLR2004 -- ten places outdo every currency
        raise ValueProblem("can be rounded to 0 to 10 places only")
    exact = Decimal(number(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _ROUNDING)
    return exact if places else int(exact)


def _join(value: object, glue: object = "") -> object:
    separator = only_text(glue)
    items = _list(value)
    parts: list[object] = []
    for item in items:
        parts.extend((separator, item) if parts else (item,))
    return joined(parts)


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueProblem(f"is not a list {looks(value)}")
    return value


def _first(value: object) -> object:
    return next(iter(_list(value)), MISSING)


def _last(value: object) -> object:
    return next(reversed(_list(value)), MISSING)


def _length(value: object) -> object:
    if not isinstance(value, str | list | dict):
        raise ValueProblem(f"has no length {looks(value)}")
    return len(value)


def _case(change: Callable[[str], str]) -> Callable[[object], object]:
    def changed(value: object) -> object:
        return change(only_text(value))

    return changed


FILTERS: dict[str, Filter] = {
    "abs": Filter(lambda value: abs(number(value)), 0, 0, "a number without its sign"),
    "default": Filter(_default, 1, 2, "another value if this is missing; default(x, true) also if it is null or empty"),
    "first": Filter(_first, 0, 0, "the first item of a list"),
    "join": Filter(_join, 0, 1, "the items of a list as one text"),
    "last": Filter(_last, 0, 0, "the last item of a list"),
    "length": Filter(_length, 0, 0, "how many characters, items or fields there are"),
    "lower": Filter(_case(str.lower), 0, 0, "text in small letters"),
    "replace": Filter(_replace, 2, 2, "text with every occurrence of one text replaced by another"),
    "round": Filter(_round, 0, 1, "a number rounded half up, to whole numbers or to a count of places"),
    "trim": Filter(_case(str.strip), 0, 0, "text without white space at both ends"),
    "upper": Filter(_case(str.upper), 0, 0, "text in capitals"),
}
"""Every filter but `lookup`, which needs the route's tables."""

TESTS: dict[str, Callable[[object], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "defined": lambda value: value is not MISSING,
    "none": lambda value: value is None,
    "number": is_number,
    "string": lambda value: isinstance(value, str),
    "undefined": lambda value: value is MISSING,
}
"""Every test; none takes an argument."""
