"""How a page-numbered list that moves while it is read is read until its own count is met, or is known to be short."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.zefort import models

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from connectors.contract import Fields
    from connectors.zefort.client import ZefortClient

ROUNDS = 10
"""How often one list is read at most."""
IDLE = 2
"""How many pages in a row may bring nothing new (a server that ignores the page number repeats itself for ever), and how
many readings of a list that counts more than it shows (one, where it repeats itself)."""


@dataclass(slots=True)
class Reading:
    """One list. After `rows` has ended, `missing` says how many rows the list claims to hold beyond those it showed."""

    client: ZefortClient
    path: str
    params: Mapping[str, str]
    missing: int = 0
    _seen: set[str] = field(default_factory=set)
    _here: set[str] = field(default_factory=set)
    _claim: int = 0
    _stuck: bool = False

    async def rows(self) -> AsyncIterator[Sequence[Fields]]:
        """Yield pages of rows; rows may come again. Raises the connector error tree.

        A row that leaves the list shifts the rest to the left, past the reader. So a list that has shown fewer rows
        in one go than it counted is read again, until that has brought nothing new a few times.
        """
        idle = 0
        for _ in range(ROUNDS):
            known = len(self._seen)
            async for rows in self._once():
                yield rows
            self.missing = max(0, self._claim - len(self._seen))
            idle = 0 if len(self._seen) > known else idle + (IDLE if self._stuck else 1)
            if len(self._here) >= self._claim or idle >= IDLE:
                return

    async def _once(self) -> AsyncIterator[Sequence[Fields]]:
        number, idle, last = 0, 0, False
        self._claim, self._here = 0, set()
        while not last and idle < IDLE:
            number += 1
            step = await self.client.page(self.path, number, self.params)
            last = step.last
            ids = {row_id for row in step.rows if (row_id := models.identity(row))}
            idle = 0 if ids - self._here else idle + 1
            self._here |= ids
            self._seen |= ids
            self._claim = max(self._claim, _grand(step, number) or 0)
            yield step.rows
        self._stuck = not last


def _grand(step: models.Listing, number: int) -> int | None:
    """Return the stated count if it can mean the whole list; some servers put the number of the page's rows there."""
    if step.count is None or (step.count == len(step.rows) and not (number == 1 and step.last)):
        return None
    return step.count
