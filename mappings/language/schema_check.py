"""Compares data with a JSON Schema and says what does not fit, in sentences that show shapes and never values."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from mappings.language.problems import suggestion
from mappings.language.shapes import looks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

Misfit = tuple[str, str]
"""A path into the data, such as lines[2].net, and what must be there, as the rest of a sentence."""

KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
FORMATS = {"date": "a date such as 2026-12-31", "date-time": "an instant such as 2026-12-31T12:00:00Z"}
_LISTED = 12
"""How many allowed values a sentence lists."""
NOT_BLANK = r"\S"
"""The pattern of text that has more in it than white space."""


def compiled(schema: Mapping[str, Any]) -> Callable[[object], list[Misfit]]:
    """Return what compares data with a schema: everything that does not fit, each once."""
    validator = _strict()(schema)

    def check(data: Any) -> list[Misfit]:  # noqa: ANN401 -- what jsonschema takes for JSON has no Decimal in it
        found = (misfit for error in validator.iter_errors(data) for misfit in _told(error))
        return list(dict.fromkeys(found))

    return check


@cache
def _strict() -> Callable[[Mapping[str, Any]], Validator]:
    """Make jsonschema's validator strict: numbers are exact or none, and what is read-only is not there."""
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


def _told(error: ValidationError) -> Iterable[Misfit]:
    """Say what an error of the validator means. Its own words quote values, so they are not used."""
    place, data, rule, asked = (
        _path(error.absolute_path),
        cast("Any", error.instance),
        error.validator,
        error.validator_value,
    )
    schema = error.schema if isinstance(error.schema, dict) else {}
    if rule == "pattern" and asked == NOT_BLANK and not data and schema.get("minLength"):
        return []  # told as empty
    if "propertyNames" in error.absolute_schema_path:
        return [(place, f"has a field whose name {_words(rule, asked, data, schema)}")]
    if rule == "required":
        return [(_below(place, name), "is missing") for name in cast("list[str]", asked) if name not in data]
    if rule == "anyOf":
        sets = [[name for name in one["required"] if name not in data] for one in cast("Any", asked)]
        return [(_below(place, name), "is missing") for name in min(sets, key=len)]
    if rule == "additionalProperties":
        known = schema.get("properties", {})
        return [
            (_below(place, name), f"is unknown there{suggestion(name, known)}") for name in data if name not in known
        ]
    return [(place, _words(rule, asked, data, schema))]


def _words(rule: object, asked: Any, data: Any, schema: Mapping[str, Any]) -> str:  # noqa: ANN401, C901, PLR0911 -- one line a rule
    match rule:
        case "type":
            kinds = [kind for kind in ([asked] if isinstance(asked, str) else asked) if kind != "null"]
            return f"must be {' or '.join(KINDS[kind] for kind in kinds) or 'null'} {looks(data)}"
        case "enum" | "const":
            return f"must be {_one_of(asked if rule == 'enum' else [asked])} {looks(data)}"
        case "minLength" | "minItems" | "minProperties" if asked == 1:
            return "must not be empty"
        case "minLength" | "maxLength":
            return f"must have at {_bound(rule)} {asked} characters (has {len(data)})"
        case "minItems" | "maxItems":
            return f"must have at {_bound(rule)} {asked} items (has {len(data)})"
        case "minProperties" | "maxProperties":
            return f"must have at {_bound(rule)} {asked} fields (has {len(data)})"
        case "minimum" | "maximum":
            return f"must be at {'least' if rule == 'minimum' else 'most'} {asked} {looks(data)}"
        case "pattern" if asked == NOT_BLANK:
            return "must not be blank"
        case "pattern":
            examples = " or ".join(str(one) for one in schema.get("examples", ()))
            return f"must be written like {examples or asked} {looks(data)}"
        case "format":
            return f"must be {FORMATS.get(asked, asked)} {looks(data)}"
        case "readOnly":
            reason = schema.get("description")
            return f"cannot be written{f': {reason}' if reason else ''}"
    return f"does not fit the rule {rule} of its schema {looks(data)}"


def _bound(rule: object) -> str:
    return "least" if str(rule).startswith("min") else "most"


def _one_of(values: list[object]) -> str:
    named = [str(value).lower() if isinstance(value, bool) else str(value) for value in values if value is not None]
    named = named or ["null"]
    if len(named) > _LISTED:
        return f"one of {len(named)} values such as {', '.join(named[:_LISTED])}"
    return f"one of {', '.join(named)}" if len(named) > 1 else named[0]


def _path(steps: Iterable[str | int]) -> str:
    place = ""
    for step in steps:
        place = f"{place}[{step}]" if isinstance(step, int) else _below(place, step)
    return place


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
