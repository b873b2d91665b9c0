"""Filters for text and lists, and those that take any value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.conversions.plain import boolean
from mappings.language.filters.filter import Filter, plain
from mappings.language.missing import MISSING
from mappings.language.shapes import looks
from mappings.language.values import LONGEST_TEXT, ValueProblem, joined, only_text, text
from mappings.language.words import ANY, NUMBER, TEXT, Example
from mappings.language.work import spend

if TYPE_CHECKING:
    from collections.abc import Callable

_LIST = frozenset({"list"})
_EMPTY: tuple[object, ...] = ("", [], {})


def _default(value: object, other: object, also_empty: object = False) -> object:
    if value is MISSING:
        return other
    # neither 0 nor false is empty: an amount of nothing is an amount
    return other if also_empty and (value is None or value in _EMPTY) else value


def _replace(value: object, old: object, new: object) -> object:
    source, old_text, new_text = only_text(value), only_text(old), only_text(new)
    if not old_text:
        raise ValueProblem("cannot have empty text replaced")
    length = len(source) + source.count(old_text) * (len(new_text) - len(old_text))
    if length > LONGEST_TEXT:
        raise ValueProblem(f"gives text of more than {LONGEST_TEXT:,} characters")
    spend(max(length, len(source)) // 40)
    return source.replace(old_text, new_text)


def _join(value: object, glue: object = "") -> object:
    separator = only_text(glue)
    items = _list(value)
    spend(len(items))
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
        source = only_text(value)
        spend(len(source) // (500 if source.isascii() else 20))
        return change(source)

    return changed


def _text(run: Callable[..., object], written: str, help_: str, *examples: Example, least: int = 0) -> Filter:
    return Filter(
        make=plain(run), written=written, help=help_, takes=TEXT, gives=TEXT, examples=examples, least=least, most=least
    )


TEXTS: dict[str, Filter] = {
    "boolean": Filter(
        make=plain(boolean),
        written="boolean",
        help="true or false, from these or from such text",
        takes=TEXT | {"boolean"},
        gives=frozenset({"boolean"}),
        examples=(Example("'True' | boolean", gives=True),),
    ),
    "default": Filter(
        make=plain(_default),
        written="default('x')",
        help="`'x'` if this is missing; `default('x', true)` also if it is null or empty; 0 and false are not empty",
        takes=ANY,
        gives=ANY,
        least=1,
        most=2,
        always=True,
        examples=(
            Example("absent | default('unknown')", "unknown"),
            Example("'' | default('unknown', true)", "unknown"),
        ),
    ),
    "first": Filter(
        make=plain(_first),
        written="first",
        help="the first item of a list; missing if it is empty",
        takes=_LIST,
        gives=ANY,
        examples=(Example("['a', 'b'] | first", "a"),),
    ),
    "join": Filter(
        make=plain(_join),
        written="join(', ')",
        help="the items of a list as one text",
        takes=_LIST,
        gives=TEXT,
        most=1,
        examples=(Example("['a', 'b'] | join(', ')", "a, b"),),
    ),
    "last": Filter(
        make=plain(_last),
        written="last",
        help="the last item of a list; missing if it is empty",
        takes=_LIST,
        gives=ANY,
        examples=(Example("['a', 'b'] | last", "b"),),
    ),
    "length": Filter(
        make=plain(_length),
        written="length",
        help="how many characters, items or fields there are",
        takes=TEXT | {"list", "object"},
        gives=frozenset({"integer"}),
        examples=(Example("'Müller' | length", 6),),
    ),
    "lower": _text(_case(str.lower), "lower", "text in small letters", Example("'EUR' | lower", "eur")),
    "replace": _text(
        _replace,
        "replace('a', 'b')",
        "text with every `a` replaced by `b`",
        Example("'RE 4711' | replace(' ', '-')", "RE-4711"),
        least=2,
    ),
    "string": Filter(
        make=plain(text),
        written="string",
        help="text; numbers in plain notation, true and false as words",
        takes=TEXT | NUMBER | {"boolean"},
        gives=TEXT,
        examples=(Example("4711 | string", "4711"),),
    ),
    "trim": _text(
        _case(str.strip), "trim", "text without white space at both ends", Example("' Müller ' | trim", "Müller")
    ),
    "upper": _text(_case(str.upper), "upper", "text in capitals", Example("'eur' | upper", "EUR")),
}
"""Filters by name."""
