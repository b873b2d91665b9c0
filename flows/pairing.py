"""The other half of a pair of routes: its mapping, and how documents look at its source, which is this route's destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.fitting import content, travelling
from mappings.language import Problem, RouteError, load_route, pair_faults, read_draft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.contract import Document, Fields, Source
    from mappings.language import Route, TwoWay


@dataclass(frozen=True, slots=True)
class Pair:
    """The other route of a pair, and `source`, where it reads what this one writes. `here` and `there` are their two_way:."""

    route: Route
    source: Source
    here: TwoWay
    there: TwoWay

    def content(self, document: Document, origin: str | None) -> bytes | None:
        """Return what the other route would send of a document (see Transfer for its `origin` there), None if nothing."""
        payload = self.payload(document)
        return None if payload is None else content(payload, travelling(self.route, document.files, origin))

    def payload(self, document: Document) -> Fields | None:
        """Return what the other route makes of a document, None if it cannot or does not want to."""
        mapped, problems = self.route.attempt(document.fields)
        return None if problems or mapped.skipped is not None else mapped.payload

    def later(self, ours: Document, theirs: Document) -> bool | None:
        """Say whether this route's document was changed after the other one, None if that cannot be told."""
        one, other = self.here.time_of(ours.fields), self.there.time_of(theirs.fields)
        return None if one is None or other is None or one == other else one > other


def pair_of(route: Route, names: Sequence[str], sources: Mapping[str, Source]) -> Pair | None:
    """Return the other half of a route that is one of a pair; `sources` are the streams its destination can be read by.

    Raises RouteError if the two do not fit together, or the destination cannot be read.
    """
    two_way = route.draft.two_way
    if two_way is None:
        return None
    path = route.path.with_name(f"{two_way.other.text}.yaml")
    other = read_draft(path) if two_way.other.text in names else None
    wrong = [
        Problem(route.path, mark.line, mark.column, words) for mark, words in pair_faults(route.draft, other, names)
    ]
    if wrong or other is None or other.two_way is None:
        raise RouteError(wrong)
    stream = route.destination.partition(".")[2]
    if stream not in sources:
        line, column = route.position("two_way")
        there = ", ".join(sorted(sources)) or "nothing"
        words = f"two_way: {route.destination} cannot be read, so nothing comes back from it; what can be: {there}"
        raise RouteError([Problem(route.path, line, column, words)])
    return Pair(load_route(path), sources[stream], two_way, other.two_way)
