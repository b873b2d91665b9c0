"""How files get into a dossier exactly once: by a name that nothing else has, and looked for by that name."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from connectors.errors import RejectedError, TransientError
from connectors.markers import file_marker, marked, markers
from connectors.uploads import Form, opened

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    from connectors.contract import Attachment, Journal
    from connectors.documine.client import DocumineClient
    from connectors.documine.models import StoredFile
    from connectors.documine.places import Place

AT_ONCE = 2
"""Uploads under way at the same time; no limits are published."""
_TYPES = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/zip": "zip",
    "application/x-zip-compressed": "zip",
    "application/x-zip": "zip",
}
_GLANCES = (0.0, 0.3, 1.0)
"""Pauses in seconds before the looks for a file whose upload was answered without an id."""


class Uploads:
    """The uploads of one account. `settle` is how long lists may lag behind an upload before it is made again.

    `refused` are endings that DocuMine takes for something else than a document; `largest` is in bytes.
    """

    def __init__(self, client: DocumineClient, settle: timedelta, refused: Collection[str], largest: int) -> None:
        self._client = client
        self._settle = settle
        self._refused = frozenset(refused)
        self._largest = largest
        self._slots = asyncio.Semaphore(AT_ONCE)

    def check(self, name: str, media_type: str, size: int | None) -> None:
        """Raise RejectedError for a file that must not or cannot be uploaded. `size` is in bytes."""
        ending = name.rpartition(".")[2].lower()
        kind = _TYPES.get(media_type.partition(";")[0].strip().lower(), ending)
        if bad := {ending, kind} & self._refused:
            raise RejectedError(
                f"a {min(bad).upper()} file is not uploaded: DocuMine would read it as attributes or unpack it",
                connection=self._client.api.connection,
            )
        if size is not None and size > self._largest:
            raise RejectedError(
                f"the file is larger than {self._largest >> 20} MB", connection=self._client.api.connection
            )

    async def bring(self, place: Place, key: str, attachment: Attachment, title: str | None, journal: Journal) -> str:
        """Upload a file, once, and again only if its bytes have changed. Return its id."""
        step = f"file:{attachment.file.id}"
        marker = file_marker(key, attachment.file.id)
        if step in journal.results(step):
            return await self._again(place, marker, attachment, title, journal)
        sent: list[str] = []

        async def upload() -> str:
            try:
                return await self._upload(place, marker, attachment, title, sent)
            finally:
                # Also where no answer came: whoever finds the file later could not tell which bytes it holds, and would
                # send them again, for one more analysis.
                for sha256 in sent:
                    await journal.record(f"sha256:{attachment.file.id}", sha256)

        async def find() -> str | None:
            found = await self.named(place, marker)
            return found.id if found else None

        return await journal.once(step, upload, find, settle=self._settle)

    async def _again(
        self, place: Place, marker: str, attachment: Attachment, title: str | None, journal: Journal
    ) -> str:
        """Overwrite a file under its own name if its bytes are not those that were sent last."""
        name = f"file:{attachment.file.id}"
        known = journal.results("sha256:").get(f"sha256:{attachment.file.id}")
        sha256 = await _digest(attachment)
        if sha256 == known:
            return journal.results(name)[name]
        there = await self.named(place, marker)
        step = f"again:{attachment.file.id}"
        # What the list said before the call: clocks on both sides need not agree.
        before = f"before:{attachment.file.id}"
        pending = journal.results(before).get(before, "").partition(" ")
        if pending[0] != sha256[:16]:
            await journal.forget(step)
            await journal.record(before, f"{sha256[:16]} {_moment(there)}")
        sent: list[str] = []

        async def upload() -> str:
            return await self._upload(place, marker, attachment, title, sent, there)

        async def find() -> str | None:
            found = await self.named(place, marker)
            moment = journal.results(before)[before].partition(" ")[2]
            return found.id if found and _moment(found) != moment else None

        file_id = await journal.once(step, upload, find, settle=self._settle)
        await journal.record(name, file_id)  # before the digest, which is what makes the next push rely on it
        for each in sent or [sha256]:
            await journal.record(f"sha256:{attachment.file.id}", each)
        await journal.forget(step)
        await journal.forget(before)
        return file_id

    async def _upload(
        self,
        place: Place,
        marker: str,
        attachment: Attachment,
        title: str | None,
        sent: list[str],
        there: StoredFile | None = None,
    ) -> str:
        async with self._slots, opened(attachment) as upload:
            self.check(upload.name, upload.media_type, upload.size)
            # The same name overwrites, so what is there keeps the name it has.
            name = there.name if there else marked(title or upload.name, marker, upload.media_type)
            self.check(name, upload.media_type, upload.size)  # a title may bring an ending of its own
            form = Form(upload, name.replace('"', "'"), self._client.names.upload_part)
            try:
                file_id = await self._client.upload(place.template, place.dossier, form)
            finally:
                sent += [upload.sha256] if upload.sha256 else []  # it is known once all of it has left
        for pause in _GLANCES if not file_id else ():
            await asyncio.sleep(pause)
            if found := await self.named(place, marker):
                return found.id
        if not file_id:
            raise TransientError(
                "the upload was answered without an id and the list does not show the file yet",
                connection=self._client.api.connection,
                arrived="maybe",
            )
        return file_id

    async def named(self, place: Place, marker: str) -> StoredFile | None:
        """Find the file that carries this marker; one in the trash counts as absent."""
        for file in await self._client.files(place.template, place.dossier):
            if marker in markers([file.name]) and file.standing != "deleted":
                return file
        return None


def _moment(file: StoredFile | None) -> str:
    """Return what moves when a file is uploaded again. Empty if the provider shows nothing of the kind."""
    return (file.uploaded or file.analysed) if file else ""


async def _digest(attachment: Attachment) -> str:
    """Read a file at its source to know whether it changed. SHA-256, in hex."""
    sha256 = hashlib.sha256()
    async with attachment.open() as download:
        async for chunk in download.chunks:
            sha256.update(chunk)
    return sha256.hexdigest()
