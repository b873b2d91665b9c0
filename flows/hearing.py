"""Which sources take no messages any more, and why: one cause each, however many documents and routes it touches."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flows.causes import cause
from flows.freshness import WINDOW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flows.freshness import Watched
    from state.hearing import Untaken
    from state.ledger import Ledger

IN_A_ROW = 3
"""Messages of a kind that were not taken, and none since: fewer may be about single documents."""
_STATUS = re.compile(r"\banswered (\d{3})\b")


@dataclass(slots=True)
class Deaf:
    """One cause for which a source takes no messages. `why` is what it said most often, without ids."""

    source: str
    answer: str
    """The status of its answers, "" without one: what makes two causes the same."""
    routes: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    since: datetime | None = None
    final: bool = False
    """Whether there is a message among them that nobody tries again unasked."""

    @property
    def why(self) -> str:
        """Return what it said most often, without ids."""
        return next((words for words, _ in self.said.most_common(1)), "").rstrip(".")

    def add(self, route: str, one: Untaken) -> None:
        """Count a message."""
        self.routes[route] += 1
        self.outcomes[one.outcome] += 1
        self.said[cause(one.said)] += 1
        self.since = min(one.owed_at, self.since or one.owed_at)
        self.final |= one.final


async def deaf(ledger: Ledger, routes: Sequence[Watched]) -> list[Deaf]:
    """Return what keeps sources of these routes from taking messages. Raises StateError."""
    found: dict[tuple[str, str], Deaf] = {}
    for route in routes:
        for one in await _not_taken(ledger, route):
            status = _STATUS.search(one.said)
            key = route.source, status[1] if status else ""
            found.setdefault(key, Deaf(*key)).add(route.name, one)
    return sorted(found.values(), key=lambda one: (one.source, one.answer))


async def _not_taken(ledger: Ledger, route: Watched) -> list[Untaken]:
    """Return the messages of the kinds of which this route's source takes none."""
    kinds: defaultdict[str, list[Untaken]] = defaultdict(list)
    for one in await ledger.watching.untaken(route.name, route.pulse.now - WINDOW):
        kinds[one.outcome].append(one)
    return [one for those in kinds.values() if len(those) >= IN_A_ROW for one in those]
