"""Whether a payload certainly fits a schema, without a walk through jsonschema: most payloads fit, and are many.

What is found here is only that: where it is not sure, jsonschema finds out, and says what does not fit.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Accepts = Callable[[Any], bool]

_SAY_NOTHING = frozenset({"title", "description", "examples", "default", "$schema", "$comment"})
_DEMAND = frozenset(
    {
        *("type", "enum", "const", "required", "properties", "additionalProperties", "items", "pattern", "format"),
        *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minimum", "maximum"),
        "anyOf",
    }
)
_KINDS = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, Decimal}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def accepting(schema: object) -> Accepts:
    """Return what says of a value whether it certainly fits; where that takes more than is understood here, it never does."""
    if schema is True:
        return _anything
    if not isinstance(schema, dict) or schema.get("readOnly") is True:
        return _nothing
    words = {word for word in schema if word not in _SAY_NOTHING and word != "readOnly" and not word.startswith("x-")}
    if not words <= _DEMAND:
        return _nothing
    given = schema.get("type", [*_KINDS])
    kinds = frozenset[type]().union(*(_KINDS.get(kind, ()) for kind in ([given] if isinstance(given, str) else given)))
    inside: dict[type, Accepts] = dict.fromkeys(kinds, _anything)
    if len(words & {"enum", "const"}) > 1:
        return _nothing
    if words & {"enum", "const"}:
        # numbers and lists are equal in ways of their own
        allowed = frozenset(one for one in schema.get("enum", [schema.get("const")]) if one is None or type(one) is str)
        inside = dict.fromkeys(kinds & {str, type(None)}, allowed.__contains__)
    by_kind = ((str, _text), (list, _items), (dict, _object), (int, _number), (Decimal, _number))
    for kind, demands in by_kind:
        if kind in inside:
            inside[kind] = _both(inside[kind], demands(schema))

    def accepts(value: Any) -> bool:  # noqa: ANN401 -- JSON
        check = inside.get(type(value))
        return check is not None and check(value)

    if "anyOf" not in schema:
        return accepts
    either = [accepting(one) for one in schema["anyOf"]]
    return lambda value: accepts(value) and any(one(value) for one in either)


def _anything(_value: object) -> bool:
    return True


def _nothing(_value: object) -> bool:
    return False


def _both(one: Accepts, other: Accepts) -> Accepts:
    if one is _anything or other is _anything:
        return other if one is _anything else one
    return lambda value: one(value) and other(value)


def _text(schema: Mapping[str, Any]) -> Accepts:
    checks = _sized(schema, "Length")
    if "pattern" in schema:
        checks = _both(checks, _matching(schema["pattern"]))
    form = {"date": _is_day, "date-time": _is_instant}.get(schema.get("format", ""))
    return checks if form is None else _both(checks, form)


def _matching(pattern: str) -> Accepts:
    try:
        search = re.compile(pattern).search
    except re.error:
        return _nothing
    return lambda value: search(value) is not None


def _items(schema: Mapping[str, Any]) -> Accepts:
    sized, inner = _sized(schema, "Items"), accepting(schema.get("items", True))
    return sized if inner is _anything else _both(sized, lambda value: all(map(inner, value)))


def _object(schema: Mapping[str, Any]) -> Accepts:
    required = frozenset(schema.get("required", ()))
    known = {name: accepting(inner) for name, inner in schema.get("properties", {}).items()}
    others = accepting(schema.get("additionalProperties", True))
    sized = _sized(schema, "Properties")

    asked = [(name, accepts) for name, accepts in known.items() if accepts is not _anything]

    def all_fit(value: dict[str, Any]) -> bool:
        for name, inner in value.items():  # noqa: SIM110 -- a generator takes as long as the checks
            if not known.get(name, others)(inner):
                return False
        return True

    def asked_fit(value: dict[str, Any]) -> bool:
        for name, accepts in asked:  # noqa: SIM110 -- as above
            if name in value and not accepts(value[name]):
                return False
        return True

    fit = all_fit if others is not _anything else asked_fit if asked else _anything
    complete = (lambda value: value.keys() >= required) if required else _anything
    return _both(_both(sized, complete), fit)


def _number(schema: Mapping[str, Any]) -> Accepts:
    least, most = schema.get("minimum"), schema.get("maximum")

    def bounded(value: int | Decimal) -> bool:
        finite = isinstance(value, int) or value.is_finite()
        return finite and (least is None or value >= least) and (most is None or value <= most)

    return bounded


def _sized(schema: Mapping[str, Any], what: str) -> Accepts:
    least, most = schema.get(f"min{what}", 0), schema.get(f"max{what}")
    if not least and most is None:
        return _anything
    return lambda value: len(value) >= least and (most is None or len(value) <= most)


def _is_day(value: str) -> bool:
    try:
        return _DAY.fullmatch(value) is not None and date.fromisoformat(value) is not None
    except ValueError:
        return False


def _is_instant(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
