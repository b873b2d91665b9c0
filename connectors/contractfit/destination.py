"""A Contract.fit inbox as a destination: files are put in, each once, and watched until they are processed."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.answer import encode_json
from connectors.contract import Outcome, Result, State
from connectors.contractfit import models
from connectors.contractfit.later import LATER
from connectors.contractfit.messages import Message
from connectors.contractfit.schemas import UPLOAD
from connectors.contractfit.status import WORKING, Status, status_of
from connectors.contractfit.uploads import Uploads
from connectors.errors import GoneError, RejectedError, TransientError
from connectors.fitting import fit
from connectors.markers import delivery_marker, file_marker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.contract import Attachment, Delivery, Fields, Journal
    from connectors.contractfit.client import ContractfitClient
    from connectors.contractfit.inboxes import Inboxes
    from connectors.contractfit.listing import Lister

log = logging.getLogger(__name__)

MAIN = "upload"
"""The step that makes the document whose id stands for the delivery; further files have `file:` and their id."""
_REVIEWED = frozenset({Status.DONE, Status.SUBMITTED})
_REPLACEABLE = frozenset({*WORKING, Status.TO_REVIEW, Status.ESCALATED, Status.FAILED, Status.REJECTED})
"""Statuses in which nobody can have used the result yet."""
_APPEARS = timedelta(seconds=60)
"""A document that is not found may still be on its way for so long after its upload."""


class Documents:
    """The stream `documents`. `settle` is how long listings may lag behind an upload before it is made again."""

    schema = UPLOAD
    later = LATER["documents"]

    def __init__(self, client: ContractfitClient, inboxes: Inboxes, lister: Lister, settle: timedelta) -> None:
        self._client = client
        self._uploads = Uploads(client, inboxes, lister, settle)
        self._settle = settle
        self._appears = min(_APPEARS, settle)

    def check(self, payload: Fields) -> None:
        """Raise RejectedError if this payload can never become a document."""
        fit(UPLOAD, payload)
        encode_json(payload)  # half of a character is text to the schema, and nothing that can be sent

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Put every file into the inbox, once. Return the id of the document made from the main one.

        Nothing of a document can be changed later. So a delivery that replaces an earlier one sends only files that
        are new; a new main file takes the place of the old one, which is rejected first, so that never two of them are
        worked on. RejectedError: the old one is gone, or too far on to be replaced.
        """
        self.check(delivery.payload)
        main = _main_file(delivery)
        name, inbox = (models.text(delivery.payload.get(key)) for key in ("title", "inbox"))
        if delivery.replaces is None:
            marker = delivery_marker(delivery.key)
            external_id = await self._uploads.put(MAIN, main, marker, journal, name=name, inbox=inbox)
        else:
            external_id = await self._replaced(delivery, main, name, inbox, journal)
        standing = self._uploads.file_of(external_id, journal) or main.file.id
        for attachment in delivery.files:
            if attachment.file.id != standing:
                marker = file_marker(delivery.key, attachment.file.id)
                await self._uploads.put(f"file:{attachment.file.id}", attachment, marker, journal, inbox=inbox)
        return external_id

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:
        """Say how the document stands, and those made from the delivery's further files with it."""
        retired = {name.partition(":")[2] for name in journal.results("retire:")}
        further = set(journal.results("file:").values()) - retired - {external_id}
        outcome = await self._one(external_id, journal)
        for document_id in sorted(further):
            if outcome.state not in {State.ACCEPTED, State.PENDING}:
                break
            other = await self._one(document_id, journal)
            if other.state is not State.ACCEPTED:
                reason = f"document {document_id}, made from a further file: {other.reason}" if other.reason else None
                outcome = Outcome(other.state, reason, other.sure, other.causes)
            elif not other.causes:  # what was accepted in part is not accepted yet
                outcome = replace(outcome, causes={})
        return outcome

    async def dropped(self) -> AsyncIterator[str]:
        """List nothing: there is no cheap way to ask for what was rejected or deleted."""
        return
        yield ""

    async def _one(self, document_id: str, journal: Journal) -> Outcome:
        try:
            fields = await self._client.document(document_id)
        except GoneError:
            sent = self._uploads.sent_at(document_id, journal)
            if sent is not None and datetime.now(UTC) - sent < self._appears:
                return Outcome(State.PENDING)
            return Outcome(State.GONE, "it was deleted, or these credentials may not see it any more", sure=False)
        status = status_of(fields)
        if status is Status.REJECTED:
            return Outcome(State.REFUSED, "it was rejected in Contract.fit", causes={Result.REFUSED: None})
        if status is Status.FAILED:
            return Outcome(State.REFUSED, "Contract.fit could not process it", causes={Result.ERROR: None})
        if status in WORKING:
            return Outcome(State.PENDING)
        return Outcome(State.ACCEPTED, causes={Result.ACCEPTED: None} if status in _REVIEWED else {})

    async def _replaced(
        self, delivery: Delivery, main: Attachment, name: str | None, inbox: str | None, journal: Journal
    ) -> str:
        """Return the id of the document that stands for the delivery now."""
        old = str(delivery.replaces)
        try:
            fields = await self._client.document(old)
        except GoneError as error:
            # Not GoneError: that would say that the source's document is gone.
            words = f"document {old} was deleted in Contract.fit; it is not sent anew"
            raise RejectedError(words, connection=error.connection, status=error.status) from error
        if self._uploads.file_of(old, journal) in {main.file.id, None}:
            log.info("document %s stays as it was sent: neither name nor inbox can be changed later", old)
            return old
        if models.switched(fields, "lock"):
            words = f"document {old} is locked by somebody in Contract.fit, so it is not replaced now"
            raise TransientError(words, connection=self._client.api.connection, arrived="no")
        await self._retire(old, status_of(fields), journal)
        marker = file_marker(delivery.key, main.file.id)
        return await self._uploads.put(f"file:{main.file.id}", main, marker, journal, name=name, inbox=inbox)

    async def _retire(self, document_id: str, status: Status, journal: Journal) -> None:
        """Reject a document that a new one is to replace. RejectedError: people or other systems rely on it already."""
        connection = self._client.api.connection
        if status not in _REPLACEABLE:
            words = (
                f"document {document_id} is {status} in Contract.fit and cannot be replaced; the new file was not sent"
            )
            raise RejectedError(words, connection=connection)
        message = Message("reject", value=True)

        async def reject() -> str:
            await self._client.set_status(document_id, message.change)
            return "rejected"

        async def find() -> str | None:
            return "found" if message.shows(await self._client.document(document_id)) else None

        await journal.once(f"retire:{document_id}", reject, find, settle=min(self._settle, timedelta(seconds=5)))
        if not message.shows(await self._client.document(document_id)):
            await journal.forget(f"retire:{document_id}")
            words = f"document {document_id} does not show that it was rejected, so its new file is not sent yet"
            raise TransientError(words, connection=connection, arrived="no")


def _main_file(delivery: Delivery) -> Attachment:
    """Return the leading file. RejectedError: there is none, and so nothing to send."""
    if not delivery.files:
        raise RejectedError("the document has no file, and a file is all that Contract.fit takes")
    return next((each for each in delivery.files if each.file.main), delivery.files[0])
