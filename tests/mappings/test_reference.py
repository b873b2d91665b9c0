"""What the code says about types and filters is true, and the reference page says the same."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import mappings
from mappings.language.conversions import OPTIONS, TYPES, Options
from mappings.language.expressions import compile_expression
from mappings.language.filters import FILTERS, LOOKUP
from mappings.language.missing import MISSING
from mappings.language.reference import PAGE, renewed, tables
from mappings.language.tables import Table
from mappings.language.words import ANY, KINDS

PAGE_TEXT = (Path(mappings.__file__).parents[1] / PAGE).read_text(encoding="utf-8")
TABLES = {"currencies": Table("currencies", {"€": "EUR"})}
FILTER_EXAMPLES = [each for known in [*FILTERS.values(), LOOKUP] for each in known.examples]
TYPE_EXAMPLES = [each for known in TYPES.values() for each in known.examples]


def exactly(result, expected):
    assert (type(result), str(result)) == (type(expected), str(expected))


def test_the_tables_of_the_page_are_what_the_code_says_now():
    assert renewed(PAGE_TEXT) == PAGE_TEXT, "stale: run python -m mappings.language.reference"


def test_every_table_is_on_the_page_once():
    assert sorted(re.findall(r"<!-- table: ([a-z-]+) -->", PAGE_TEXT)) == sorted(tables())


def test_a_change_in_the_code_would_be_noticed():
    assert renewed(PAGE_TEXT.replace("half to the even digit", "half to the odd digit")) == PAGE_TEXT


@pytest.mark.parametrize("example", FILTER_EXAMPLES, ids=lambda each: each.written)
def test_an_example_of_a_filter_gives_what_it_says(example):
    exactly(compile_expression(example.written, TABLES).evaluate({}), example.gives)


@pytest.mark.parametrize("example", TYPE_EXAMPLES, ids=lambda each: each.written)
def test_an_example_of_a_type_gives_what_it_says(route, example):
    exactly(
        route(f"fields:\n  a: {{from: x, {example.written}}}\n").apply({"x": example.given}).payload["a"], example.gives
    )


@pytest.mark.parametrize("word", [*TYPES.values(), *FILTERS.values(), LOOKUP], ids=lambda word: word.help)
def test_every_word_has_help_an_example_and_kinds(word):
    assert word.help
    assert word.examples
    assert word.takes <= KINDS or word.takes == ANY
    assert word.gives <= KINDS or word.gives == ANY


def test_every_type_is_a_filter_too():
    assert TYPES.keys() <= FILTERS.keys()


def test_what_types_have_beside_them_is_what_there_is():
    assert {option for known in TYPES.values() for option in known.options} == OPTIONS.keys()
    assert {each.name for each in fields(Options)} == OPTIONS.keys()


@pytest.mark.parametrize("name", sorted(FILTERS.keys() - {"default"}))
def test_a_filter_as_it_is_written_gives_nothing_for_nothing(name):
    expression = compile_expression(f"x | {FILTERS[name].written}", {})
    assert expression.evaluate({"other": "2026-02-27"}) is MISSING
    assert expression.evaluate({"x": None, "other": "2026-02-27"}) is None


@pytest.mark.parametrize(
    "use", ["plus_days(y)", "plus_months(y)", "days_until(y)", "money(y)", "replace('a', y)", "round(y)"]
)
def test_a_filter_gives_nothing_where_an_argument_is_nothing(use):
    expression = compile_expression(f"x | {use}", {})
    assert expression.evaluate({"x": "2026-02-27"}) is MISSING
    assert expression.evaluate({"x": "2026-02-27", "y": None}) is None
