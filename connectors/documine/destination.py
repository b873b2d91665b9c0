"""DocuMine files as a destination: uploaded into a dossier, overwritten when they change, and watched while analysed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.answer import encode_json
from connectors.contract import Outcome, Result, State
from connectors.documine.later import LATER
from connectors.documine.models import first, instant
from connectors.documine.places import Place
from connectors.documine.schemas import UPLOAD
from connectors.errors import ConnectorError, GoneError, RejectedError
from connectors.fitting import fit
from connectors.markers import file_marker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from connectors.contract import Delivery, Fields, Journal
    from connectors.documine.client import DocumineClient
    from connectors.documine.places import Places
    from connectors.documine.uploading import Uploads

log = logging.getLogger(__name__)

STUCK = timedelta(hours=1)
"""After so long without an end an analysis counts as stuck: that is said, but the file is not given up."""
PLACE = "place"
"""The journal entry that tells in which dossier a delivery lies."""


class Uploaded:
    """The stream `files`. `dossier` is where files go unless the payload names another one."""

    schema = UPLOAD
    later = LATER["files"]

    def __init__(self, client: DocumineClient, places: Places, uploads: Uploads, dossier: str) -> None:
        self._client = client
        self._places = places
        self._uploads = uploads
        self._dossier = dossier

    def check(self, payload: Fields) -> None:
        """Raise RejectedError for what can never be: other keys, other types, no dossier, an endless name."""
        fit(UPLOAD, payload)
        encode_json(payload)  # half of a character is text to the schema, and nothing that can be sent
        if not (_text(payload, "dossier") or self._dossier):
            raise RejectedError(
                "no dossier is named, neither by the route (`dossier`) nor by the connection's settings"
            )

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Bring all files of a delivery into the dossier and return the main one's id.

        RejectedError: no file, a kind of file that is not uploaded, or it was deleted in DocuMine by a person.
        """
        self.check(delivery.payload)
        if not delivery.files:
            raise RejectedError("the document has no file, and DocuMine holds nothing else")
        for attachment in delivery.files:
            file = attachment.file
            self._uploads.check(file.name, file.media_type, file.size)
        main = next((each for each in delivery.files if each.file.main), delivery.files[0])
        place = await self._place(delivery, journal)
        if delivery.replaces is not None:
            await self._still_there(place, delivery.replaces, file_marker(delivery.key, main.file.id))
        title = _text(delivery.payload, "name") or None
        ids = {}
        try:
            for attachment in (main, *(each for each in delivery.files if each is not main)):
                mine = title if attachment is main else None
                ids[attachment.file.id] = await self._uploads.bring(place, delivery.key, attachment, mine, journal)
        except GoneError as error:
            if error.connection != self._client.api.connection:
                raise
            self._places.forget(place)
            if not journal.results("file:"):
                await journal.forget(PLACE)  # nothing lies there: the next attempt looks for the dossier anew
            # Not GoneError: that would say that the source's document is gone.
            raise RejectedError(
                f"the dossier cannot be reached any more: {error}", connection=error.connection, status=error.status
            ) from error
        return ids[main.file.id]

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:
        """Read every file of the delivery and say how the worst of them stands."""
        held = journal.results("file:").values()
        place = await self._recorded(journal)
        found: list[Outcome] = []
        for file_id in dict.fromkeys((external_id, *held)):
            found.append(await self._one(place, file_id))
            if found[-1].state in (State.GONE, State.REFUSED):
                return found[-1]
        # What was accepted in part is not accepted yet.
        return min(found, key=lambda one: (one.state is not State.PENDING, len(one.causes)))

    async def dropped(self) -> AsyncIterator[str]:
        """List what the dossier shows as deleted or failed."""
        place = await self._places.look(self._dossier) if self._dossier else None
        if place is not None:
            for read in (self._client.trash, self._client.files):
                for file in await read(place.template, place.dossier):
                    if file.standing in ("deleted", "failed"):
                        yield file.id

    async def _one(self, place: Place, file_id: str) -> Outcome:
        try:
            file = await self._client.file(place.template, place.dossier, file_id)
        except GoneError:
            return Outcome(State.GONE, "it was purged, or this user may not see it any more", sure=False)
        match file.standing:
            case "deleted":
                return Outcome(State.GONE, "it was moved to the trash")
            case "failed":
                code = f", code {file.error_code}" if file.error_code else ""
                words = f"DocuMine could not analyse it (status {file.status}{code})"
                return Outcome(State.REFUSED, words, causes={Result.ERROR: None})
            case "processed":
                return Outcome(State.ACCEPTED, causes={Result.ACCEPTED: None} if file.approved else {})
            case _:
                since = instant(first(file.fields, (*self._client.names.uploaded_at, "added")))
                stuck = since is not None and datetime.now(UTC) - since > STUCK
                if stuck:
                    log.warning("file %s is stuck: status %s for more than an hour", file_id, file.status)
                return Outcome(State.PENDING, "its analysis is stuck" if stuck else None)

    async def _place(self, delivery: Delivery, journal: Journal) -> Place:
        """Return where this delivery lies or is to go. One that was uploaded stays where it is."""
        known = Place.parse(journal.results(PLACE).get(PLACE, ""))
        if known is not None:
            await self._places.template(in_force=True)
            return known
        place = await self._places.dossier(_text(delivery.payload, "dossier") or self._dossier, journal)
        await journal.record(PLACE, str(place))
        return place

    async def _recorded(self, journal: Journal) -> Place:
        known = Place.parse(journal.results(PLACE).get(PLACE, ""))
        if known is None and self._dossier:
            known = await self._places.look(self._dossier)
        if known is None:
            raise ConnectorError(
                "it is not known in which dossier the file lies", connection=self._client.api.connection
            )
        return known

    async def _still_there(self, place: Place, file_id: str, marker: str) -> None:
        """Raise RejectedError if a person has deleted the file. One that is there under another id was overwritten by us."""
        connection = self._client.api.connection
        try:
            file = await self._client.file(place.template, place.dossier, file_id)
        except GoneError as error:
            if await self._uploads.named(place, marker) is not None:
                return
            raise RejectedError(
                f"file {file_id} was deleted in DocuMine", connection=connection, status=error.status
            ) from error
        if file.standing == "deleted":
            raise RejectedError(
                f"file {file_id} is in the trash; restore it in DocuMine and retry", connection=connection
            )


def _text(payload: Fields, key: str) -> str:
    value = payload.get(key)
    return value.strip() if isinstance(value, str) else ""
