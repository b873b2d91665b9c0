"""How JSON values compare: by value, exactly, with nothing guessed. Missing is compared with nothing."""

from __future__ import annotations

import operator
from decimal import InvalidOperation
from itertools import repeat
from typing import TYPE_CHECKING, Any

from mappings.language.missing import MISSING
from mappings.language.shapes import looks
from mappings.language.values import DEEPEST, ValueProblem, is_number, only_text, short
from mappings.language.work import spend, spend_on_number, spend_on_text

if TYPE_CHECKING:
    from collections.abc import Callable


def same(left: object, right: object, depth: int = 0) -> bool:
    """Compare two values as JSON does, also inside lists and objects: true is not 1, and 1.0 is 1."""
    if type(left) is str and type(right) is str:
        spend_on_text(min(len(left), len(right)))
        return left == right
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, float) or isinstance(right, float):
        raise ValueProblem("is compared with a binary float, which cannot be exact")
    if isinstance(left, list | dict):
        return _same_inside(left, right, depth)
    spend_on_number(left)
    spend_on_number(right)
    try:
        return left == right
    except InvalidOperation:
        raise ValueProblem("cannot be compared: it is not a number at all") from None


def _same_inside(left: list[object] | dict[str, object], right: object, depth: int) -> bool:
    if depth > DEEPEST:
        raise ValueProblem(f"cannot be compared: it is nested more than {DEEPEST} levels deep")
    spend(4 + 2 * len(left))
    if isinstance(left, dict):
        if not isinstance(right, dict) or left.keys() != right.keys():
            return False
        return all(same(value, right[key], depth + 1) for key, value in left.items())
    return isinstance(right, list) and len(left) == len(right) and all(map(same, left, right, repeat(depth + 1)))


def equal(left: object, right: object) -> object:
    """Return whether both are the same; missing if one of them is."""
    return MISSING if left is MISSING or right is MISSING else same(left, right)


def unequal(left: object, right: object) -> object:
    """Return whether both differ; missing if one of them is."""
    return MISSING if left is MISSING or right is MISSING else not same(left, right)


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], object]:
    def ordered(left: object, right: object) -> object:
        if left is MISSING or right is MISSING:
            return MISSING
        if left is None or right is None:
            return None
        if isinstance(left, str) and isinstance(right, str):
            spend_on_text(min(len(left), len(right)))
            return compare(left, right)
        if is_number(left) and is_number(right):
            spend_on_number(left)
            spend_on_number(right)
            return compare(left, right)
        odd = left if is_number(right) or isinstance(right, str) else right
        raise ValueProblem(f"cannot be compared by size {looks(odd)}; both sides must be numbers, or both text")

    return ordered


def contained(needle: object, hay: object) -> object:
    """Return whether a list holds a value, text holds text, or an object has a field."""
    if needle is MISSING or hay is MISSING:
        return MISSING
    if hay is None:
        return None
    if isinstance(hay, list):
        spend(3 * len(hay))
        return any(same(needle, item) for item in hay)
    if isinstance(hay, str):
        return only_text(needle) in short(hay)
    if isinstance(hay, dict):
        return isinstance(needle, str) and needle in hay
    raise ValueProblem(f"cannot be searched with 'in' {looks(hay)}; it must be a list, text or an object")


def not_contained(needle: object, hay: object) -> object:
    """Return the opposite of contained(); missing and null stay what they are."""
    found = contained(needle, hay)
    return found if found is MISSING or found is None else not found


COMPARISON: dict[str, Callable[[object, object], object]] = {
    "eq": equal,
    "ne": unequal,
    "lt": _order(operator.lt),
    "lteq": _order(operator.le),
    "gt": _order(operator.gt),
    "gteq": _order(operator.ge),
    "in": contained,
    "notin": not_contained,
}
"""Comparisons, by the name of their operator in the syntax tree."""
