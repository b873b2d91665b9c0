"""The route's `vars`: named expressions over the document, evaluated at most once per document, and only if used.

A var is the same everywhere in the route: it hides the document's field of its name, and never sees an item of `each`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jinja2 import nodes

from mappings.language.expressions import compile_expression, parse_expression
from mappings.language.missing import MISSING
from mappings.language.paths import SourcePath, Variable
from mappings.language.seal import ExpressionError, constant
from mappings.language.values import ValueProblem
from mappings.language.work import spend, spend_on_items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.language.expressions import Expression
    from mappings.language.model import Var
    from mappings.language.paths import Scope
    from mappings.language.problems import Findings
    from mappings.language.tables import Table

_VALUES: Final = "__vars__"
"""Where a scope keeps the values; a field of a document that is called so cannot be read by any expression."""
_UNKNOWN: Final = object()


class _Values:
    """The values of one document's vars, as far as they were asked for."""

    __slots__ = ("document", "values")

    def __init__(self, document: Scope, count: int) -> None:
        self.document = document
        self.values: list[object] = [_UNKNOWN] * count


class _Refused:
    """In place of a value: why there is none, so that an impossible expression is tried once only."""

    __slots__ = ("message", "subject")

    def __init__(self, problem: ValueProblem, name: str) -> None:
        self.message = str(problem)
        self.subject = problem.subject or f"var '{name}'"


class Variables:
    """Compiles the vars of one route; what is wrong with them goes to `findings`."""

    def __init__(self, drafts: Mapping[str, Var], tables: Mapping[str, Table], findings: Findings) -> None:
        self._drafts = drafts
        self._tables = tables
        self._findings = findings
        self._numbers = {name: number for number, name in enumerate(drafts)}
        self._known: dict[str, Variable] = {}
        for name in self._in_order():
            if name not in self._known:
                self._compile(drafts[name])

    def find(self, name: str) -> Variable | None:
        """Return a var by its name, None if there is none."""
        if name == "vars" and self._drafts:
            raise ExpressionError(f"a var is used by its name alone, such as {next(iter(self._drafts))}")
        return self._known.get(name)

    def scope(self, document: Scope) -> Scope:
        """Return what expressions see of a document at the top."""
        return {**document, _VALUES: _Values(document, len(self._drafts))} if self._drafts else document

    def _in_order(self) -> list[str]:
        """Return the names so that every var comes after those it uses. One that closes a circle is told."""
        uses = {name: self._uses(draft) for name, draft in self._drafts.items()}
        done: dict[str, None] = {}
        for start in self._drafts:
            path = {} if start in done else {start: iter(uses[start])}
            while path:
                name = next(reversed(path))
                used = next(path[name], None)
                if used is None:
                    done[name] = None
                    del path[name]
                elif used in path and name not in self._known:
                    names = list(path)
                    self._refuse(self._drafts[name], _circle([*names[names.index(used) :], used]))
                elif used not in done and used not in path:
                    path[used] = iter(uses[used])
        return list(done)

    def _uses(self, draft: Var) -> list[str]:
        try:
            node = parse_expression(draft.expression.text)
        except ExpressionError:
            return []  # told when it is compiled
        names = [node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name)
        return [name.name for name in names if name.name in self._drafts]

    def _refuse(self, draft: Var, message: str) -> None:
        """Tell what is wrong with a var, which is kept, without a value, so that those who use it are not told as well."""
        self._findings.add(draft.expression.mark, message)
        self._known[draft.name] = Variable(draft.name, constant(MISSING))

    def _compile(self, draft: Var) -> None:
        try:
            expression = compile_expression(draft.expression.text, self._tables, self.find)
        except ExpressionError as error:
            self._refuse(draft, str(error))
            return
        paths = tuple(SourcePath(path.text, path.keys, _of_document(path), draft.name) for path in expression.paths)
        get = _getter(draft.name, self._numbers[draft.name], expression)
        self._known[draft.name] = Variable(
            draft.name, get, paths, expression.tables, expression.depth + 1, expression.operations
        )


def _getter(name: str, number: int, expression: Expression) -> Callable[[Scope], object]:
    evaluate = expression.evaluate

    steps = 2 + expression.operations

    def get(scope: Scope) -> object:
        kept: _Values = scope[_VALUES]  # type: ignore[assignment]  # put there by Variables.scope
        value = kept.values[number]
        if value is _UNKNOWN:
            spend(steps)
            spend_on_items(len(kept.document))
            try:
                value = evaluate({**kept.document, _VALUES: kept})
            except ValueProblem as problem:
                value = _Refused(problem, name)
            kept.values[number] = value
        if type(value) is _Refused:
            raise ValueProblem(value.message, value.subject)
        return value

    return get


def _of_document(path: SourcePath) -> Callable[[Scope], object]:
    """Return a getter that reads a path of the document also where an item of `each` hides its first name."""
    get = path.get
    if path.through:
        return get  # it does so already

    def outside(scope: Scope) -> object:
        kept: _Values = scope[_VALUES]  # type: ignore[assignment]  # put there by Variables.scope
        return get(kept.document)

    return outside


def _circle(names: list[str]) -> str:
    if len(names) > 2:  # noqa: PLR2004 -- two names are one var and itself
        return f"vars use each other in a circle ({' → '.join(names)}); one of them must do without"
    name = names[0]
    return f"var '{name}' uses itself (it hides the document's field of that name); give the var another name"
