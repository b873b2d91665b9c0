"""How files become Hypatos documents, each only once: the stored file's id is the handle by which a document is found again."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, GoneError, RejectedError, TransientError, UnsettledError
from connectors.hypatos import intake
from connectors.hypatos.forgotten import Forgotten
from connectors.hypatos.models import MadePage
from connectors.uploads import opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from connectors.contract import Attachment, Fields, Journal
    from connectors.hypatos.client import HypatosClient
    from connectors.hypatos.intake import Wanted
    from connectors.hypatos.models import Made

log = logging.getLogger(__name__)

_GLANCES = (0.0, 0.5, 1.5, 3.0)
_PAGES = 4
_UNTOLD = 20
"""How many rows of a page that do not tell what they were made from are read one by one."""
_LIMIT = 50
BAD_REQUEST = 400
_REFUSED_AGAIN = timedelta(hours=1)
"""How long a document whose file is refused after a lost call is left alone: the look for it has found nothing so far."""
MADE = "made-of"
"""The journal's record of project and main file (a fingerprint): neither can be changed later."""
CASE = "case-files"
"""The journal's record of all files of a case (a fingerprint)."""


class Making:
    """Uploads and processing of one account. `settle` is how long lists may lag behind before a call is made again."""

    def __init__(self, client: HypatosClient, settle: timedelta, watch: timedelta) -> None:
        self._client = client
        self._settle = settle
        self._watch = watch
        self._forgotten = Forgotten(client, self._page)

    async def main(self, key: str, wanted: Wanted, main: Attachment, project: str, journal: Journal) -> str:
        """Make the document of the main file and return its id."""
        pairs = intake.own_pairs(wanted, key)
        notes = {
            MADE: journal.fingerprint(f"{project} {main.file.id}"),
            intake.PAIRS: intake.pairs_print(pairs, journal),
            intake.KEYS_SENT: intake.keys_of(pairs),
        }
        return await self._process("create", intake.own_id(key), pairs, main, project, journal, notes)

    async def further(
        self, key: str, wanted: Wanted, file: Attachment, project: str, main_document: str, journal: Journal
    ) -> None:
        """Make a document of a further file, which names the main one."""
        external_id = intake.own_id(key, file.file.id)
        pairs = intake.own_pairs(wanted, key, main_document)
        await self._process(f"document:{file.file.id}", external_id, pairs, file, project, journal)

    async def case(self, key: str, files: Sequence[Attachment], project: str, journal: Journal) -> str:
        """Process several files as one case; return the id of the document that holds the main one.

        The call names no documents, so they are looked for by their files; accepted once it is never made again.
        """
        stored = [await self._store(file, journal) for file in files]

        notes = {
            MADE: journal.fingerprint(f"{project} {files[0].file.id}"),
            CASE: case_print(files, journal),
        }

        async def send() -> str:
            if not journal.results("case:accepted"):
                await self._client.process_batch(stored, project)
                await journal.record("case:accepted", "accepted")
            found = await self._found(stored, project, intake.own_id(key), journal)
            if found is None:
                raise TransientError(
                    "hypatos has accepted the files and does not show a document of them yet",
                    connection=self._client.api.connection,
                )
            return found

        find = partial(self._found, stored, project, intake.own_id(key), journal)
        document_id = await journal.once("create", send, find, notes=notes, settle=self._settle)

        async def name() -> str:
            await self._client.set_external_id(document_id, intake.own_id(key))
            return "sent"

        async def named() -> str | None:
            shown = (await self._client.document(document_id)).fields.get("externalId")
            return "seen" if shown == intake.own_id(key) else None

        await journal.once("external-id", name, named)
        return document_id

    async def _process(
        self,
        step: str,
        external_id: str,
        pairs: dict[str, str],
        file: Attachment,
        project: str,
        journal: Journal,
        notes: Mapping[str, str] | None = None,
    ) -> str:
        """Store and process one file, once. `notes` are written down of what travels in the call.

        UnsettledError: an earlier call was lost and this one is refused, perhaps since the lost one has used the file.
        """
        sent = f"sent {step}"
        known = bool(journal.results(f"file:{file.file.id}"))
        file_id = await self._store(file, journal)
        body: Fields = {
            "fileId": file_id, "projectId": project, "externalId": external_id, "externalData": pairs,
        }  # fmt: skip

        lost = bool(journal.results(sent))

        async def send() -> str:
            try:
                return await self._client.process(body)
            except ConnectorError as error:
                if lost and _refuses_the_file(error):
                    raise self._perhaps_used(file_id, error) from None  # no sign of an outage
                if not lost and (not isinstance(error, TransientError) or error.arrived == "no"):
                    await journal.forget(sent)
                raise

        notes = {**(notes or {}), sent: file_id}
        find = partial(self._one, file_id, project, external_id, journal)
        try:
            return await journal.once(step, send, find, notes=notes, settle=self._settle)
        except RejectedError as error:
            if known and _refuses_the_file(error):
                # Which of the two an unknown file gives is not published; one stored long ago may be kept no more.
                await journal.forget(f"file:{file.file.id}")
                raise TransientError(
                    f"the stored file was refused, so it is stored afresh: {error}",
                    connection=error.connection,
                    status=error.status,
                    arrived="no",
                ) from error
            raise

    def _perhaps_used(self, file_id: str, error: ConnectorError) -> UnsettledError:
        return UnsettledError(
            f"an earlier call with the stored file {file_id} was lost, and it is refused now, as it would be if that call "
            f"had made a document after all; it is looked for again, and nothing is stored afresh: {error}",
            look_again_at=datetime.now(UTC) + max(self._settle, _REFUSED_AGAIN),
            connection=self._client.api.connection,
        )

    async def _store(self, file: Attachment, journal: Journal) -> str:
        """Store a file once. After a lost answer it is simply stored again: nothing comes of a file that is not processed."""

        async def send() -> str:
            async with opened(file) as upload:
                media_type = intake.media_type(upload.media_type, upload.name)
                return await self._client.upload(upload, media_type, intake.file_name(upload.name, media_type))

        async def find() -> str | None:
            return None

        return await journal.once(f"file:{file.file.id}", send, find)

    async def _one(self, file_id: str, project: str, external_id: str, journal: Journal) -> str | None:
        """Find the document that was made of a file; the oldest if a lost call made several."""
        if made := await self._before(project, external_id, journal):
            return made
        for pause in _GLANCES:
            await asyncio.sleep(min(pause, self._watch.total_seconds()))
            found = await self._of(file_id, external_id)
            if found:
                return _oldest(found)
        return None

    async def _of(self, file_id: str, external_id: str | None = None) -> list[Made]:
        found: dict[str, Made] = {}
        seen: set[str] = set()
        for page in range(_PAGES):
            rows = (await self._page(partial(self._client.made_from, file_id), page * _LIMIT)).rows
            found |= {row.id: row for row in rows if row.main_file == file_id or file_id in row.files}
            found |= {row.id: row for row in rows if external_id is not None and row.external_id == external_id}
            # A row need not tell of its files: then the document itself does. A filter that works leaves few of them.
            for row in [row for row in rows if not row.files and row.external_id is None][:_UNTOLD]:
                whole = await self._client.made(row.id)
                if whole.main_file == file_id or file_id in whole.files:
                    found[row.id] = whole
            if len(rows) < _LIMIT or seen >= {row.id for row in rows}:
                break
            seen |= {row.id for row in rows}
        return list(found.values())

    async def _before(self, project: str, external_id: str, journal: Journal) -> str | None:
        """Find the document of a delivery that the ledger has forgotten: its file is forgotten as well."""
        since = journal.forgotten_since
        found = await self._forgotten.find(project, external_id, since) if since is not None else ()
        return _oldest(found) if found else None

    async def _found(self, file_ids: Sequence[str], project: str, external_id: str, journal: Journal) -> str | None:
        """Find the document of a case: the files may have been merged, so any of them may stand anywhere in it."""
        if made := await self._before(project, external_id, journal):
            return made
        for pause in _GLANCES:
            await asyncio.sleep(min(pause, self._watch.total_seconds()))
            found = await self._of(file_ids[0])
            if not found:
                found = await self._recent(set(file_ids), project)
            if found:
                return _oldest([one for one in found if file_ids[0] in one.files] or found)
        return None

    async def _recent(self, file_ids: Collection[str], project: str) -> list[Made]:
        found: list[Made] = []
        for page in range(_PAGES):
            rows = (await self._page(partial(self._client.in_project, project, ()), page * _LIMIT)).rows
            found += [row for row in rows if row.files & set(file_ids)]
            if found or len(rows) < _LIMIT:
                break
        return found

    @staticmethod
    async def _page(read: Callable[[int, int], Awaitable[MadePage]], offset: int) -> MadePage:
        try:
            return await read(offset, _LIMIT)
        except RejectedError as error:
            if offset and error.status == BAD_REQUEST:
                return MadePage((), None)  # "Offset out of range": the same as an empty page
            raise


def _refuses_the_file(error: ConnectorError) -> bool:
    return isinstance(error, RejectedError) and (error.status == BAD_REQUEST or isinstance(error, GoneError))


def case_print(files: Sequence[Attachment], journal: Journal) -> str:
    """Return what is written down about the files of a case."""
    return journal.fingerprint(" ".join(sorted(each.file.id for each in files)))


def _oldest(found: Sequence[Made]) -> str:
    if len(found) > 1:
        log.warning(
            "documents %s were made of the same file; the oldest is kept, reject the others by hand",
            ", ".join(one.id for one in found),
        )
    return min(found, key=lambda one: (one.created, one.id)).id
