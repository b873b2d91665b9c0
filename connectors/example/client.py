"""Every call that docferry makes, one method per endpoint of the API's version 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, GoneError, RejectedError
from connectors.example import models
from connectors.http import quote
from connectors.lists import refuse_another

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager

    from connectors.contract import Download, Fields
    from connectors.example.models import Record
    from connectors.http import Api
    from connectors.uploads import Form


class ExampleClient:
    """Calls of one account. Every method raises the connector error tree."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def documents(self, status: str, after: str, limit: int) -> list[Record]:
        """List documents of a status by id, those after an id only. A page may be short; an empty one is the end."""
        # GET {base}/documents?status=ready&limit=50&after=d-000050
        return await self._list({"status": status, "limit": str(limit)} | ({"after": after} if after else {}))

    async def document(self, document_id: str) -> Record:
        """Read one document."""
        # GET {base}/documents/{id}
        answer = await self.api.call("GET", f"/documents/{quote(document_id)}")
        record = models.record(answer.json())
        refuse_another(answer, document_id, record.id)
        return record

    async def _list(self, params: Mapping[str, str]) -> list[Record]:
        try:
            answer = await self.api.call("GET", "/documents", params=params)
        except RejectedError as error:
            # A list has its address whatever is in it. So this is no verdict on the document that is looked for in it.
            raise ConnectorError(str(error), connection=error.connection, status=error.status) from error
        return models.records(answer.json())

    # source only

    def file(self, file_id: str) -> AbstractAsyncContextManager[Download]:
        """Stream one file."""
        # GET {base}/files/{id}
        return self.api.stream(f"/files/{quote(file_id)}")

    async def export(self, document_id: str, body: Fields) -> None:
        """Say what became of a document that is ready. Not idempotent: a second call is refused with 409."""
        # POST {base}/documents/{id}/export
        await self.api.call("POST", f"/documents/{quote(document_id)}/export", json=body)

    # destination only

    async def find(self, reference: str) -> str | None:
        """Return the id of the document with exactly this reference, whatever its status; None if none shows (yet)."""
        # GET {base}/documents?reference=…
        rows = await self._list({"reference": reference})
        # A server that does not know the parameter ignores it and lists everything, so the rows are looked at.
        return next((row.id for row in rows if row.reference == reference), None)

    async def create(self, body: Fields) -> str:
        """Make a document and return its id. Makes another one each time."""
        try:
            # POST {base}/documents
            return models.new_id((await self.api.call("POST", "/documents", json=body)).json())
        except (
            GoneError
        ) as error:  # nothing in it names an object that could be missing: it is the address that is wrong
            raise ConnectorError(str(error), connection=error.connection, status=error.status) from error

    async def update(self, document_id: str, body: Fields) -> None:
        """Set title and amount. The same again changes nothing."""
        # PUT {base}/documents/{id}
        await self.api.call("PUT", f"/documents/{quote(document_id)}", json=body)

    async def attach(self, document_id: str, form: Form) -> str:
        """Add a file and return its id. Adds another one each time."""
        path = f"/documents/{quote(document_id)}/files"
        # POST {base}/documents/{id}/files, multipart: file
        answer = await self.api.call("POST", path, content=form.content(), headers=form.headers)
        return models.new_id(answer.json())
