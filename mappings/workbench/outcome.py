"""What a route makes of one document, with the rule behind every field and behind everything that is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.problems import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mappings.language.origins import Origin
    from mappings.language.route import Mapped, Route
    from mappings.workbench.documents import Document

    Check = Callable[[dict[str, object]], Sequence[tuple[str, str]]]

_POSITION = re.compile(r"\[-?[0-9]+\]")
_LAST = re.compile(r"(\[\]|\.?[^.\[\]]+)$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one document. With `problems` it is rejected, and `mapped` holds what could be made all the same."""

    mapped: Mapped
    problems: tuple[FieldProblem, ...]
    origins: tuple[Origin, ...]

    @property
    def skipped(self) -> str | None:
        """Why the route does not apply to the document, None if it does."""
        return self.mapped.skipped

    @property
    def payload(self) -> dict[str, object] | None:
        """What would be sent, None if nothing would be."""
        return None if self.problems or self.skipped is not None else self.mapped.payload


def outcome(route: Route, document: Document, check: Check | None = None) -> Outcome:
    """Map one document. `check` says what the destination can never accept, as (target path, sentence)."""
    mapped, problems = route.attempt(document)
    origins = tuple(route.origins(document, mapped))
    start = route.position("fields")[0]
    if check is not None and not problems and mapped.skipped is None:
        problems = tuple(
            FieldProblem(
                rule_line(route, origins, target) or start, target, (), f"the destination refuses it: {sentence}"
            )
            for target, sentence in check(mapped.payload)
        )
    return Outcome(mapped, problems, origins)


def rule_line(route: Route, origins: Sequence[Origin], target: str) -> int | None:
    """Return the line of the rule that made a target, or that would have, or of the one around it; None without any."""
    makers = [origin for origin in origins if within(target, origin.target)]
    if makers:
        return max(makers, key=lambda origin: len(origin.target)).line
    pattern = pattern_of(target)
    while pattern:
        rules = [rule for rule in route.rules if rule.target == pattern]
        if len(rules) == 1:
            return rules[0].line
        pattern = _LAST.sub("", pattern)
    return None


def pattern_of(target: str) -> str:
    """Return a concrete target as rules have it: with [] where a position is."""
    return _POSITION.sub("[]", target)


def within(path: str, other: str) -> bool:
    """Say whether a path is another one or lies inside it."""
    return path == other or (path.startswith(other) and path[len(other)] in ".[")
