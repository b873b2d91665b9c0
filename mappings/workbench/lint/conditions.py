"""From the conditions of a route to formulas: what must hold where a rule applies, and what holds where it does not.

Where a formula cannot say it exactly it says less, so that it never rules out what is possible.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jinja2 import nodes

from mappings.language.comparisons import COMPARISON
from mappings.language.filters import TESTS
from mappings.language.missing import MISSING
from mappings.language.paths import keys_of
from mappings.workbench.lint.kinds import FORMS, has_form
from mappings.workbench.lint.logic import ALWAYS, NEVER, Atom, Formula, Term, both, either

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mappings.workbench.lint.kinds import Kind

_MIRRORED = {"eq": "eq", "ne": "ne", "lt": "gt", "lteq": "gteq", "gt": "lt", "gteq": "lteq"}


class Conditions:
    """Turns conditions into formulas and keeps what their terms may be; `kind_of` says it of a syntax node.

    `terms` are those of the conditions around, which hold here as well.
    """

    def __init__(
        self, kind_of: Callable[[nodes.Node], Kind], variables: Mapping[str, nodes.Node], terms: Mapping[str, Term]
    ) -> None:
        self._kind_of = kind_of
        self._variables = variables
        self.terms = dict(terms)

    def true(self, node: nodes.Node) -> Formula:
        """Return where a condition is true."""
        return self._formula(node, yes=True, weak=False)

    def untrue(self, node: nodes.Node) -> Formula:
        """Return where a condition is not true: false, or without an answer."""
        return self._formula(node, yes=False, weak=True)

    def false(self, node: nodes.Node) -> Formula:
        """Return where a condition has an answer, and it is false."""
        return self._formula(node, yes=False, weak=False)

    def nothing(self, node: nodes.Node) -> Formula:
        """Return where a value is missing or null."""
        return self._atom(node, lambda value: value is MISSING or value is None, (), yes=True, weak=False)

    def equal(self, node: nodes.Node, value: object) -> Formula:
        """Return where a value is this one."""
        return self._atom(node, lambda found: COMPARISON["eq"](found, value), (value,), yes=True, weak=False)

    def other(self, node: nodes.Node, values: list[object]) -> Formula:
        """Return where a value is there and none of these."""
        return self._atom(node, lambda found: COMPARISON["notin"](found, values), (values,), yes=True, weak=False)

    def term(self, node: nodes.Node) -> str:
        """Return the name under which the term of a node is known."""
        keys = keys_of(node)
        name = repr(node) if keys is None else repr(keys)
        if name not in self.terms:
            self.terms[name] = Term(self._kind_of(node), _fit(node))
        return name

    def _formula(self, node: nodes.Node, *, yes: bool, weak: bool) -> Formula:  # noqa: PLR0911 -- one line a kind of node
        node = self._resolved(node)
        match node:
            case nodes.Const():
                return ALWAYS if bool(node.value) is yes or (weak and node.value is None) else NEVER
            case nodes.Not():
                return self._not(node, yes=yes, weak=weak)
            case nodes.And():
                return self._and(node, yes=yes, weak=weak)
            case nodes.Or():
                return self._or(node, yes=yes, weak=weak)
            case nodes.Compare():
                return self._compare(node, yes=yes, weak=weak)
            case nodes.Test() if node.name in TESTS:
                return self._atom(node.node, TESTS[node.name].run, (), yes=yes, weak=weak)
        return self._atom(node, lambda value: value, (), yes=yes, weak=weak)

    def _not(self, node: nodes.Not, *, yes: bool, weak: bool) -> Formula:
        if keys_of(node.node) is not None:  # this is always answered, also for what is missing
            return self._atom(self._resolved(node.node), lambda value: not value, (), yes=yes, weak=weak)
        return self._formula(node.node, yes=not yes, weak=weak)

    def _and(self, node: nodes.And, *, yes: bool, weak: bool) -> Formula:
        left = self._formula(node.left, yes=yes, weak=weak)
        if yes and weak:  # without an answer on the left there is none as a whole, whatever stands on the right
            return left
        right = self._formula(node.right, yes=yes, weak=weak)
        return both(left, right) if yes else either(left, right)

    def _or(self, node: nodes.Or, *, yes: bool, weak: bool) -> Formula:
        right = self._formula(node.right, yes=yes, weak=weak)
        if yes:
            return either(self._formula(node.left, yes=True, weak=weak), right)
        # a left side without an answer leaves the answer to the right one
        return both(self._formula(node.left, yes=False, weak=True), right)

    def _compare(self, node: nodes.Compare, *, yes: bool, weak: bool) -> Formula:
        if len(node.ops) > 1:
            return self._atom(node, lambda value: value, (), yes=yes, weak=weak)
        (operand,) = node.ops
        left, right = constant_of(node.expr), constant_of(operand.expr)
        compare = COMPARISON[operand.op]
        if left is MISSING and right is not MISSING:
            return self._atom(node.expr, lambda value: compare(value, right), (right,), yes=yes, weak=weak)
        if right is MISSING and left is not MISSING:
            return self._atom(operand.expr, lambda value: compare(left, value), (left,), yes=yes, weak=weak)
        if left is not MISSING and right is not MISSING:
            return _answered(compare, left, right, yes=yes, weak=weak)
        if _MIRRORED.get(operand.op) and repr(node.expr) == repr(operand.expr):
            return self._atom(node.expr, lambda value: compare(value, value), (), yes=yes, weak=weak)
        return self._atom(node, lambda value: value, (), yes=yes, weak=weak)

    def _atom(
        self,
        node: nodes.Node,
        ask: Callable[[object], object],
        constants: tuple[object, ...],
        *,
        yes: bool,
        weak: bool,
    ) -> Formula:
        return ((Atom(self.term(self._resolved(node)), ask, constants, yes=yes, weak=weak),),)

    def _resolved(self, node: nodes.Node) -> nodes.Node:
        """Return what a var stands for, and every other node as it is."""
        keys = keys_of(node)
        while keys is not None and len(keys) == 1 and (known := self._variables.get(str(keys[0]))) is not None:
            node, keys = known, keys_of(known)
        return node


def constant_of(node: nodes.Node) -> Any:  # noqa: ANN401 -- any value of an expression
    """Return the value that is written here, MISSING if it is no constant."""
    if isinstance(node, nodes.Const):
        return node.value
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const) and not isinstance(node.node.value, str):
        return -node.node.value
    if isinstance(node, nodes.List | nodes.Tuple):
        items = [constant_of(item) for item in node.items]
        return MISSING if any(item is MISSING for item in items) else items
    return MISSING


def _answered(
    compare: Callable[[object, object], object], left: object, right: object, *, yes: bool, weak: bool
) -> Formula:
    """Return where two constants compare as asked: everywhere or nowhere."""
    atom = Atom("", lambda _value: compare(left, right), yes=yes, weak=weak)
    return ALWAYS if atom.holds(None) else NEVER


def _fit(node: nodes.Node) -> Callable[[object], bool]:
    """Return what says whether an expression could give a value at all, as far as its last filter tells."""
    name = node.name if isinstance(node, nodes.Filter) else ""
    if name == "length":
        return lambda value: not isinstance(value, int | Decimal) or value >= 0
    if name in FORMS:
        return lambda value: not isinstance(value, str) or has_form(value, name)
    return lambda _value: True
