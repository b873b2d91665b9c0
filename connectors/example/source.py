"""The work queue as a source: documents that are ready, read whole, and acknowledged one by one."""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from connectors.contract import Change, Document, File, Page, Result
from connectors.downloads import refuse_a_page
from connectors.errors import OvertakenError, RejectedError, TransientError
from connectors.example import feedback as words
from connectors.example.models import EXPORTED, READY, REFUSED, TRASHED
from connectors.example.schemas import READ

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
    from datetime import datetime, timedelta

    from connectors.contract import Download, Feedback, Journal
    from connectors.example.client import ExampleClient
    from connectors.example.models import Record

_CONTENT = ("title", "amount")
"""What a new version is made of, besides the files. Nothing that our own feedback touches."""
_LEFT_OUT = "left out: the document stays refused"


class Documents:
    """The stream `documents`. `settle` is how long a message whose answer was lost may take to show."""

    schema = READ
    feedback_actions = words.ACTIONS
    drains: Collection[str] = frozenset(words.ACTIONS)

    def __init__(self, client: ExampleClient, page_size: int, settle: timedelta) -> None:
        self._client = client
        self._page_size = page_size
        self._settle = settle

    def check_feedback(self, actions: Mapping[str, object]) -> None:
        """Raise RejectedError for what can never be told."""
        words.message(actions)

    def rewind(self, cursor: str | None, to: datetime | None) -> str | None:  # noqa: ARG002 -- the whole queue is listed each time
        """Return the cursor: every listing is a whole one."""
        return cursor

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:  # noqa: ARG002 -- a work queue has no cursor
        """List the whole queue. What was acknowledged leaves it, so the list itself is the cursor.

        A page is asked for by the id it comes after, so rows that leave shift nobody. Only an empty page is the end;
        one that brings nothing new comes from a server that repeats itself, and the next reading starts over.
        """
        after, seen = "", set[Change]()
        while rows := await self._client.documents(READY, after, self._page_size):
            fresh = [one for one in dict.fromkeys(Change(row.id, row.revision) for row in rows) if one not in seen]
            if not fresh:
                return
            seen.update(fresh)
            yield Page(fresh, None)
            after = rows[-1].id

    async def fetch(self, document_id: str) -> Document:
        """Read one document; it is not ready when its status, known or not, is any other than that."""
        record = await self._client.document(document_id)
        not_ready = None if record.status == READY else f"its status is {record.status!r}"
        files = [
            File(file.id, file.name, file.media_type, file.size, main=not n) for n, file in enumerate(record.files)
        ]
        acknowledged = record.status in {EXPORTED, REFUSED}
        return Document(record.id, _version(record), record.fields, files, not_ready, acknowledged)

    @asynccontextmanager
    async def open(self, file: File) -> AsyncGenerator[Download, None]:
        """Stream one file, under the name and media type that the download states."""
        async with self._client.file(file.id) as download:
            refuse_a_page(download, file, self._client.api.connection)
            yield download

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Send the message once and read the document back.

        RejectedError: the document is over, or gone. TransientError: somebody is at work on it, or the message does not
        show. OvertakenError: it was changed since it was judged. Nothing is said to what we have refused ourselves before.
        """
        message = words.message(feedback.actions)
        if message is None:
            return
        document_id, step = feedback.document_id, f"feedback:{feedback.seq}"
        if step not in journal.results(step):
            await self._ready_for(message, feedback, journal, step)
        if journal.results(step).get(step) == _LEFT_OUT:
            return

        async def send() -> str:
            await self._client.export(document_id, message.body)
            return "sent"

        async def find() -> str | None:
            return "seen" if message.shows(await self._client.document(document_id)) else None

        await journal.once(step, send, find, settle=self._settle)
        if await find() is None:
            await journal.forget(step)  # the provider's reads show its writes at once: this one had no effect
            raise TransientError(
                f"document {document_id} does not show what was told about it",
                connection=self._client.api.connection,
                arrived="maybe",
            )

    async def _ready_for(self, message: words.Message, feedback: Feedback, journal: Journal, step: str) -> None:
        """Read the document before it is taken off the queue: its status allows it, and it is what was judged."""
        connection = self._client.api.connection
        record = await self._client.document(feedback.document_id)
        if message.shows(record):
            await journal.record(step, "seen")
        elif record.status == REFUSED and feedback.before is Result.REJECTED:
            await journal.record(step, _LEFT_OUT)  # our own word, and the last one here: it was cured since
        elif record.status in {EXPORTED, REFUSED, TRASHED}:
            raise RejectedError(f"document {record.id} is {record.status}, nothing can be told", connection=connection)
        elif record.status != READY:
            raise TransientError(
                f"document {record.id} is {record.status}, nothing can be told yet", connection=connection, arrived="no"
            )
        elif not feedback.judged(_version(record)):
            raise OvertakenError(f"document {record.id} has changed", connection=connection)


def _version(record: Record) -> str:
    content = [record.fields.get(name) for name in _CONTENT]
    files = sorted(file.id for file in record.files)
    return hashlib.sha256(msgspec.json.encode([content, files], order="sorted")).hexdigest()
