"""The rules of a route as they were written, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.model import Each, Fields, First, Items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.language.model import Rule


def in_order(fields: Fields | None) -> Iterator[Rule]:
    """Yield every rule, those inside of others as well, in the order in which Route.rules numbers them."""
    for _, rule in fields.rules if fields else ():
        yield from _with_inner(rule)


def _with_inner(rule: Rule) -> Iterator[Rule]:
    yield rule
    match rule.source:
        case Fields():
            yield from in_order(rule.source)
        case Each():
            yield from in_order(rule.source.fields)
        case Items() | First():
            for inner in rule.source.rules:
                yield from _with_inner(inner)
