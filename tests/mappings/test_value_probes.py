"""Hostile values meet every filter and type: each gives a value, nothing, or a problem, none of them late or large."""

import time
from decimal import Decimal

import pytest

from mappings.language.conversions import TYPES, Options
from mappings.language.expressions import compile_expression
from mappings.language.filters import FILTERS
from mappings.language.missing import MISSING
from mappings.language.seal import ExpressionError
from mappings.language.values import LONGEST_TEXT, ValueProblem
from mappings.language.words import FormatError

LIMIT = 0.2  # seconds of CPU time for one use
DEEP: object = []
for _ in range(100_000):
    DEEP = [DEEP]
HOSTILE = {
    "text": "a" * 50_000,
    "huge_text": "a" * 20_000_000,
    "digits": "1" * 50_000,
    "grouped": "1" + ".111" * 10_000,
    "nearly_grouped": "1" + ".111" * 12 + ",",
    "spaces": " " * 50_000,
    "percents": "%d" * 32,
    "dots": "." * 64,
    "accents": "e" + "\u0301" * 60,
    "surrogate": "\ud800",
    "bell": "\x00\x07",
    "letters": "DE" + "0" * 62,
    "country": "de" + "\u0130" * 60,
    "last_day": "9999-12-31",
    "first_day": "0001-01-01",
    "last_instant": "9999-12-31T23:59:59-23:59",
    "first_instant": "0001-01-01T00:00:00+23:59",
    "tag": "de" + "-x" * 30,
    "long": [0] * 100_000,
    "mapping": {"a": 1},
    "deep": DEEP,
    "nines": 10**30 - 1,
    "huge_int": 10**100_000,
    "tiny": Decimal("1e-999999"),
    "exponent": Decimal("1e999999999999"),
    "nan": Decimal("NaN"),
    "snan": Decimal("sNaN"),
    "infinity": Decimal("Infinity"),
    "float": 1e308,
    "fn": len,
    "cls": str,
    "truth": True,
}
ARGUMENTS = {
    "days_until": "days_until(y)",
    "default": "default(y, z)",
    "join": "join(y)",
    "money": "money(y)",
    "plus_business_days": "plus_business_days(y, 'DE')",
    "plus_days": "plus_days(y)",
    "plus_months": "plus_months(y)",
    "replace": "replace(y, z)",
    "round": "round(y)",
}
OPTIONS = {
    "integer": [Options(), Options(format=("1.234,56", "1'234.56", "12,34,567.89"))],
    "decimal": [Options(), Options(format=("1.234,56-", "€ 1 234,56", "1234,56 %"))],
    "money": [
        Options(currency=lambda scope: scope["of"], round=how, format=formats)
        for how in ("none", "half_even", "up")
        for formats in ((), ("1.234,56 ¤",))
    ],
    "date": [
        Options(),
        Options(format=("%d%m%y", "%A %d. %B %Y", "%d/%b/%y"), locale=("de", "fi", "pl")),
        Options(to_zone="Pacific/Kiritimati"),
    ],
    "datetime": [
        Options(zone="Pacific/Apia"),
        Options(format=("%d.%m.%Y %I:%M:%S.%f %p %z",), to_zone="Asia/Kathmandu"),
    ],
    "country": [Options(), Options(locale=("zh", "ar", "ru"))],
}


@pytest.fixture(autouse=True, scope="module")
def _what_is_loaded_once():
    # names of countries take a tenth of a second, once in a process
    compile_expression("'Österreich' | country", {}).evaluate({})


def outcome(use):
    """Return what a use gives, None for a problem; assert that it came in time and is of a sane size."""
    started = time.thread_time()
    result, told = None, ""
    try:
        result = use()
    except ValueProblem as problem:
        told = str(problem)
    assert time.thread_time() - started < LIMIT
    assert len(told) < 600
    if isinstance(result, str):
        assert len(result) <= LONGEST_TEXT or result is HOSTILE["huge_text"]  # `default` passes on what was there
    return result


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_no_filter_can_be_kept_busy_or_filled_up(name):
    expression = compile_expression(f"x | {ARGUMENTS.get(name, FILTERS[name].written)}", {})
    for value in HOSTILE.values():
        for argument in HOSTILE.values() if name in ARGUMENTS else [None]:
            outcome(lambda v=value, a=argument: expression.evaluate({"x": v, "y": a, "z": a}))


@pytest.mark.parametrize("name", TYPES)
def test_no_type_can_be_kept_busy_or_filled_up(name):
    for options in OPTIONS.get(name, [Options()]):
        convert = TYPES[name].make(options)
        for of in ("EUR", "¥", "a" * 5_000_000, 5, DEEP) if name == "money" else [None]:
            for value in HOSTILE.values():
                outcome(lambda c=convert, v=value, o=of: c({"of": o}, v))


@pytest.mark.parametrize(
    "use",
    [
        "'2026-02-27' | plus_business_days(1000, 'DE', 'BY')",
        "'2026-02-27' | plus_business_days(-1000, 'AZ')",
        "'2026-02-27' | plus_business_days(1000, 'SA')",
        "'2026-02-27' | plus_business_days(1000)",
        "'0001-01-01' | plus_days(3652058)",
        "'0001-01-01' | plus_months(119987)",
        "nines | format_number('1.234,56')",
        "nines | money('KWD')",
        "'31. Dezember 9999' | date('%d. %B %Y', 'de', 'fr', 'pl', 'fi')",
    ],
)
def test_the_most_that_can_be_asked_for_is_done_in_time(use):
    expression = compile_expression(use, {})
    assert outcome(lambda: expression.evaluate(HOSTILE)) is not None


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("'2026-02-27' | plus_business_days(1001)", "1,000 business days at most"),
        ("'2026-02-27' | plus_business_days(0.5)", "by whole ones"),
        ("'9999-12-31' | plus_business_days(1)", "leaves the calendar"),
        ("'2101-01-01' | plus_business_days(1, 'DE')", "a year that is not known"),
        ("'2026-02-27' | plus_days(10000000)", "4,000,000 days at most"),
        ("'9999-12-31' | plus_days(1)", "leaves the calendar"),
        ("'9999-12-31' | plus_months(1)", "leaves the calendar"),
        ("'0001-01-01' | plus_months(-1)", "leaves the calendar"),
        ("'0001-01-01T00:00:00Z' | date_in('America/New_York')", "beyond the calendar"),
        ("'9999-12-31T23:59:59Z' | to_zone('Asia/Tokyo')", "beyond the calendar"),
        ("'2026-02-27' | to_zone('Asia/Tokyo')", "is not an instant"),
    ],
)
def test_what_is_beyond_the_bounds_is_a_problem(use, message):
    with pytest.raises(ValueProblem, match=message):
        compile_expression(use, {}).evaluate({})


@pytest.mark.parametrize(
    "use",
    [
        "x | date(x)",
        "x | date('%d.%m.%Y', x)",
        "x | date('%d' ~ '.%m.%Y')",
        "x | date(5)",
        "x | date('" + "%d" * 200 + "')",
        "x | date('%d.%m.%Y', '../../etc/passwd')",
        "x | date('%d.%m.%Y', 'xx')",
        "x | format_date('%x')",
        "x | format_date('%d', 'de', 'fr')",
        "x | format_date('%B', 'klingon')",
        "x | format_date('" + "%B" * 40 + "')",
        "x | datetime('/etc/localtime')",
        "x | datetime('localtime')",
        "x | datetime('Europe/Berlin', 'UTC')",
        "x | to_zone('../../etc/passwd')",
        "x | to_zone(x)",
        "x | decimal(x)",
        "x | decimal('1.234')",
        "x | decimal('" + "1" * 60 + "')",
        "x | decimal('1.234,56 ¤')",
        "x | format_number('abc')",
        "x | money('EUR', x)",
        "x | money('EUR', 'sideways')",
        "x | round(2, 'ROUND_UP')",
        "x | country('../de')",
        "x | country(x)",
        "x | plus_business_days(1, x)",
        "x | plus_business_days(1, '__import__')",
        "x | plus_business_days(1, 'DE', '..')",
        "x | plus_business_days(1, 'os')",
        "x | now",
        "now() | plus_days(1)",
        "x | unit('kg')",
    ],
)
def test_what_is_fixed_in_the_route_is_refused_when_it_is_loaded(use):
    with pytest.raises(ExpressionError) as caught:
        compile_expression(use, {})
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("date", Options(format=("%d" * 500,))),
        ("date", Options(format=("dd.mm.yyyy",))),
        ("date", Options(format=("%d. %B %Y",), locale=("a" * 100_000,))),
        ("date", Options(format=("%d.%m.%Y",), locale=("de",))),
        ("date", Options(zone="Europe/Berlin")),
        ("datetime", Options(zone="/etc/localtime")),
        ("datetime", Options(format=("%d.%m.%Y",))),
        ("decimal", Options(format=("1" * 100_000,))),
        ("money", Options()),
        ("money", Options(currency=lambda _: "EUR", round="sideways")),
        ("country", Options(locale=("../de",))),
    ],
)
def test_what_stands_beside_a_type_is_refused_when_the_route_is_loaded(name, options):
    with pytest.raises(FormatError) as caught:
        TYPES[name].make(options)
    assert len(str(caught.value)) < 400


def test_every_filter_that_takes_values_meets_hostile_ones():
    taking = {name for name, known in FILTERS.items() if known.most and known.fixed != 0}
    assert ARGUMENTS.keys() == taking


def test_missing_is_never_met():
    assert compile_expression("absent | plus_days(absent) | format_date('%d')", {}).evaluate({}) is MISSING
