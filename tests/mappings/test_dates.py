"""How days and instants are read and written: formats, locales, zones, and what is said about what is not right."""

import pytest

from mappings.language import MappingError
from mappings.language.dates import zones

BERLIN = "type: datetime, format: '%d.%m.%Y %H:%M', zone: Europe/Berlin"


def result(route, rule, value):
    return route(f"fields:\n  a: {{from: x, {rule}}}\n").apply({"x": value}).payload["a"]


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("type: date, format: ['%d.%m.%Y', '%Y-%m-%d']", "2026-02-07", "2026-02-07"),
        ("type: date, format: ['%d.%m.%y', '%d.%m.%Y']", "7.2.2026", "2026-02-07"),
        ("type: date, format: '%d.%m.%y'", "7.2.69", "1969-02-07"),
        ("type: date, format: '%d.%m.%y'", "7.2.68", "2068-02-07"),
        ("type: date, format: '%d. %B %Y', locale: de", "7. MÄRZ 2026", "2026-03-07"),
        ("type: date, format: '%d. %B %Y', locale: de", "7. Ma\u0308rz 2026", "2026-03-07"),
        ("type: date, format: '%d. %b. %Y', locale: de", "7. Sept. 2026", "2026-09-07"),
        ("type: date, format: '%d. %b %Y', locale: de", "7. Sep 2026", "2026-09-07"),
        ("type: date, format: '%d %B %Y', locale: [fr, de]", "7 août 2026", "2026-08-07"),
        ("type: date, format: '%d. %B %Y', locale: fi", "7. maaliskuuta 2026", "2026-03-07"),
        ("type: date, format: '%d %B %Y', locale: pl", "7 marca 2026", "2026-03-07"),
        ("type: date, format: '%Y年%B%d日', locale: ja", "2026年3月7日", "2026-03-07"),
        ("type: date, format: '%B %d, %Y'", "march  7, 2026", "2026-03-07"),
        ("type: date, format: '%A, %d. %B %Y', locale: de", "Samstag, 7. März 2026", "2026-03-07"),
        ("type: date, format: '%d%m%Y'", "07032026", "2026-03-07"),
        ("type: date, format: '%Y-%m-%dT%H:%M:%S%z'", "2026-02-28T23:30:00-05:00", "2026-02-28"),
        (
            "type: date, format: '%Y-%m-%dT%H:%M:%S%z', to_zone: Europe/Berlin",
            "2026-02-28T23:30:00-05:00",
            "2026-03-01",
        ),
        ("type: date, format: '%d.%m.%Y %H:%M', zone: UTC, to_zone: Asia/Tokyo", "28.02.2026 23:30", "2026-03-01"),
        ("type: datetime", "2026-02-27 13:05:09.123456789+01", "2026-02-27T12:05:09.123456Z"),
        ("type: datetime", "2026-02-27T13:05:09.5Z", "2026-02-27T13:05:09.500Z"),
        ("type: datetime, zone: Europe/Berlin", "2026-07-27T13:05", "2026-07-27T11:05:00Z"),
        ("type: datetime, zone: Europe/Berlin", "2026-07-27T13:05Z", "2026-07-27T13:05:00Z"),
        ("type: datetime, to_zone: UTC", "2026-07-27T13:05Z", "2026-07-27T13:05:00+00:00"),
        (
            "type: datetime, format: '%m/%d/%Y %I:%M %p', zone: America/New_York",
            "2/7/2026 12:05 AM",
            "2026-02-07T05:05:00Z",
        ),
        (
            "type: datetime, format: '%m/%d/%Y %I:%M %p', zone: America/New_York",
            "2/7/2026 12:05 pm",
            "2026-02-07T17:05:00Z",
        ),
        (BERLIN, "25.10.2026 01:59", "2026-10-24T23:59:00Z"),
        (BERLIN, "25.10.2026 03:00", "2026-10-25T02:00:00Z"),
        (BERLIN, "29.03.2026 03:00", "2026-03-29T01:00:00Z"),
    ],
)
def test_a_date_is_read_as_its_format_says(route, rule, value, expected):
    assert result(route, rule, value) == expected


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        ("type: date, format: ['%d/%m/%Y', '%m/%d/%Y']", "7/2/2026", "is one date by %d/%m/%Y and another by %m/%d/%Y"),
        (
            "type: date, format: ['%d.%m.%Y', '%d. %B %Y']",
            "7-2-2026",
            "is not a date of the form %d.%m.%Y or %d. %B %Y",
        ),
        (
            "type: date, format: '%d.%m.%Y'",
            "31.02.2026",
            "is not a date of the form %d.%m.%Y (looks like '99.99.9999')",
        ),
        ("type: date, format: '%d%m%Y'", "732026", "is not a date of the form %d%m%Y"),
        ("type: date, format: '%d. %B %Y', locale: de", "7. March 2026", "is not a date of the form %d. %B %Y"),
        ("type: date, format: '%A, %d.%m.%Y', locale: de", "Montag, 7.3.2026", "is not a date of the form"),
        ("type: date", "2026-02-27T13:05:09Z", "is not a date of the form YYYY-MM-DD"),
        (
            "type: date, to_zone: UTC",
            "2026-02-27T13:05:09",
            "is a time without a time zone; say with zone: which one it means",
        ),
        ("type: datetime", "2026-02-27T13:05:09", "is a time without a time zone; say with zone: which one it means"),
        ("type: datetime", "2026-02-27", "is not a time of the form YYYY-MM-DDTHH:MM:SSZ"),
        ("type: datetime", "2026-02-27T13:05:00+01:99", "is not a time of the form YYYY-MM-DDTHH:MM:SSZ"),
        ("type: datetime, format: '%d.%m.%Y %H:%M %z'", "27.02.2026 13:05 +01:99", "is not a time of the form"),
        ("type: date, format: '%Y-%-m%-d'", "2026-111", "is not a date of the form %Y-%-m%-d"),
        ("type: datetime", "2026-02-27T24:00:00Z", "is not a time of the form YYYY-MM-DDTHH:MM:SSZ"),
        ("type: datetime, to_zone: Europe/Berlin", "1890-01-01T00:00:00Z", "was no whole minutes away from UTC"),
        ("type: datetime", 1772193909, "is not a time of the form YYYY-MM-DDTHH:MM:SSZ"),
        (BERLIN, "25.10.2026 02:00", "is a time that is shown twice by clocks in Europe/Berlin"),
        (BERLIN, "25.10.2026 02:59", "is a time that is shown twice by clocks in Europe/Berlin"),
        (BERLIN, "29.03.2026 02:00", "is a time that is skipped by clocks in Europe/Berlin"),
        (BERLIN, "29.03.2026 02:59", "is a time that is skipped by clocks in Europe/Berlin"),
    ],
)
def test_a_date_that_cannot_be_right_is_told_without_showing_it(route, rule, value, message):
    with pytest.raises(MappingError) as rejected:
        result(route, rule, value)
    assert message in str(rejected.value)
    assert str(value) not in str(rejected.value)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("'2026-03-07' | format_date('%A, %-d. %B %Y', 'de')", "Samstag, 7. März 2026"),
        ("'2026-03-07' | format_date('%-m/%-d/%y')", "3/7/26"),
        ("'2026-03-07' | format_date('%d %B %Y', 'pl')", "07 marca 2026"),
        ("'2026-03-07T23:05:09Z' | format_date('%Y%m%dT%H%M%S%z')", "20260307T230509Z"),
        (
            "'2026-03-07T23:05:09Z' | to_zone('Europe/Berlin') | format_date('%d.%m.%Y %H:%M %z')",
            "08.03.2026 00:05 +01:00",
        ),
        ("'2026-03-07T12:05:00Z' | format_date('%I:%M %p 100%%')", "12:05 PM 100%"),
        ("'7.3.2026' | date('%d.%m.%Y') | start_of_month | plus_months(2) | plus_days(-1)", "2026-04-30"),
        ("'2026-12-24' | plus_business_days(1, 'DE')", "2026-12-28"),
        ("'2026-01-05' | plus_business_days(1, 'DE')", "2026-01-06"),
        ("'2026-01-05' | plus_business_days(1, 'DE', 'BY')", "2026-01-07"),
        ("'2026-11-28' | plus_business_days(0)", "2026-11-30"),
        ("'2026-11-28' | plus_business_days(-1)", "2026-11-27"),
        ("'2026-11-26' | plus_business_days(1, 'SA')", "2026-11-29"),
    ],
)
def test_days_are_calculated_with_and_written(route, written, expected):
    assert route(f'fields:\n  a: "{written}"\n').apply({}).payload["a"] == expected


def test_the_zone_of_the_machine_is_no_zone():
    assert not {"localtime", "posixrules", "Factory"} & zones._known()  # noqa: SLF001 -- the set itself is what is asked about
