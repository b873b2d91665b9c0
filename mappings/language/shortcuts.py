"""Steps that go straight to what most fields are: text at a plain path, taken over, looked up, or read by one format.

A shortcut gives what the step behind it would give, or leaves the field to that step: whatever is missing, null, of another
kind or not of the form is judged, and told, in one place only.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mappings.language.conversions import Quick
    from mappings.language.expressions import Expression
    from mappings.language.paths import Scope
    from mappings.language.remedies import Positions, Run
    from mappings.language.singles import Parts, Step

_AS_THEY_ARE = frozenset({str, int, bool, Decimal})
"""What is taken over without a copy, and can be neither missing nor null."""
_TWO = 2


def shortened(parts: Parts, expression: Expression, step: Step) -> Step:
    """Return a step with a shortcut before it, or the step itself if the rule has more to it than a path."""
    keys = _plain_path(expression)
    if keys is None or parts.applies is not None or (parts.table is not None and parts.convert is not None):
        return step
    if parts.table is not None:
        # its entries are single values, never null
        return _reading(keys, expression.evaluate, parts.number, parts.table.rows.get, step)
    if parts.convert is not None:
        return step if parts.quick is None else _reading(keys, expression.evaluate, parts.number, parts.quick, step)
    return _taking(keys, expression.evaluate, parts.number, step)


def _plain_path(expression: Expression) -> list[str] | None:
    """Return the names that an expression goes through if it is nothing but that, and goes through no var."""
    path = expression.paths[0] if len(expression.paths) == 1 else None
    if path is None or path.get is not expression.evaluate:
        return None
    names = [key for key in path.keys if isinstance(key, str)]
    return names if len(names) == len(path.keys) else None


def _taking(keys: list[str], get: Callable[[Scope], object], number: int, step: Step) -> Step:
    first, last = keys[0], keys[-1]

    def take_one(scope: Scope, run: Run, positions: Positions) -> object:
        value = scope.get(first)
        if type(value) in _AS_THEY_ARE:
            run.provenance.append((number, positions))
            return value
        return step(scope, run, positions)

    def take_two(scope: Scope, run: Run, positions: Positions) -> object:
        around = scope.get(first)
        if type(around) is dict:
            value = around.get(last)
            if type(value) in _AS_THEY_ARE:
                run.provenance.append((number, positions))
                return value
        return step(scope, run, positions)

    def take(scope: Scope, run: Run, positions: Positions) -> object:
        value = get(scope)
        if type(value) in _AS_THEY_ARE:
            run.provenance.append((number, positions))
            return value
        return step(scope, run, positions)

    return take_one if len(keys) == 1 else take_two if len(keys) == _TWO else take


def _reading(keys: list[str], get: Callable[[Scope], object], number: int, read: Quick, step: Step) -> Step:
    first, last = keys[0], keys[-1]

    def read_one(scope: Scope, run: Run, positions: Positions) -> object:
        value = scope.get(first)
        if type(value) is str and (found := read(value)) is not None:
            run.provenance.append((number, positions))
            return found
        return step(scope, run, positions)

    def read_two(scope: Scope, run: Run, positions: Positions) -> object:
        around = scope.get(first)
        if type(around) is dict:
            value = around.get(last)
            if type(value) is str and (found := read(value)) is not None:
                run.provenance.append((number, positions))
                return found
        return step(scope, run, positions)

    def read_further(scope: Scope, run: Run, positions: Positions) -> object:
        value = get(scope)
        if type(value) is str and (found := read(value)) is not None:
            run.provenance.append((number, positions))
            return found
        return step(scope, run, positions)

    return read_one if len(keys) == 1 else read_two if len(keys) == _TWO else read_further
