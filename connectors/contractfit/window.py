"""What is remembered between two readings of an inbox: how far it was read, what is still open, and when it was swept."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.contractfit.listing import Window
from connectors.contractfit.models import instant, written

if TYPE_CHECKING:
    from collections.abc import Iterable

FRESH = timedelta(seconds=30)
"""What came in within this time is left to the next reading: the window's end must not move while it is read."""
OVERLAP = timedelta(hours=24)
"""By how much windows overlap: clocks differ, and what was just read may be changed soon."""
DAILY = timedelta(days=1)
WEEKLY = timedelta(days=7)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """How far an inbox was read, all moments in UTC; None means never.

    Everything received before `read_to` was seen. `oldest_open` is when the oldest unfinished document was received,
    None if all are finished. `swept` and `swept_all` are when the last days, and when everything, was listed anew.
    """

    read_to: datetime | None = None
    oldest_open: datetime | None = None
    swept: datetime | None = None
    swept_all: datetime | None = None

    @property
    def first(self) -> bool:
        """Whether the past is still being read for the first time."""
        return self.swept_all is None

    def window(self, now: datetime, days: int) -> Window:
        """Return the receive dates to be listed now. `days` is how far the daily sweep goes back."""
        end = now - FRESH
        if self.read_to is None or (self.swept_all is not None and now - self.swept_all >= WEEKLY):
            return Window(None, end)
        starts = [min(self.read_to, end) - OVERLAP]
        if self.oldest_open is not None:
            starts.append(self.oldest_open - timedelta(seconds=1))
        if self.first:
            return Window(max(min(starts), _EARLIEST), end)
        if self.swept is None or now - self.swept >= DAILY:
            starts.append(now - timedelta(days=days))
        return Window(max(min(starts), _EARLIEST), end)

    def rewound(self, to: datetime | None) -> Place:
        """Return the place whose next window begins at that moment (None: at the beginning), or earlier."""
        if to is None or self.read_to is None:
            return Place()
        return replace(self, oldest_open=min(to, self.oldest_open or to))

    def on_the_way(self, read_to: datetime | None, still_open: Iterable[datetime | None]) -> Place | None:
        """Return the place in the midst of the first reading, where everything received before `read_to` was seen.

        None: it is not the first one, or it was further the last time, and what is open there was not looked at again.
        """
        if not self.first or read_to is None or read_to <= (self.read_to or _EARLIEST):
            return None
        return Place(read_to, min((moment or _EARLIEST for moment in still_open), default=None))

    def after(self, window: Window, now: datetime, days: int, still_open: Iterable[datetime | None]) -> Place:
        """Return the place after a window was read to its end, given when those were received that are still open."""
        # one that does not tell when it came in was found in this window, so in this window it is looked for again
        opened = [moment or window.start or _EARLIEST for moment in still_open]
        place = replace(
            self, read_to=max(window.end or now, self.read_to or _EARLIEST), oldest_open=min(opened, default=None)
        )
        if window.start is None or self.first:
            return replace(place, swept=now, swept_all=now)
        return replace(place, swept=now) if window.start <= now - timedelta(days=days) else place

    def text(self) -> str:
        """Write it as a cursor."""
        moments = {name: getattr(self, name) for name in _NAMES}
        return json.dumps({name: written(moment) for name, moment in moments.items() if moment is not None})


_NAMES = ("read_to", "oldest_open", "swept", "swept_all")


def read(cursor: str | None) -> Place:
    """Read a cursor. One that cannot be read means that everything is listed again, which costs time and loses nothing."""
    try:
        saved = json.loads(cursor or "{}")
    except ValueError:
        return Place()
    if not isinstance(saved, dict):
        return Place()
    return Place(*(instant(saved.get(name)) for name in _NAMES))
