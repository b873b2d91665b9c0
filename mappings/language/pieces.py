"""The pieces of rules, compiled: expressions, templates, conditions, tables, conversions. What is wrong is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.conversions import FormatError, converter
from mappings.language.expressions import Expression, compile_expression, compile_template
from mappings.language.missing import MISSING
from mappings.language.problems import suggestion
from mappings.language.seal import ExpressionError, constant
from mappings.language.values import ValueProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.language.conversions import Convert
    from mappings.language.model import Rule, Written
    from mappings.language.paths import Scope
    from mappings.language.problems import Findings
    from mappings.language.tables import Table
    from mappings.language.variables import Variables

    Condition = Callable[[Scope], object]


class Pieces:
    """Compiles the pieces of the rules of one route; what is wrong with them goes to `findings`."""

    def __init__(self, tables: Mapping[str, Table], variables: Variables, findings: Findings) -> None:
        self._tables = tables
        self._names = variables.find
        self._findings = findings

    def expression(self, written: Written) -> Expression:
        """Compile a path or expression."""
        try:
            return compile_expression(written.text, self._tables, self._names)
        except ExpressionError as error:
            self._findings.add(written.mark, str(error))
            return Expression(written.text, constant(MISSING), ())

    def template(self, written: Written) -> Expression:
        """Compile a template, which must have an expression in it."""
        try:
            expression = compile_template(written.text, self._tables, self._names)
        except ExpressionError as error:
            self._findings.add(written.mark, str(error))
            return Expression(written.text, constant(MISSING), ())
        if expression.fixed:
            self._findings.add(
                written.mark, "this template has no {{ }} in it; a path goes under from:, fixed text under value:"
            )
        return expression

    def table(self, written: Written | None) -> Table | None:
        """Return the table a rule looks into, if it does."""
        if written is None:
            return None
        table = self._tables.get(written.text)
        if table is None:
            self._findings.add(written.mark, f"unknown table '{written.text}'{suggestion(written.text, self._tables)}")
        return table

    def conversion(self, rule: Rule) -> Convert | None:
        """Return what a rule's `type` and `format` do to a value, None if there are none."""
        if rule.type is None:
            return None
        try:
            return converter(rule.type, rule.format.text if rule.format and rule.type == "date" else None)
        except FormatError as error:
            if rule.format is not None:
                self._findings.add(rule.format.mark, str(error))
            return None


def condition(expression: Expression) -> Condition:
    """Return a closure that answers a `when:`; a problem inside it is told as one of the condition."""
    evaluate, subject = expression.evaluate, f"when '{expression.text}'"

    def applies(scope: Scope) -> object:
        try:
            return evaluate(scope)
        except ValueProblem as problem:
            problem.subject = subject if problem.subject is None else f"{subject}: {problem.subject}"
            raise

    return applies
