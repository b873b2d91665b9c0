"""Zefort contracts as a source: a window of new arrivals every time, and now and then every list there is."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.contract import Page
from connectors.errors import GoneError
from connectors.zefort import client as paths
from connectors.zefort import contents, models
from connectors.zefort import feedback as words
from connectors.zefort.downloads import Downloads
from connectors.zefort.listing import Reading, by_status
from connectors.zefort.position import Position
from connectors.zefort.schemas import READ_CONTRACT
from connectors.zefort.spared import ITS_OWN, Spared

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence

    from connectors.contract import Change, Document, Download, Feedback, Fields, File, Journal
    from connectors.memory import Memory
    from connectors.zefort.client import ZefortClient
    from connectors.zefort.models import Contract

log = logging.getLogger(__name__)

_ANYTHING = "application/octet-stream"
_EVERYTHING = Position().window
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Where everything begins: if it comes to that, a window from this day is one that Zefort can read."""


class ContractDocuments:
    """The stream `contracts`. `sweep_every` is how long changes may stay unnoticed that no window shows."""

    schema = READ_CONTRACT
    feedback_actions = words.ACTIONS
    drains: Collection[str] = frozenset()

    def __init__(self, client: ZefortClient, sweep_every: timedelta, settle: timedelta, memory: Memory) -> None:
        self._client = client
        self._sweep_every = sweep_every
        self._words = words.Messages(client, settle, memory)
        self._downloads = Downloads(client.api, "download_path", "{id} for the document and, where needed, {contract}")

    def check_feedback(self, actions: Mapping[str, object]) -> None:
        """Raise RejectedError for what Zefort would refuse."""
        words.read(actions)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """List what has arrived, and from time to time everything, by status and in the trash.

        Zefort cannot be asked what has changed since: the sweep compares. Contracts in progress are held back until
        they are ready. Only the last page moves the cursor; a list that hides rows leaves the sweep to the next run.
        """
        place = Position.read(cursor)
        began = datetime.now(UTC)
        sweeping = place.swept is None or began - place.swept >= self._sweep_every
        taken, missing = _Taken(), 0
        for reading in self._lists(place, sweeping=sweeping):
            async for rows in reading.rows():
                # Rows of the trash need not say that they lie there.
                shown = [{**row, "trashed": True} for row in rows] if reading.path == paths.TRASH else rows
                if fresh := taken.take(shown):
                    yield Page(fresh, None)
            missing += reading.missing
        spared = Spared()
        spared.was_read()  # the lists
        fresh = await self._again([name for name in place.open if name not in taken.times], taken, spared)
        if missing:
            log.warning("zefort counts %d contracts more than its lists show; they are read again", missing)
            yield Page(fresh, None, len(taken.times) + missing, spared.unseen)
        else:
            moved = place.moved(taken.newest, began if sweeping else place.swept, taken.open)
            yield Page(fresh, str(moved), unseen=spared.unseen, whole=sweeping, still=tuple(taken.open))

    def rewind(self, cursor: str | None, to: datetime | None) -> str | None:
        """Go back to the day on which contracts were received, or sweep everything."""
        return str(Position.read(cursor).rewound(to))

    async def fetch(self, document_id: str) -> Document:
        """Read one contract. In the trash, failed or still in progress it is not ready."""
        contract = await self._client.contract(document_id)
        attributes, tags, notes = await self._words.own(contract)
        return contents.document(contract, attributes, tags, notes)

    @asynccontextmanager
    async def open(self, file: File) -> AsyncGenerator[Download, None]:
        """Stream one file. Where files are fetched is not published: a wrong path stops the connection and is named."""
        contract_id, _, document_id = file.id.partition("/")
        path = self._client.download_path(contract_id, document_id)

        async def listed() -> bool:
            return any(each.id == file.id for each in contents.files(await self._client.contract(contract_id)))

        async with self._downloads.stream(file, path, listed) as download:
            media_type = download.media_type
            if media_type in (None, _ANYTHING):
                media_type = file.media_type
            yield replace(download, name=download.name or file.name, media_type=media_type)

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Write status, note, tags and attributes, each once, and see that the contract shows them."""
        await self._words.send(feedback, journal)

    def _lists(self, place: Position, *, sweeping: bool) -> list[Reading]:
        """Name the lists to read. Each has a filter: without one an account's default search could narrow it."""
        if not sweeping:
            return [Reading(self._client, paths.CONTRACTS, {"receive_time": place.window})]
        everything = {"receive_time": _EVERYTHING}
        return [*by_status(self._client, everything), Reading(self._client, paths.TRASH, everything, optional=True)]

    async def _again(self, contract_ids: Sequence[str], taken: _Taken, spared: Spared) -> list[Change]:
        """Look at contracts that were in progress when the window passed them by. One that cannot be read stays open."""
        found: list[Change] = []
        for contract_id in contract_ids:
            try:
                contract = await self._client.contract(contract_id)
            except GoneError:
                continue
            except ITS_OWN as error:
                spared.pass_over(contract_id, error)
                taken.keep_open(contract_id)
            else:
                spared.was_read()
                found += taken.take([contract.body])
        return found


@dataclass(slots=True)
class _Taken:
    """What one reading has shown: when each contract was last modified, the newest arrival, and what is in progress."""

    times: dict[str, str] = field(default_factory=dict)
    open: dict[str, datetime] = field(default_factory=dict)
    newest: datetime | None = None

    def keep_open(self, contract_id: str) -> None:
        """Have a contract looked for by its id the next time too."""
        self.open.setdefault(contract_id, _LONG_AGO)

    def take(self, rows: Sequence[Fields]) -> list[Change]:
        """Return what has not been shown yet in this reading, or was changed since it was."""
        found: list[Change] = []
        for row in rows:
            contract = models.contract(row)
            received = models.instant(contract.body.get("receive_time"))
            if received and (self.newest is None or received > self.newest):
                self.newest = received
            if contract.analysing and not contract.trashed:
                # A time that cannot be read counts as old, so that it is looked for by its id.
                self.open[contract.id] = received or _LONG_AGO
                continue
            self.open.pop(contract.id, None)
            if _is_news(contract, self.times):
                self.times[contract.id] = models.text(contract.body.get("last_modified")) or ""
                found.append(contents.change(contract))
        return found


def _is_news(contract: Contract, times: Mapping[str, str]) -> bool:
    if contract.id not in times:
        return True
    # Lists may show different parts of a contract; what the first one showed stands unless it has changed since.
    now, before = (models.instant(each) for each in (contract.body.get("last_modified"), times[contract.id]))
    return now is not None and before is not None and now > before
