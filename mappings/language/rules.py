"""From rules as written to closures that fill a payload. Compiled once per route, shared by all threads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mappings.language.containers import container, list_of, object_of, one_per_item
from mappings.language.expressions import Expression
from mappings.language.missing import MISSING
from mappings.language.model import Each, Fields, First, From, Items, Template, Value
from mappings.language.remedies import each_absence, inner_absence
from mappings.language.seal import constant
from mappings.language.singles import Parts, first_of, single
from mappings.language.work import steps_of_word

if TYPE_CHECKING:
    from mappings.language.containers import Fill
    from mappings.language.model import Content, Rule
    from mappings.language.paths import Scope
    from mappings.language.pieces import Pieces
    from mappings.language.remedies import Positions, Run
    from mappings.language.singles import Step


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What is known of a compiled rule; `target` has [] where a position goes.

    `sources` are the paths that its value comes from and `conditions` those that its `when` reads, both also through
    vars; `tables` are those that either looks into.
    """

    line: int
    column: int
    target: str
    sources: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


class Compiler:
    """Compiles the rules of one route; `facts` numbers them."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self.facts: list[RuleFacts] = []
        self.steps = 0  # how much work the rules so far are, each of them once, but for those that `each` repeats
        self._sources: list[list[Expression]] = []  # what the value of each rule comes from, numbered like `facts`

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
                    if parents:
                        place = result
                        for parent in parents:
                            place = place.setdefault(parent, {})  # type: ignore[assignment]  # colliding targets were refused
                        place[last] = value
                    else:
                        result[last] = value
            return result

        return fill

    def rule(self, rule: Rule) -> Step:
        """Compile one rule into a closure that returns its value, or MISSING."""
        number = len(self.facts)
        self.facts.append(RuleFacts(rule.mark.line, rule.mark.column, rule.target))
        self._sources.append([])
        when, applies = self._pieces.condition(rule.when) if rule.when else (None, None)
        table = self._pieces.table(rule.lookup)
        currency = self._pieces.currency(rule)
        convert, quick = self._pieces.conversion(rule, currency) or (None, None)
        parts = Parts(rule, number, applies, table, convert, quick)
        step, expressions = self._step(parts, rule.source, when)
        self._sources[number] = expressions
        made_of = [*expressions, *([currency] if currency else [])]
        read = [*made_of, *([when] if when else [])]
        own = 1 if isinstance(rule.source, From | Template | Value) else 3
        self.steps += own + steps_of(*read) + (1 if table else 0)
        self.steps += steps_of_word(rule.type, len(rule.options.get("format", ()))) if rule.type else 0
        self.steps += steps_of_word("to_zone") if "to_zone" in rule.options else 0
        tables = [*([table.name] if table else []), *(name for each in read for name in each.tables)]
        self.facts[number] = replace(
            self.facts[number],
            sources=_texts(made_of),
            conditions=_texts([when] if when else []),
            tables=tuple(dict.fromkeys(tables)),
        )
        return step

    def _step(self, parts: Parts, source: Content, when: Expression | None) -> tuple[Step, list[Expression]]:
        """Return what a rule does, and the expressions its value comes from."""
        match source:
            case Fields():
                return container(parts, object_of(self.fields(source)), inner_absence("fields")), []
            case Items():
                steps = [self.rule(rule) for rule in source.rules]
                return container(parts, list_of(steps), inner_absence("items")), []
            case Each():
                over, outside = self._pieces.expression(source.over), self.steps
                fill = self.fields(source.fields)
                inside, self.steps = self.steps - outside, outside
                to_look = 2 + steps_of(*([when] if when else []))
                build = one_per_item(source, over, fill, parts.applies, (to_look, inside))
                return container(replace(parts, applies=None), build, each_absence(over), over), [over]
            case First():
                numbers, steps = [], []
                for rule in source.rules:
                    numbers.append(len(self.facts))
                    steps.append(self.rule(rule))
                expressions = [each for number in numbers for each in self._sources[number]]
                return first_of(parts, steps, expressions), expressions
            case From():
                expression = self._pieces.expression(source.expression)
            case Template():
                expression = self._pieces.template(source.template)
            case Value():
                expression = Expression("value", constant(source.value), ())
        return single(parts, expression), [expression]


def steps_of(*expressions: Expression) -> int:
    """Return how many steps it takes to evaluate some expressions."""
    return sum(expression.operations for expression in expressions)


def _texts(expressions: list[Expression]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path.text for expression in expressions for path in expression.paths))
