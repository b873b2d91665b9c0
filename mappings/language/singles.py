"""Rules that make one value. Order: when, source, lookup, then default or required if there is nothing, then type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.remedies import Remedy, absence_of, first_absence
from mappings.language.shortcuts import shortened
from mappings.language.values import ValueProblem, copied
from mappings.language.work import TooMuchWorkError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mappings.language.conversions import Convert, Quick
    from mappings.language.expressions import Expression
    from mappings.language.model import Rule
    from mappings.language.paths import Scope
    from mappings.language.pieces import Condition
    from mappings.language.remedies import Positions, Run
    from mappings.language.tables import Table

    Step = Callable[[Scope, Run, Positions], object]

_TO_COPY = frozenset({dict, list, float})


@dataclass(frozen=True, slots=True)
class Parts:
    """A rule with what its keys come to; `number` is its place in Route.rules, `quick` what converts most texts."""

    rule: Rule
    number: int
    applies: Condition | None
    table: Table | None
    convert: Convert | None
    quick: Quick | None = None


def single(parts: Parts, expression: Expression) -> Step:
    """Return the step of a rule with `from`, `template` or `value`."""
    number, applies, table = parts.number, parts.applies, parts.table
    evaluate = _looked_up(expression.evaluate, table) if table else expression.evaluate
    convert = parts.convert
    instead = _for_nothing(parts.rule, lambda scope: absence_of(expression, table, scope))
    remedy = Remedy(parts.rule, expression)

    def step(scope: Scope, run: Run, positions: Positions) -> object:
        try:
            if applies is not None and not applies(scope):
                return MISSING
            value = evaluate(scope)
            if value is None or value is MISSING:
                value = instead(scope, value)
            elif convert is not None:
                value = convert(scope, value)
            elif type(value) in _TO_COPY:
                value = copied(value)
        except ValueProblem as problem:
            value = remedy.apply([remedy.told(problem, positions)], run)
        except TooMuchWorkError as error:
            raise remedy.stopped(error, positions) from None
        if value is not MISSING:
            run.provenance.append((number, positions))
        return value

    return shortened(parts, expression, step)


def first_of(parts: Parts, steps: Sequence[Step], sources: Sequence[Expression]) -> Step:
    """Return the step of a rule with `first`; an alternative with a problem is the last one that is tried."""
    number, applies, table, convert = parts.number, parts.applies, parts.table, parts.convert
    instead = _for_nothing(parts.rule, lambda scope: first_absence(sources, scope))

    def make(scope: Scope, run: Run, positions: Positions) -> object:
        if applies is not None and not applies(scope):
            return MISSING
        problems, traces = len(run.problems), len(run.provenance)
        value: object = MISSING
        for alternative in steps:
            found = alternative(scope, run, positions)
            if len(run.problems) > problems:
                return MISSING
            if found is not None and found is not MISSING:
                value = found if table is None else table.find(found)
                break
            value = None if found is None else value
            del run.provenance[traces:]
        if value is not None and value is not MISSING:
            return value if convert is None else convert(scope, value)
        del run.provenance[traces:]
        value = instead(scope, value)
        if value is not MISSING:
            run.provenance.append((number, positions))
        return value

    return covering(parts, Remedy(parts.rule, None), make)


def covering(parts: Parts, remedy: Remedy, make: Step) -> Step:
    """Return a step whose `on_error` covers everything that `make` does, the rules inside it as well."""
    number, lenient = parts.number, parts.rule.on_error != "fail"

    def step(scope: Scope, run: Run, positions: Positions) -> object:
        problems, traces = len(run.problems), len(run.provenance)
        try:
            value = make(scope, run, positions)
        except ValueProblem as problem:
            del run.provenance[traces:]
            run.problems.append(remedy.told(problem, positions))
            value = MISSING
        except TooMuchWorkError as error:
            raise remedy.stopped(error, positions) from None
        if lenient and len(run.problems) > problems:
            told = run.problems[problems:]
            del run.problems[problems:], run.provenance[traces:]
            value = remedy.apply(told, run)
            if value is not MISSING:
                run.provenance.append((number, positions))
        return value

    return step


def _looked_up(evaluate: Condition, table: Table) -> Condition:
    find = table.find

    def look_up(scope: Scope) -> object:
        value = evaluate(scope)
        return value if value is None or value is MISSING else find(value)

    return look_up


def _for_nothing(rule: Rule, absence: Callable[[Scope], str]) -> Callable[[Scope, object], object]:
    """Return what a rule does where there is nothing or null."""
    if rule.default is not MISSING:
        return lambda _scope, _value: copied(rule.default)
    if not rule.required:
        return lambda _scope, value: value

    def refuse(scope: Scope, _value: object) -> object:
        raise ValueProblem(absence(scope), "")

    return refuse
