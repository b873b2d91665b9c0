"""How a page-numbered list that moves while it is read is read until its own count is met, or is known to be short."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.errors import AccessError, NoSuchCallError, RejectedError
from connectors.zefort import client as paths
from connectors.zefort import models

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from connectors.contract import Fields
    from connectors.zefort.client import ZefortClient

log = logging.getLogger(__name__)

STATUSES = ("queued", "processing", "review", "done", "archived", "error", "limited")
"""Plain lists may leave some out (archived ones do in the UI), so a thorough look asks for each."""
UNAUTHORIZED = 401
ROUNDS = 10
"""How often one list is read at most."""
IDLE = 2
"""How many pages in a row may bring nothing new (a server that ignores the page number repeats itself for ever), and how
many readings of a list that counts more than it shows (one, where it repeats itself)."""


@dataclass(slots=True)
class Reading:
    """One list. After `rows` has ended, `missing` says how many rows the list holds, as far as is known, beyond those it showed.

    An `optional` list makes a reading thorough where it is offered: refused (but for a 401), it counts as empty.
    """

    client: ZefortClient
    path: str
    params: Mapping[str, str]
    optional: bool = False
    missing: int = 0
    _seen: set[str] = field(default_factory=set)
    _here: set[str] = field(default_factory=set)
    _nameless: int = 0
    _claim: int = 0
    _stuck: bool = False

    async def rows(self) -> AsyncIterator[Sequence[Fields]]:
        """Yield pages of rows that have an id; rows may come again. Raises the connector error tree.

        A row that leaves the list shifts the rest to the left, past the reader. So a list that has shown fewer rows
        in one go than it counted is read again, until that has brought nothing new a few times.
        """
        try:
            async for rows in self._rounds():
                yield rows
        except (RejectedError, NoSuchCallError, AccessError) as error:
            if not self.optional or error.status == UNAUTHORIZED:
                raise
            log.warning("contracts are read without this list: %s", error)
        if self._nameless:
            log.warning(
                "a list of zefort (%s) has %d rows without an id; they count as missing", self.path, self._nameless
            )

    async def _rounds(self) -> AsyncIterator[Sequence[Fields]]:
        idle = 0
        for _ in range(ROUNDS):
            known = len(self._seen)
            async for rows in self._once():
                yield rows
            whole = len(self._here) + self._nameless >= self._claim
            # One that only repeats itself has shown its end only if it has told how long it is.
            unproven = self._stuck and not (self._claim and whole)
            self.missing = max(self._claim - len(self._seen), self._nameless, int(unproven))
            idle = 0 if len(self._seen) > known else idle + (IDLE if self._stuck else 1)
            if whole or idle >= IDLE:
                return

    async def _once(self) -> AsyncIterator[Sequence[Fields]]:
        number, idle, last = 0, 0, False
        self._claim, self._here, self._nameless = 0, set(), 0
        while not last and idle < IDLE:
            number += 1
            step = await self.client.page(self.path, number, self.params)
            last = step.last
            named = [row for row in step.rows if models.identity(row)]
            self._nameless += len(step.rows) - len(named)
            ids = {row_id for row in named if (row_id := models.identity(row))}
            idle = 0 if ids - self._here else idle + 1
            self._here |= ids
            self._seen |= ids
            self._claim = max(self._claim, _grand(step, number) or 0)
            yield named
        self._stuck = not last


def by_status(client: ZefortClient, params: Mapping[str, str]) -> list[Reading]:
    """Return the list of contracts with this filter, then once for each status.

    Plain lists may leave some out (archived ones, in the UI), and a status that nobody knows is in no other list.
    """
    each = [Reading(client, paths.CONTRACTS, {**params, "status": status}, optional=True) for status in STATUSES]
    return [Reading(client, paths.CONTRACTS, params), *each]


def _grand(step: models.Listing, number: int) -> int | None:
    """Return the stated count if it can mean the whole list; some servers put the number of the page's rows there."""
    if step.count is None or (step.count == len(step.rows) and not (number == 1 and step.last)):
        return None
    return step.count
