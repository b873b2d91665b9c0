"""Whether a payload fits the schema that a destination publishes: the part of every `check` that needs no code of its own."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

from connectors.accepting import accepting
from connectors.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


_UNDERSTOOD = frozenset(
    {
        *("type", "enum", "const", "properties", "required", "additionalProperties", "propertyNames", "items", "title"),
        *("minLength", "maxLength", "pattern", "format", "minimum", "maximum", "minItems", "maxItems", "minProperties"),
        *(
            "maxProperties",
            "description",
            "examples",
            "default",
            "readOnly",
            "x-extensible-enum",
            "$schema",
            "$comment",
        ),
    }
)
"""The words of JSON Schema that count, here and where routes are checked: references and combinations do not."""
_MOST_KNOWN = 64


class _Known:
    """A schema with what is made of it, which takes longer than most payloads take to check."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self.accepts = accepting(schema)

    @cached_property
    def validator(self) -> Validator:
        return _strict()(self.schema)


_known: dict[int, _Known] = {}


def fit(schema: Mapping[str, Any], payload: object, connection: str = "") -> None:
    """Raise RejectedError with everything that does not fit, by its path and without its value."""
    if fits(schema, payload):
        return
    errors = _of(schema).validator.iter_errors(cast("Any", payload))
    if problems := list(dict.fromkeys(problem for error in errors for problem in _problems(error))):
        raise RejectedError("; ".join(problems), connection=connection)


def fits(schema: Mapping[str, Any], payload: object) -> bool:
    """Say that a payload certainly fits. False where it does not, and where only a walk through all of it can tell."""
    return _of(schema).accepts(payload)


def _of(schema: Mapping[str, Any]) -> _Known:
    known = _known.get(id(schema))
    if known is None or known.schema is not schema:
        known = _known[id(schema)] = _Known(schema)
        if len(_known) > _MOST_KNOWN:
            del _known[next(iter(_known))]
    return known


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raise ValueError, with the place, if somebody's schema is none or uses what is not understood here."""
    from jsonschema import Draft7Validator, SchemaError  # noqa: PLC0415 -- see below

    try:
        Draft7Validator.check_schema(cast("Any", schema))
    except SchemaError as error:
        raise ValueError(
            f"{_path(error.absolute_path) or 'it'} is no JSON Schema of draft 7 ({error.validator})"
        ) from None
    except OverflowError:  # of re, which does not count that far
        raise ValueError("a pattern in it repeats something more often than can be counted") from None
    for place, inner in _inner(schema, ""):
        if not isinstance(inner, dict):
            raise ValueError(  # noqa: TRY004 -- it is what check_schema raises
                f"{place} is {'a list' if isinstance(inner, list) else str(inner).lower()}, which is not understood there; "
                "describe what may be there"
            )
        # further down it would begin another language, one in which exact numbers are none and readOnly says nothing
        known = _UNDERSTOOD - {"$schema"} if place else _UNDERSTOOD
        if strange := sorted(word for word in set(inner) - known if not word.startswith("x-")):
            raise ValueError(
                f"{strange[0]} is a word of JSON Schema that is not understood here; use {', '.join(sorted(known))}"
            )


def _inner(schema: object, place: str) -> Iterator[tuple[str, object]]:
    """Yield a schema and those in it, each with its place. True allows all that there could be, and needs no look."""
    yield place, schema
    if isinstance(schema, dict):
        within = {f"properties.{name}": inner for name, inner in schema.get("properties", {}).items()}
        within |= {word: schema[word] for word in ("items", "propertyNames", "additionalProperties") if word in schema}
        for name, inner in within.items():
            if inner is not True and (name, inner) != ("additionalProperties", False):
                yield from _inner(inner, _below(place, name))


def exact(schema: object) -> Any:  # noqa: ANN401 -- JSON
    """Return a schema whose fractions are the decimals that were written: 0.1 in a payload is no binary 0.1."""
    if isinstance(schema, dict):
        return {word: exact(inner) for word, inner in schema.items()}
    if isinstance(schema, list):
        return [exact(inner) for inner in schema]
    return Decimal(repr(schema)) if isinstance(schema, float) else schema


@cache
def _strict() -> Callable[[Mapping[str, Any]], Validator]:
    """Make jsonschema's validator strict: numbers are exact or none, and what is read-only is not written."""
    # Commands that check nothing need not wait for this import, a tenth of a second.
    from jsonschema import Draft7Validator, FormatChecker, ValidationError, validators  # noqa: PLC0415 -- see above

    def read_only(_validator: object, marked: object, _data: object, _schema: object) -> Iterator[ValidationError]:
        if marked is True:
            yield ValidationError("it is read-only")

    numbers = Draft7Validator.TYPE_CHECKER.redefine_many({"number": _is_number, "integer": _is_integer})
    formats = FormatChecker(("date",))
    formats.checks("date-time")(_is_instant)
    strict = validators.extend(Draft7Validator, {"readOnly": read_only}, type_checker=numbers)  # type: ignore[no-untyped-call]  # so in its stubs
    return lambda schema: cast("Validator", strict(schema, format_checker=formats))


def _is_number(_checker: object, value: object) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else isinstance(value, int) and not isinstance(value, bool)


def _is_integer(checker: object, value: object) -> bool:
    return _is_number(checker, value) and (
        isinstance(value, int) or value == cast("Decimal", value).to_integral_value()
    )


def _is_instant(value: object) -> bool:
    try:
        return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _problems(error: ValidationError) -> Iterable[str]:
    """Name an error by its place and its rule: jsonschema's own words quote values."""
    place, data, rule, asked = (
        _path(error.absolute_path),
        cast("Any", error.instance),
        error.validator,
        error.validator_value,
    )
    if rule == "required":
        return [f"`{_below(place, name)}` is missing" for name in cast("list[str]", asked) if name not in data]
    if rule == "anyOf":
        sets = [[name for name in one["required"] if name not in data] for one in cast("Any", asked)]
        return [f"`{_below(place, name)}` is missing" for name in min(sets, key=len)]
    if rule == "additionalProperties":
        known = cast("Mapping[str, Any]", error.schema).get("properties", {})
        others = f"there are {', '.join(known)}" if known else "there are none"
        return [f"there is no `{_below(place, name)}` ({others})" for name in data if name not in known]
    if rule == "readOnly":
        return [f"`{place}` cannot be written"]
    kinds = f"{' or '.join(asked)}" if isinstance(asked, list) and rule == "type" else str(asked)
    return [f"`{place}` must be of {rule} {kinds}"]


def _path(steps: Iterable[str | int]) -> str:
    place = ""
    for step in steps:
        place = f"{place}[{step}]" if isinstance(step, int) else _below(place, step)
    return place


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
