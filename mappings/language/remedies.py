"""What comes up while a document is mapped: problems told in sentences, and what a rule does about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mappings.language.missing import MISSING
from mappings.language.model import From
from mappings.language.problems import FieldProblem
from mappings.language.shapes import looks
from mappings.language.values import copied
from mappings.language.work import FOR_A_PROBLEM, spend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mappings.language.expressions import Expression
    from mappings.language.model import Rule
    from mappings.language.paths import Scope, SourcePath
    from mappings.language.tables import Table
    from mappings.language.values import ValueProblem
    from mappings.language.work import TooMuchWorkError

Positions = tuple[int, ...]
"""Where in the lists around it a rule works: the place in `list:` as written, or in the source list of `each:`."""
Trace = tuple[int, Positions]
"""One written field: the number of its rule in Route.rules, and the positions."""


@dataclass(slots=True)
class Run:
    """What comes up while one document is mapped."""

    problems: list[FieldProblem] = field(default_factory=list)
    reviews: list[FieldProblem] = field(default_factory=list)
    provenance: list[Trace] = field(default_factory=list)


class Remedy:
    """What a rule does about a problem: fail, skip, default or review."""

    def __init__(self, rule: Rule, expression: Expression | None) -> None:
        self._rule = rule
        self._paths = tuple(dict.fromkeys(path.text for path in expression.paths)) if expression else ()
        self._subject = "the value"
        if expression and (self._paths or isinstance(rule.source, From)):
            self._subject = expression.text if expression.text in self._paths else f"'{expression.text}'"

    def told(self, problem: ValueProblem, positions: Positions) -> FieldProblem:
        """Say in one sentence what is wrong. Raises TooMuchWorkError if there is no end of that."""
        spend(FOR_A_PROBLEM)
        subject = self._subject if problem.subject is None else problem.subject
        return self._problem(f"{subject} {problem}".strip(), positions)

    def stopped(self, error: TooMuchWorkError, positions: Positions) -> TooMuchWorkError:
        """Say that this is the rule at which a document took too many steps, unless one inside it has said so."""
        error.problem = error.problem or self._problem(f"it {error}", positions)
        return error

    def _problem(self, message: str, positions: Positions) -> FieldProblem:
        pieces = self._rule.target.split("[]")
        places = [f"[{place}]" for place in positions]
        target = "".join(piece + place for piece, place in zip(pieces, [*places, ""], strict=True))
        return FieldProblem(self._rule.mark.line, target, self._paths, message)

    def apply(self, problems: list[FieldProblem], run: Run) -> object:
        """Return what is written instead, MISSING for nothing."""
        if self._rule.on_error == "default":
            return copied(self._rule.default)
        if self._rule.on_error == "review":
            run.reviews.extend(problems)
        elif self._rule.on_error == "fail":
            run.problems.extend(problems)
        return MISSING


def absence_of(expression: Expression, table: Table | None, scope: Scope) -> str:
    """Say why a required value is not there: which paths are missing or null, or what the table does not know."""
    value = expression.evaluate(scope)
    if table is not None and value is not MISSING and value is not None:
        alone = len(expression.paths) == 1 and not expression.vars
        subject = expression.paths[0].text if alone else f"'{expression.text}'"
        return f"{subject} has no entry in table '{table.name}' {looks(value)}"
    return _absent(expression.paths, scope) or f"'{expression.text}' gives nothing"


def first_absence(sources: Sequence[Expression], scope: Scope) -> str:
    """Say why none of the alternatives of `first` gives a value."""
    paths = {path.text: path for expression in sources for path in expression.paths}
    return _absent(paths.values(), scope) or "none of its alternatives has a value"


def _absent(paths: Iterable[SourcePath], scope: Scope) -> str:
    values = [(path.text, path.get(scope)) for path in paths]
    told = []
    for what, gone in (("missing", MISSING), ("null", None)):
        names = list(dict.fromkeys(text for text, value in values if value is gone))
        if names:
            told.append(f"{' and '.join(names)} {'are' if len(names) > 1 else 'is'} {what}")
    return " and ".join(told)


def each_absence(over: Expression) -> Callable[[Scope], str]:
    """Return what says why `each` made no items."""
    return lambda scope: (
        f"{over.text} has no items that apply" if over.evaluate(scope) else absence_of(over, None, scope)
    )


def inner_absence(what: str) -> Callable[[Scope], str]:
    """Return what says that an object or list came to nothing."""
    return lambda _scope: f"none of its {what} has a value"
