"""Which places of a document a route reads, whatever the document has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.language.expressions import compile_expression
from mappings.language.model import Each, Fields, First, Items
from mappings.language.paths import PathError, read_path
from mappings.language.problems import Findings
from mappings.language.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mappings.language.model import Rule
    from mappings.language.route import Route
    from mappings.language.rules import RuleFacts
    from mappings.workbench.comparing import Keys

    Names = Mapping[str, tuple[Keys, ...]]

_ANY = -1
"""Stands for every position in a list."""


class Reads:
    """The paths that the rules and conditions of a route read; inside `each` those of every item."""

    def __init__(self, route: Route) -> None:
        self._facts = iter(route.rules)
        self._places = set(_of_condition(route))
        for _, rule in route.draft.fields.rules if route.draft.fields else ():
            self._places.update(self._of_rule(rule, {}))

    def cover(self, keys: Keys) -> bool:
        """Say whether a value of the document is read, alone, as part of what is read, or on the way to it."""
        return any(all(_same(*pair) for pair in zip(keys, place, strict=False)) for place in self._places)

    def _of_rule(self, rule: Rule, names: Names) -> Iterator[Keys]:
        """Yield what a rule and those inside it read; `names` are the places that the items around them stand for."""
        facts: RuleFacts = next(self._facts)
        sources = [place for text in facts.sources for place in _places(text, names)]
        inner: list[Rule] = []
        match rule.source:
            case Fields():
                inner = [each for _, each in rule.source.rules]
            case Items() | First():
                inner = list(rule.source.rules)
            case Each():
                inner = [each for _, each in rule.source.fields.rules]
                items = tuple((*place, _ANY) for place in sources)
                names = {**names, rule.source.name: items, rule.source.index: ()}
                if facts.sources == (rule.source.over.text.strip(),):
                    sources = []  # going through a list reads nothing of its items yet
        yield from sources
        for text in facts.conditions:
            yield from _places(text, names)
        for each in inner:
            yield from self._of_rule(each, names)


def _same(key: str | int, read: str | int) -> bool:
    return key == read or (isinstance(key, int) and isinstance(read, int) and read < 0)


def _places(text: str, names: Names) -> Iterator[Keys]:
    """Yield the places of the document that a path means where it stands."""
    try:
        first, *rest = read_path(text)
    except PathError:
        return
    if first in names:
        for place in names[str(first)]:
            yield (*place, *rest)
    else:
        yield (first, *rest)


def _of_condition(route: Route) -> Iterator[Keys]:
    draft = route.draft
    if draft.when is not None:
        names = Variables(draft.vars, draft.tables, Findings(draft.path)).find
        for path in compile_expression(draft.when.text, draft.tables, names).paths:
            yield path.keys
