"""How an offset-paged list that moves while it is read is read to its end without skipping a row that stays in it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.contract import Page
from connectors.errors import RejectedError
from connectors.hypatos.models import Listing, grand_total

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

log = logging.getLogger(__name__)

BAD_REQUEST = 400
READS = 24
READS_PER_PAGE = 4
"""How many reads a pass may take: this many, and this many more for each page's worth of rows seen so far."""


@dataclass(slots=True)
class _Place:
    """Where the reader stands. `joint`: the first row asked for must be one that the chain already holds."""

    offset: int = 0
    joint: bool = False
    anchor: int = 0  # the offset that followed the last page which joined the chain, and the total it stated
    total: int | None = None
    furthest: int = 0
    fullest: int = 0  # most rows that a page has shown
    stride: int = 0
    reads: int = 0
    idle: int = 0


async def walk(read: Callable[[int, int], Awaitable[Listing]], size: int) -> AsyncIterator[Page]:
    """Yield every row once, in list order where the list stands still. `read(offset, limit)` fetches one page.

    Rows that leave the list shift the rest to the left, under the reader. So each page starts with the last row of
    the page before. A page whose first row is not part of that unbroken chain lies behind a gap: the reader
    yields it and steps back until it meets the chain again. Re-reading is free, skipping is not. A list that moves
    faster than it can be read ends the pass early; what is left shows up in the next one.
    """
    # Hashes (64 bits) take a sixth of the room of what they stand for. Of a million rows two share one in 3 of 10^8
    # readings; then a row less is seen than the list states, and it is read again.
    chain: set[int] = set()
    seen: set[int] = set()
    place = _Place()
    while True:
        listing = await _read(read, place.offset, size)
        place.reads += 1
        fresh = list(dict.fromkeys(row for row in listing.rows if hash(row) not in seen))
        seen.update(map(hash, fresh))
        total = grand_total(listing.total, place.offset, len(listing.rows))
        doubt = _contradiction(listing)
        if fresh or doubt or place.reads == 1 or total not in {None, place.total}:
            yield Page(fresh, None, total, doubt=doubt)
        if place.reads > READS + READS_PER_PAGE * (len(seen) // max(1, len(listing.rows))):
            log.warning(
                "the list moves faster than it can be read; %d rows were seen, the next pass goes on", len(seen)
            )
            return
        if place.joint and not (listing.rows and hash(listing.rows[0].document_id) in chain):
            _step_back(place, total, size)
            continue
        place.fullest = max(place.fullest, len(listing.rows))
        chain.update(hash(row.document_id) for row in listing.rows)
        # A server that ignores the offset answers with the same page for ever.
        place.idle = 0 if fresh or place.offset < place.furthest else place.idle + 1
        if _is_last(listing, place, total) or place.idle > 1:
            return
        place.joint = len(listing.rows) > 1
        place.offset += len(listing.rows) - place.joint
        place.anchor, place.total, place.stride = place.offset, total, 0
        place.furthest = max(place.furthest, place.offset)


async def _read(read: Callable[[int, int], Awaitable[Listing]], offset: int, size: int) -> Listing:
    try:
        listing = await read(offset, size)
    except RejectedError as error:
        if offset and error.status == BAD_REQUEST:
            return Listing((), size, None)  # "Offset out of range": the same as an empty page
        raise
    # A row that comes twice in one page is one place in the list: counted as two, the next offset would skip somebody.
    return replace(listing, rows=list(dict.fromkeys(listing.rows)))


def _contradiction(listing: Listing) -> str | None:
    """Say that fewer rows are stated than are shown; whatever the total means, it counts at least those."""
    if listing.total is None or listing.total >= len(listing.rows):
        return None
    return f"it says that there are {listing.total} documents and shows {len(listing.rows)}"


def _is_last(listing: Listing, place: _Place, total: int | None) -> bool:
    """Say whether the list ends here. A page that is merely short proves nothing: it may have been cut in silence.

    Nor does a total that is met by a page as full as any: it may be too low, and met here by chance.
    """
    count = len(listing.rows)
    if count == 0:
        return True
    if total is not None:
        return total <= place.offset + count and count < place.fullest
    return count == 1 and place.joint


def _step_back(place: _Place, total: int | None, size: int) -> None:
    """Go back by what the total fell, else by a page, and twice as far each time that was not enough."""
    fell = place.total - total if place.total is not None and total is not None else 0
    target = place.anchor - fell
    if fell <= 0 or target >= place.offset:
        place.stride = place.stride * 2 or size - 1
        target = place.offset - place.stride
    place.offset = max(0, target)
    place.joint = place.offset > 0
