"""A Contract.fit inbox as a source: windows of receive dates, an open set, and sweeps for what changes later."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from connectors.contract import Change, Page
from connectors.contractfit import models, reading, window
from connectors.contractfit.listing import Walk, Window
from connectors.contractfit.models import Row
from connectors.contractfit.schemas import READ
from connectors.contractfit.slices import slices
from connectors.contractfit.status import OPEN, status_of, tells, unknown
from connectors.contractfit.versions import current
from connectors.downloads import refuse_a_page
from connectors.errors import GoneError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence

    from connectors.contract import Document, Download, Feedback, File, Journal
    from connectors.contractfit.client import ContractfitClient
    from connectors.contractfit.feedback import Teller
    from connectors.contractfit.inboxes import Inboxes
    from connectors.contractfit.listing import Lister
    from connectors.contractfit.status import Status


@dataclass(slots=True)
class _Seen:
    """What was met in one reading: `known` has hints by document, `still_open` receive times (UTC) of what is worked on."""

    known: dict[str, str] = field(default_factory=dict)
    still_open: dict[str, datetime | None] = field(default_factory=dict)


class Documents:
    """The stream `documents`. `usable` are the statuses in which a result may be used; others wait or are left alone.

    `sweep_days` is how far back the daily sweep looks, `custom_output` whether the vendor's output is a file too.
    """

    schema = READ
    drains: Collection[str] = frozenset()

    def __init__(
        self,
        client: ContractfitClient,
        inboxes: Inboxes,
        lister: Lister,
        teller: Teller,
        usable: Collection[Status],
        *,
        sweep_days: int = 30,
        custom_output: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.feedback_actions = teller.actions
        self._client = client
        self._inboxes = inboxes
        self._lister = lister
        self._teller = teller
        self._usable = frozenset(usable)
        self._waiting = OPEN - self._usable
        self._sweep_days = sweep_days
        self._custom_output = custom_output
        self._now = now

    def check_feedback(self, actions: Mapping[str, object]) -> None:
        """Raise RejectedError for what Contract.fit cannot be told."""
        self._teller.check(actions)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """List what may be new since `cursor`; the last page moves it, and only if all of the window was seen.

        A long window is read in parts. Those of an inbox that is read for the first time move the cursor too, so that
        nobody begins with the oldest document again. Documents still being worked on are not listed; the window stays
        open for them.
        """
        inbox = await self._inboxes.chosen()
        place, now = window.read(cursor), self._now()
        dates = place.window(now, self._sweep_days)
        read = partial(self._lister.page, inbox)
        seen = _Seen()
        missing = 0
        async for part in slices(read, dates, self._lister.size):
            walk = Walk(part.page)
            async for found in self._news(walk, seen):
                yield Page(found, None)
            missing += walk.missing
            if part.end != dates.end and not missing and (on := place.on_the_way(part.end, seen.still_open.values())):
                yield Page((), on.text())
        # What came in just now, or by a clock ahead of ours: seen at once, but it moves nothing and is read again.
        late = Walk(partial(read, Window(dates.end)))
        async for found in self._news(late, seen):
            yield Page(found, None)
        # What hides there keeps the reading from being proven, but no window has to be read again for it.
        moved = None if missing else place.after(dates, now, self._sweep_days, seen.still_open.values()).text()
        hidden = missing + late.missing
        yield Page((), moved, len(seen.known) + hidden if hidden else None)

    def rewind(self, cursor: str | None, to: datetime | None) -> str | None:
        """Go back to the moment at which documents were received."""
        return window.read(cursor).rewound(to).text()

    async def _news(self, walk: Walk, seen: _Seen) -> AsyncIterator[list[Change]]:
        async for rows in walk.pages():
            told = await asyncio.gather(*map(self._told, rows))
            if found := self._sorted(told, seen.known, seen.still_open):
                yield found

    def _sorted(
        self, told: Sequence[tuple[Row, bool]], known: dict[str, str], still_open: dict[str, datetime | None]
    ) -> list[Change]:
        """Return what is news among these rows; those being worked on are put into `still_open` instead.

        What could not be told goes both ways: reading it decides, and it is looked for again.
        """
        found: list[Change] = []
        for row, sure in told:
            if not sure or status_of(row.fields) in self._waiting:
                still_open[row.id] = row.received
                if sure:
                    continue
            else:
                still_open.pop(row.id, None)
            change = Change(row.id, models.hint(row.fields))
            if known.get(row.id) != change.version:
                known[row.id] = change.version
                found.append(change)
        return found

    async def _told(self, row: Row) -> tuple[Row, bool]:
        """Return the row, with what the document itself says where the row is silent, and whether that is known.

        A hint made of a silent row would stay the same whatever becomes of the document.
        """
        if tells(row.fields):
            return row, True
        try:
            fields = await self._client.document(row.id)
        except (GoneError, RejectedError):
            return row, False
        except TransientError as error:
            if error.arrived == "no":
                raise
            return row, False
        received = models.instant(models.part(fields, "timings").get("receive_time"))
        return Row(row.id, row.received or received, {**fields, "id": row.id}), not unknown(fields)

    async def fetch(self, document_id: str) -> Document:
        """Read one document with the version of its data that counts now: a person's, else the machine's."""
        fields = await self._client.document(document_id)
        fields.setdefault("id", document_id)
        data = await current(self._client, document_id, fields)
        return reading.document(fields, data, self._usable, custom_output=self._custom_output)

    @asynccontextmanager
    async def open(self, file: File) -> AsyncGenerator[Download, None]:
        """Stream the original file or the custom output, under the name that the download states."""
        document_id = file.id.removesuffix(reading.CUSTOM_OUTPUT)
        if document_id != file.id:
            async with self._client.custom_output(document_id) as download:
                yield download
            return
        async with self._client.original(document_id) as download:
            refuse_a_page(download, file, self._client.api.connection)
            yield download

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Tell Contract.fit; return once reading back shows it. RejectedError: it never will."""
        await self._teller.tell(feedback, journal)
