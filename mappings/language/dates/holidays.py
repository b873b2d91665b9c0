"""Business days of countries, from the `holidays` library: their weekends, public holidays and working weekends."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mappings.language.problems import near
from mappings.language.values import ValueProblem
from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from holidays import HolidayBase

_LONGEST_CODE = 20


class BusinessCalendar:
    """The business days of a country or of a region in it. Safe for threads: a year is looked at when it is whole."""

    def __init__(self, country: str, region: str | None) -> None:
        self._country, self._region = country, region
        self._years: dict[int, HolidayBase] = {}
        any_year = self._made(2026)
        self._first, self._last = any_year.start_year, any_year.end_year

    def works(self, day: date) -> bool:
        """Say whether a day is a business day. Raises ValueProblem for a year whose holidays are not known."""
        if not self._first <= day.year <= self._last:
            raise ValueProblem(
                f"needs the public holidays of {self._country} in a year that is not known ({self._first} to {self._last} are)"
            )
        year = self._years.get(day.year)
        if year is None:
            year = self._years.setdefault(day.year, self._made(day.year))
        return year.is_working_day(day)

    def _made(self, year: int) -> HolidayBase:
        # loaded where a country is named, and not at every start
        from holidays import country_holidays  # noqa: PLC0415 -- loaded only where a route needs it

        # one object per year that never grows: the library marks a year as known before it has filled it in
        return country_holidays(self._country, subdiv=self._region, years=year, expand=False)


@lru_cache(maxsize=64)
def business_calendar(country: str, region: str | None = None) -> BusinessCalendar:
    """Return the calendar of a country (ISO 3166 alpha-2, such as DE) and of a region in it (BY). Raises FormatError."""
    from holidays import country_holidays, list_supported_countries  # noqa: PLC0415 -- as above

    known = list_supported_countries(include_aliases=False)
    if country not in known:
        raise FormatError(
            f"public holidays of '{country[:_LONGEST_CODE]}' are not known{_hint(country, known)}", "country"
        )
    regions = country_holidays(country).subdivisions
    if region is not None and region not in regions:
        shown = ", ".join(regions) or "none"
        raise FormatError(
            f"public holidays of region '{region[:_LONGEST_CODE]}' are not known; of {country} these are: {shown}",
            "country",
        )
    return BusinessCalendar(country, region)


def _hint(country: str, known: Iterable[str]) -> str:
    meant = near(country[:_LONGEST_CODE], known)
    return f" (did you mean '{meant}'?)" if meant else "; write a country as two letters, such as DE"
