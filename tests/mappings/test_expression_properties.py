"""Whatever the expression and whatever the document: data, or a finding."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from jinja2.parser import Parser

from mappings.language import expressions
from mappings.language.expressions import compile_expression
from mappings.language.missing import MISSING
from mappings.language.seal import ExpressionError
from mappings.language.values import ValueProblem

DECIMALS = st.builds(lambda digits, exponent: Decimal(f"{digits}e{exponent}"), st.integers(), st.integers(-40, 40))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | DECIMALS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
ATOMS = st.sampled_from(["a", "b.a", "c[0]", "a[-1].b", "none", "true", "'x'", "1", "0.5", "[1, a]"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(
            inner, st.sampled_from(["+", "-", "*", "/", "~", "==", "<", ">=", "in", "not in", "and", "or"]), inner
        ).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(
            inner,
            st.sampled_from(
                ["trim", "round(1)", "abs", "join('x')", "first", "length", "default(1, true)", "replace('a', 'bb')"]
            ),
        ).map(lambda parts: f"({parts[0]} | {parts[1]})"),
        st.tuples(st.sampled_from(["not ", "-"]), inner).map("".join),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})"),
        st.tuples(inner, st.sampled_from(["0:2", "b", "'a'", "a"])).map(lambda parts: f"({parts[0]})[{parts[1]}]"),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS, st.dictionaries(st.sampled_from("abc"), JSON, max_size=3))
def test_any_expression_on_any_document_gives_data_or_a_finding(text, document):
    try:
        expression = compile_expression(text, {})
    except ExpressionError:
        return
    try:
        result = expression.evaluate(document)
    except ValueProblem:
        return
    assert result is MISSING or is_data(result)


PIECES = ["a", "b1", "_x", "not", "in", "is", "if", "else", "True", "none", "for", "[0]", "[12]", "[007]", "[-1]", "."]


@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
def test_a_plain_path_is_read_as_the_parser_of_expressions_reads_it(text):
    if expressions._PATH.fullmatch(text):  # noqa: SLF001 -- what is read in the short way
        parser = Parser(expressions._ENVIRONMENT, text, state="variable")  # noqa: SLF001 -- as parse_expression has it
        assert expressions.parse_expression(text) == parser.parse_expression()
        assert parser.stream.eos


def is_data(value):
    """Say whether a value is what JSON has, all the way down."""
    if isinstance(value, list | dict):
        return all(map(is_data, value.values() if isinstance(value, dict) else value))
    return value is None or isinstance(value, str | bool | int | Decimal)
