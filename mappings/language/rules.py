"""From rules as written to closures that fill a payload. Compiled once per route, shared by all threads.

Order inside a rule: when, source, lookup, then default or required if there is nothing or null, then type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.conversions import FormatError, converter
from mappings.language.expressions import Expression, compile_expression, compile_template
from mappings.language.missing import MISSING
from mappings.language.model import Each, Fields, From, Items, Rule, Template, Written
from mappings.language.problems import suggestion
from mappings.language.remedies import Remedy, absence_of, each_absence, inner_absence
from mappings.language.seal import ExpressionError, constant
from mappings.language.shapes import looks
from mappings.language.values import ValueProblem, copied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.language.conversions import Convert
    from mappings.language.paths import Scope
    from mappings.language.problems import Findings
    from mappings.language.remedies import Positions, Run
    from mappings.language.tables import Table

    Step = Callable[[Scope, Run, Positions], object]
    Fill = Callable[[Scope, Run, Positions], dict[str, object]]
    Condition = Callable[[Scope], object]

_TO_COPY = frozenset({dict, list, float})


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What is known of a compiled rule; `sources` are the paths it reads, `target` has [] where a position goes."""

    line: int
    column: int
    target: str
    sources: tuple[str, ...]


class Compiler:
    """Compiles the rules of one route; what is wrong with them goes to `findings`. `facts` numbers them."""

    def __init__(self, tables: Mapping[str, Table], findings: Findings) -> None:
        self._tables = tables
        self._findings = findings
        self.facts: list[RuleFacts] = []

    def fields(self, fields: Fields) -> Fill:
        """Return a closure that makes an object; fields that come to nothing are left out."""
        steps: list[tuple[list[str], str, Step]] = []
        for target, rule in fields.rules:
            *parents, last = target.split(".")
            steps.append((parents, last, self.rule(rule)))

        def fill(scope: Scope, run: Run, positions: Positions) -> dict[str, object]:
            result: dict[str, object] = {}
            for parents, last, step in steps:
                value = step(scope, run, positions)
                if value is not MISSING:
                    place = result
                    for parent in parents:
                        place = place.setdefault(parent, {})  # type: ignore[assignment]  # colliding targets were refused
                    place[last] = value
            return result

        return fill

    def condition(self, written: Written) -> Condition:
        """Compile a `when:`; a problem inside it is told as one of the condition."""
        expression = self.expression(written)
        evaluate, subject = expression.evaluate, f"when '{expression.text}'"

        def applies(scope: Scope) -> object:
            try:
                return evaluate(scope)
            except ValueProblem as problem:
                problem.subject = subject
                raise

        return applies

    def expression(self, written: Written) -> Expression:
        """Compile a path or expression."""
        try:
            return compile_expression(written.text, self._tables)
        except ExpressionError as error:
            self._findings.add(written.mark, str(error))
            return Expression(written.text, constant(MISSING), ())

    def _template(self, written: Written) -> Expression:
        try:
            expression = compile_template(written.text, self._tables)
        except ExpressionError as error:
            self._findings.add(written.mark, str(error))
            return Expression(written.text, constant(MISSING), ())
        if expression.fixed:
            self._findings.add(
                written.mark, "this template has no {{ }} in it; a path goes under from:, fixed text under value:"
            )
        return expression

    def rule(self, rule: Rule) -> Step:
        """Compile one rule into a closure that returns its value, or MISSING."""
        number = len(self.facts)
        self.facts.append(RuleFacts(rule.mark.line, rule.mark.column, rule.target, ()))
        source = rule.source
        if isinstance(source, Fields | Items | Each):
            step, expressions = self._container(rule, source)
        else:
            if isinstance(source, From):
                expression = self.expression(source.expression)
            elif isinstance(source, Template):
                expression = self._template(source.template)
            else:
                expression = Expression("value", constant(source.value), ())
            step, expressions = self._single(rule, expression, number), [expression]
        paths = tuple(path.text for expression in expressions for path in expression.paths)
        self.facts[number] = RuleFacts(rule.mark.line, rule.mark.column, rule.target, paths)
        return step

    def _single(self, rule: Rule, expression: Expression, number: int) -> Step:
        applies = self.condition(rule.when) if rule.when else None
        table = self._table(rule.lookup) if rule.lookup else None
        evaluate = _looked_up(expression, table) if table else expression.evaluate
        convert, instead = self._convert(rule) or _plain, _for_nothing(rule, expression, table)
        remedy = Remedy(rule, expression)

        def step(scope: Scope, run: Run, positions: Positions) -> object:
            try:
                if applies is not None and not applies(scope):
                    return MISSING
                value = evaluate(scope)
                value = instead(scope, value) if value is None or value is MISSING else convert(value)
            except ValueProblem as problem:
                value = remedy.apply([remedy.told(problem, positions)], run)
            if value is not MISSING:
                run.provenance.append((number, positions))
            return value

        return step

    def _container(self, rule: Rule, source: Fields | Items | Each) -> tuple[Step, list[Expression]]:
        expressions: list[Expression] = []
        if isinstance(source, Each):
            over = self.expression(source.over)
            expressions.append(over)
            build, absence = self._each(rule, source, over), each_absence(over)
            applies = None  # inside each, when chooses the items
        else:
            build = self._object(source) if isinstance(source, Fields) else self._list(source)
            absence = inner_absence("fields" if isinstance(source, Fields) else "items")
            applies = self.condition(rule.when) if rule.when else None
        default, required = rule.default, rule.required
        remedy = Remedy(rule, expressions[0] if expressions else None)

        def step(scope: Scope, run: Run, positions: Positions) -> object:
            problems_before, traces_before = len(run.problems), len(run.provenance)
            value: object = MISSING
            try:
                if applies is not None and not applies(scope):
                    return MISSING
                value = build(scope, run, positions)
                if not value and len(run.problems) == problems_before:
                    if default is not MISSING:
                        return copied(default)
                    if required:
                        raise ValueProblem(absence(scope), "")  # noqa: TRY301 -- treated like any other
            except ValueProblem as problem:
                run.problems.append(remedy.told(problem, positions))
            if len(run.problems) > problems_before and rule.on_error != "fail":
                told = run.problems[problems_before:]
                del run.problems[problems_before:], run.provenance[traces_before:]
                return remedy.apply(told, run)
            return value

        return step, expressions

    def _object(self, source: Fields) -> Step:
        fill = self.fields(source)
        return lambda scope, run, positions: fill(scope, run, positions) or MISSING

    def _list(self, source: Items) -> Step:
        steps = [self.rule(rule) for rule in source.rules]

        def build(scope: Scope, run: Run, positions: Positions) -> object:
            made = [step(scope, run, (*positions, place)) for place, step in enumerate(steps)]
            return [value for value in made if value is not MISSING]

        return build

    def _each(self, rule: Rule, source: Each, over: Expression) -> Step:
        fill, name, evaluate = self.fields(source.fields), source.name, over.evaluate
        applies = self.condition(rule.when) if rule.when else None

        def build(scope: Scope, run: Run, positions: Positions) -> object:
            items = evaluate(scope)
            if items is MISSING or items is None:
                return MISSING
            if not isinstance(items, list):
                raise ValueProblem(f"is not a list {looks(items)}")
            made: list[object] = []
            inner = dict(scope)
            for place, item in enumerate(items):
                inner[name], inner["index"] = item, place + 1
                if applies is None or applies(inner):
                    value = fill(inner, run, (*positions, place))
                    if value:
                        made.append(value)
            return made

        return build

    def _table(self, written: Written) -> Table | None:
        table = self._tables.get(written.text)
        if table is None:
            self._findings.add(written.mark, f"unknown table '{written.text}'{suggestion(written.text, self._tables)}")
        return table

    def _convert(self, rule: Rule) -> Convert | None:
        if rule.type is None:
            return None
        try:
            return converter(rule.type, rule.format.text if rule.format and rule.type == "date" else None)
        except FormatError as error:
            if rule.format is not None:
                self._findings.add(rule.format.mark, str(error))
            return None


def _plain(value: object) -> object:
    return copied(value) if type(value) in _TO_COPY else value


def _looked_up(expression: Expression, table: Table) -> Condition:
    evaluate, find = expression.evaluate, table.find

    def look_up(scope: Scope) -> object:
        value = evaluate(scope)
        return value if value is None or value is MISSING else find(value)

    return look_up


def _for_nothing(rule: Rule, expression: Expression, table: Table | None) -> Callable[[Scope, object], object]:
    """Return what a rule does where there is nothing or null."""
    if rule.default is not MISSING:
        return lambda _scope, _value: copied(rule.default)
    if not rule.required:
        return lambda _scope, value: value

    def refuse(scope: Scope, _value: object) -> object:
        raise ValueProblem(absence_of(expression, table, scope), "")

    return refuse
