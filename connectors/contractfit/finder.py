"""How a document is found again by the marker in its file name after the answer to its upload was lost."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from connectors.contractfit import models
from connectors.contractfit.listing import Walk, Window
from connectors.errors import TransientError
from connectors.markers import markers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Fields
    from connectors.contractfit.client import ContractfitClient
    from connectors.contractfit.listing import Lister
    from connectors.contractfit.models import Row

log = logging.getLogger(__name__)

EARLY = timedelta(hours=1)
"""How long before an upload the search for it begins: by so much the server's clock may be behind ours."""


@dataclass(slots=True, eq=False)
class _Look:
    """A question that waits for its answer: the document with this marker, sent at this moment (UTC) or later."""

    inbox: str
    marker: str
    sent_at: datetime
    answer: asyncio.Future[str | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Finder:
    """Answers "which document carries this marker?": one reading of an inbox serves all who asked before it began."""

    def __init__(self, client: ContractfitClient, lister: Lister) -> None:
        self._client = client
        self._lister = lister
        self._waiting: list[_Look] = []
        self._reading = asyncio.Lock()

    async def find(self, inbox: str, marker: str, sent_at: datetime) -> str | None:
        """Return the id of the document whose file name carries the marker; None if the whole list shows none.

        TransientError: not all of the list could be seen, so nobody can say.
        """
        look = _Look(inbox, marker, sent_at)
        self._waiting.append(look)
        try:
            async with self._reading:
                if not look.answer.done():
                    await self._answer([one for one in self._waiting if one.inbox == inbox and not one.answer.done()])
        finally:
            if look in self._waiting:
                self._waiting.remove(look)
        return look.answer.result()

    async def _answer(self, looks: Sequence[_Look]) -> None:
        """Read an inbox once for all of these. If that fails, the others ask again, each for itself."""
        wanted = {look.marker for look in looks}
        found: dict[str, Row] = {}
        since = min(look.sent_at for look in looks) - EARLY
        walk = Walk(partial(self._lister.page, looks[0].inbox, Window(since)))
        async for rows in walk.pages():
            for row in rows:
                for marker in markers(_names(row.fields)) & wanted:
                    found[marker] = _older(found.get(marker), row)
            if found.keys() >= wanted:
                break
        for look in looks:
            if look.answer.done():
                continue  # whoever asked was cancelled
            if look.marker in found or not walk.missing:
                match = found.get(look.marker)
                look.answer.set_result(match.id if match else None)
            else:
                words = "the inbox does not hold still, so an upload whose answer was lost cannot be looked for"
                error = TransientError(words, connection=self._client.api.connection, arrived="maybe")
                look.answer.set_exception(error)


def _older(one: Row | None, other: Row) -> Row:
    if one is None or one.id == other.id:
        return other
    log.warning("documents %s and %s carry the same marker; the older one is kept", one.id, other.id)
    return min(one, other, key=lambda row: (row.received or datetime.max.replace(tzinfo=UTC), row.id))


def _names(fields: Fields) -> list[str]:
    files = fields.get("files")
    entries = [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
    told = [fields.get("original_filename"), *(entry.get("filename", entry.get("name")) for entry in entries)]
    return [name for name in map(models.text, told) if name is not None]
