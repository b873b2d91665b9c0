"""How numbers and amounts of money are read and written, and what is said about those that are not right."""

from decimal import Decimal

import pytest

from mappings.language import MappingError
from mappings.language.numbers.examples import number_format
from mappings.language.words import FormatError


def result(route, rule, value, **others):
    return route(f"fields:\n  a: {{from: x, {rule}}}\n").apply({"x": value, **others}).payload["a"]


@pytest.mark.parametrize(
    ("example", "text", "value"),
    [
        ("1.234,56", "1.234.567,8", "1234567.8"),
        ("1.234,56", "1234567", "1234567"),
        ("1.234,56", "1,234", "1.234"),
        ("1.234,56", "-0,50", "-0.50"),
        ("1.234,56", "\u22125", "-5"),
        ("1.234,56", "+5", "5"),
        ("1 234,56", "1\u202f234\u00a0567,8", "1234567.8"),
        ("1'234.56", "1\u2019234.5", "1234.5"),
        ("12,34,567.89", "1,23,45,678.9", "12345678.9"),
        ("1.234.567", "1.234", "1234"),
        ("1 234", "1 234 567", "1234567"),
        ("1'234", "1'234", "1234"),
        ("1234.56", "1234.5", "1234.5"),
        ("1.234,56-", "1.234,56-", "-1234.56"),
        ("1.234,56- EUR", "1.234,56- EUR", "-1234.56"),
        ("1.234,56 €", "1.234,56€", "1234.56"),
        ("EUR 1.234,56", "-EUR 1.234,56", "-1234.56"),
        ("EUR 1.234,56", "EUR-1.234,56", "-1234.56"),
        ("12,5 %", "19 %", "19"),
        ("12.-", "15.-", "15"),
    ],
)
def test_a_number_is_read_as_the_example_shows(route, example, text, value):
    read = result(route, f'type: decimal, format: "{example}"', text)
    assert (type(read), str(read)) == (Decimal, value)


@pytest.mark.parametrize(
    ("example", "text"),
    [
        ("1.234,56", "1.23,5"),
        ("1.234,56", "12.34.567"),
        ("1.234,56", "1.2345,6"),
        ("1.234,56", "1234.567"),
        ("1.234,56", "0.123"),
        ("1.234,56", "1,234.56"),
        ("1.234,56", "1.234,"),
        ("1.234,56", ",5"),
        ("1.234,56", " 5"),
        ("1.234,56", "5 €"),
        ("1.234,56", "--5"),
        ("1.234,56", "1e5"),
        ("1.234,56", "١٢٣"),
        ("1.234,56", ""),
        ("1.234,56 €", "5"),
        ("1.234,56 €", "5 $"),
        ("1.234,56-", "-5"),
        ("EUR 1.234,56", "-EUR -5"),
        ("1234,56", "1.234,56"),
        ("1.234.567", "1.234,5"),
    ],
)
def test_a_number_in_any_other_form_is_refused(route, example, text):
    with pytest.raises(MappingError, match="is not a number of the form"):
        result(route, f'type: decimal, format: "{example}"', text)


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ("1.234", "can be read in two ways"),
        ("1,234", "can be read in two ways"),
        ("1.2.3,4", "groups of digits that nobody writes"),
        ("12.34,56", "groups of digits that nobody writes"),
        ("1.234.56", "groups of digits that nobody writes"),
        ("1;234,56", "';' stands between digits"),
        ("1.234,567,8", "is not an example of a number"),
        ("-5,00", "begins with a sign"),
        ("€", "is not an example of a number"),
        ("¤ 5,00 ¤", "more than one ¤"),
        ("#.##0,00", "is not an example of a number"),
        # read as words beside the digits, these would turn what is owed into what is due
        ("1.234,56 -", "would not make a number negative"),
        ("1.234,56 €-", "would not make a number negative"),
        ("(1.234,56)", "would not make a number negative"),
        ("\u2013 1.234,56", "begins with a sign"),
    ],
)
def test_an_example_that_does_not_say_enough_is_refused(example, message):
    with pytest.raises(FormatError) as refused:
        number_format(example)
    assert message in str(refused.value)


def test_two_examples_that_read_two_numbers_are_no_answer(route):
    rule = "type: decimal, format: ['1.234,56', '1,234.56']"
    assert result(route, rule, "1.234,5") == Decimal("1234.5")
    assert result(route, rule, "12") == Decimal(12)
    with pytest.raises(MappingError, match=r"is one number by '1.234,56' and another by '1,234.56'"):
        result(route, rule, "1.234")


@pytest.mark.parametrize(
    ("rule", "value", "others", "expected"),
    [
        ("currency: EUR", 5, {}, "5.00"),
        ("currency: EUR", "5.5", {}, "5.50"),
        ("currency: EUR", Decimal("5.5000"), {}, "5.50"),
        ("currency: of", 5, {"of": "JPY"}, "5"),
        ("currency: of", 5, {"of": "kwd"}, "5.000"),
        ("currency: of", 5, {"of": "€"}, "5.00"),
        ("currency: of", 5, {"of": "RSD"}, "5.00"),
        ("currency: of", 5, {"of": "HRK"}, "5.00"),
        ("currency: \"of | default('EUR')\"", 5, {}, "5.00"),
        ("currency: EUR, round: half_up", Decimal("2.345"), {}, "2.35"),
        ("currency: EUR, round: half_even", Decimal("2.345"), {}, "2.34"),
        ("currency: EUR, round: up", Decimal("-2.341"), {}, "-2.35"),
        ("currency: EUR, round: down", Decimal("-2.349"), {}, "-2.34"),
        ("currency: of, format: '1.234,56 ¤'", "5,5 €", {"of": "EUR"}, "5.50"),
        ("currency: of, format: '1.234,56 ¤'", "5,5 eur", {"of": "EUR"}, "5.50"),
        ("currency: of, format: '¤1.234,56'", "$5,5", {"of": "CAD"}, "5.50"),
        ("currency: of, format: '1.234,56 ¤'", "5,50 kr.", {"of": "DKK"}, "5.50"),
        ("currency: EUR, round: half_up", Decimal("-0.001"), {}, "0.00"),
        ("currency: EUR", "-0", {}, "0.00"),
    ],
)
def test_an_amount_has_the_places_of_its_currency(route, rule, value, others, expected):
    assert str(result(route, f"type: money, {rule}", value, **others)) == expected


@pytest.mark.parametrize(
    ("rule", "value", "others", "message"),
    [
        ("currency: EUR", Decimal("2.345"), {}, "x has more than 2 places; say with round: how it is rounded"),
        ("currency: JPY, round: none", Decimal("2.5"), {}, "x has more than 0 places"),
        ("currency: of", 5, {}, "x is an amount whose currency is missing"),
        ("currency: of", 5, {"of": None}, "x is an amount whose currency is null"),
        ("currency: of", 5, {"of": "$"}, "is an amount whose currency is a sign of several currencies"),
        (
            "currency: of",
            5,
            {"of": "DEM"},
            "x is an amount whose currency is not a currency of ISO 4217 (looks like 'AAA')",
        ),
        ("currency: of", 5, {"of": "XAU"}, "x is an amount in a currency that has no minor unit to round to"),
        (
            "currency: of, format: '1.234,56 ¤'",
            "5,5 $",
            {"of": "EUR"},
            "carries the sign of another currency than its own (looks like '9,9 $')",
        ),
        ("currency: of, format: '1.234,56 ¤'", "5,5", {"of": "EUR"}, "is not a number of the form '1.234,56 ¤'"),
    ],
)
def test_an_amount_that_would_lose_or_hide_something_is_refused(route, rule, value, others, message):
    with pytest.raises(MappingError) as rejected:
        result(route, f"type: money, {rule}", value, **others)
    assert message in str(rejected.value)


def test_the_currency_of_an_amount_is_one_of_its_sources(route):
    loaded = route("fields:\n  a: {from: x, type: money, currency: head.currency}\n")
    assert loaded.rules[0].sources == ("x", "head.currency")
    document = {"x": 5, "head": {"currency": "EUR"}}
    (origin,) = loaded.origins(document, loaded.apply(document))
    assert origin.sources == (("x", 5), ("head.currency", "EUR"))


def test_writing_a_number_that_has_more_places_is_a_problem(route):
    with pytest.raises(MappingError, match=r"has more than 2 places, which '1.234,56' does not show; round it first"):
        route("fields:\n  a: \"x | format_number('1.234,56')\"\n").apply({"x": Decimal("1.005")})


def test_a_list_may_have_objects_whose_fields_are_called_like_options(route):
    loaded = route("fields:\n  prices: {list: [{amount: a, currency: b}, {name: c, format: d, zone: e}]}\n")
    payload = loaded.apply({"a": 1, "b": "EUR", "c": "x", "d": "y", "e": "z"}).payload
    assert payload == {"prices": [{"amount": 1, "currency": "EUR"}, {"name": "x", "format": "y", "zone": "z"}]}
