"""Examines the expressions of a route one by one: their paths, types and conditions, and what they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from jinja2 import nodes

from mappings.language.expressions import compile_expression, compile_template, tokens
from mappings.language.missing import MISSING
from mappings.language.paths import keys_of
from mappings.language.seal import ExpressionError
from mappings.workbench.lint.conditions import constant_of
from mappings.workbench.lint.inference import Inference
from mappings.workbench.lint.kinds import ANY, Kind
from mappings.workbench.lint.leaves import Leaves, Range, leaves
from mappings.workbench.lint.likeness import alike
from mappings.workbench.lint.logic import ALWAYS
from mappings.workbench.lint.never import Never

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.language.model import Written
    from mappings.language.schema import Key
    from mappings.language.tables import Table
    from mappings.workbench.lint.findings import Span
    from mappings.workbench.lint.logic import Formula
    from mappings.workbench.lint.notebook import Notebook
    from mappings.workbench.lint.places import Places
    from mappings.workbench.lint.sight import Sight
    from mappings.workbench.lint.tables import Lookups

N = TypeVar("N", bound=nodes.Node)
_EQUAL = frozenset({"eq", "ne", "in", "notin"})


@dataclass(frozen=True)
class Parsed:
    """The syntax tree of an expression or template; `text` is what of it was parsed."""

    written: Written
    node: nodes.Node
    text: str

    def place(self, node: nodes.Node) -> Range:
        """Return where a node stands in the text as written."""
        offset = max(self.written.text.find(self.text), 0)
        start, end = self._leaves.place(node)
        return start + offset, end + offset

    @cached_property
    def _leaves(self) -> Leaves:
        template = isinstance(self.node, nodes.Output)
        parts = self.node.nodes if isinstance(self.node, nodes.Output) else [self.node]
        return Leaves(parts, list(tokens(self.text, template=template)), len(self.text))

    def all(self, kind: type[N]) -> list[N]:
        """Return all nodes of a kind."""
        found = list(self.node.find_all(kind))
        return [self.node, *found] if isinstance(self.node, kind) else found


class Examiner:
    """Examines expressions. `read` are the paths of the document that were read, `names` the vars and items, in turn."""

    def __init__(self, tables: Mapping[str, Table], places: Places, lookups: Lookups, notebook: Notebook) -> None:
        self._tables = tables
        self._places = places
        self._lookups = lookups
        self._notebook = notebook
        self.read: set[tuple[Key, ...]] = set()
        self.names: list[str] = []

    def parse(self, written: Written, *, template: bool = False) -> Parsed | None:
        """Return the syntax tree of an expression; None if it has none, which was told when the route was read."""
        try:
            expression = (compile_template if template else compile_expression)(written.text, self._tables)
        except ExpressionError:
            return None
        return None if expression.node is None else Parsed(written, expression.node, expression.text)

    def value(self, written: Written, sight: Sight, *, template: bool = False) -> Kind:
        """Examine an expression or template and return what it gives."""
        parsed = self.parse(written, template=template)
        return ANY if parsed is None else self.examine(parsed, sight)

    def path(self, written: Written, sight: Sight) -> tuple[Key, ...] | None:
        """Return the path of the document that an expression is, None if it is anything else."""
        parsed = self.parse(written)
        keys = None if parsed is None else keys_of(parsed.node)
        return None if keys is None else sight.path(keys)

    def condition(self, written: Written, sight: Sight) -> Formula:
        """Examine a condition and return where it is true."""
        parsed = self.parse(written)
        if parsed is None:
            return ALWAYS
        before = self._notebook.errors
        self.examine(parsed, sight)
        if self._notebook.errors == before:  # of what is wrong already nobody asks whether it can be true
            self._check_conditions(parsed, parsed.node, sight)
        return sight.conditions.true(parsed.node)

    def examine(self, parsed: Parsed, sight: Sight) -> Kind:
        """Note everything that is wrong with an expression and return what it gives."""
        before = self._notebook.errors
        for leaf in leaves(parsed.node):
            keys = keys_of(leaf)
            if keys is not None:
                self._check_path(parsed, leaf, keys, sight)
        for compare in parsed.all(nodes.Compare):
            self._check_values(parsed, compare, sight)
        kind = self._inference(parsed, sight).kind(parsed.node)
        if self._notebook.errors == before:
            for choice in parsed.all(nodes.CondExpr):
                self._check_conditions(parsed, choice.test, sight)
        return kind

    def _inference(self, parsed: Parsed, sight: Sight) -> Inference:
        def report(node: nodes.Node, message: str) -> None:
            self._notebook.add("type-mismatch", self.span(parsed, node), message)

        return Inference(sight, self._lookups, report, lambda node: self.span(parsed, node))

    def _check_path(self, parsed: Parsed, leaf: nodes.Node, keys: tuple[Key, ...], sight: Sight) -> None:
        if str(keys[0]) in sight.names:
            self.names.append(str(keys[0]))
        path = sight.path(keys)
        if path is not None:
            self.read.add(path)
        doubt = sight.doubt(keys)
        if doubt is not None:
            self._notebook.add(doubt.code, self.span(parsed, leaf), doubt.message)

    def _check_values(self, parsed: Parsed, compare: nodes.Compare, sight: Sight) -> None:
        """Compare the constants of a comparison with the values that the source is known to have."""
        if len(compare.ops) != 1 or compare.ops[0].op not in _EQUAL:
            return
        kind = Inference(sight, self._lookups).kind(compare.expr)
        known = [each.value for each in kind.fixed if isinstance(each.value, str)]
        if kind.complete or not known or any(each.span is not None for each in kind.fixed):
            return
        other = compare.ops[0].expr
        for node in other.items if isinstance(other, nodes.List | nodes.Tuple) else [other]:
            value = constant_of(node)
            if value is MISSING or not isinstance(value, str) or value in known:
                continue
            likely = alike(value, known)
            code = "uncommon-value" if likely is None else "unknown-value"
            listed = f"known are {', '.join(known[:12])}" if likely is None else f"did you mean '{likely}'?"
            self._notebook.add(code, self.span(parsed, node), f"'{value}' is not known to be a value here ({listed})")

    def _check_conditions(self, parsed: Parsed, condition: nodes.Node, sight: Sight) -> None:
        for node, message in Never(sight, Inference(sight, self._lookups).kind).odd(condition):
            self._notebook.add("constant-condition", self.span(parsed, node), message)

    def span(self, parsed: Parsed, node: nodes.Node) -> Span:
        """Return where a node stands in the file."""
        return self._places.inside(parsed.written, *parsed.place(node))
