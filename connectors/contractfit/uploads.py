"""How files reach an inbox, each only once: the marker travels in the file's name, and the inbox is searched for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.contractfit.finder import Finder
from connectors.errors import ConnectorError, GoneError, RejectedError
from connectors.markers import marked
from connectors.uploads import Form, opened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from connectors.contract import Attachment, Journal
    from connectors.contractfit.client import ContractfitClient
    from connectors.contractfit.inboxes import Inboxes
    from connectors.contractfit.listing import Lister

_FIELDS = (("sync", "false"), ("key_value_flag", "false"))
"""Not to wait for the result: the vendor warns that such calls time out and leave things half done."""


class Uploads:
    """Uploads of one account. `settle` is how long listings may lag behind one before it is made again."""

    def __init__(self, client: ContractfitClient, inboxes: Inboxes, lister: Lister, settle: timedelta) -> None:
        self._client = client
        self._inboxes = inboxes
        self._finder = Finder(client, lister)
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
            if sent is None and (since := journal.forgotten_since) is not None:
                sent = f"{since.isoformat()} {target} {attachment.file.id}"
            if sent is None:
                return None  # it never got so far
            at, places, _ = sent.split(" ", 2)
            for place in places.split(","):
                if found := await self._finder.find(place, marker, datetime.fromisoformat(at)):
                    await journal.record(f"sent:{step}", sent)
                    return found
            return None

        return await journal.once(step, send, find, settle=self._settle)

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
