"""Calculating with days: months, business days, distances. Days are ISO text in and out; nothing here knows today."""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import TYPE_CHECKING, Final

from mappings.language.shapes import looks
from mappings.language.values import ValueProblem, number
from mappings.language.work import spend

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BUSINESS_DAYS = 1_000
"""How many business days a date can be moved at once, in either direction."""
_MOST = 4_000_000  # days; more than the calendar has, which says so itself
_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SATURDAY = 6
_STEPS_A_DAY = 10  # what it takes to know whether a day is a holiday


def day_of(value: object) -> date:
    """Return the day of YYYY-MM-DD. Raises ValueProblem."""
    if isinstance(value, str) and _ISO.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueProblem(f"is not a day of the calendar {looks(value)}") from None
    raise ValueProblem(f"is not a date of the form YYYY-MM-DD {looks(value)}")


def plus_days(value: object, count: object) -> str:
    """Return the day so many days later, or earlier if negative."""
    return _day(day_of(value).toordinal() + _count(count, _MOST, "days")).isoformat()


def plus_months(value: object, count: object) -> str:
    """Return the same day so many months later; the last day of the month where that one is too short."""
    start = day_of(value)
    years, month = divmod(start.year * 12 + start.month - 1 + _count(count, _MOST, "months"), 12)
    if not date.min.year <= years <= date.max.year:
        raise ValueProblem("leaves the calendar of the years 1 to 9999")
    last = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(start.day, last)).isoformat()


def start_of_month(value: object) -> str:
    """Return the first day of a day's month."""
    return day_of(value).replace(day=1).isoformat()


def end_of_month(value: object) -> str:
    """Return the last day of a day's month."""
    start = day_of(value)
    return start.replace(day=calendar.monthrange(start.year, start.month)[1]).isoformat()


def days_until(value: object, other: object) -> int:
    """Return how many days lie between a day and another one; negative if the other one is earlier."""
    return (day_of(other) - day_of(value)).days


def weekday(value: object) -> int:
    """Return the day of the week as ISO 8601 counts: Monday is 1, Sunday is 7."""
    return day_of(value).isoweekday()


def plus_business_days(value: object, count: object, works: Callable[[date], object]) -> str:
    """Return the business day so many business days later, or earlier if negative; 0 moves on to one if it is none.

    `works` says whether a day is a business day.
    """
    at, left = day_of(value), _count(count, MOST_BUSINESS_DAYS, "business days")
    step = -1 if left < 0 else 1
    while left or not works(at):
        spend(_STEPS_A_DAY)
        at = _day(at.toordinal() + step)
        if left and works(at):
            left -= step
    return at.isoformat()


def _count(value: object, most: int, what: str) -> int:
    exact = number(value)
    if exact != int(exact) or not -most <= exact <= most:
        raise ValueProblem(f"can be moved by {most:,} {what} at most, and by whole ones {looks(value)}")
    return int(exact)


def _day(ordinal: int) -> date:
    if not date.min.toordinal() <= ordinal <= date.max.toordinal():
        raise ValueProblem("leaves the calendar of the years 1 to 9999")
    return date.fromordinal(ordinal)


def on_weekdays(day: date) -> bool:
    """Say whether a day is one from Monday to Friday."""
    return day.isoweekday() < _SATURDAY
