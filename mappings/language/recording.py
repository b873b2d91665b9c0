"""Expressions that note what they read: concrete paths of the document with their values, and rows of tables.

Made of the same syntax trees as those that map documents, for the few documents somebody asks about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from jinja2 import nodes

from mappings.language.expressions import parse_expression, parse_template
from mappings.language.missing import MISSING
from mappings.language.seal import Seal, constant, no_vars
from mappings.language.values import step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.language.model import Var
    from mappings.language.paths import Scope
    from mappings.language.seal import Evaluate
    from mappings.language.tables import Table

    Place = Callable[[Scope], tuple[str, object]]

_NOTES: Final = "__notes__"
"""Where a scope keeps them; a field of a document that is called so cannot be read by any expression."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """An entry of a table that was used: its place is a line of `file`, or of the route file if that is None."""

    table: str
    key: str
    value: object
    file: str | None
    line: int


@dataclass(slots=True)
class Notes:
    """What an expression read, in order. `items` has the paths of the items of the `each` around, by name."""

    items: Mapping[str, str] = field(default_factory=dict)
    sources: dict[str, object] = field(default_factory=dict)
    rows: dict[tuple[str, str], TableRow] = field(default_factory=dict)

    def row(self, table: Table, value: object) -> object:
        """Look a value up, and note the row it was found in."""
        found = table.find(value)
        key = table.key(value)
        if key in table.rows:
            row = TableRow(table.name, key, found, table.file or None, table.places[key].line)
            self.rows[table.name, key] = row
        return found

    def merge(self, other: Notes) -> None:
        """Add what another expression read."""
        self.sources |= other.sources
        self.rows |= other.rows


class RecordedVars:
    """The vars of one document: each is evaluated once, and read with everything it has read itself."""

    def __init__(self, document: Scope, recorder: Recorder) -> None:
        self._document = document
        self._recorder = recorder
        self._known: dict[str, tuple[str, object, Notes]] = {}

    def read(self, name: str, asker: Notes) -> tuple[str, object]:
        """Return the path of a var's value ("" if it is none of the document's) and the value.

        `asker` gets what the var has read, also when the var cannot be made (ValueProblem).
        """
        if name not in self._known:
            notes = Notes()
            try:
                path, value = self._recorder.var(name)(scope_of(self._document, notes, self))
            finally:
                asker.merge(notes)
            self._known[name] = path, value, notes
        path, value, notes = self._known[name]
        asker.merge(notes)
        return path, value


def scope_of(scope: Scope, notes: Notes, variables: RecordedVars) -> Scope:
    """Return what recorded expressions see."""
    return {**scope, _NOTES: (notes, variables)}


class Recorder:
    """Compiles expressions of one route so that they note what they read."""

    def __init__(self, tables: Mapping[str, Table], variables: Mapping[str, Var]) -> None:
        self.tables = tables
        self._variables = variables
        self._compiled: dict[str, Evaluate] = {}
        self._places: dict[str, Place] = {}

    def expression(self, text: str) -> Evaluate:
        """Return a closure for a bare expression of a route without mistakes."""
        if text not in self._compiled:
            self._compiled[text] = _RecordingSeal(self.tables, self._variables).compile(parse_expression(text))
        return self._compiled[text]

    def template(self, text: str) -> Evaluate:
        """Return a closure for a template of a route without mistakes."""
        if text not in self._compiled:  # no expression has {{ }} in it, and every template does
            self._compiled[text] = _RecordingSeal(self.tables, self._variables).text(parse_template(text))
        return self._compiled[text]

    def place(self, text: str) -> Place:
        """Return a closure that gives the path an expression stands for, "" if it is more than a path, and its value."""
        if text not in self._places:
            self._places[text] = _RecordingSeal(self.tables, self._variables).place(parse_expression(text), 0)
        return self._places[text]

    def var(self, name: str) -> Place:
        """Return the same for a var."""
        return self.place(self._variables[name].expression.text)


class _RecordingSeal(Seal):
    """A seal whose closures note which paths they read and which rows they find."""

    def __init__(self, tables: Mapping[str, Table], variables: Mapping[str, Var]) -> None:
        super().__init__(tables, no_vars)
        self._variables = variables

    def compile(self, node: nodes.Node, depth: int = 0) -> Evaluate:
        if not _is_chain(node):
            return super().compile(node, depth)
        place = self.place(node, depth)

        def read(scope: Scope) -> object:
            path, value = place(scope)
            if path:
                _noted(scope)[0].sources[path] = value
            return value

        return read

    def place(self, node: nodes.Node, depth: int) -> Place:
        if isinstance(node, nodes.Name):
            return self._name(node.name)
        if isinstance(node, nodes.Getattr):
            key = constant(node.attr)
        elif isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice):
            key = self.compile(node.arg, depth + 1)
        else:
            evaluate = super().compile(node, depth)
            return lambda scope: ("", evaluate(scope))
        base = self.place(node.node, depth + 1)

        def inside(scope: Scope) -> tuple[str, object]:
            (path, value), at = base(scope), key(scope)
            return path and path + _step(value, at), step(value, at)

        return inside

    def _name(self, name: str) -> Place:
        if name not in self._variables:
            return lambda scope: (_noted(scope)[0].items.get(name, name), scope.get(name, MISSING))

        def of_var(scope: Scope) -> tuple[str, object]:
            notes, variables = _noted(scope)
            return variables.read(name, notes)

        return of_var

    def _lookup(self, node: nodes.Filter, value: Evaluate) -> Evaluate:
        (name,) = (argument.value for argument in node.args if isinstance(argument, nodes.Const))
        table = self._tables[name]

        def found(scope: Scope) -> object:
            current = value(scope)
            return current if current is MISSING or current is None else _noted(scope)[0].row(table, current)

        return found


def _is_chain(node: nodes.Node) -> bool:
    """Say whether a node is a name, or a field or an item of something."""
    if isinstance(node, nodes.Getitem):
        return not isinstance(node.arg, nodes.Slice)
    return isinstance(node, nodes.Name | nodes.Getattr)


def _noted(scope: Scope) -> tuple[Notes, RecordedVars]:
    return scope[_NOTES]  # type: ignore[return-value]  # put there by scope_of


def _step(value: object, key: object) -> str:
    if isinstance(key, str):
        return f".{key}" if key.isidentifier() else f"['{key}']"
    at = len(value) + key if isinstance(value, list) and isinstance(key, int) and key < 0 else key
    return f"[{at}]"
