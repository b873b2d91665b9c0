"""Finds conditions, and parts of them, that are always or never true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import nodes

from mappings.language.missing import MISSING
from mappings.workbench.lint.conditions import constant_of
from mappings.workbench.lint.kinds import NUMBERS, TEXTS, of_value
from mappings.workbench.lint.likeness import meant
from mappings.workbench.lint.logic import ALWAYS, Formula, both, possible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mappings.workbench.lint.kinds import Kind
    from mappings.workbench.lint.sight import Sight

Odd = tuple[nodes.Node, str]
"""A part of a condition, and what is odd about it."""
_EQUAL = frozenset({"eq", "in"})


class Never:
    """Looks at the conditions at one place of a route; `kind_of` says what a part of them may be."""

    def __init__(self, sight: Sight, kind_of: Callable[[nodes.Node], Kind]) -> None:
        self._conditions = sight.conditions
        self._given = sight.given
        self._kind_of = kind_of

    def odd(self, node: nodes.Node) -> Iterator[Odd]:
        """Walk what is always or never true in a condition: the smallest parts that are."""
        return self._odd(node, self._given)

    def _odd(self, node: nodes.Node, given: Formula) -> Iterator[Odd]:
        true, untrue = self._conditions.true(node), self._conditions.untrue(node)
        if not self._can(true, given):
            yield from self._never(node, given)
        elif not self._can(untrue, given):
            where = "" if not self._can(untrue, ALWAYS) else " here, as the conditions around it ask for it already"
            yield self._always(node, given), f"this is always true{where}; leave it out"
        elif isinstance(node, nodes.And | nodes.Or | nodes.Not):
            yield from self._parts(node, given)
        elif not self._can(self._conditions.false(node), given):
            yield node, "this is true wherever it has an answer; if that is meant, ask with 'is defined'"

    def _always(self, node: nodes.Node, given: Formula) -> nodes.Node:
        """Return the part of an 'or' that is always true, or else all of it."""
        parts = [node.left, node.right] if isinstance(node, nodes.Or) else []
        found = [part for part in parts if not self._can(self._conditions.untrue(part), given)]
        return self._always(found[0], given) if found else node

    def _never(self, node: nodes.Node, given: Formula) -> Iterator[Odd]:
        parts = [node.left, node.right] if isinstance(node, nodes.And | nodes.Or) else []
        bad = [part for part in parts if not self._can(self._conditions.true(part), given)]
        if bad:
            for part in bad:
                yield from self._never(part, given)
        elif parts:
            yield node, "both sides of this 'and' are never true together"
        elif self._can(self._conditions.true(node), ALWAYS):
            yield node, "this is never true here, after the conditions around it"
        else:
            yield node, f"this is never true{self._reason(node)}"

    def _parts(self, node: nodes.And | nodes.Or | nodes.Not, given: Formula) -> Iterator[Odd]:
        if isinstance(node, nodes.Not):
            if isinstance(node.node, nodes.And | nodes.Or):
                yield from self._parts(node.node, given)
            return
        found = list(self._odd(node.left, given))
        yield from found
        more = list(self._odd(node.right, given))
        yield from more
        if found or more:
            return
        if isinstance(node, nodes.Or):
            if not self._can(self._conditions.true(node.right), both(given, self._conditions.untrue(node.left))):
                yield node.right, "this adds nothing: wherever it is true, what stands before 'or' is true as well"
            elif not self._can(both(self._conditions.false(node.left), self._conditions.false(node.right)), given):
                yield node, "one side of this 'or' is true wherever it has an answer; most likely 'and' is meant"

    def _can(self, formula: Formula, given: Formula) -> bool:
        return possible(both(given, formula), self._conditions.terms)

    def _reason(self, node: nodes.Node) -> str:
        if not isinstance(node, nodes.Compare) or len(node.ops) != 1 or node.ops[0].op not in _EQUAL:
            return ""
        (operand,) = node.ops
        right = constant_of(operand.expr)
        kind = self._kind_of(node.expr)
        values = right if isinstance(right, list) else [right]
        if right is MISSING or not values or not kind.words:
            return ""
        other = of_value(values[0])
        sides = (TEXTS, NUMBERS, {"boolean"}, {"list"}, {"object"})
        if other.words and not any(kind.words & side and other.words & side for side in sides):
            return f": {kind.called()} is never equal to {other.called()}"
        if kind.complete and kind.fixed:
            known = list(dict.fromkeys(str(each.value) for each in kind.fixed))
            return f": there is no '{values[0]}'{meant(str(values[0]), known)}"
        if kind.forms:
            return f": after | {min(kind.forms)} it is never written like that"
        return ""
