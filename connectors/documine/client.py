"""Every DocuMine call that docferry makes, one method per endpoint; paths and names come from the table in paths.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.documine.models import Components, Package, Reading
from connectors.errors import AccessError, ConnectorError, GoneError, NoSuchCallError, RejectedError
from connectors.http import quote
from connectors.lists import refuse_another

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from connectors.contract import Download, Fields
    from connectors.documine.models import Dossier, StoredFile, Template
    from connectors.documine.paths import Names
    from connectors.http import Api
    from connectors.uploads import Form

FORBIDDEN = 403


class DocumineClient:
    """Calls of one account. Every method raises the connector error tree; lists come whole, without pages."""

    def __init__(self, api: Api, names: Names) -> None:
        self.api = api
        self.names = names
        self.read = Reading(names)

    async def templates(self) -> list[Template]:
        """List all templates. One that is missing altogether means that this is not the API that was expected."""
        # GET {base}/api/dossier-templates
        try:
            rows = await self._list(self.names.templates, {}, self.names.template_list, "the template list")
        except GoneError as error:
            raise ConnectorError(str(error), connection=error.connection, status=error.status) from error
        return [self.read.template(row) for row in rows]

    async def dossiers(self, template: str) -> list[Dossier]:
        """List the dossiers of a template, archived ones too."""
        path = _path(self.names.dossiers, template=template)
        # GET {base}/api/dossier-templates/{template}/dossiers?includeArchived=true
        params = {self.names.include_archived: "true"}
        rows = await self._list(path, params, self.names.dossier_list, "the dossier list")
        return [self.read.dossier(row) for row in rows]

    async def create_dossier(self, template: str, name: str) -> Dossier:
        """Create a dossier. Not idempotent: a second call makes a second one, or is refused for the taken name."""
        body: Fields = {"name": name, "description": "Filled by docferry"}
        # POST {base}/api/dossier-templates/{template}/dossiers
        answer = await self.api.call("POST", _path(self.names.dossiers, template=template), json=body)
        return self.read.dossier(self._object(answer.json()))

    async def files(self, template: str, dossier: str) -> list[StoredFile]:
        """List the files of a dossier with their status."""
        path = _path(self.names.files, template=template, dossier=dossier)
        # GET {base}/api/dossier-templates/{template}/dossiers/{dossier}/files
        rows = await self._list(path, {}, self.names.file_list, "the file list")
        return [self.read.file(row) for row in rows]

    async def trash(self, template: str, dossier: str) -> list[StoredFile]:
        """List the files of a dossier that lie in the trash; servers that ignore the parameters list the others too."""
        path = _path(self.names.files, template=template, dossier=dossier)
        params = {self.names.include_active: "false", self.names.include_deleted: "true"}
        # GET …/files?includeActive=false&includeDeleted=true
        rows = await self._list(path, params, self.names.file_list, "the file list")
        return [self.read.file(row) for row in rows]

    async def file(self, template: str, dossier: str, file_id: str) -> StoredFile:
        """Read one file's status. GoneError: purged, or not visible to this user."""
        # GET …/files/{file}
        answer = await self.api.call("GET", _path(self.names.file, template=template, dossier=dossier, file=file_id))
        file = self.read.file(self._object(answer.json()))
        refuse_another(answer, file_id, file.id)
        return file

    async def upload(self, template: str, dossier: str, form: Form) -> str:
        """Upload a file; return its id, empty if the answer does not tell. The same name again overwrites."""
        params = {self.names.keep_edits: "false"} if self.names.keep_edits else None
        # POST …/files?keepManualRedactions=false, multipart: file
        answer = await self.api.call(
            "POST",
            _path(self.names.upload, template=template, dossier=dossier),
            params=params,
            content=form.content(),
            headers=form.headers,
        )
        try:
            return self.read.uploaded(answer.json() if answer.body else None)
        except ConnectorError:  # it was stored; what exactly was answered is not documented
            return ""

    async def components(self, template: str, dossier: str, file_id: str) -> Components:
        """Read what was extracted from a file, with details."""
        path = _path(self.names.components, template=template, dossier=dossier, file=file_id)
        params = {self.names.include_details: "true"} if self.names.include_details else None
        # GET …/files/{file}/components?includeDetails=true
        answer = await self.api.call("GET", path, params=params, headers={"accept": "application/json"})
        components = self.read.components(self._object(answer.json()))
        refuse_another(answer, file_id, components.file)
        return components

    def original(self, template: str, dossier: str, file_id: str) -> AbstractAsyncContextManager[Download]:
        """Stream the stored original; whether this call exists is not certain."""
        # GET …/files/{file}/download
        return self.api.stream(_path(self.names.original, template=template, dossier=dossier, file=file_id))

    async def create_package(self, template: str, dossier: str, file_id: str) -> Package:
        """Have a package with the original built. Not idempotent: a second call builds a second one."""
        names = self.names
        body: Fields = {names.package_reports: [], names.package_types: [names.original_type]}
        path = _path(names.create_package, template=template, dossier=dossier, file=file_id)
        # POST …/files/{file}/create-download
        answer = await self.api.call("POST", path, json=body)
        package = self.read.package(self._object(answer.json()))
        if not package.id:
            raise ConnectorError(
                f"{answer.asked} answered without `{names.package_id[0]}`", connection=self.api.connection
            )
        return package

    async def package(self, package_id: str) -> Package:
        """Say how a package stands."""
        # GET {base}/api/downloads/{package}
        answer = await self.api.call("GET", _path(self.names.package, package=package_id))
        return self.read.package(self._object(answer.json()))

    async def packages(self) -> list[Package]:
        """List the calling user's packages; empty where the API does not offer that."""
        try:
            # GET {base}/api/downloads
            rows = await self._list(self.names.packages, {}, self.names.package_list, "the package list")
        except (RejectedError, NoSuchCallError):
            return []
        return [self.read.package(row) for row in rows]

    def package_content(self, package_id: str) -> AbstractAsyncContextManager[Download]:
        """Stream a package that is ready."""
        # GET {base}/api/downloads/{package}/download
        return self.api.stream(_path(self.names.package_content, package=package_id))

    async def delete_package(self, package_id: str) -> None:
        """Remove a package; one that is not there is fine."""
        try:
            # DELETE {base}/api/downloads/{package}
            await self.api.call("DELETE", _path(self.names.package, package=package_id))
        except GoneError:
            return

    async def licence(self) -> AsyncIterator[tuple[str, int]]:
        """Yield the whole numbers of the licence's usage by name; nothing where it may not be read."""
        try:
            # GET {base}/api/license/active/usage
            answer = (await self.api.call("GET", self.names.licence)).json()
        except (RejectedError, NoSuchCallError):
            return
        except AccessError as error:
            if error.status != FORBIDDEN:
                raise
            return
        for name, value in answer.items() if isinstance(answer, dict) else ():
            if isinstance(value, int) and not isinstance(value, bool):
                yield name, value

    async def _list(self, path: str, params: dict[str, str], listed: tuple[str, ...], what: str) -> list[Fields]:
        sent = {name: value for name, value in params.items() if name}
        answer = await self.api.call("GET", path, params=sent or None)
        try:
            return self.read.rows(answer.json(), listed, what)
        except ConnectorError as error:
            error.connection = error.connection or self.api.connection
            raise

    def _object(self, body: object) -> Fields:
        if not isinstance(body, dict):
            raise ConnectorError("the answer is not a JSON object", connection=self.api.connection)
        return body


def _path(pattern: str, /, **ids: str) -> str:
    return pattern.format(**{name: quote(value) for name, value in ids.items()})
