"""Filters for days and instants. None of them knows today: what a mapping gives depends on the document alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.dates import arithmetic, readers
from mappings.language.dates.holidays import business_calendar
from mappings.language.filters.filter import Filter, plain
from mappings.language.words import DAY, INSTANT, Example, FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER = frozenset({"integer"})
_DATE = frozenset({"date"})
_MOST = 5
"""How many formats and locales a filter may have."""


def _date(*words: str) -> Callable[[object], str]:
    return readers.date_reader(*_parted(words))


def _datetime(*words: str) -> Callable[[object], str]:
    formats, zone = _parted(words)
    if len(zone) > 1:
        raise FormatError("a time without an offset is read in one time zone only")
    return readers.datetime_reader(formats, zone=zone[0] if zone else None)


def _parted(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(word for word in words if "%" in word), tuple(word for word in words if "%" not in word)


def _business_days(country: str | None = None, region: str | None = None) -> Callable[..., object]:
    works = arithmetic.on_weekdays if country is None else business_calendar(country, region).works
    return lambda value, count: arithmetic.plus_business_days(value, count, works)


def _moving(run: Callable[..., object], written: str, help_: str, *examples: Example) -> Filter:
    counts = int("(" in written)
    return Filter(
        make=plain(run),
        written=written,
        help=help_,
        takes=DAY,
        gives=_DATE,
        least=counts,
        most=counts,
        examples=examples,
    )


DATES: dict[str, Filter] = {
    "date": Filter(
        make=_date,
        written="date('%d. %B %Y', 'de')",
        help="a day as YYYY-MM-DD; words with % are formats, others the languages of names of months",
        takes=DAY,
        gives=_DATE,
        most=_MOST,
        fixed=0,
        examples=(Example("'7.2.2026' | date('%d.%m.%Y')", "2026-02-07"),),
    ),
    "date_in": Filter(
        make=readers.day_in,
        written="date_in('Europe/Berlin')",
        help="the day that an instant has in a time zone",
        takes=INSTANT,
        gives=_DATE,
        least=1,
        most=1,
        fixed=0,
        examples=(Example("'2026-02-28T23:30:00Z' | date_in('Europe/Berlin')", "2026-03-01"),),
    ),
    "datetime": Filter(
        make=_datetime,
        written="datetime('%d.%m.%Y %H:%M', 'Europe/Berlin')",
        help="an instant in UTC; words with % are formats, another one is the time zone of times without an offset",
        takes=INSTANT,
        gives=frozenset({"datetime"}),
        most=_MOST,
        fixed=0,
        examples=(Example("'27.02.2026 13:05' | datetime('%d.%m.%Y %H:%M', 'Europe/Berlin')", "2026-02-27T12:05:00Z"),),
    ),
    "days_until": Filter(
        make=plain(arithmetic.days_until),
        written="days_until(other)",
        help="how many days later another day is; negative if it is earlier",
        takes=DAY,
        gives=_INTEGER,
        least=1,
        most=1,
        examples=(Example("'2026-01-31' | days_until('2026-03-01')", 29),),
    ),
    "end_of_month": _moving(
        arithmetic.end_of_month,
        "end_of_month",
        "the last day of a day's month",
        Example("'2028-02-03' | end_of_month", "2028-02-29"),
    ),
    "format_date": Filter(
        make=readers.date_writer,
        written="format_date('%d.%m.%Y', 'de')",
        help="a day or an instant as text, with names of months in English or in the language given",
        takes=DAY | INSTANT,
        gives=frozenset({"string"}),
        least=1,
        most=2,
        fixed=0,
        examples=(
            Example("'2026-03-07' | format_date('%d.%m.%Y')", "07.03.2026"),
            Example("'2026-03-07' | format_date('%-d. %B %Y', 'de')", "7. März 2026"),
        ),
    ),
    "plus_business_days": Filter(
        make=_business_days,
        written="plus_business_days(10, 'DE', 'BY')",
        help="the day so many business days later, or earlier if negative: Monday to Friday, or with a country (and a region "
        "of it) the days that are no weekend or public holiday there; 0 moves on to a business day",
        takes=DAY,
        gives=_DATE,
        least=1,
        most=3,
        fixed=1,
        examples=(
            Example("'2026-04-02' | plus_business_days(1)", "2026-04-03"),
            Example("'2026-04-02' | plus_business_days(1, 'DE')", "2026-04-07"),
        ),
    ),
    "plus_days": _moving(
        arithmetic.plus_days,
        "plus_days(30)",
        "the day so many days later, or earlier if negative",
        Example("'2026-02-27' | plus_days(30)", "2026-03-29"),
    ),
    "plus_months": _moving(
        arithmetic.plus_months,
        "plus_months(1)",
        "the same day so many months later, or the last day of a month that is too short",
        Example("'2026-01-31' | plus_months(1)", "2026-02-28"),
    ),
    "start_of_month": _moving(
        arithmetic.start_of_month,
        "start_of_month",
        "the first day of a day's month",
        Example("'2026-02-27' | start_of_month", "2026-02-01"),
    ),
    "to_zone": Filter(
        make=readers.zone_writer,
        written="to_zone('Europe/Berlin')",
        help="an instant with the offset of a time zone",
        takes=INSTANT,
        gives=frozenset({"datetime"}),
        least=1,
        most=1,
        fixed=0,
        examples=(Example("'2026-02-27T12:05:00Z' | to_zone('Europe/Berlin')", "2026-02-27T13:05:00+01:00"),),
    ),
    "weekday": Filter(
        make=plain(arithmetic.weekday),
        written="weekday",
        help="the day of the week: 1 is Monday, 7 is Sunday",
        takes=DAY,
        gives=_INTEGER,
        examples=(Example("'2026-02-27' | weekday", 5),),
    ),
}
"""Filters by name."""
