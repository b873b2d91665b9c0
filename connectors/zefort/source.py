"""Zefort contracts as a source: a window of new arrivals every time, and now and then every list there is."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.contract import Page
from connectors.errors import AccessError, ConnectorError, GoneError, NoSuchCallError, RejectedError, TransientError
from connectors.zefort import client as paths
from connectors.zefort import contents, models
from connectors.zefort import feedback as words
from connectors.zefort.finder import STATUSES, UNAUTHORIZED
from connectors.zefort.listing import Reading
from connectors.zefort.position import Position

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence

    from connectors.contract import Change, Document, Download, Feedback, Fields, File, Journal
    from connectors.memory import Memory
    from connectors.zefort.client import ZefortClient
    from connectors.zefort.models import Contract

log = logging.getLogger(__name__)

_ANYTHING = "application/octet-stream"
_EVERYTHING = Position().window


class ContractDocuments:
    """The stream `contracts`. `sweep_every` is how long changes may stay unnoticed that no window shows."""

    feedback_actions = words.ACTIONS
    drains: Collection[str] = frozenset()

    def __init__(self, client: ZefortClient, sweep_every: timedelta, settle: timedelta, memory: Memory) -> None:
        self._client = client
        self._sweep_every = sweep_every
        self._words = words.Messages(client, settle, memory)
        self._downloaded = False

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
        for path, params in _lists(place, sweeping=sweeping):
            reading = Reading(self._client, path, params)
            try:
                async for rows in reading.rows():
                    # Rows of the trash need not say that they lie there.
                    shown = [{**row, "trashed": True} for row in rows] if path == paths.TRASH else rows
                    if fresh := taken.take(shown):
                        yield Page(fresh, None)
            except (RejectedError, NoSuchCallError, AccessError) as error:
                # The plain list must work; the others make the sweep thorough, and not every account offers them.
                if error.status == UNAUTHORIZED or (path == paths.CONTRACTS and "status" not in params):
                    raise
                log.warning("contracts are read without this list: %s", error)
            missing += reading.missing
        fresh = [change for name in place.open if name not in taken.times for change in await self._again(name, taken)]
        if missing:
            log.warning("zefort counts %d contracts more than its lists show; they are read again", missing)
            yield Page(fresh, None, len(taken.times) + missing)
        else:
            moved = place.moved(taken.newest, began if sweeping else place.swept, taken.open)
            yield Page(fresh, str(moved))

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
        try:
            async with self._client.api.stream(path) as download:
                if download.media_type in contents.NO_FILE and download.media_type != file.media_type:
                    raise TransientError(f"zefort sent {download.media_type} instead of file {document_id}; {_HINT}")
                self._downloaded = True
                media_type = download.media_type
                if media_type in (None, _ANYTHING):
                    media_type = file.media_type
                yield replace(download, name=download.name or file.name, media_type=media_type)
        except (GoneError, NoSuchCallError) as error:
            if error.connection == self._client.api.connection and path in str(error):
                await self._explain(error, contract_id, document_id)
            raise

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Write status, note, tags and attributes, each once, and see that the contract shows them."""
        await self._words.send(feedback, journal)

    async def _again(self, contract_id: str, taken: _Taken) -> Sequence[Change]:
        """Look at a contract that was in progress when the window passed it by."""
        try:
            contract = await self._client.contract(contract_id)
        except GoneError:
            return ()
        return taken.take([contract.body])

    async def _explain(self, error: ConnectorError, contract_id: str, document_id: str) -> None:
        """Raise ConnectorError if the contract has the file, so that it is the path that is wrong."""
        if self._downloaded and not isinstance(error, NoSuchCallError):
            return
        contract = await self._client.contract(contract_id)
        if any(file.id == f"{contract_id}/{document_id}" for file in contents.files(contract)):
            raise ConnectorError(f"{error}; {_HINT}", connection=error.connection, status=error.status) from error


_HINT = (
    "where Zefort hands out files is not published: ask Zefort for the address and set the connection's "
    "DOWNLOAD_PATH (with {id} for the document and, where needed, {contract}), or use `files: none` in the route"
)


@dataclass(slots=True)
class _Taken:
    """What one reading has shown: when each contract was last modified, the newest arrival, and what is in progress."""

    times: dict[str, str] = field(default_factory=dict)
    open: dict[str, datetime] = field(default_factory=dict)
    newest: datetime | None = None

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
                self.open[contract.id] = received or datetime.min.replace(tzinfo=UTC)
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


def _lists(place: Position, *, sweeping: bool) -> list[tuple[str, dict[str, str]]]:
    """Name the lists to read. Each has a filter: without one an account's default search could narrow it."""
    if not sweeping:
        return [(paths.CONTRACTS, {"receive_time": place.window})]
    plain = [(paths.CONTRACTS, {"receive_time": _EVERYTHING})]
    # Plain lists may leave some out (archived ones, in the UI), and a status that nobody knows is in no other list.
    by_status = [(paths.CONTRACTS, {"receive_time": _EVERYTHING, "status": status}) for status in STATUSES]
    return [*plain, *by_status, (paths.TRASH, {"receive_time": _EVERYTHING})]
