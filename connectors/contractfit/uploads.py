"""How files reach an inbox, each only once: the marker travels in the file's name, and the inbox is searched for it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from connectors.contractfit import models
from connectors.contractfit.listing import Walk, Window
from connectors.errors import ConnectorError, GoneError, RejectedError, TransientError
from connectors.markers import marked, markers
from connectors.uploads import Form, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.contract import Attachment, Fields, Journal
    from connectors.contractfit.client import ContractfitClient
    from connectors.contractfit.inboxes import Inboxes
    from connectors.contractfit.listing import Lister

log = logging.getLogger(__name__)

EARLY = timedelta(hours=1)
"""How long before an upload the search for it begins: by so much the server's clock may be behind ours."""
_FIELDS = (("sync", "false"), ("key_value_flag", "false"))
"""Not to wait for the result: the vendor warns that such calls time out and leave things half done."""


class Uploads:
    """Uploads of one account. `settle` is how long listings may lag behind one before it is made again."""

    def __init__(self, client: ContractfitClient, inboxes: Inboxes, lister: Lister, settle: timedelta) -> None:
        self._client = client
        self._inboxes = inboxes
        self._lister = lister
        self._settle = settle

    async def put(
        self,
        step: str,
        attachment: Attachment,
        marker: str,
        journal: Journal,
        *,
        name: str | None = None,
        inbox: str | None = None,
    ) -> str:
        """Make a document of a file, once, and return its id. `inbox` (id or exact name) stands before the setting's.

        RejectedError: it is not taken, or there is no such inbox.
        """
        target = await self._target(inbox)

        async def send() -> str:
            async with opened(attachment) as upload:
                form = Form(upload, marked(name or upload.name, marker, upload.media_type), "file", _FIELDS)
                # On the disk before the call leaves: whoever has to look for it must know where, and since when.
                await journal.record(f"sent:{step}", _note(journal.results("sent:"), step, target, attachment.file.id))
                made = await self._send(target, form, chosen=inbox is None)
                await journal.record(f"sha256:{attachment.file.id}", upload.sha256)
                return made

        async def find() -> str | None:
            sent = journal.results("sent:").get(f"sent:{step}")
            if sent is None:
                return None  # it never got so far
            at, places, _ = sent.split(" ", 2)
            for place in places.split(","):
                if found := await self.find(place, marker, datetime.fromisoformat(at)):
                    return found
            return None

        return await journal.once(step, send, find, settle=self._settle)

    async def find(self, inbox: str, marker: str, sent_at: datetime) -> str | None:
        """Return the id of the document whose file name carries the marker; None if the whole list shows none.

        TransientError: not all of the list could be seen, so nobody can say.
        """
        walk = Walk(partial(self._lister.page, inbox, Window(sent_at - EARLY)))
        async for rows in walk.pages():
            found = [row for row in rows if marker in markers(_names(row.fields))]
            if len({row.id for row in found}) > 1:
                log.warning(
                    "documents %s carry the same marker; the oldest is kept", ", ".join(row.id for row in found)
                )
            if found:
                return min(found, key=lambda row: (row.received or datetime.max.replace(tzinfo=UTC), row.id)).id
        if walk.missing:
            words = "the inbox does not hold still, so an upload whose answer was lost cannot be looked for"
            raise TransientError(words, connection=self._client.api.connection, arrived="maybe")
        return None

    def file_of(self, document_id: str, journal: Journal) -> str | None:
        """Return the id of the file that a document was made of, None if it is not known."""
        return _sent(document_id, journal)[1]

    def sent_at(self, document_id: str, journal: Journal) -> datetime | None:
        """Return when (UTC) the upload was first sent that made a document, None if it is not known."""
        at = _sent(document_id, journal)[0]
        return None if at is None else datetime.fromisoformat(at)

    async def _target(self, inbox: str | None) -> str:
        try:
            return await (self._inboxes.chosen() if inbox is None else self._inboxes.named(inbox))
        except ConnectorError as error:
            if inbox is None or type(error) is not ConnectorError:
                raise
            # a name in one document's payload says nothing about the others
            raise RejectedError(str(error), connection=error.connection) from error

    async def _send(self, inbox: str, form: Form, *, chosen: bool) -> str:
        try:
            return await self._client.upload(inbox, form)
        except GoneError as error:
            if error.connection != self._client.api.connection:
                raise  # the file is gone at its source
            # Not GoneError: that would say that the source's document is gone.
            kind = ConnectorError if chosen else RejectedError
            words = f"inbox {inbox} is not there: {error}"
            raise kind(words, connection=error.connection, status=error.status) from error


def _note(sent: Mapping[str, str], step: str, inbox: str, file_id: str) -> str:
    """Return when it was first sent, to which inboxes so far, and which file: what a search has to go by."""
    at, places = datetime.now(UTC).isoformat(), [inbox]
    if before := sent.get(f"sent:{step}"):
        at, known, _ = before.split(" ", 2)
        places = [*dict.fromkeys((*known.split(","), inbox))]
    return f"{at} {','.join(places)} {file_id}"


def _sent(document_id: str, journal: Journal) -> tuple[str | None, str | None]:
    """Return when the upload that made a document was first sent, and of which file; None, None if it is not known."""
    for step, made in (*journal.results("upload").items(), *journal.results("file:").items()):
        if made == document_id and (note := journal.results("sent:").get(f"sent:{step}")):
            at, _, file_id = note.split(" ", 2)
            return at, file_id
    return None, None


def _names(fields: Fields) -> list[str]:
    files = fields.get("files")
    entries = [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
    told = [fields.get("original_filename"), *(entry.get("filename", entry.get("name")) for entry in entries)]
    return [name for name in map(models.text, told) if name is not None]
