"""What holds for every day and instant there could be."""

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mappings.language.dates.arithmetic import days_until, on_weekdays, plus_business_days, plus_days, plus_months
from mappings.language.dates.formats import date_format, write
from mappings.language.dates.holidays import business_calendar
from mappings.language.dates.readers import datetime_reader
from mappings.language.values import ValueProblem

FORMATS = [
    "%d.%m.%Y",
    "%Y%m%d",
    "%-d. %B %Y",
    "%A, %d %b %Y",
    "%m/%d/%Y",
    "%Y-%m-%d %H:%M:%S.%f",
    "%d %B %Y %I:%M:%S.%f %p",
]
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "UTC"]
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
INSTANTS = st.datetimes(
    datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2080-01-01"), timezones=st.just(UTC)
)
CHANGES = [
    datetime(2026, *change, tzinfo=UTC)  # when clocks change in Berlin, New York, on Lord Howe and in Casablanca
    for change in [(3, 29, 1), (10, 25, 1), (3, 8, 7), (11, 1, 6), (4, 4, 15), (10, 3, 15, 30), (2, 15, 2), (3, 22, 2)]
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("locale", ["en", "de", "fi", "pl"])
@given(at=st.datetimes(datetime.fromisoformat("1000-01-01")))
def test_a_day_that_is_written_by_a_format_is_read_back_by_it(form, locale, at):
    shown = at if "%f" in form else at.replace(hour=0, minute=0, second=0, microsecond=0)
    assert date_format(form, (locale,)).read(write(shown, form, locale)).at == shown


@pytest.mark.parametrize("zone", ZONES)
@given(
    at=INSTANTS
    | st.builds(lambda at, away: at + timedelta(minutes=away), st.sampled_from(CHANGES), st.integers(-200, 200))
)
def test_a_time_without_an_offset_is_the_instant_its_clocks_showed_or_refused(zone, at):
    at = at.replace(microsecond=0)
    local = at.astimezone(ZoneInfo(zone))
    assume(local.utcoffset().seconds % 60 == 0)
    read = datetime_reader(("%Y-%m-%d %H:%M:%S",), zone=zone)
    try:
        result = read(f"{local:%Y-%m-%d %H:%M:%S}")
    except ValueProblem:
        assert local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    else:
        assert datetime.fromisoformat(result) == at


@pytest.mark.parametrize("zone", ZONES)
@given(at=INSTANTS)
def test_an_instant_is_the_same_in_every_zone(zone, at):
    text = datetime_reader(to_zone=zone)(at.isoformat())
    assert datetime.fromisoformat(text) == at
    assert datetime_reader()(text) == datetime_reader()(at.isoformat())


@given(day=DAYS, count=st.integers(-200_000, 200_000))
def test_months_are_counted_and_only_the_end_of_a_month_is_clipped(day, count):
    months = day.year * 12 + day.month - 1 + count
    assume(12 <= months < 120_000)
    result = date.fromisoformat(plus_months(day.isoformat(), count))
    assert result.year * 12 + result.month - 1 == months
    assert result.day == min(day.day, calendar.monthrange(result.year, result.month)[1])


@given(day=DAYS, count=st.integers(-4_000_000, 4_000_000))
def test_days_are_counted_back_and_forth(day, count):
    try:
        later = plus_days(day.isoformat(), count)
    except ValueProblem:
        assert not 1 <= day.toordinal() + count <= date.max.toordinal()
    else:
        assert days_until(day.isoformat(), later) == count
        assert plus_days(later, -count) == day.isoformat()


@pytest.mark.parametrize("country", [None, "DE", "SA"])
@given(day=st.dates(date(1995, 1, 1), date(2090, 1, 1)), count=st.integers(-60, 60))
def test_so_many_business_days_lie_between_and_the_last_is_one(country, day, count):
    works = business_calendar(country).works if country else on_weekdays
    result = date.fromisoformat(plus_business_days(day.isoformat(), count, works))
    assert works(result)
    first, last = sorted((day, result))
    passed = sum(bool(works(first + timedelta(days=n))) for n in range((last - first).days + 1))
    # the day that was started from does not count, nor does the business day that 0 moves on to
    assert passed == (1 if count == 0 else abs(count) + bool(works(day)))
