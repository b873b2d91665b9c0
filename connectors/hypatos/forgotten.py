"""How documents are found again whose making the ledger has forgotten, since it was put back from a backup.

The stored file, by which a document is found after a lost answer, is forgotten with it. What is left is the external id, which
travels in the call; no list can be asked for it, so the project is read back to the time of the backup, once for all.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from connectors.sharing import shared

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Sequence

    from connectors.hypatos.client import HypatosClient
    from connectors.hypatos.models import Made

    Rows = Callable[[Callable[[int, int], Awaitable[list[Made]]], int], Awaitable[list[Made]]]

EARLY: Final = timedelta(hours=1)
"""How much further back is read: by so much the server's clock may be behind ours."""
OVERLAP: Final = 10
"""Rows of a page that are read again with the next one: what is deleted meanwhile moves the rest past the reader."""


class Forgotten:
    """The external ids of an account's documents. `rows` reads one page of a list from an offset, empty past its end."""

    def __init__(self, client: HypatosClient, rows: Rows) -> None:
        self._client = client
        self._rows = rows
        self._known: dict[tuple[str, datetime], dict[str, list[Made]]] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def find(self, project: str, external_id: str, since: datetime) -> Sequence[Made]:
        """Return the documents of a project made at or after `since` (UTC) that carry this external id."""
        if (project, since) not in self._known:
            await shared(self._under_way, f"{project} {since}", partial(self._read, project, since))
        # What a run makes itself is not looked for here, so what was read once is good for all of it.
        return self._known[project, since].get(external_id, ())

    async def _read(self, project: str, since: datetime) -> None:
        found: dict[str, list[Made]] = {}
        seen: set[str] = set()
        offset, older = 0, False
        while not older:
            rows = await self._rows(partial(self._client.in_project, project, ()), offset)
            fresh = [row for row in rows if row.id not in seen]
            seen |= {row.id for row in fresh}
            for row in fresh:
                # A row need not tell what it was made from: then the document itself does.
                told = row if row.files or row.external_id is not None else await self._client.made(row.id)
                found.setdefault(told.external_id or "", []).append(told)
            older = not fresh or all(_before(row, since - EARLY) for row in fresh)
            offset += max(1, len(rows) - OVERLAP)
        self._known[project, since] = found


def _before(row: Made, moment: datetime) -> bool:
    try:
        created = datetime.fromisoformat(row.created)
    except ValueError:
        return False
    return (created if created.tzinfo else created.replace(tzinfo=UTC)) < moment
