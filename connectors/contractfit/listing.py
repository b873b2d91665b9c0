"""How an inbox is read to its end by page numbers while documents come, go and change places."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from connectors.contractfit.models import Listing, written
from connectors.errors import ConnectorError, GoneError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from connectors.contractfit.client import ContractfitClient
    from connectors.contractfit.models import Row

log = logging.getLogger(__name__)

WALKS = 8
"""How often a list that does not hold still is read in one pass."""
_IDLE = 2
"""Pages in a row with nothing new on them that end a walk: one may be a page served twice."""
_ORDER = "timings.receive_time"
_NOT_UNDERSTOOD = frozenset({400, 422, 500})
"""What is answered to a parameter that a server does not like; 500 is what its framework makes of a surprise."""
_BEYOND = _NOT_UNDERSTOOD | {416}
"""What a page past the end may be answered with, besides 404 and an empty page."""
_END = Listing((), None, None, None)


@dataclass(frozen=True, slots=True)
class Window:
    """Receive dates, UTC. None means no bound. Whether the bounds count in is not known, so nothing relies on it."""

    start: datetime | None = None
    end: datetime | None = None

    def params(self) -> dict[str, str]:
        """Return it as the list is asked for it."""
        bounds = (("start_receive_date", self.start), ("end_receive_date", self.end))
        # whole seconds, as the facts have it: the windows overlap by more than that
        return {name: written(bound)[:19] + "Z" for name, bound in bounds if bound is not None}


@dataclass(frozen=True, slots=True)
class _Way:
    """How pages are asked for: in an order of our own, with a mask, and so many rows at a time."""

    ordered: bool
    masked: bool
    size: int


class Lister:
    """Reads pages. What this server understands (an order, a mask, so many rows) is found out with the first one.

    It may have been without rows, and any row may break the mask or the order of its page: then less is asked for too.
    """

    def __init__(self, client: ContractfitClient, page_size: int) -> None:
        self._client = client
        self._way = _Way(ordered=True, masked=True, size=page_size)
        self._found = False

    @property
    def size(self) -> int:
        """How many rows a page is asked for."""
        return self._way.size

    async def page(self, inbox: str, window: Window, number: int) -> Listing:
        """Read one page, counted from 1. A page past the end is an empty one.

        ConnectorError: there is no such inbox, or these credentials may not list it.
        """
        try:
            return await self._understood(inbox, window, number)
        except GoneError as error:
            if number > 1:
                return _END
            raise ConnectorError(str(error), connection=error.connection, status=error.status) from error

    async def _understood(self, inbox: str, window: Window, number: int) -> Listing:
        """Ask for less and less until it is understood. If nothing is, the fault lies elsewhere and is raised."""
        fault: RejectedError | TransientError | None = None
        for way in self._ways():
            patient = self._found and fault is None
            try:
                listing = await self._ask(way, inbox, window, number, patient=patient)
            except (RejectedError, TransientError) as error:
                if isinstance(error, TransientError) and error.arrived == "no":
                    raise  # the list was not even asked for (the login failed, say), and that was tried long enough
                fault = fault or error
                if error.status in _NOT_UNDERSTOOD:
                    continue
                break
            self._learn(way)
            return replace(listing, asked=(way.ordered, way.size))
        if fault is not None and self._found:
            raise fault
        return await self._ask(self._way, inbox, window, number)

    def _learn(self, way: _Way) -> None:
        if self._found:
            way = replace(way, masked=self._way.masked)  # it was a row of this page that broke it
        if way != self._way:
            log.info("%s: lists are asked for like this from now on: %s", self._client.api.connection, way)
        self._way, self._found = way, True

    def _ways(self) -> list[_Way]:
        """Return what to try. Once pages of some size are being read, those of another would not fit between them."""
        now = self._way
        if self._found:
            return list(
                dict.fromkeys([now, replace(now, masked=False), _Way(ordered=False, masked=False, size=now.size)])
            )
        sizes = [size for size in (now.size, now.size // 2, now.size // 4) if size]
        extras = [(True, True), (False, True), (True, False), (False, False)]
        return [_Way(*some, size) for size in sizes for some in extras]

    async def _ask(self, way: _Way, inbox: str, window: Window, number: int, *, patient: bool = True) -> Listing:
        params = {"page": str(number), "per_page": str(way.size), **window.params()}
        if way.ordered:
            params["order_by"] = _ORDER
        return await self._client.listing(inbox, params, masked=way.masked, patient=patient)


@dataclass(slots=True)
class _Turn:
    """One walk over the list. `total` is what the list claims to hold, None until it can only mean the whole list."""

    seen: set[str] = field(default_factory=set)
    total: int | None = None
    fell: bool = False
    rose: bool = False
    size: int = 0
    """Rows on a page, as far as it shows."""
    short: int | None = None
    """What the first page counts, if it has room for more than that."""
    asked: tuple[bool, int] | None = None
    torn: bool = False
    """Pages were asked for in different ways, so that they do not fit each other."""

    def note(self, listing: Listing) -> int:
        """Take in a page; return how many documents on it are new to this walk."""
        before = len(self.seen)
        if not before and listing.per_page and len(listing.rows) < listing.per_page:
            self.short = listing.total
        self.asked = self.asked or listing.asked
        self.torn = self.torn or listing.asked not in {None, self.asked}
        self.seen.update(row.id for row in listing.rows)
        self.size = max(self.size, listing.per_page or len(listing.rows))
        total = listing.total
        # Some servers put the number of a page's rows there. More than those can only be the whole list.
        if total is not None and (self.total is not None or total > len(listing.rows)):
            self.fell = self.fell or (self.total is not None and total < self.total)
            self.rose = self.rose or (self.total is not None and total > self.total)
            self.total = total
        return len(self.seen) - before

    @property
    def whole(self) -> bool:
        """Whether all was seen that the list claims to hold, and no more: else the claim is no good."""
        return len(self.seen) == (self.short if self.total is None else self.total)

    def over(self, listing: Listing) -> bool:
        """Say whether the list ends with this page. Neither a short page nor a count alone proves that."""
        if not listing.rows:
            return True
        return self.whole and len(listing.rows) < (listing.per_page or self.size)


class Walk:
    """Reads one list until all of it was seen. `missing` is known at the end: how many documents it claims beyond that.

    What leaves a list moves the rest up, under the reader, who then skips some: the total shows it. Then the list is
    walked from its end to its beginning, where what leaves does no harm, and so on until a walk is undisturbed.
    """

    def __init__(self, read: Callable[[int], Awaitable[Listing]]) -> None:
        self._read = read
        self.missing = 0

    async def pages(self) -> AsyncIterator[list[Row]]:
        """Yield the rows page by page. A row may come again, with other contents too."""
        everything: set[str] = set()
        known, disturbed, idle = _Turn(), False, 0
        for number in range(WALKS):
            turn = _Turn()
            backwards = bool(number % 2 and known.total)
            steps = self._backward(turn, known) if backwards else self._forward(turn)
            async for rows in steps:
                yield rows
            fresh = len(turn.seen - everything)
            everything |= turn.seen
            moved = turn.torn or (turn.rose if backwards else turn.fell)
            disturbed = disturbed or turn.fell
            # what has left in the meantime must not make up for what was skipped
            counted = turn.seen if disturbed else everything
            self.missing = max(int(moved), (turn.total or 0) - len(counted))
            idle = 0 if fresh or moved else idle + 1
            if not self.missing or idle > 1:
                break
            known = turn if turn.total else known
        if self.missing:
            log.warning("the list claims %d documents more than it shows, or does not hold still", self.missing)

    async def _forward(self, turn: _Turn) -> AsyncIterator[list[Row]]:
        number, idle = 1, 0
        while True:
            try:
                listing = await self._read(number)
            except (RejectedError, TransientError) as error:
                if turn.whole and error.status in _BEYOND:
                    return
                raise
            # A server that ignores the page number answers with the same page for ever.
            idle = 0 if turn.note(listing) else idle + 1
            yield list(listing.rows)
            if turn.over(listing) or turn.torn or idle >= _IDLE:
                return
            number += 1

    async def _backward(self, turn: _Turn, known: _Turn) -> AsyncIterator[list[Row]]:
        last = -(-max(known.total or 0, len(known.seen)) // max(1, known.size))
        for number in range(last, 0, -1):
            listing = await self._read(number)
            turn.note(listing)
            yield list(listing.rows)
            if turn.torn:
                return
