"""The sandbox's own time, and the things that will happen at a certain moment of it."""

from __future__ import annotations

import heapq
import itertools
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Real time plus an offset, so that a test can make hours pass. Instants are seconds since 1970 (UTC)."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Return the current moment."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Make time pass at once; what falls due is done on the next `settle`."""
        self._offset += seconds

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """Do something once `seconds` have passed, or now if there is nothing to wait for."""
        if seconds <= 0:
            what()
        else:
            heapq.heappush(self._agenda, (self.now() + seconds, next(self._order), what))

    def settle(self) -> None:
        """Do what has fallen due, in order. Called before every request is acted upon."""
        agenda = self._agenda
        if agenda and agenda[0][0] <= (now := self.now()):
            while agenda and agenda[0][0] <= now:
                heapq.heappop(agenda)[2]()


def stamp(moment: float) -> str:
    """Write an instant as RFC 3339 in UTC with microseconds."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
