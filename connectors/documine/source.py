"""DocuMine files as a source: whole lists of the watched dossiers, and components read while no analysis is under way."""

from __future__ import annotations

import mimetypes
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from connectors.contract import Change, Document, File, Page
from connectors.documine.schemas import READ
from connectors.downloads import refuse_a_page
from connectors.errors import AccessError, ConnectorError, GoneError, RejectedError, TransientError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
    from datetime import datetime

    from connectors.contract import Download, Feedback, Fields, Journal
    from connectors.documine.client import DocumineClient
    from connectors.documine.models import Components, StoredFile
    from connectors.documine.packages import Packages
    from connectors.documine.places import Place, Places

Release = Literal["extracted", "released"]
READS = 3
"""How often components are read again because an analysis came in between."""
FORBIDDEN = 403
CONFLICT = 409


class Analysed:
    """The stream `files`: every file that is analysed and, under the rule `released`, approved by a person.

    `dossiers` are names or ids (empty: all of the template). Originals come in packages, or `direct`.
    """

    schema = READ
    feedback_actions: Mapping[str, str] = MappingProxyType({})
    drains: Collection[str] = ()

    def __init__(
        self,
        client: DocumineClient,
        places: Places,
        packages: Packages,
        *,
        dossiers: Sequence[str],
        release: Release,
        direct: bool,
    ) -> None:
        self._client = client
        self._places = places
        self._packages = packages
        self._dossiers = dossiers
        self._release = release
        self._direct = direct
        self._where: dict[str, tuple[Place, str]] = {}
        self._listed = False  # whether every list was read to its end

    def check_feedback(self, actions: Mapping[str, object]) -> None:
        """Raise RejectedError for any action: DocuMine takes no messages, so there is none that a route could name."""
        if actions:
            connection = self._client.api.connection
            words = f"{connection} can be told nothing, so there is no `{min(actions)}`"
            raise RejectedError(words, connection=connection)

    def rewind(self, cursor: str | None, to: datetime | None) -> str | None:  # noqa: ARG002 -- the whole list is read each time
        """Return the cursor: every listing is a whole one."""
        return cursor

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:  # noqa: ARG002 -- whole lists have no cursor
        """List every file that is through. There is no "since", so each pass reads everything, one page per dossier.

        A file that is being analysed (again), or waits for its approval, is left out until that is over; the next whole
        list shows it with another hint. A dossier that cannot be read does not keep the others out: it is said to be
        unseen. ConnectorError (AccessError where a right is missing): there is none that can be read.
        """
        watched = await self._places.watched(self._dossiers)
        closed = 0
        self._listed = False
        for number, (place, name) in enumerate(watched, 1):
            files = await self._list(place, name)
            if isinstance(files, ConnectorError):
                closed += 1
                if closed == len(watched):
                    kind = ConnectorError if isinstance(files, GoneError) else AccessError
                    raise kind(str(files), connection=files.connection, status=files.status) from files
                yield Page([], None, unseen=f"dossier '{name}' ({place.dossier}): {files}")
                continue
            news = [Change(file.id, await self._hint(place, file)) for file in files if self._through(file)]
            self._listed = number == len(watched) and not closed
            still = [file.id for file in files if not self._through(file)]
            yield Page(news, None, whole=self._listed, still=still)

    async def fetch(self, document_id: str) -> Document:
        """Read a file's components. Raises TransientError while it is being worked on, GoneError if it was deleted."""
        place, dossier = await self._place(document_id)
        before = await self._status(place, document_id)
        for _ in range(READS):
            if before.standing == "failed":
                code = f", code {before.error_code}" if before.error_code else ""
                return self._document(before, place, dossier, None, f"status is {before.status}{code}")
            if not self._through(before):
                raise self._later(f"file {document_id} is in the works ({before.status})")
            components = await self._components(place, document_id)
            after = await self._status(place, document_id)
            still = self._through(after) and after.analysed == before.analysed
            if still and isinstance(components, RejectedError):
                raise self._unreadable(document_id, components)
            if still and not isinstance(components, RejectedError):
                return self._document(after, place, dossier, components, None)
            before = after
        raise self._later(f"file {document_id} is analysed again and again")

    @asynccontextmanager
    async def open(self, file: File) -> AsyncGenerator[Download, None]:
        """Stream the original."""
        place, _ = await self._place(file.id)
        if self._direct:
            async with self._client.original(place.template, place.dossier, file.id) as download:
                refuse_a_page(download, file, self._client.api.connection)
                yield download
        else:
            async with self._packages.original(place, file) as download:
                yield download

    async def report(self, feedback: Feedback, journal: Journal) -> None:  # noqa: ARG002 -- nothing is sent
        """Do nothing: there is no call by which DocuMine could be told. RejectedError: an action was named all the same."""
        self.check_feedback(feedback.actions)

    def _through(self, file: StoredFile) -> bool:
        if file.standing == "failed":
            return True
        return file.standing == "processed" and (self._release == "extracted" or file.approved)

    async def _hint(self, place: Place, file: StoredFile) -> str:
        """Return what moves with every change; where a list shows nothing of the kind, the content itself must tell."""
        if file.analysed or file.standing != "processed":
            return file.hint
        components = await self._components(place, file.id)
        # What is refused now is read, and judged, when the file itself is: no reason to end the listing.
        read = "" if isinstance(components, RejectedError) else components.digest
        return f"{file.hint}|{file.uploaded}|{read}"

    async def _list(self, place: Place, dossier: str) -> list[StoredFile] | AccessError | GoneError:
        """Read what is in a dossier, or return why this user cannot: that is no reason to leave the others."""
        try:
            files = await self._client.files(place.template, place.dossier)
        except GoneError as error:
            return error
        except AccessError as error:
            if error.status != FORBIDDEN:
                raise
            return error
        for file in files:
            known = self._where.setdefault(file.id, (place, dossier))[0]
            if known != place:
                await self._moved(file.id, known, place, dossier)
        return files

    async def _moved(self, file_id: str, known: Place, place: Place, dossier: str) -> None:
        """Believe that a file has moved to another dossier only if it is not in the old one any more."""
        if any(file.id == file_id for file in await self._client.files(known.template, known.dossier)):
            connection = self._client.api.connection
            words = f"{connection}: dossiers {known.dossier} and {place.dossier} both show a file {file_id}; watch one of them"
            raise AccessError(words, connection=connection)
        self._where[file_id] = (place, dossier)

    async def _place(self, file_id: str) -> tuple[Place, str]:
        """Say where a file lies; the lists are read for one that was seen by an earlier process only.

        One that no list shows is asked for by its id: a list that hides it is no proof that it is gone.
        AccessError: no dossier shows it, but one of them cannot be read, and there it may be.
        """
        closed: AccessError | None = None
        if file_id not in self._where and not self._listed:
            for place, name in await self._places.watched(self._dossiers):
                files = await self._list(place, name)
                closed = files if isinstance(files, AccessError) else closed
                if file_id in self._where:
                    break
        if file_id not in self._where and closed is not None:
            raise closed
        if file_id not in self._where and not await self._found(file_id):
            connection = self._client.api.connection
            raise GoneError(f"{connection}: no watched dossier shows file {file_id}", connection=connection)
        return self._where[file_id]

    async def _found(self, file_id: str) -> bool:
        """Ask each watched dossier for a file by its id."""
        for place, name in await self._places.watched(self._dossiers):
            try:
                await self._status(place, file_id)
            except (GoneError, RejectedError):
                continue
            self._where[file_id] = (place, name)
            return True
        return False

    async def _components(self, place: Place, file_id: str) -> Components | RejectedError:
        """Read components, or return the refusal: an analysis that has begun since may be all there is to it."""
        try:
            return await self._client.components(place.template, place.dossier, file_id)
        except RejectedError as error:
            return error

    def _unreadable(self, file_id: str, refusal: RejectedError) -> ConnectorError:
        """Say what a refusal means for a file that is there and analysed: a 404 or 409 says that it was asked too early."""
        if isinstance(refusal, GoneError) or refusal.status == CONFLICT:
            return self._later(f"file {file_id} is there but its components are not ({refusal})")
        return refusal

    async def _status(self, place: Place, file_id: str) -> StoredFile:
        file = await self._client.file(place.template, place.dossier, file_id)
        if file.standing == "deleted":
            raise GoneError(f"file {file_id} was deleted", connection=self._client.api.connection)
        return file

    def _document(
        self, file: StoredFile, place: Place, dossier: str, found: Components | None, not_ready: str | None
    ) -> Document:
        values = found.values if found else {}
        fields: Fields = {
            "id": file.id,
            "name": file.name,
            "dossier": {"id": place.dossier, "name": dossier},
            "template": {"id": place.template},
            "components": {name: (each[0] if each else None) for name, each in values.items()},
            "components_all": dict(values),
            "details": found.details if found else {},
            "file": file.fields,
        }
        media_type = file.media_type or mimetypes.guess_type(file.name)[0] or "application/pdf"
        original = File(file.id, file.name or f"{file.id}.pdf", media_type, None, main=True, version=file.uploaded)
        # Under the same name other bytes come with the same id, and what is read from them may be the same.
        version = f"{found.digest}|{file.uploaded}" if found else file.hint
        return Document(file.id, version, fields, [original], not_ready)

    def _later(self, words: str) -> TransientError:
        return TransientError(words, connection=self._client.api.connection, arrived="no")
