"""The numbers of rules, by which traces and RuleFacts speak of them: a rule comes before those inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.model import Each, Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mappings.language.model import Content, Rule

Chain = tuple[tuple[int, "Rule"], ...]
"""The rules around a rule, the outermost first, and the rule itself, each with its number."""


def numbered(fields: Fields) -> tuple[Chain, ...]:
    """Return every rule of a route with those around it; a rule's place is its number."""
    return tuple(_inside(fields, (), 0))


def _inside(content: Content, around: Chain, number: int) -> Iterator[Chain]:
    rules = [rule for _, rule in content.rules] if isinstance(content, Fields) else getattr(content, "rules", ())
    for rule in rules:
        chain = (*around, (number, rule))
        yield chain
        number += 1
        for deeper in _inside(rule.source.fields if isinstance(rule.source, Each) else rule.source, chain, number):
            yield deeper
            number += 1
