"""The pieces of rules, compiled: expressions, templates, conditions, tables, conversions. What is wrong is noted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mappings.language.codes.currencies import known_code
from mappings.language.conversions import TYPES, Options
from mappings.language.expressions import Expression, compile_expression, compile_template
from mappings.language.missing import MISSING
from mappings.language.problems import suggestion
from mappings.language.seal import ExpressionError, constant
from mappings.language.values import ValueProblem
from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.language.conversions import Convert, Quick
    from mappings.language.model import Rule, Written
    from mappings.language.paths import Scope
    from mappings.language.problems import Findings
    from mappings.language.seal import Evaluate
    from mappings.language.tables import Table
    from mappings.language.variables import Variables

    Condition = Callable[[Scope], object]
    Saw = Callable[[Written, bool], None]

_CODE = re.compile(r"[A-Z]{3}")


class Pieces:
    """Compiles the pieces of the rules of one route; what is wrong with them goes to `findings`."""

    def __init__(
        self, tables: Mapping[str, Table], variables: Variables, findings: Findings, saw: Saw | None = None
    ) -> None:
        self._tables = tables
        self._names = variables.find
        self._findings = findings
        self._saw = saw

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

    def conversion(self, rule: Rule, currency: Expression | None) -> tuple[Convert, Quick | None] | None:
        """Return what a rule's `type` and the keys beside it do to a value, and to most texts; None if there are none."""
        try:
            convert = conversion(rule, currency.evaluate if currency else None)
            return None if convert is None or rule.type is None else (convert, TYPES[rule.type].quick(_options(rule)))
        except FormatError as error:
            places = rule.options.get(error.option)
            self._findings.add(places[error.place].mark if places else rule.marks["type"], str(error))
            return None

    def condition(self, written: Written) -> tuple[Expression, Condition]:
        """Return a `when:` and a closure that answers it; a problem inside it is told as one of the condition."""
        expression = self.expression(written)
        applies, saw = _condition(expression), self._saw
        if saw is None:
            return expression, applies

        def watched(scope: Scope) -> object:
            answer = applies(scope)
            saw(written, bool(answer))
            return answer

        return expression, watched

    def currency(self, rule: Rule) -> Expression | None:
        """Return what a rule's `currency` says: a code such as EUR, or else a path or expression."""
        if "currency" not in rule.options:
            return None
        written = rule.options["currency"][0]
        if not is_code(written):
            return self.expression(written)
        try:
            return Expression(written.text, constant(known_code(written.text)), ())
        except FormatError as error:
            self._findings.add(written.mark, str(error))
            return Expression(written.text, constant(MISSING), ())


def conversion(rule: Rule, currency: Evaluate | None) -> Convert | None:
    """Return what a rule's `type` and the keys beside it do to a value, None if there are none. Raises FormatError."""
    return None if rule.type is None else TYPES[rule.type].make(_options(rule, currency))


def _options(rule: Rule, currency: Evaluate | None = None) -> Options:
    texts = {key: tuple(written.text for written in found) for key, found in rule.options.items()}
    single = {key: texts[key][0] for key in ("zone", "to_zone", "round") if key in texts}
    return Options(format=texts.get("format", ()), locale=texts.get("locale", ()), currency=currency, **single)


def is_code(currency: Written) -> bool:
    """Say whether a `currency` is the code of one, not a path or expression."""
    return _CODE.fullmatch(currency.text) is not None


def _condition(expression: Expression) -> Condition:
    evaluate, subject = expression.evaluate, f"when '{expression.text}'"

    def applies(scope: Scope) -> object:
        try:
            return evaluate(scope)
        except ValueProblem as problem:
            problem.subject = subject if problem.subject is None else f"{subject}: {problem.subject}"
            raise

    return applies
