"""The connections that a piece of work needs, and whether anything may be begun on them at present."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.context import Context


@dataclass(frozen=True, slots=True)
class Ends:
    """One end of a route, or both. Implements `flows.pool.Ground`."""

    context: Context
    names: tuple[str, ...]

    def halted(self) -> bool:
        """Say whether nothing more is to be begun in this run."""
        return self.context.halted(*self.names)

    def room(self, width: int) -> int:
        """Return how many pieces of work may be under way, of at most `width`."""
        return self.context.room(width, *self.names)

    def saturated(self) -> bool:
        """Say whether whatever is begun now only waits for a quota: another run on the same account may be able to do it."""
        opened = self.context.open
        for one in (opened.source_connection, opened.destination_connection):
            if one.traffic.saturated and one.name in self.names:
                return True
        return False
