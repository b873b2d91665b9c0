"""What holds for every number, amount and code there could be."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from babel.numbers import format_decimal
from hypothesis import assume, given
from hypothesis import strategies as st

import mappings.language
from mappings.language.codes.currencies import minor_units
from mappings.language.conversions import TYPES, Options
from mappings.language.numbers.examples import number_format
from mappings.language.numbers.money import ROUNDINGS, money
from mappings.language.shapes import shape_of
from mappings.language.values import ValueProblem

LANGUAGE = Path(mappings.language.__file__).parent
LOCALES = ["de", "de_CH", "en", "en_IN", "es", "fi", "fr", "fr_CH", "it", "nl", "pl", "pt_BR", "sv", "cs", "hi", "ja"]
EXAMPLES = [
    "1.234,56",
    "1,234.56",
    "1 234,56",
    "1'234.56",
    "12,34,567.89",
    "1234,56",
    "1.234.567",
    "1.234,56-",
    "€ 1.234,5678",
    "12,5 %",
]
DECIMALS = st.decimals(-(10**18), 10**18, places=8).map(lambda value: value.normalize())


@pytest.mark.parametrize("locale", LOCALES)
@given(value=DECIMALS)
def test_a_number_that_a_locale_writes_is_read_back_by_its_example(locale, value):
    example = number_format(format_decimal(Decimal("1234567.89"), locale=locale))
    assert example.read(format_decimal(value, locale=locale, decimal_quantization=False)) == (value, None)


@pytest.mark.parametrize("example", EXAMPLES)
@given(value=st.integers(-(10**25), 10**25))
def test_a_number_that_is_written_by_an_example_is_read_back_by_it(example, value):
    known = number_format(example)
    exact = Decimal(value).scaleb(-known.places)
    assert known.read(known.write(exact)) == (exact, None)


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**15), max_value=10**15))
def test_writing_a_number_never_loses_a_digit(value):
    try:
        text = number_format("1.234,56").write(value)
    except ValueProblem:
        assert value != round(value, 2)
    else:
        assert number_format("1.234,56").read(text) == (value, None)


@given(digits=st.integers(-(10**29), 10**29), places=st.integers(0, 28))
def test_a_decimal_keeps_every_digit_it_was_written_with(digits, places):
    text = format(Decimal(digits).scaleb(-places), "f")
    assume(len(text.split(".")[0].lstrip("-")) <= 30)
    assert format(TYPES["decimal"].make(Options())({}, text), "f") == text


def test_no_module_of_the_language_makes_a_binary_float():
    for path in LANGUAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
            assert not made, f"{path}:{getattr(node, 'lineno', 0)}"


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "CLF", "RSD"])
@given(value=st.decimals(-(10**12), 10**12, places=6))
def test_money_never_loses_a_minor_unit_silently(currency, value):
    unit = Decimal(1).scaleb(-minor_units(currency))
    for mode in ROUNDINGS.keys() - {"none"}:
        result = money(value, currency, mode)
        assert result.as_tuple().exponent == -minor_units(currency)
        assert abs(result - value) < unit
        assert not mode.startswith("half") or abs(result - value) <= unit / 2
        assert mode != "down" or abs(result) <= abs(value)
        assert mode != "up" or abs(result) >= abs(value)
    try:
        assert money(value, currency) == value
    except ValueProblem:
        assert value % unit != 0


@pytest.mark.parametrize("name", ["iban", "bic", "vat", "country", "currency", "language", "unit"])
@given(
    text=st.text(max_size=40)
    | st.from_regex(r"[A-Za-z]{2}[0-9A-Za-z .-]{2,24}", fullmatch=True)
    | st.sampled_from(
        ["DE89 3704 0044 0532 0130 00", "ATU13585627", "gr094259216", "deutdeff", "Suomi", "zh_cn", "kg", "stk"]
    )
)
def test_a_code_in_its_one_form_stays_as_it_is_and_a_refusal_shows_shapes_only(name, text):
    convert = TYPES[name].make(Options())
    code, told = text, ""
    try:
        code = convert({}, text)
    except ValueProblem as problem:
        told = str(problem)
    else:
        assert convert({}, code) == code
    # of signs alone the shape is the text itself
    assert len(set(text)) < 4 or not text.isascii() or shape_of(text) == text or text not in told


@given(at=st.integers(4, 21), digit=st.integers(1, 9))
def test_an_iban_with_one_digit_misread_is_refused(at, digit):
    valid = "DE89370400440532013000"
    misread = valid[:at] + str((int(valid[at]) + digit) % 10) + valid[at + 1 :]
    with pytest.raises(ValueProblem, match="check digits do not fit"):
        TYPES["iban"].make(Options())({}, misread)


SECRET = st.from_regex(r"[3-8]{2}[A-Za-z0-9.,:/ -]{4,20}", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("integer", Options(format=("1.234,56",))),
        ("decimal", Options(format=("1.234,56", "1,234.56 €"))),
        ("money", Options(format=("1.234,56 ¤",), currency=lambda scope: scope["of"])),
        ("date", Options(format=("%d.%m.%Y", "%m/%d/%y"))),
        ("datetime", Options(zone="Europe/Berlin")),
    ],
)
@given(text=SECRET, of=SECRET)
def test_a_refusal_by_a_format_shows_shapes_only(name, options, text, of):
    told = ""
    try:
        TYPES[name].make(options)({"of": of}, text)
    except ValueProblem as problem:
        told = str(problem)
    assert text not in told
    assert of not in told
