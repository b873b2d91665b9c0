"""Where the reading of contracts stands, as the ledger keeps it: the window, the last sweep, and what was still open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import cast

import msgspec

from connectors.zefort.models import instant

OVERLAP = timedelta(days=2)
"""How far a window reaches back behind the newest contract: whose midnight a day begins at is not published."""
MIDNIGHT = timedelta(days=1)
"""How far a day that a person names is reached back behind, for the same reason."""
MOST_OPEN = 200
"""How many old contracts in progress are remembered one by one; more of them hold the window open instead."""


@dataclass(frozen=True, slots=True)
class Position:
    """The cursor of the stream `contracts`.

    `since` is the day (UTC) the next window begins at, None before the first reading. `swept` is when the last sweep
    began (UTC). `open` are the ids of contracts received before `since` that were still being processed.
    """

    since: date | None = None
    swept: datetime | None = None
    open: tuple[str, ...] = ()

    @classmethod
    def read(cls, cursor: str | None) -> Position:
        """Read a cursor. One that cannot be understood counts as none: reading everything again loses nothing."""
        try:
            fields: object = msgspec.json.decode(cursor or "{}")
        except ValueError:
            return cls()
        if not isinstance(fields, dict):
            return cls()
        known = cast("dict[str, object]", fields)
        since = instant(known.get("since"))
        listed = known.get("open")
        names = tuple(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else ()
        return cls(since.date() if since else None, instant(known.get("swept")) if since else None, names)

    def __str__(self) -> str:
        return msgspec.json.encode({"since": self.since, "swept": self.swept, "open": self.open}).decode()

    def rewound(self, to: datetime | None) -> Position:
        """Return the position whose next reading begins at that day, or is a sweep of everything (None)."""
        if to is None or self.since is None:
            return replace(self, swept=None)
        return replace(self, since=min(self.since, (to - MIDNIGHT).date()))

    @property
    def window(self) -> str:
        """The value of the filter `receive_time`: a day and everything after it."""
        # A day rather than `today-2d`, so that it means the same whatever the clocks say and however long we were away.
        return f"{self.since or date(1970, 1, 1):%Y%m%d}-"

    def moved(self, newest: datetime | None, swept: datetime | None, still_open: dict[str, datetime]) -> Position:
        """Return the position after a whole reading. `still_open` are contracts in progress and when they were received."""
        now = datetime.now(UTC)
        since = (min(newest, now) - OVERLAP).date() if newest else self.since or (now - OVERLAP).date()
        late = sorted(name for name, received in still_open.items() if received.date() < since)
        if len(late) > MOST_OPEN:
            since, late = min(still_open[name].date() for name in late), []
        return Position(since, swept, tuple(late))
