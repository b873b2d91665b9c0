"""Rules that make an object or a list: `fields`, `list` and `each`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.remedies import Remedy
from mappings.language.shapes import looks
from mappings.language.singles import covering
from mappings.language.values import ValueProblem, copied
from mappings.language.work import spend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mappings.language.expressions import Expression
    from mappings.language.model import Each
    from mappings.language.paths import Scope
    from mappings.language.pieces import Condition
    from mappings.language.remedies import Positions, Run
    from mappings.language.singles import Parts, Step

    Fill = Callable[[Scope, Run, Positions], dict[str, object]]


def container(parts: Parts, build: Step, absence: Callable[[Scope], str], over: Expression | None = None) -> Step:
    """Return the step of a rule whose object or list `build` makes; `over` is the list that `each` goes through."""
    number, applies, default, required = parts.number, parts.applies, parts.rule.default, parts.rule.required

    def make(scope: Scope, run: Run, positions: Positions) -> object:
        if applies is not None and not applies(scope):
            return MISSING
        problems = len(run.problems)
        value = build(scope, run, positions)
        if not value and len(run.problems) == problems:
            if default is not MISSING:
                value = copied(default)
            elif required:
                raise ValueProblem(absence(scope), "")
            if value is not MISSING:
                run.provenance.append((number, positions))
        return value

    return covering(parts, Remedy(parts.rule, over), make)


def object_of(fill: Fill) -> Step:
    """Return what makes an object."""
    return lambda scope, run, positions: fill(scope, run, positions) or MISSING


def list_of(steps: Sequence[Step]) -> Step:
    """Return what makes a list of rules' values; those that come to nothing are left out."""

    def build(scope: Scope, run: Run, positions: Positions) -> object:
        made = [step(scope, run, (*positions, place)) for place, step in enumerate(steps)]
        return [value for value in made if value is not MISSING]

    return build


def one_per_item(source: Each, over: Expression, fill: Fill, applies: Condition | None, steps: tuple[int, int]) -> Step:
    """Return what makes an object of every item for which `applies`; empty ones are left out.

    `steps` are those it takes to look at an item, and to make its object.
    """
    to_look, to_make = steps
    name, index, evaluate = source.name, source.index, over.evaluate

    def build(scope: Scope, run: Run, positions: Positions) -> object:
        items = evaluate(scope)
        if items is MISSING or items is None:
            return MISSING
        if not isinstance(items, list):
            raise ValueProblem(f"is not a list {looks(items)}")
        made: list[object] = []
        spend(4 + len(scope) // 16)
        inner = dict(scope)
        for place, item in enumerate(items):
            inner[name], inner[index] = item, place + 1
            if applies is None:
                spend(to_look + to_make)
            else:
                spend(to_look)
                if not applies(inner):
                    continue
                spend(to_make)
            value = fill(inner, run, (*positions, place))
            if value:
                made.append(value)
        return made

    return build
