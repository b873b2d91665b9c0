"""What the lint says of expressions holds for the documents they meet: types, values, absence, conditions."""

from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.language.expressions import compile_expression
from mappings.language.missing import MISSING
from mappings.language.model import Written
from mappings.language.problems import Mark
from mappings.language.schema import Schema
from mappings.language.seal import ExpressionError
from mappings.language.tables import Table
from mappings.language.values import ValueProblem
from mappings.workbench.lint.examiner import Examiner
from mappings.workbench.lint.kinds import word_of
from mappings.workbench.lint.logic import possible
from mappings.workbench.lint.notebook import Notebook
from mappings.workbench.lint.places import Places
from mappings.workbench.lint.tables import Lookups
from mappings.workbench.lint.variables import Variables
from tests.mappings.lint.ends import SOURCE
from tests.mappings.lint.strategies import CONDITIONS, EXPRESSIONS, documents

DOCUMENTS = st.lists(documents(SOURCE), min_size=1, max_size=4)
TABLES = {"t": Table("t", {"EUR": "euro", "1": 5, "a": Decimal("1.5")}, places={})}


def look(text):
    """Return an expression examined: how it evaluates, what it gives, what is true of it, and what was found."""
    expression = compile_expression(text, TABLES)
    places, notebook = Places(Path("route.yaml"), text), Notebook()
    lookups = Lookups(TABLES, places)
    examiner = Examiner(TABLES, places, lookups, notebook)
    top = Variables({}, examiner, lookups, endpoint="shop.orders", document=Schema(SOURCE)).top
    parsed = examiner.parse(Written(Mark(1, 1), text, Mark(1, len(text) + 1)))
    return expression, examiner.examine(parsed, top), top.conditions, parsed.node, notebook


@settings(max_examples=400)
@given(text=EXPRESSIONS, found=DOCUMENTS)
def test_a_value_is_of_the_kind_that_was_inferred(text, found):
    try:
        expression, kind, *_, notebook = look(text)
    except ExpressionError:
        return
    mistakes = [each for each in notebook.findings() if each.code == "type-mismatch"]
    for document in found:
        try:
            value = expression.evaluate(document)
        except ValueProblem:
            continue
        if value is MISSING:
            assert kind.missing or mistakes
        elif value is None:
            assert kind.null or mistakes
        elif not mistakes:
            fits = {word_of(value)} | ({"date", "datetime"} if isinstance(value, str) else set())
            assert kind.words & (fits | ({"decimal"} if isinstance(value, int) else set()))
            if kind.complete and kind.fixed and not isinstance(value, list):
                assert value in [each.value for each in kind.fixed]


@settings(max_examples=400)
@given(text=CONDITIONS, found=DOCUMENTS)
def test_what_is_never_true_is_true_for_no_document(text, found):
    expression, _, conditions, node, _ = look(text)
    true, untrue = conditions.true(node), conditions.untrue(node)
    never, always = not possible(true, conditions.terms), not possible(untrue, conditions.terms)
    for document in found:
        try:
            answer = bool(expression.evaluate(document))
        except ValueProblem:
            continue
        assert not (answer and never)
        assert answer or not always
