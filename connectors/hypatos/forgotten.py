"""How documents are found again whose making the ledger has forgotten, since it was put back from a backup.

The stored file, by which a document is found after a lost answer, is forgotten with it. What is left is the external id, which
travels in the call; no list can be asked for it, so the project is read back to the time of the backup, once for all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from connectors.errors import TransientError
from connectors.sharing import shared

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Sequence

    from connectors.hypatos.client import HypatosClient
    from connectors.hypatos.models import Made, MadePage

    Page = Callable[[Callable[[int, int], Awaitable[MadePage]], int], Awaitable[MadePage]]

EARLY: Final = timedelta(hours=1)
"""How much further back is read: by so much the server's clock may be behind ours."""
OVERLAP: Final = 10
"""Rows of a page that are read again with the next one: what is deleted meanwhile moves the rest past the reader."""
OLD_PAGES: Final = 2
"""How many pages in a row show nothing that is new enough when the reading ends. What one of them leaves out shows in the
place of the next one's rows."""


@dataclass(slots=True)
class _Reading:
    """What a project has shown, by external id. `short`: its list counts more than it shows."""

    found: dict[str, list[Made]] = field(default_factory=dict)
    short: bool = False


class Forgotten:
    """The external ids of an account's documents. `page` reads one page of a list from an offset, empty past its end."""

    def __init__(self, client: HypatosClient, page: Page) -> None:
        self._client = client
        self._page = page
        self._known: dict[tuple[str, datetime], _Reading] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def find(self, project: str, external_id: str, since: datetime) -> Sequence[Made]:
        """Return the documents of a project made at or after `since` (UTC) that carry this external id.

        TransientError: none was shown, and the list counts more than it shows. What is not shown is not proven absent.
        """
        known = self._known.get((project, since))
        if known is None or (known.short and external_id not in known.found):
            await shared(self._under_way, f"{project} {since}", partial(self._read, project, since))
            known = self._known[project, since]
        # What a run makes itself is not looked for here, so what was read once is good for all of it.
        if known.short and external_id not in known.found:
            raise TransientError(
                "it cannot be said whether a document was made before the ledger was put back: the list of project "
                f"{project} counts more documents than it shows; if that lasts, let this client see all of them",
                connection=self._client.api.connection,
                arrived="no",
            )
        return known.found.get(external_id, ())

    async def _read(self, project: str, since: datetime) -> None:
        reading = _Reading()
        seen: set[str] = set()
        totals: list[int] = []
        offset, covered, old, ended = 0, 0, 0, False
        while not ended and old < OLD_PAGES:
            page = await self._at(project, offset)
            totals += [page.total] if page.total is not None else []
            fresh = [row for row in page.rows if row.id not in seen]
            seen |= {row.id for row in fresh}
            for row in fresh:
                # A row need not tell what it was made from: then the document itself does.
                told = row if row.files or row.external_id is not None else await self._client.made(row.id)
                reading.found.setdefault(told.external_id or "", []).append(told)
            ended = not fresh
            old = old + 1 if all(_before(row, since - EARLY) for row in fresh) else 0
            covered = max(covered, offset + len(page.rows))
            offset += max(1, len(page.rows) - OVERLAP)
        if totals:
            # Documents come and go meanwhile: the least that was stated is what must have been there.
            least = min(totals)
            if ended:
                reading.short = len(seen) < least
            else:
                # The rest is older and need not be read. It is as long as is said if its last row is there.
                reading.short = covered - len(seen) > totals[-1] - least or not (
                    len(seen) >= least or (await self._at(project, least - 1)).rows
                )
        self._known[project, since] = reading

    async def _at(self, project: str, offset: int) -> MadePage:
        return await self._page(partial(self._client.in_project, project, ()), offset)


def _before(row: Made, moment: datetime) -> bool:
    try:
        created = datetime.fromisoformat(row.created)
    except ValueError:
        return False
    return (created if created.tzinfo else created.replace(tzinfo=UTC)) < moment
