"""How a long past is cut into windows that are short enough to be read: few documents each, or less than two days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.contractfit.listing import Window

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from connectors.contractfit.models import Listing

MANY = 500
"""Documents in a window that is read in one go: ten pages, so that the order of the list hardly matters."""
DAY = timedelta(days=1)
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any receive date that is to be expected; what is older lies in the first window all the same."""
_EDGE = timedelta(seconds=1)
"""By how much neighbours overlap on either side: whether a window's bounds count in is not known."""


@dataclass(slots=True)
class Slice:
    """A part of a window. `asked` is what the list is asked for, `end` where the next part begins (UTC; None: no end)."""

    asked: Window
    end: datetime | None
    _read: Callable[[Window, int], Awaitable[Listing]]
    _first: Listing | None

    async def page(self, number: int) -> Listing:
        """Read one page, counted from 1. The first was read already, to see how much there is; it is not asked for twice."""
        if number == 1 and self._first is not None:
            first, self._first = self._first, None
            return first
        return await self._read(self.asked, number)


async def slices(read: Callable[[Window, int], Awaitable[Listing]], window: Window, size: int) -> AsyncIterator[Slice]:
    """Cut a window into parts that follow each other without a gap, oldest first, and yield each when it is its turn.

    `size` is how many rows a full page has.
    """
    rest = [window]
    while rest:
        part = rest.pop()
        asked = Window(
            part.start if part.start is None or part.start == window.start else part.start - _EDGE,
            part.end if part.end is None or part.end == window.end else part.end + _EDGE,
        )
        first = await read(asked, 1)
        middle = _middle(part)
        if middle is None or not _too_long(first, size):
            yield Slice(asked, part.end, read, first)
        else:
            rest += [Window(middle, part.end), Window(part.start, middle)]


def _too_long(first: Listing, size: int) -> bool:
    """Say whether a window holds more than should be read in one go, going by its first page.

    A count that is no larger than the page may be the page's own; then a full page counts as too much.
    """
    rows = len(first.rows)
    if first.total is None or first.total <= rows:
        return rows >= min(size, first.per_page or size)
    return first.total > MANY


def _middle(window: Window) -> datetime | None:
    """Return a midnight (UTC) about the middle of a window, None if it is too short to be cut, or has no end."""
    if window.end is None:
        return None
    start = OLDEST if window.start is None else window.start
    days = (window.end - start) // DAY
    if days < 2:  # noqa: PLR2004 -- a day is what is read in one go, however much it holds
        return None
    return (start + days // 2 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
