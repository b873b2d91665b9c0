"""Types that flow through expressions: what a syntax node gives, and what it asks for and never gets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jinja2 import nodes

from mappings.language.expressions import parse_expression
from mappings.language.filters import FILTERS
from mappings.language.missing import MISSING
from mappings.language.paths import keys_of
from mappings.language.values import ValueProblem
from mappings.workbench.lint.conditions import constant_of
from mappings.workbench.lint.kinds import (
    ANY,
    BOOLEAN,
    FORMS,
    NOTHING,
    NUMBERS,
    TEXTS,
    Fixed,
    Kind,
    of_value,
    takes,
    union,
)
from mappings.workbench.lint.logic import ALWAYS, both, possible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.language.filters import Filter
    from mappings.workbench.lint.findings import Span
    from mappings.workbench.lint.logic import Formula
    from mappings.workbench.lint.sight import Sight
    from mappings.workbench.lint.tables import Lookups

_SINGLE = TEXTS | NUMBERS | {"boolean"}
_COMPARED = ({"lt", "lteq", "gt", "gteq"}, {"in", "notin"})
_MOST = 400
"""How many known values are followed through a filter."""
_UNDOES = {"upper": "lower", "lower": "upper"}


class Inference:
    """Infers the nodes of one expression.

    `report` is told (node, message) about what can never work; `place` says where a constant stands.
    """

    def __init__(
        self,
        sight: Sight,
        lookups: Lookups,
        report: Callable[[nodes.Node, str], None] = lambda _node, _message: None,
        place: Callable[[nodes.Node], Span | None] = lambda _node: None,
    ) -> None:
        self._sight = sight
        self._lookups = lookups
        self._report = report
        self._place = place
        self._given = sight.given
        self._known: Mapping[type[nodes.Node], Callable[..., Kind]] = {
            nodes.List: self._list,
            nodes.Tuple: self._list,
            nodes.Getattr: self._field,
            nodes.Getitem: self._item,
            nodes.And: lambda node: union([self.kind(node.left), self.kind(node.right)]),
            nodes.Or: self._or,
            nodes.Not: self._answer,
            nodes.Test: self._answer,
            nodes.Neg: lambda node: self._calculated(node, [node.node]),
            nodes.Pos: lambda node: self._calculated(node, [node.node]),
            nodes.Concat: self._joined,
            nodes.Output: self._joined,
            nodes.Compare: self._compared,
            nodes.CondExpr: self._choice,
            nodes.Filter: self._filtered,
            nodes.Add: lambda node: self._calculated(node, [node.left, node.right]),
            nodes.Sub: lambda node: self._calculated(node, [node.left, node.right]),
            nodes.Mul: lambda node: self._calculated(node, [node.left, node.right]),
            nodes.Div: lambda node: self._calculated(node, [node.left, node.right]),
        }

    def kind(self, node: nodes.Node) -> Kind:
        """Return what a node gives."""
        if keys_of(node) is not None:
            return self._path(node)
        fixed = constant_of(node)
        if fixed is not MISSING:
            return replace(of_value(fixed), fixed=(Fixed(fixed, self._place(node)),), complete=True)
        known = self._known.get(type(node))
        return ANY if known is None else known(node)

    def _path(self, node: nodes.Node) -> Kind:
        """Return what a path is, after all that the conditions around it rule out."""
        kind, conditions = self._sight.kind(keys_of(node) or ()), self._sight.conditions
        if self._given == ALWAYS:
            return kind

        def can(formula: Formula) -> bool:
            return possible(both(self._given, formula), conditions.terms)

        nothing = kind.maybe and can(conditions.nothing(node))
        fixed = tuple(each for each in kind.fixed if can(conditions.equal(node, each.value)))
        complete = kind.complete or (bool(fixed) and not can(conditions.other(node, [each.value for each in fixed])))
        missing, null = kind.missing and nothing, kind.null and nothing
        return replace(kind, missing=missing, null=null, fixed=fixed, complete=complete)

    def _list(self, node: nodes.List | nodes.Tuple) -> Kind:
        items = union(self.kind(item) for item in node.items)
        return Kind(frozenset({"list"}), missing=False, null=False, item=items)

    def _field(self, node: nodes.Getattr) -> Kind:
        kind = self.kind(node.node)
        return self._below(node, kind, node.attr)

    def _item(self, node: nodes.Getitem) -> Kind:
        kind = self.kind(node.node)
        if isinstance(node.arg, nodes.Slice):
            self._need(kind, TEXTS | {"list"}, node, "[from:to] cuts text and lists")
            return replace(kind, fixed=(), complete=False, forms=frozenset())
        self.kind(node.arg)
        key = constant_of(node.arg)
        return self._below(node, kind, key) if isinstance(key, str | int) else ANY

    def _below(self, node: nodes.Getattr | nodes.Getitem, kind: Kind, key: str | int) -> Kind:
        wanted = frozenset({"list"}) if isinstance(key, int) else frozenset({"object"})
        self._need(kind, wanted, node, f"there is no '{key}' in it")
        return kind.at(key)

    def _or(self, node: nodes.Or) -> Kind:
        left, right = self.kind(node.left), self.kind(node.right)
        return replace(union([left, right]), missing=right.missing, null=right.null)

    def _answer(self, node: nodes.Not | nodes.Test) -> Kind:
        inner = self.kind(node.node)
        unsure = isinstance(node, nodes.Not) and keys_of(node.node) is None
        return replace(BOOLEAN, missing=unsure and inner.missing, null=unsure and inner.null)

    def _calculated(self, node: nodes.Node, operands: list[nodes.Node]) -> Kind:
        kinds = [self.kind(operand) for operand in operands]
        for operand, kind in zip(operands, kinds, strict=True):
            words = "text cannot be calculated with" if kind.words <= TEXTS else "only numbers can be calculated with"
            self._need(kind, NUMBERS, operand, words)
        whole = all(kind.words == {"integer"} for kind in kinds) and not isinstance(node, nodes.Div)
        missing, null = any(kind.missing for kind in kinds), any(kind.null for kind in kinds)
        return Kind(frozenset({"integer"}) if whole else NUMBERS, missing=missing, null=null)

    def _joined(self, node: nodes.Concat | nodes.Output) -> Kind:
        parts = [part for part in node.nodes if not isinstance(part, nodes.TemplateData)]
        kinds = [self.kind(part) for part in parts]
        for part, kind in zip(parts, kinds, strict=True):
            self._need(kind, _SINGLE, part, "it cannot be written as text (| join makes text of a list)")
        return Kind(frozenset({"string"}), missing=any(kind.maybe for kind in kinds), null=False)

    def _compared(self, node: nodes.Compare) -> Kind:
        kinds = [self.kind(node.expr)]
        for operand in node.ops:
            kinds.append(self.kind(operand.expr))
            left, right = kinds[-2:]
            if operand.op in _COMPARED[0]:
                self._ordered(node, left, right)
            elif operand.op in _COMPARED[1]:
                self._need(right, TEXTS | {"list", "object"}, operand.expr, "'in' searches lists, text and objects")
        missing, null = any(kind.missing for kind in kinds), any(kind.null for kind in kinds)
        return replace(BOOLEAN, missing=missing, null=null)

    def _ordered(self, node: nodes.Compare, left: Kind, right: Kind) -> None:
        sides = (TEXTS, NUMBERS)
        if left.words and right.words and not any(left.words & side and right.words & side for side in sides):
            words = (
                f"{left.called()} and {right.called()} cannot be compared by size; both must be numbers, or both text"
            )
            self._report(node, words)

    def _choice(self, node: nodes.CondExpr) -> Kind:
        self.kind(node.test)
        conditions, given = self._sight.conditions, self._given
        self._given = both(given, conditions.true(node.test))
        then = self.kind(node.expr1)
        self._given = both(given, conditions.untrue(node.test))
        otherwise = NOTHING if node.expr2 is None else self.kind(node.expr2)
        self._given = given
        return union([then, otherwise])

    def _filtered(self, node: nodes.Filter) -> Kind:
        if node.node is None:
            return ANY
        kind, arguments = self.kind(node.node), [self.kind(argument) for argument in node.args]
        if node.name == "lookup":
            name = constant_of(node.args[0]) if node.args else None
            self._need(kind, _SINGLE, node.node, "only a single value can be looked up")
            return self._lookups.entry(str(name), kind)
        if node.name == "default":
            return _with_default(kind, arguments, also_empty=len(arguments) > 1)
        known = FILTERS.get(node.name)
        if known is None:
            return ANY
        self._need(kind, known.takes, node.node, f"| {node.name} takes {Kind(known.takes).called()}")
        refused = _refused(node, known)
        if refused:
            self._report(node.args[0], f"| {node.name} can never work like that: a value {refused}")
        if node.name in {"first", "last"}:
            return replace(kind.items(), missing=True) if kind.words == {"list"} else ANY
        gives = ANY.words if "any" in known.gives else known.gives
        forms = kind.forms - {_UNDOES.get(node.name)} | {node.name} if node.name in FORMS else frozenset[str]()
        fixed = _mapped(node, kind, known) if kind.fixed else ()
        missing, null = (
            any(each.missing for each in [kind, *arguments]),
            any(each.null for each in [kind, *arguments]),
        )
        return Kind(gives, missing, null, fixed, kind.complete and bool(fixed), forms=forms)

    def _need(self, kind: Kind, wanted: frozenset[str], node: nodes.Node, reason: str) -> None:
        if kind.words and not any(takes(wanted, word) for word in kind.words):
            self._report(node, f"this is {kind.called()}, and {reason}")


def _mapped(node: nodes.Filter, kind: Kind, known: Filter) -> tuple[Fixed, ...]:
    """Return what a filter makes of the known values, none if its arguments are not fixed."""
    arguments = [constant_of(argument) for argument in node.args]
    if any(argument is MISSING or argument is None for argument in arguments) or len(kind.fixed) > _MOST:
        return ()
    place = len(arguments) if known.fixed is None else known.fixed
    run = known.make(*arguments[place:])
    made: list[Fixed] = []
    for each in kind.fixed:
        try:
            made.append(each if each.value is None else replace(each, value=run(each.value, *arguments[:place])))
        except ValueProblem:
            continue
    return tuple(each for each in made if each.value is not MISSING)


def _refused(node: nodes.Filter, known: Filter) -> str | None:
    """Return what a filter says to fixed arguments with which it refuses even a value that it takes, None if it does not."""
    arguments = [constant_of(argument) for argument in node.args]
    place = len(arguments) if known.fixed is None else min(known.fixed, len(arguments))
    # formats and names of zones are looked at when the route is read
    if not place or any(argument is MISSING or argument is None for argument in arguments):
        return None
    value, _, _ = known.examples[0].written.partition(" | ")
    try:
        run = known.make(*arguments[place:])
        run(0 if known.takes >= NUMBERS else constant_of(parse_expression(value)), *arguments[:place])
    except ValueProblem as problem:
        return str(problem)
    return None


def _with_default(kind: Kind, arguments: list[Kind], *, also_empty: bool) -> Kind:
    other = arguments[0] if arguments else ANY
    if not kind.missing and not also_empty:
        return kind
    mixed = union([replace(kind, missing=False, null=kind.null and not also_empty), other])
    return replace(mixed, forms=kind.forms & other.forms)
