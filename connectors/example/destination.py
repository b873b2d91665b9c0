"""The archive as a destination: documents made once, kept up to date, and looked at."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.answer import encode_json
from connectors.contract import Outcome, Result, State
from connectors.errors import GoneError, RejectedError
from connectors.example.later import LATER
from connectors.example.models import EXPORTED, READY, REFUSED, TRASHED
from connectors.example.schemas import DOCUMENT
from connectors.fitting import fit
from connectors.markers import delivery_marker, file_marker, marked, markers
from connectors.uploads import Form, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator
    from datetime import timedelta

    from connectors.contract import Attachment, Delivery, Fields, Journal
    from connectors.example.client import ExampleClient

_SHOWN = "shown"
"""The step that keeps the fingerprint of what the document was last set to."""
_OUTCOMES = {
    READY: Outcome(State.ACCEPTED),
    EXPORTED: Outcome(State.ACCEPTED, causes={Result.ACCEPTED: None}),
    REFUSED: Outcome(State.REFUSED, "it was refused there", causes={Result.REFUSED: None}),
    TRASHED: Outcome(State.GONE, "a person put it into the trash"),
}


class Records:
    """The stream `documents`. `settle` is how long look-ups may run behind a call before it is made again."""

    schema = DOCUMENT
    later = LATER["documents"]

    def __init__(self, client: ExampleClient, settle: timedelta) -> None:
        self._client = client
        self._settle = settle

    def check(self, payload: Fields) -> None:
        """Raise RejectedError if this payload can never become a document."""
        fit(DOCUMENT, payload)
        encode_json(payload)  # half of a character is text to the schema, and nothing that can be sent

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Make one document show the delivery, with its files. Files that left the source stay. Return its id."""
        self.check(delivery.payload)
        shown = journal.fingerprint(encode_json(delivery.payload).decode())
        document_id = delivery.replaces or await self._create(delivery, shown, journal)
        with self._never_gone():
            if journal.results(_SHOWN).get(_SHOWN) != shown:
                await self._client.update(document_id, delivery.payload)
                await journal.record(_SHOWN, shown)
            for attachment in delivery.files:
                await self._attach(document_id, delivery.key, attachment, journal)
        return document_id

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:  # noqa: ARG002 -- part of the contract
        """Say how the document stands. A status that nobody knows is looked at again."""
        try:
            record = await self._client.document(external_id)
        except GoneError:
            return Outcome(State.GONE, "it was deleted, or these credentials may not see it any more", sure=False)
        return _OUTCOMES.get(record.status, Outcome(State.PENDING))

    async def dropped(self) -> AsyncIterator[str]:
        """List nothing: the list of what was ever trashed only grows, so asking for it is not cheap."""
        return
        yield

    async def _create(self, delivery: Delivery, shown: str, journal: Journal) -> str:
        """Make the document, once. The marker travels in the creating call: what comes later may be lost in between."""
        reference = delivery_marker(delivery.key)

        async def do() -> str:
            return await self._client.create({**delivery.payload, "reference": reference})

        async def find() -> str | None:
            return await self._client.find(reference)

        # What it is made with is on the disk first: the document may change at its source before we know the id.
        return await journal.once("create", do, find, notes={_SHOWN: shown}, settle=self._settle)

    async def _attach(self, document_id: str, key: str, attachment: Attachment, journal: Journal) -> None:
        """Add one file, once. Its marker is in its name, where a look at the document finds it again."""
        marker = file_marker(key, attachment.file.id)

        async def do() -> str:
            async with opened(attachment) as upload:
                return await self._client.attach(
                    document_id, Form(upload, marked(upload.name, marker, upload.media_type), "file")
                )

        async def find() -> str | None:
            record = await self._client.document(document_id)
            return next((file.id for file in record.files if marker in markers([file.name])), None)

        await journal.once(f"file:{attachment.file.id}", do, find, settle=self._settle)

    @contextmanager
    def _never_gone(self) -> Generator[None, None, None]:
        """Turn a 404 of this API into a refusal: GoneError would say that the source's document is gone."""
        try:
            yield
        except GoneError as error:
            if error.connection != self._client.api.connection:
                raise  # the file is gone at its source
            raise RejectedError(
                f"the document cannot be changed: {error}", connection=error.connection, status=error.status
            ) from error
