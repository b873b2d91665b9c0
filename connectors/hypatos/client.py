"""Every Hypatos call that docferry makes, one method per endpoint of REST API version 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.http import quote
from connectors.hypatos import models
from connectors.lists import refuse_another

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from connectors.contract import Document, Download, Fields
    from connectors.http import Api
    from connectors.uploads import Upload

DOCUMENTS = "/documents"
DOCUMENT = "/documents/{id}"
STATES = "/documents/{id}/states"
EXTERNAL_ID = "/documents/{id}/external-id"
EXTERNAL_DATA = "/documents/{id}/external-data"
TITLE = "/documents/{id}/title"
TRANSFER = "/documents/{id}/transfer"
REJECT = "/documents/{id}/reject"
FILE = "/files/{id}"
FILES = "/files"
PROCESS = "/documents/process-file"
BATCH = "/cases/process-file-batch"
"""Known from clients only: the answer may be empty and names no documents."""
PROJECTS = "/projects"
PROJECT_SCHEMA = "/projects/{id}/schema"
ENRICHMENT = "/enrichment/"

NAME_HEADER = "X-Hy-Filename"
COMPANY_HEADER = "X-Hy-Meta-Internal-Company-Id"
_PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


class HypatosClient:
    """Calls of one account. Every method raises the connector error tree; a POST only promises "later" (202)."""

    def __init__(self, api: Api, states: Sequence[str], projects: Sequence[str]) -> None:
        self.api = api
        self.states = tuple(states)
        self.projects = tuple(projects)

    async def documents(self, offset: int, limit: int) -> models.Listing:
        """List the work queue, oldest first. An offset past the end may be a RejectedError with status 400."""
        # Arrays are repeated keys, never comma lists; `createdAt` is the one order that our own feedback cannot change.
        params = [("projectId", project) for project in self.projects]
        params += [("state", state) for state in self.states]
        params += [("sort", "createdAt"), ("offset", str(offset)), ("limit", str(limit))]
        # GET {base}/documents?projectId=…&state=done&state=doneAutomatically&sort=createdAt&offset=0&limit=50
        answer = await self.api.call("GET", DOCUMENTS, params=params)
        return models.listing(answer.json())

    async def made_from(self, file_id: str, offset: int, limit: int) -> models.MadePage:
        """List the documents that have this main file, newest first. A server may ignore the filter."""
        params = [("fileId", file_id), ("sort", "-createdAt"), ("offset", str(offset)), ("limit", str(limit))]
        # GET {base}/documents?fileId=…&sort=-createdAt&offset=0&limit=50
        answer = await self.api.call("GET", DOCUMENTS, params=params)
        return models.made(answer.json(), offset)

    async def made(self, document_id: str) -> models.Made:
        """Read what one document was made from."""
        # GET {base}/documents/{id}
        answer = await self.api.call("GET", _path(DOCUMENT, document_id))
        (found,) = models.made({"data": [answer.json()]}).rows
        return found

    async def in_project(self, project: str, states: Sequence[str], offset: int, limit: int) -> models.MadePage:
        """List a project's documents, newest first; an empty project means all, and so do empty states."""
        params = [("projectId", project)] if project else []
        params += [("state", state) for state in states]
        params += [("sort", "-createdAt"), ("offset", str(offset)), ("limit", str(limit))]
        # GET {base}/documents?projectId=…&state=failed&sort=-createdAt&offset=0&limit=50
        answer = await self.api.call("GET", DOCUMENTS, params=params)
        return models.made(answer.json(), offset)

    async def upload(self, upload: Upload, media_type: str, name: str) -> str:
        """Store a file and return its id. Sent twice it is stored twice, and only what is processed becomes a document."""
        headers = {"Content-Type": media_type, "Content-Length": str(upload.size)}
        if name:
            headers[NAME_HEADER] = name
        # POST {base}/files, the bytes themselves
        answer = await self.api.call("POST", FILES, content=upload.chunks, headers=headers, repeatable=True)
        return models.required_id(answer.json(), "id", "an upload")

    async def process(self, body: Fields) -> str:
        """Make a document of a stored file and return its id. Makes another one each time."""
        # POST {base}/documents/process-file
        answer = await self.api.call("POST", PROCESS, json=body)
        return models.required_id(answer.json(), "documentId", "process-file")

    async def process_batch(self, file_ids: Sequence[str], project: str) -> None:
        """Make one case of several stored files; which documents that gives has to be found out."""
        # POST {base}/cases/process-file-batch
        await self.api.call("POST", BATCH, json={"fileIds": list(file_ids), "projectId": project})

    async def find_projects(self, text: str, offset: int, limit: int) -> dict[str, str]:
        """Return the names of projects by id, as far as a search for a text in either finds them; all without a text."""
        params = {**({"search": text} if text else {}), "offset": str(offset), "limit": str(limit)}
        # GET {base}/projects?search=…&offset=0&limit=50
        answer = await self.api.call("GET", PROJECTS, params=params)
        return models.projects(answer.json())

    async def project_schema(self, project: str) -> object:
        """Read the data schema of a project."""
        # GET {base}/projects/{id}/schema
        return (await self.api.call("GET", _path(PROJECT_SCHEMA, project))).json()

    async def enrich(self, resource: str, record: Fields, company: str | None) -> str | None:
        """Write one record of master data, whole, and return its id if the answer has one."""
        headers = {COMPANY_HEADER: company} if company else {}
        path = ENRICHMENT + "/".join(quote(part) for part in resource.split("/"))
        # POST {base}/enrichment/{resource}
        answer = await self.api.call("POST", path, json=record, headers=headers, repeatable=True)
        return models.optional_id(answer.json() if answer.body else None)

    async def document(self, document_id: str) -> Document:
        """Read one document with its extracted data, which lists may leave out."""
        # GET {base}/documents/{id}
        answer = await self.api.call("GET", _path(DOCUMENT, document_id))
        document = models.document(answer.json(), self.states)
        refuse_another(answer, document_id, document.id)
        return document

    async def history(self, document_id: str) -> list[str]:
        """Return all states the document has been in, unordered."""
        # GET {base}/documents/{id}/states
        answer = await self.api.call("GET", _path(STATES, document_id))
        return models.history(answer.json())

    def file(self, file_id: str) -> AbstractAsyncContextManager[Download]:
        """Stream one file."""
        # GET {base}/files/{id}
        return self.api.stream(_path(FILE, file_id), name_header="x-hy-filename")

    async def set_external_id(self, document_id: str, value: str) -> None:
        """Replace the external id."""
        # POST {base}/documents/{id}/external-id, text/plain
        await self.api.call("POST", _path(EXTERNAL_ID, document_id), text=value, headers=_PLAIN)

    async def set_external_data(self, document_id: str, value: Mapping[str, str]) -> None:
        """Replace all external data; an empty map clears it."""
        # POST {base}/documents/{id}/external-data
        await self.api.call("POST", _path(EXTERNAL_DATA, document_id), json=dict(value))

    async def set_title(self, document_id: str, value: str) -> None:
        """Replace the title."""
        # POST {base}/documents/{id}/title, text/plain
        await self.api.call("POST", _path(TITLE, document_id), text=value, headers=_PLAIN)

    async def transfer(self, document_id: str, *, successful: bool, message: str | None) -> None:
        """Report that the target system took the document, or that it did not and why."""
        body: Fields = {"successful": successful}
        if message:
            body["message"] = message
        # POST {base}/documents/{id}/transfer
        await self.api.call("POST", _path(TRANSFER, document_id), json=body)

    async def reject(self, document_id: str, message: str | None) -> None:
        """Refuse the document for good."""
        # POST {base}/documents/{id}/reject
        await self.api.call("POST", _path(REJECT, document_id), json={"message": message} if message else {})


def _path(template: str, object_id: str) -> str:
    return template.format(id=quote(object_id))
