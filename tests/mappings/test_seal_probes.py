"""Hostile expressions and templates: each is refused, stopped or harmless, and none takes a fifth of a second.

The files in probes/ have one per line.
"""

from pathlib import Path

import pytest

from mappings.language import work
from mappings.language.expressions import compile_expression, compile_template
from mappings.language.missing import MISSING
from mappings.language.seal import ExpressionError
from mappings.language.tables import Table
from mappings.language.values import LONGEST_TEXT, ValueProblem
from tests.mappings.hostile import DOCUMENT, in_time

TABLES = {"t": Table("t", {"a": "b"})}


def probes(name: str) -> list[str]:
    lines = Path(__file__).with_name("probes").joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("===")]


REFUSED = [
    *probes("refused"),
    # numbers, characters and lines that no file of lines can hold well
    "9" * 31,
    "9" * 400,
    "0x" + "f" * 400,
    "id\n}}{{ id",
    "\x00",
    "id\x00",
    # too long and too deep
    "1" + "+1" * 250,
    "1" + "+1" * 200,
    "(" * 240 + "1" + ")" * 240,
    "(" * 499,
    "[" * 200 + "]" * 200,
    "not " * 120 + "id",
    "-" * 400 + "1",
    "id" + "|trim" * 99,
    "id" + "|default(" * 40 + "1" + ")" * 40 + "|x",
    "id or " * 83 + "x",
    "1 if " * 70 + "1",
    "(" * 61 + "id" + "[n].a)" * 61,
]
STOPPED = [*probes("stopped"), "text" + " | replace('a', 'aaaa')" * 11]
HARMLESS = [
    *probes("harmless"),
    "(" * 61 + "id" + "[0].a)" * 61,
    "a" + ".b" * 249,
    "a" + "[0]" * 160,
    "fn" + ".x" * 200,
]


def test_there_are_well_over_a_hundred_probes():
    assert len({*REFUSED, *STOPPED, *HARMLESS}) == len([*REFUSED, *STOPPED, *HARMLESS]) > 250


def refusal(compiling, probe):
    with pytest.raises(ExpressionError) as caught:
        compiling(probe, TABLES)
    return str(caught.value)


@pytest.mark.parametrize("probe", REFUSED, ids=range(len(REFUSED)))
def test_a_hostile_expression_is_refused_when_the_route_is_loaded(probe):
    assert len(in_time(lambda: refusal(compile_expression, probe))) < 300


@pytest.mark.parametrize("probe", [probe for probe in REFUSED if "}}" not in probe], ids=str.__len__)
def test_what_is_refused_bare_is_refused_in_a_template_too(probe):
    in_time(lambda: refusal(compile_template, f"{{{{ {probe} }}}}"))


@pytest.mark.parametrize("probe", STOPPED, ids=range(len(STOPPED)))
def test_a_hostile_expression_is_stopped_when_it_meets_a_document(probe):
    expression = compile_expression(probe, TABLES)
    with pytest.raises(ValueProblem) as caught:
        in_time(lambda: expression.evaluate(DOCUMENT))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("probe", HARMLESS, ids=range(len(HARMLESS)))
def test_names_of_python_and_jinja_mean_nothing(probe):
    assert in_time(lambda: compile_expression(probe, TABLES).evaluate(DOCUMENT)) is MISSING


TEMPLATES = [
    *probes("templates"),
    "{{ " + "(" * 900 + "1" + ")" * 900 + " }}",
    "x" * 2_001,
]


@pytest.mark.parametrize("probe", TEMPLATES, ids=range(len(TEMPLATES)))
def test_a_hostile_template_is_refused_when_the_route_is_loaded(probe):
    in_time(lambda: refusal(compile_template, probe))


def counted(expression, document):
    """Evaluate as for a document that is mapped."""
    try:
        work.begin(0, {})
        return expression.evaluate(document)
    finally:
        work.end()


def test_the_longest_legal_chain_of_filters_on_the_longest_text_is_quick():
    expression = compile_expression("text" + "|upper" * 58, {})
    in_time(lambda: counted(expression, {"text": "ß" * (LONGEST_TEXT // 2)}))


def test_the_longest_legal_list_of_searches_in_text_is_quick():
    expression = compile_expression(" or ".join(["'b' in text"] * 30), {})
    assert in_time(lambda: counted(expression, {"text": "a" * LONGEST_TEXT})) is False


def test_the_longest_legal_list_of_searches_in_a_list_is_stopped():
    expression = compile_expression(" or ".join(["1 in long"] * 30), {})
    with pytest.raises(work.TooMuchWorkError):
        in_time(lambda: counted(expression, DOCUMENT))
