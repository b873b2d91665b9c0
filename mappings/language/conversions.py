"""What `type:` and `format:` do: strict conversions of single values, with decimals exact and dates as ISO dates."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from mappings.language.shapes import looks
from mappings.language.values import DIGITS, ValueProblem, number, text

if TYPE_CHECKING:
    from collections.abc import Callable

    Convert = Callable[[object], object]

TYPES = {
    "string": "text; numbers in plain notation, true and false as words",
    "integer": "a whole number",
    "decimal": "an exact number; text must be in plain notation, such as -1234.50",
    "date": "a date, written as YYYY-MM-DD; text is read by `format`, without one it must be YYYY-MM-DD already",
    "boolean": "true or false, also as text",
}
"""Every word `type:` knows, with a line of help."""

_PLAIN_INTEGER = re.compile(rf"[+-]?[0-9]{{1,{DIGITS}}}")
_PLAIN_DECIMAL = re.compile(rf"[+-]?[0-9]{{1,{DIGITS}}}(?:\.[0-9]{{1,{DIGITS}}})?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_DATE = 64
_PROBE = datetime(2026, 2, 27, 13, 5, 9)  # noqa: DTZ001 -- only a format is tried out with it


class FormatError(ValueError):
    """A date format cannot be used; the message says why."""


def converter(kind: str, date_format: str | None) -> Convert:
    """Return the conversion for a word in TYPES; it raises ValueProblem. Raises FormatError for an unusable format."""
    if kind == "date":
        return _iso_date if date_format is None else _formatted_date(date_format)
    return _CONVERSIONS[kind]


def _integer(value: object) -> int:
    if isinstance(value, str):
        if not _PLAIN_INTEGER.fullmatch(value):
            raise ValueProblem(f"is not a whole number {looks(value)}")
        return int(value)
    exact = number(value)
    whole = int(exact)
    if whole != exact:
        raise ValueProblem(f"is not a whole number {looks(value)}")
    return whole


def _decimal(value: object) -> Decimal:
    if isinstance(value, str):
        if not _PLAIN_DECIMAL.fullmatch(value):
            raise ValueProblem(f"is not a number {looks(value)}")
        return Decimal(value)
    return Decimal(number(value))


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise ValueProblem(f"is not true or false {looks(value)}")


def _iso_date(value: object) -> str:
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise ValueProblem(f"is not a day of the calendar {looks(value)}") from None
    raise ValueProblem(f"is not a date of the form YYYY-MM-DD {looks(value)}")


def _formatted_date(date_format: str) -> Convert:
    try:
        # %y, %b and the like are fine; a format without day, month or year does not give the same day back
        again = datetime.strptime(_PROBE.strftime(date_format), date_format).date()  # noqa: DTZ007 -- a calendar day has no zone
    except (ValueError, re.error):
        raise FormatError(f"format '{date_format}' is not a date format; day.month.year is '%d.%m.%Y'") from None
    if again != _PROBE.date():
        raise FormatError(f"format '{date_format}' does not tell day, month and year; day.month.year is '%d.%m.%Y'")

    def convert(value: object) -> str:
        if isinstance(value, str) and len(value) <= _LONGEST_DATE:
            try:
                return datetime.strptime(value, date_format).date().isoformat()  # noqa: DTZ007 -- a calendar day has no zone
            except (ValueError, OverflowError):
                pass
        raise ValueProblem(f"is not a date of the form {date_format} {looks(value)}")

    return convert


_CONVERSIONS: dict[str, Convert] = {"string": text, "integer": _integer, "decimal": _decimal, "boolean": _boolean}
