"""Every Contract.fit call that docferry makes, one method per endpoint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.contractfit import models
from connectors.contractfit.choice import has_data
from connectors.errors import ConnectorError, RejectedError, TransientError
from connectors.http import quote
from connectors.lists import refuse_an_excuse, refuse_another

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager

    from connectors.contract import Download, Fields
    from connectors.http import Api
    from connectors.uploads import Form

LOGIN = "auth"
ME = "users/me"
INBOXES = "inboxes"
LISTING = "inboxes/{id}/paginated"
UPLOAD = "documents/{id}"
DOCUMENT = "documents/{id}"
LAST_VERSION = "documents/{id}/last_version"
ORIGINAL = "documents/{id}/original_file"
CUSTOM_OUTPUT = "documents/{id}/custom_output"
STATUS = "documents/{id}/status_data"
FEEDBACK = "documents/{id}/feedback"

MASK = (
    "page,per_page,total,results{id,inbox,original_filename,flag_for_review,last_version,files{filename,filehash},"
    "status_data,submitted,reject,escalate,lock,timings}"
)
"""What a listing needs of each document: without it every row carries its whole prediction and all versions."""

_BARE_ID = re.compile(r"[0-9a-fA-F]{24}")


class ContractfitClient:
    """Calls of one account. Every method raises the connector error tree."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def me(self) -> Fields:
        """Return the user whose credentials these are."""
        # GET {base}/users/me
        return models.as_object((await self.api.call("GET", ME)).json(), "the user")

    async def inboxes(self) -> list[models.Inbox]:
        """List the inboxes that the credentials may see."""
        # GET {base}/inboxes
        return models.inboxes((await self.api.call("GET", INBOXES)).json())

    async def listing(
        self, inbox: str, params: Mapping[str, str], *, masked: bool = True, patient: bool = True
    ) -> models.Listing:
        """Read one page of an inbox. Without `patient` a server error is raised at once instead of being tried again."""
        # GET {base}/inboxes/{id}/paginated?page=1&per_page=50&start_receive_date=…&end_receive_date=…
        headers = {"X-Fields": MASK} if masked else None
        answer = await self.api.call("GET", _path(LISTING, inbox), params=params, headers=headers, repeatable=patient)
        return models.listing(answer.json())

    async def document(self, document_id: str) -> Fields:
        """Read one document, whole and with plain spellings. GoneError: deleted, or not readable with these rights.

        ConnectorError: what was answered is no document, or another one.
        """
        # GET {base}/documents/{id}
        answer = await self.api.call("GET", _path(DOCUMENT, document_id))
        fields = models.plain_object(answer.json(), "the document")
        found = models.identity(fields)
        if found is None and fields.keys().isdisjoint(models.REQUIRED):
            raise ConnectorError(f"{answer.asked} answered with no document", connection=self.api.connection)
        refuse_another(answer, document_id, found)
        return fields

    async def last_version(self, document_id: str, name: str | None = None, source: str | None = None) -> Fields:
        """Return the newest version of a document's data: of all, of this name, or of this source (human, machine).

        Empty where the answer holds none. TransientError: it says why not.
        """
        # GET {base}/documents/{id}/last_version?name=…&source=…
        params = {key: value for key, value in (("name", name), ("source", source)) if value}
        answer = await self.api.call("GET", _path(LAST_VERSION, document_id), params=params)
        body = answer.json() if answer.body else None
        version = models.plain_object(body, "the version") if isinstance(body, dict) else {}
        refuse_an_excuse(body, has_data(version), "the version")
        return version

    def original(self, document_id: str) -> AbstractAsyncContextManager[Download]:
        """Stream the file that the document was made from."""
        # GET {base}/documents/{id}/original_file
        return self.api.stream(_path(ORIGINAL, document_id))

    def custom_output(self, document_id: str) -> AbstractAsyncContextManager[Download]:
        """Stream the output that the vendor has configured; 404 where none is."""
        # GET {base}/documents/{id}/custom_output
        return self.api.stream(_path(CUSTOM_OUTPUT, document_id))

    async def upload(self, inbox: str, form: Form) -> str:
        """Put a file into an inbox and return the id of the new document. Never repeated by itself.

        TransientError (arrived: maybe): it was taken, but the answer does not say under which id.
        """
        # POST {base}/documents/{inbox}, multipart: sync=false, key_value_flag=false, file
        answer = await self.api.call("POST", _path(UPLOAD, inbox), content=form.content(), headers=form.headers)
        text = answer.body.decode("utf-8", "replace").strip()
        try:
            found = models.uploaded(answer.json())
        except TransientError:
            found = text if _BARE_ID.fullmatch(text) else None
        if found is None:
            raise TransientError(
                f"{answer.asked} answered {answer.status} without an id",
                connection=self.api.connection,
                arrived="maybe",
            )
        return found

    async def set_status(self, document_id: str, change: Fields) -> Fields | None:
        """Make one change of status. Return the document as it is afterwards, None if the answer does not show it.

        Never repeated by itself: the value is absolute, but each change is stamped anew with user and time, and in the
        meantime a person may have changed it back. Whoever loses the answer reads the document first.
        """
        # POST {base}/documents/{id}/status_data
        answer = await self.api.call("POST", _path(STATUS, document_id), json=change)
        try:
            body = models.plain(answer.json()) if answer.body else None
        except ConnectorError:
            return None
        return body if isinstance(body, dict) and models.identity(body) == document_id else None

    async def give_feedback(self, document_id: str, version: Fields) -> None:
        """Send a reviewed version. Never repeated by itself: each call adds one."""
        # POST {base}/documents/{id}/feedback
        await self.api.call("POST", _path(FEEDBACK, document_id), json=version)


def _path(template: str, object_id: str) -> str:
    if not object_id.isascii():
        raise RejectedError("an id has signs that no id of Contract.fit has")
    return template.format(id=quote(object_id))
