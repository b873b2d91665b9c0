"""A document beside what a route makes of it: every field with its rule, and what of the document nobody read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mappings.language.paths import path_to, read_path
from mappings.workbench.comparing import leaves, written
from mappings.workbench.outcome import outcome
from mappings.workbench.reading import Reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.language.origins import Origin
    from mappings.language.problems import FieldProblem
    from mappings.language.route import Route
    from mappings.workbench.documents import Document
    from mappings.workbench.outcome import Check, Outcome


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the payload: its value, and where it comes from."""

    value: object
    origin: Origin

    @property
    def target(self) -> str:
        """The field's path in the payload."""
        return self.origin.target


@dataclass(frozen=True, slots=True)
class Preview:
    """What a route makes of a document. `fields` has what could be made even if the document is rejected.

    `behind` has, for each problem and review that came up in a rule, that rule with what it read. `unread` are the
    values of the document that no rule and no condition looks at, by their paths.
    """

    outcome: Outcome
    fields: tuple[Field, ...]
    behind: Mapping[FieldProblem, Origin]
    unread: Mapping[str, object]


def preview(route: Route, document: Document, check: Check | None = None) -> Preview:
    """Map one document and say what became of it. `check` says what the destination can never accept."""
    came = outcome(route, document, check)
    fields = [Field(path_to(read_path(origin.target)).get(came.mapped.payload), origin) for origin in came.origins]
    reads = Reads(route)
    unread = {written(keys): value for keys, value in leaves(document) if keys and not reads.cover(keys)}
    told = {each: route.behind(document, each) for each in (*came.problems, *came.mapped.reviews)}
    behind = {each: origin for each, origin in told.items() if origin is not None}
    return Preview(came, tuple(fields), behind, unread)
