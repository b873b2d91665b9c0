"""What expressions and templates mean: exact numbers, and nothing stays nothing."""

from decimal import Decimal

import pytest
from jinja2 import Environment

from mappings.language.expressions import compile_expression, compile_template, parse_expression
from mappings.language.missing import MISSING
from mappings.language.seal import ExpressionError
from mappings.language.tables import Table
from mappings.language.values import ValueProblem

TABLES = {"currencies": Table("currencies", {"€": "EUR", "1": "one", "true": "yes"})}
DOCUMENT = {
    "id": "d1",
    "total": Decimal("12345678901234567.89"),
    "net": Decimal("0.1"),
    "count": 3,
    "flag": True,
    "nothing": None,
    "empty": "",
    "name": "  Müller ",
    "float": 0.1,
    "items": [{"iban": "DE 12", "net": Decimal("1.10")}, {"iban": None}],
    "words": ["a", "b"],
    "in": {"not": "keyword"},
    "odd key": {"a.b": 1},
    "currency": "€",
}


def value(text):
    return compile_expression(text, TABLES).evaluate(DOCUMENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("total", Decimal("12345678901234567.89")),
        ("items[0].iban", "DE 12"),
        ("items.0.iban", "DE 12"),
        ("items[-2].iban", "DE 12"),
        ("items[7].iban", MISSING),
        ("items[count - 2].iban", None),
        ("items.iban", MISSING),
        ("name[0]", MISSING),
        ("nothing.deeper.still", MISSING),
        ("nothing", None),
        ("absent", MISSING),
        ("odd_key", MISSING),
        ("words[0:1]", ["a"]),
        ("id[1:]", "1"),
        ("absent[:3]", MISSING),
        ("0.1 + 0.2", Decimal("0.3")),
        ("net + 0.2", Decimal("0.3")),
        ("net + 0.2 == 0.3", True),
        ("total - 0.01", Decimal("12345678901234567.88")),
        ("12345678901234567.89", Decimal("12345678901234567.89")),
        ("count * 2 + 1", 7),
        ("count / 2", Decimal("1.5")),
        ("1 / 3", Decimal("0." + "3" * 28)),
        ("(1 / 3000000 * 3000000) | round(2)", Decimal("1.00")),
        ("-count", -3),
        ("+net", Decimal("0.1")),
        ("-(net + 1)", Decimal("-1.1")),
        ("(net - net) * -1 ~ ''", "0.0"),
        ("0 | default(5, true)", 0),
        ("false | default(true, true)", False),
        ("[] | default('x', true)", "x"),
        ("absent + 1", MISSING),
        ("nothing + 1", None),
        ("-nothing", None),
        ("count >= 3", True),
        ("1 < count < 5", True),
        ("1 < count < 2", False),
        ("absent >= 1", MISSING),
        ("nothing >= 1", None),
        ("'a' < 'b'", True),
        ("absent == 'x'", MISSING),
        ("absent != 'x'", MISSING),
        ("nothing == none", True),
        ("nothing != 'x'", True),
        ("flag == true", True),
        ("flag == 1", False),
        ("count == 3.0", True),
        ("count == '3'", False),
        ("id in ['d1', 'd2']", True),
        ("id not in ['d1', 'd2']", False),
        ("absent in ['d1']", MISSING),
        ("absent not in ['d1']", MISSING),
        ("'a' in words", True),
        ("true in [1]", False),
        ("'ü' in name", True),
        ("'iban' in items[0]", True),
        ("id in nothing", None),
        ("id in [absent, 'd1']", True),
        ("[id, absent, nothing]", ["d1", None]),
        ("[absent] | first", MISSING),
        ("items == items", True),
        ("[true, [1.0]] == [true, [1]]", True),
        ("[true] == [1]", False),
        ("items[0] == items[1]", False),
        ("[1] == [1, 1]", False),
        ("items[0] == words", False),
        ("absent and id", MISSING),
        ("absent or id", "d1"),
        ("empty or 'x'", "x"),
        ("flag and id", "d1"),
        ("not absent", True),
        ("not flag", False),
        ("not (absent >= 5)", MISSING),
        ("not (count >= 5)", True),
        ("absent >= 5 or flag", True),
        ("'yes' if flag else 'no'", "yes"),
        ("'yes' if absent else 'no'", "no"),
        ("'yes' if absent", MISSING),
        ("id ~ '-' ~ count ~ '-' ~ net", "d1-3-0.1"),
        ("id ~ nothing", MISSING),
        ("id ~ absent", MISSING),
        ("flag ~ ''", "true"),
        ("name | trim | upper", "MÜLLER"),
        ("name | trim | lower | replace('ü', 'ue')", "mueller"),
        ("absent | trim", MISSING),
        ("nothing | trim", None),
        ("absent | default('x')", "x"),
        ("nothing | default('x')", None),
        ("nothing | default('x', true)", "x"),
        ("empty | default('x', true)", "x"),
        ("flag | default('x', true)", True),
        ("words | join(', ')", "a, b"),
        ("words | join", "ab"),
        ("words | first", "a"),
        ("words | last", "b"),
        ("[] | first", MISSING),
        ("words | length", 2),
        ("name | length", 9),
        ("2.5 | round", 3),
        ("2.345 | round(2)", Decimal("2.35")),
        ("-2.5 | round", -3),
        ("-count | abs", 3),
        ("currency | lookup('currencies')", "EUR"),
        ("'?' | lookup('currencies')", MISSING),
        ("1 | lookup('currencies')", "one"),
        ("flag | lookup('currencies')", "yes"),
        ("absent | lookup('currencies') | default('EUR')", "EUR"),
        ("nothing | lookup('currencies')", None),
        ("absent is defined", False),
        ("nothing is defined", True),
        ("absent is undefined", True),
        ("nothing is none", True),
        ("absent is none", False),
        ("net is number", True),
        ("flag is number", False),
        ("flag is boolean", True),
        ("id is string", True),
        ("id is not string", False),
        ("(flag and items)[0].iban", "DE 12"),
        ("'it''s'", "its"),
    ],
)
def test_expressions_mean_this(text, expected):
    result = value(text)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name + 'x'", "text cannot be calculated with (looks like '  Aaaaaa '); join text with ~"),
        ("name >= 5", "cannot be compared by size (looks like '  Aaaaaa '); both sides must be numbers"),
        ("flag >= 1", "cannot be compared by size"),
        ("words >= 1", "(is a list of 2)"),
        ("float + 1", "binary float"),
        ("float == 0.1", "binary float"),
        ("1 / 0", "divided by zero"),
        ("0 / 0", "divided by zero"),
        ("net / (count - 3)", "divided by zero"),
        ("words ~ 'x'", "cannot be written as text"),
        ("count | trim", "is not text"),
        ("id | join", "is not a list"),
        ("id | round", "is not a number"),
        ("count | length", "has no length"),
        ("id | round(count)", "is not a number"),
        ("net | round(11)", "0 to 10 places"),
        ("words | lookup('currencies')", "not a single value"),
        ("float | lookup('currencies')", "binary float"),
        ("count in id", "is not text"),
        ("id in count", "cannot be searched"),
        ("count[0:1]", "cannot be cut"),
        ("id[0:id]", "whole number"),
        ("id | replace('', 'x')", "empty text"),
    ],
)
def test_what_cannot_be_done_is_said_without_the_value(text, message):
    with pytest.raises(ValueProblem) as caught:
        value(text)
    assert message in str(caught.value)
    assert "Müller" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ id }}", "d1"),
        ("a {{ id }} b {{ count }}\n", "a d1 b 3\n"),
        ("{{ net }} {{ total }}", "0.1 12345678901234567.89"),
        ("{{ flag }}", "true"),
        ("{{ nothing }}", MISSING),
        ("x{{ absent }}", MISSING),
        ("{{ absent | default('-') }}", "-"),
        ("{{ '{{' }}", "{{"),
        ("{# a comment #}{{ id }}", "d1"),
        ("{{ name }}<&>", "  Müller <&>"),
    ],
)
def test_templates_mean_this(text, expected):
    assert compile_template(text, TABLES).evaluate(DOCUMENT) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the expression is empty"),
        ("a +", "unexpected 'end of template': a +"),
        ("a b", "cannot be understood from 'b' on: a b"),
        ("a..b", "a..b"),
        ("{{ id }}", "an expression has no {{ }} around it"),
        ("a | trimm", "unknown filter '| trimm' (did you mean 'trim'?): a | trimm"),
        ("a is defned", "unknown test 'is defned' (did you mean 'defined'?)"),
        ("a is defined(1)", "takes no arguments"),
        ("a | replace('x')", "does not take 1 arguments (it takes 2)"),
        ("a | round(1, 'up', 2)", "it takes 0 to 2"),
        ("a | trim(1)", "it takes none"),
        ("a | default(value=1)", "plain arguments only"),
        ("a | lookup('currency')", "unknown table 'currency' (did you mean 'currencies'?)"),
        ("a | lookup(b)", "the name of a table in quotes"),
        ("a == 'x", "; a quotation mark is not closed: a == 'x"),
        ("a = 'x && y'", "cannot be understood from '=' on; write == instead of =: a = 'x && y'"),
        ("a === 'x'", "; write == instead of ===: a"),
        ("a && b", "; write and instead of &&: a"),
        ("a || b", "; write or instead of ||: a"),
        ("a AND b", "; write and instead of AND: a"),
        ("!a", "; write not instead of !: !a"),
        ("a <> b", "; write != instead of <>: a"),
        ("a == “x”", "; write straight quotation marks around text: a"),
        ("a ? b : c", "unexpected char '?' at 2: a ? b : c"),
        ("a" * 501, "too long"),
        ("total > 1e99999999999999999999", "a number is too large or too small"),
        ("1e31 + a", "more than 30 digits"),
    ],
)
def test_mistakes_in_expressions_are_explained_with_their_text(text, message):
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, TABLES)
    assert message in str(caught.value)


def test_a_template_is_explained_by_what_is_inside_its_braces():
    with pytest.raises(ExpressionError, match="; write and instead of &&: A = B"):
        compile_template("A = B {{ a && b }}", TABLES)


@pytest.mark.parametrize(
    "text", ["a", "a.b[0].c", "_x.y1[12]", "nota.b", "a.not", "in_", "items[0][1]", "a.true", "none_"]
)
def test_a_plain_path_is_what_jinja_makes_of_it(text):
    jinja = Environment().parse(f"{{{{ {text} }}}}").body[0].nodes[0]
    assert parse_expression(text) == jinja
    assert parse_expression(f"({text})") == jinja


def test_the_paths_of_an_expression_are_known():
    expression = compile_expression("a.b[0]['x y'] if c else d | default(a.b[0]['x y'])", {})
    assert [path.text for path in expression.paths] == ["a.b[0]['x y']", "c", "d"]
    assert expression.names == ["a", "c", "d"]
