"""The Hypatos work queue as a source: documents that are done, read whole, and acknowledged one by one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from connectors.contract import Result
from connectors.downloads import refuse_a_page
from connectors.errors import OvertakenError, RejectedError, TransientError
from connectors.hypatos import feedback as words
from connectors.hypatos import models
from connectors.hypatos.listing import walk
from connectors.hypatos.schemas import READ

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence

    from connectors.contract import Document, Download, Feedback, File, Journal, Page
    from connectors.hypatos.client import HypatosClient

_LEFT_OUT = "left out: the document stays rejected"
_SOON = timedelta(seconds=5)
_GLANCES = (0.0, 0.4, 1.0, 2.0)
"""Pauses in seconds before each look for a change that was answered, if at all, with "later" (202)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a 202 may take to show: `watch` seconds of looking at once, `settle` seconds before it is sent again."""

    watch: float = 30.0
    settle: float = 120.0


class Documents:
    """The stream `documents`: everything in an exportable state, oldest first."""

    schema = READ
    feedback_actions = words.ACTIONS
    drains: Collection[str] = words.DRAINING

    def __init__(self, client: HypatosClient, *, page_size: int = 50, patience: Patience | None = None) -> None:
        self._client = client
        self._page_size = page_size
        self._patience = patience or Patience()
        self._lag = 0.0  # seconds until a 202 has shown lately

    def check_feedback(self, actions: Mapping[str, object]) -> None:
        """Raise RejectedError for what Hypatos would refuse or silently drop."""
        words.messages(actions)

    def rewind(self, cursor: str | None, to: datetime | None) -> str | None:  # noqa: ARG002 -- the whole queue is listed each time
        """Return the cursor: every listing is a whole one."""
        return cursor

    def changes(self, cursor: str | None) -> AsyncIterator[Page]:  # noqa: ARG002 -- a work queue has no cursor
        """List the whole queue. There is no "since": what was acknowledged leaves, so the list itself is the cursor."""
        return walk(self._client.documents, self._page_size)

    async def fetch(self, document_id: str) -> Document:
        """Read one document; it is not ready when its state is not (any more) an exportable one."""
        return await self._client.document(document_id)

    @asynccontextmanager
    async def open(self, file: File) -> AsyncGenerator[Download, None]:
        """Stream one file, under the name and media type that the download states."""
        async with self._client.file(file.id) as download:
            refuse_a_page(download, file, self._client.api.connection)
            # Names beyond Latin-1 are percent-encoded by those who upload; whether the server decodes them is not known.
            yield replace(download, name=unquote(download.name)) if download.name else download

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Send each message once, then read the document until it shows all of them.

        TransientError: not visible yet, or somebody is at work on the document: ask again; after `Patience.settle`
        seconds messages are marked to be sent again. RejectedError: Hypatos will never take this (limits, or the
        document's state does not allow it any more). OvertakenError: it was changed since it was judged. A transfer of
        what we have rejected ourselves before is left out: the document stays rejected.
        """
        wanted = words.messages(feedback.actions)
        if not wanted:
            return
        prefix = f"feedback:{feedback.seq}:"
        # Replacing a value twice is harmless, so it is soon repeated; a transfer only once it must have shown.
        settle = timedelta(seconds=self._patience.watch)
        soon = min(settle, _SOON)
        for message in wanted:
            if message.state and prefix + message.action not in journal.results(prefix):
                await self._ready_for(message, feedback, journal)
            await journal.once(
                prefix + message.action,
                do=partial(message.send, self._client, feedback.document_id),
                find=partial(self._find, message, feedback.document_id),
                settle=settle if message.state else soon,
            )
        if prefix + "sent" not in journal.results(prefix):
            await journal.record(prefix + "sent", datetime.now(UTC).isoformat())
        left_out = {name for name, result in journal.results(prefix).items() if result == _LEFT_OUT}
        wanted = [message for message in wanted if prefix + message.action not in left_out]
        missing = await self._watch(wanted, feedback.document_id)
        if missing:
            await self._unsettled(missing, feedback, journal)

    async def _ready_for(self, message: words.Message, feedback: Feedback, journal: Journal) -> None:
        """Read the document before it is taken off the queue: its state allows it, and it is what was judged."""
        document = await self._client.document(feedback.document_id)
        if await message.shows(document.fields, self._client):
            await journal.record(f"feedback:{feedback.seq}:{message.action}", "seen")
            return
        state = document.fields.get("state")
        if state == words.REJECTED and feedback.before is Result.REJECTED:
            await journal.record(f"feedback:{feedback.seq}:{message.action}", _LEFT_OUT)
            return
        if message.blocked(state):
            words_ = f"hypatos: document {document.id} is in state {state!r}, so {message.action} cannot be told"
            connection = self._client.api.connection
            if models.STATES.get(str(state)) == "over":
                raise RejectedError(words_, connection=connection)
            # Somebody is at work on it (or a state that is not known yet): it comes back to the queue, or ends.
            raise TransientError(words_ + " yet", connection=connection, arrived="no")
        if not feedback.judged(document.version):
            raise OvertakenError(f"hypatos: document {document.id} has changed", connection=self._client.api.connection)

    async def _find(self, message: words.Message, document_id: str) -> str | None:
        """Look for the effect of a message whose answer was lost, and give it time to show."""
        for pause in _GLANCES:
            await asyncio.sleep(min(pause, self._patience.watch))
            document = await self._client.document(document_id)
            if await message.shows(document.fields, self._client):
                return "seen"
        return None

    async def _watch(self, wanted: Sequence[words.Message], document_id: str) -> list[words.Message]:
        """Read the document with growing pauses until it shows every message; return those it does not show.

        The first look comes as late as the last documents needed, so that most of them need only one.
        """
        waited = min(self._lag, self._patience.watch)
        pause, looks = 0.2, 0
        await asyncio.sleep(waited)
        while True:
            fields = (await self._client.document(document_id)).fields
            wanted = [message for message in wanted if not await message.shows(fields, self._client)]
            looks += 1
            if not wanted:
                self._lag = waited if looks > 1 else waited * 0.9
            if not wanted or waited >= self._patience.watch:
                return list(wanted)
            pause = min(pause, self._patience.watch - waited)
            await asyncio.sleep(pause)
            waited, pause = waited + pause, pause * 2

    async def _unsettled(self, missing: Sequence[words.Message], feedback: Feedback, journal: Journal) -> None:
        prefix = f"feedback:{feedback.seq}:"
        names = ", ".join(message.action for message in missing)
        sent = datetime.fromisoformat(journal.results(prefix)[prefix + "sent"])
        if datetime.now(UTC) - sent >= timedelta(seconds=self._patience.settle):
            state = (await self._client.document(feedback.document_id)).fields.get("state")
            if any(message.blocked(state) for message in missing):
                raise RejectedError(
                    f"hypatos ignored {names} for document {feedback.document_id}; its state is now {state!r}"
                )
            for message in missing:
                await journal.forget(prefix + message.action)
            await journal.forget(prefix + "sent")
        raise TransientError(f"hypatos does not show {names} on document {feedback.document_id} yet", arrived="maybe")
