"""Adds a document's files to an object, each once, known by the marker in its name."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from connectors.errors import GoneError, RejectedError
from connectors.http import quote
from connectors.markers import digest, file_marker, marked, markers
from connectors.rest.paths import parse, values
from connectors.uploads import Form, opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from connectors.contract import Attachment, Delivery, Journal
    from connectors.errors import UnsettledError
    from connectors.http import Api
    from connectors.rest.declared import FileCall, FileFind


class Files:
    """The file call of one stream. `held` makes the error for what only a person can settle."""

    def __init__(
        self,
        api: Api,
        declared: FileCall,
        settle: timedelta,
        checked: Mapping[str, str | None],
        held: Callable[[str, str], UnsettledError],
    ) -> None:
        self._api = api
        self._declared = declared
        self._settle = settle
        self._checked = checked
        self._held = held

    async def add(self, object_id: str, delivery: Delivery, journal: Journal) -> None:
        """Add every file that the object was not given yet. Raises RejectedError if the object takes none."""
        for attachment in delivery.files:
            marker = file_marker(delivery.key, attachment.file.id)
            do = partial(self._send, object_id, attachment, marker)
            find = partial(self._find, object_id, marker, do)
            settle = self._settle if self._declared.find else timedelta(0)
            await journal.once(f"file:{digest(object_id, 8)}:{marker}", do, find, settle=settle)

    async def _send(self, object_id: str, attachment: Attachment, marker: str) -> str:
        declared = self._declared
        async with opened(attachment) as upload:
            name = marked(upload.name, marker, upload.media_type)
            form = Form(upload, name, declared.part)
            path = declared.path.replace("{id}", quote(object_id)).replace("{name}", quote(name))
            try:
                await self._api.call(
                    declared.method, path, content=form.content(), headers=form.headers, repeatable=declared.sets
                )
            except GoneError as error:
                # Not GoneError: that would say that the source's document is gone.
                raise RejectedError(
                    f"object {object_id} takes no file: {error}", connection=error.connection, status=error.status
                ) from error
        return "added"

    async def _find(self, object_id: str, marker: str, do: Callable[[], Awaitable[str]]) -> str | None:
        if self._declared.sets:
            return await do()
        if marker in self._checked:
            return self._checked[marker]
        if self._declared.find is None:
            raise self._held(f"a file's upload to object {object_id}", marker)
        return "found" if marker in await self._markers(object_id, self._declared.find) else None

    async def _markers(self, object_id: str, find: FileFind) -> set[str]:
        answer = await self._api.call("GET", find.path.replace("{id}", quote(object_id)))
        return markers(str(name) for name in values(answer.json(), parse(find.names)))
