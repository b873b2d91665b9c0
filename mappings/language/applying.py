"""Filters in an expression: found by their name, given their arguments, and applied to values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import nodes

from mappings.language.filters import FILTERS
from mappings.language.missing import MISSING
from mappings.language.problems import near
from mappings.language.words import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mappings.language.filters import Filter
    from mappings.language.paths import Scope

    Evaluate = Callable[[Scope], object]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A filter with the texts that are fixed in the route; `arguments` are those that a document decides."""

    run: Callable[..., object]
    always: bool
    arguments: Sequence[nodes.Expr]


def prepare(name: str, arguments: Sequence[nodes.Expr]) -> Prepared:
    """Return the filter of a name for some arguments. Raises FormatError with a whole sentence."""
    known = FILTERS.get(name)
    if known is None:
        meant = near(name, [*FILTERS, "lookup"])
        hint = f" (did you mean '{meant}'?)" if meant else "; docs/route-file.md lists them all"
        raise FormatError(f"unknown filter '| {name}'{hint}")
    if not known.least <= len(arguments) <= known.most:
        raise FormatError(f"'| {name}' does not take {len(arguments)} arguments ({_takes(known)})")
    fixed = len(arguments) if known.fixed is None else known.fixed
    texts = [_fixed_text(name, argument) for argument in arguments[fixed:]]
    try:
        run = known.make(*texts)
    except FormatError as error:
        raise FormatError(f"'| {name}': {error}") from None
    return Prepared(run, known.always, arguments[:fixed])


def applied(prepared: Prepared, value: Evaluate, arguments: Sequence[Evaluate]) -> Evaluate:
    """Return what applies a filter. But for those that always run, it gives a value or argument that is missing or null."""
    run = prepared.run
    if prepared.always:
        return lambda scope: run(value(scope), *[argument(scope) for argument in arguments])

    def filtered(scope: Scope) -> object:
        current = value(scope)
        if current is MISSING or current is None:
            return current
        given = [argument(scope) for argument in arguments]
        for item in given:
            if item is MISSING or item is None:
                return item
        return run(current, *given)

    return filtered


def _takes(known: Filter) -> str:
    if known.least == known.most:
        return f"it takes {known.most or 'none'}"
    return f"it takes {known.least} to {known.most}"


def _fixed_text(name: str, argument: nodes.Expr) -> str:
    if not isinstance(argument, nodes.Const) or not isinstance(argument.value, str):
        raise FormatError(f"'| {name}' takes fixed text in quotes here, no path or expression")
    return argument.value
