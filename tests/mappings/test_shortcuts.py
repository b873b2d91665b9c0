"""Whatever a document holds, a rule with a shortcut makes of it, and tells about it, what the rule without one does."""

from decimal import Decimal
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mappings.language import load_route
from mappings.language.numbers.examples import number_format
from mappings.language.numbers.quick import quick_decimal
from tests.mappings.test_properties import JSON, exactly

WAYS = (
    "",
    "required: true",
    "default: none",
    "lookup: words, on_error: review",
    "lookup: days",
    "lookup: kept",
    "type: string",
    "type: integer",
    "type: decimal, required: true",
    "type: decimal, format: '1.234,56', on_error: review",
    "type: decimal, format: '12,34,567.89'",
    'type: decimal, format: "1\'234.56"',
    "type: decimal, format: '1234,56'",
    "type: decimal, format: '1.234,56 €'",
    "type: decimal, format: ['1.234,56', '1,234.56']",
    "type: integer, format: '1.234,56'",
    "type: date",
    "type: date, format: '%d.%m.%Y', on_error: default, default: never",
    "type: date, format: '%Y%m%d'",
    "type: date, format: 'T%d/%m/%y'",
    "type: date, format: '%d. %B %Y', locale: de",
    "type: date, format: '%d.%m.%Y %H:%M', zone: Europe/Berlin, to_zone: Asia/Tokyo",
    "type: date, format: ['%d.%m.%Y', '%m.%d.%Y'], on_error: skip",
    "type: date, format: '%-d.%-m.%Yß', on_error: review",
    "type: date, format: '%d \t%m %Y', default: [null], when: one is defined",
    "type: decimal, format: '1.234,56-', on_error: skip",
    "type: decimal, format: '1 234,56', when: one",
    "type: money, currency: EUR, round: half_up, format: '1.234,56'",
    "lookup: kept, type: decimal, on_error: review",
)
PATHS = ("one", "of.two", "of.the.three", "item.inside", "v", "v.two", "listed[0]", "listed[-1].two", "of['o.d'].three")
TEXTS = st.text(max_size=6) | st.text("0123456789.,-+' \u2019\u2212\u00a0\u0663", max_size=45)
DAYS = st.text("0123/. tT", max_size=11) | st.dates().map(lambda day: day.strftime("%d.%m.%Y"))
ODD = [
    "+1", "\u22121", "1-", "(1)", "1e5", "1E400", "NaN", "Infinity", "0.10", "00012", "1.000", ".5", "5.", "1..5", "01.234,5", "1.234,",
    "\uff11\uff12", "\u0661", "\u00b2", "1\u200f", "1\n", "1\x00", "1" * 30, "1" * 31, "1" * 300, "0." + "1" * 31, "9.999" + ".999" * 8,
    "9.999" + ".999" * 9, "29.02.2024", "29.02.2023", "29.02.1900", "1.1.0000", "1.1.0001", "31.12.9999", "1.1.10000", "1.1.26",
    "01.01.2026 ", "01\u201001\u20102026", "t01/02/69", "T01/02/68", "2026-06-30T23:59:60Z", "7.2.2026ss", "7.2.2026\u00df",
    "1\x1c2\x0b2026", "01 02 2026", "20260230", "\ufeff1", "\u212a", "\u00a0", "",
]  # fmt: skip  # a list of texts reads better in lines
VALUES = (
    st.sampled_from(ODD)
    | TEXTS
    | DAYS
    | JSON
    | st.floats()
    | st.sampled_from(
        ["yes", "x" * 201, "1.234,56", "-1.234,5", "0,00", "-0", "12,34,567.89", "31.02.2026", "20260228"]
    )
    | st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda one: f"{one:,}")
)


def text_of_a_route():
    def fields(paths, indent):
        numbered = enumerate((way, path) for way in WAYS for path in paths)
        return "".join(f'{indent}f{number}: {{from: "{path}", {way}}}\n' for number, (way, path) in numbered)

    return (
        "source: a.b\ndestination: c.d\nvars: {v: of}\n"
        "tables: {words: {'yes': 'no', 'no': 1}, days: {rows: {'yes': '2026-02-28'}, type: date, unknown: reject}, "
        "kept: {rows: {'yes': 1.50}, unknown: keep}}\n"
        f"fields:\n{fields([path for path in PATHS if path != 'item.inside'], '  ')}"
        f"  each:\n    each: items\n    as: item\n    fields:\n{fields(['item.inside', 'one', 'index'], '      ')}"
    )


@pytest.fixture(scope="module")
def routes(tmp_path_factory):
    path = tmp_path_factory.mktemp("shortcuts") / "route.yaml"
    path.write_text(text_of_a_route())
    with patch("mappings.language.singles.shortened", lambda _parts, _expression, step: step):
        long_way = load_route(path)
    return load_route(path), long_way


@given(VALUES, VALUES)
@example("1.234,56", "27.02.2026")
@example(Decimal("1.50"), None)
def test_a_shortcut_gives_and_tells_what_the_rule_behind_it_does(routes, value, other):
    document = {
        "one": value,
        "of": {"two": value, "the": {"three": other}, "o.d": {"three": value}},
        "listed": [other, {"two": value}],
        "items": [{"inside": value}, {"inside": other}, other],
    }
    (mapped, problems), (expected, told) = (route.attempt(document) for route in routes)
    assert exactly(mapped.payload, expected.payload)
    assert (problems, mapped.reviews, mapped.provenance) == (told, expected.reviews, expected.provenance)
    explained, wanted = (route.origins(document, made) for route, made in zip(routes, (mapped, expected), strict=True))
    assert explained == wanted
    for route in routes:
        assert not any(problem.message.startswith("it needs more") for problem in route.attempt(document)[1])


@given(st.text("0123456789.,'-+ ", max_size=40))
@pytest.mark.parametrize("form", ["1.234,56", "1,234.56", "12,34,567.89", "1'234.5", "1234", "1 234 567", "0,5"])
def test_numbers_are_read_quickly_as_by_their_example_or_not_at_all(form, text):
    found = quick_decimal((form,))(text)
    read = number_format(form).read(text)
    assert found is None or (read is not None and exactly(found, read[0]))


@pytest.mark.parametrize(
    ("form", "text", "number"),
    [
        ("1.234,56", "1.234,56", "1234.56"),
        ("1.234,56", "-12", "-12"),
        ("1234.5", "7.50", "7.50"),
        ("1 234", "1 234", "1234"),
    ],
)
def test_what_is_written_as_usual_is_read_quickly(form, text, number):
    assert exactly(quick_decimal((form,))(text), Decimal(number))
