"""Templates, dossiers, files and components of the DocuMine sandbox: what its API does to them."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from connectors.documine.sandbox_control import drift
from connectors.sandbox_http import Call, NotJsonError, Reply, json_reply
from connectors.sandbox_upload import BadFormError, FileTooLargeError, Form, Part

if TYPE_CHECKING:
    from connectors.documine.sandbox import DocumineSandbox
    from connectors.documine.sandbox_store import Dossier, Record, Template
    from connectors.documine.sandbox_views import Json, Views

_T = "/api/dossier-templates/{}"
_D = _T + "/dossiers/{}"
_F = _D + "/files/{}"
_WRITABLE = frozenset(
    {"id", "name", "description", "ownerId", "memberIds", "approverIds", "downloadFileTypes", "reportTemplateIds",
     "dossierStatusId", "dueDate"}
)  # fmt: skip
_LONGEST_NAME = 255


class Dossiers:
    """Answers the calls. Every check ends the request with the provider's words."""

    def __init__(self, app: DocumineSandbox) -> None:
        self.app = app
        app.route("GET", "/api/dossier-templates", self._templates)
        app.route("GET", _T, self._template)
        app.route("GET", _T + "/dossiers", self._list)
        app.route("POST", _T + "/dossiers", self._create)
        app.route("GET", _D, self._read)
        app.route("GET", _D + "/files", self._files)
        app.route("POST", _D + "/files", self._upload)
        app.route("GET", _F, self._file)
        app.route("DELETE", _F, self._delete)
        app.route("GET", _F + "/components", self.components)

    @property
    def views(self) -> Views:
        """How things are written down."""
        return self.app.views

    def template(self, template_id: str) -> Template:
        """Return a template. Raises RefusedError (404)."""
        template = self.app.store.templates.get(template_id)
        if template is None:
            raise self.app.refused(404, "Dossier template not found")
        return template

    def dossier(self, call: Call, *, to_write: bool = False) -> Dossier:
        """Return the dossier of an address; an archived one cannot be written. Raises RefusedError (404, 409)."""
        template = self.template(call.ids[0])
        dossier = self.app.store.dossiers.get(call.ids[1])
        if dossier is None or dossier.template is not template or dossier.deleted is not None:
            raise self.app.refused(404, "Dossier not found")
        if to_write and dossier.archived is not None:
            raise self.app.refused(409, "The dossier is archived")
        return dossier

    def file(self, call: Call) -> tuple[Dossier, Record]:
        """Return the file of an address, also from the trash. Raises RefusedError (404)."""
        dossier = self.dossier(call)
        record = dossier.files.get(call.ids[2])
        if record is None:
            raise self.app.refused(404, "File not found")
        return dossier, record

    async def _templates(self, _: Call) -> Reply:
        shown = [self.views.template(one) for one in self.app.store.templates.values()]
        return json_reply(200, {"dossierTemplates": shown})

    async def _template(self, call: Call) -> Reply:
        return json_reply(200, self.views.template(self.template(call.ids[0])))

    async def _list(self, call: Call) -> Reply:
        template = self.template(call.ids[0])
        shown = [
            self.views.dossier(one)
            for one in self.app.store.dossiers.values()
            if one.template is template and one.listed and self._included(call, one.archived, one.deleted)
        ]
        return json_reply(200, {"dossiers": shown})

    async def _create(self, call: Call) -> Reply:
        template = self.template(call.ids[0])
        body = await self._json(call)
        name = body.get("name")
        if not isinstance(name, str) or not name.strip() or set(body) - _WRITABLE:
            raise self.app.refused(400, "The dossier needs a name, and no unknown fields")
        store, switches = self.app.store, self.app.switches
        if "id" in body:
            raise self.app.refused(400, "Updates are not what this client should send")
        if switches.taken_name == "409" and any(one.name == name for one in store.dossiers.values()):
            raise self.app.refused(409, "A dossier with this name exists already")
        dossier = store.dossier(template, name)
        dossier.description = str(body["description"]) if body.get("description") else None
        dossier.listed = False
        self.app.clock.after(switches.listing_lag, lambda: setattr(dossier, "listed", True))
        return json_reply(201, self.views.dossier(dossier))

    async def _read(self, call: Call) -> Reply:
        return json_reply(200, self.views.dossier(self.dossier(call)))

    async def _files(self, call: Call) -> Reply:
        dossier = self.dossier(call)
        records = [
            one
            for one in dossier.files.values()
            if one.listed and not one.hidden and self._included(call, None, one.deleted)
        ]
        if self.app.salt:
            records.sort(key=lambda one: f"{self.app.salt} {one.id}"[::-1])
        shown = [self.views.file(dossier, one) for one in records]
        drift(self.app, dossier, records)
        return json_reply(200, {"files": shown})

    async def _file(self, call: Call) -> Reply:
        return json_reply(200, self.views.file(*self.file(call)))

    async def _delete(self, call: Call) -> Reply:
        dossier, record = self.file(call)
        if call.one("deletePermanently") == "true":
            del dossier.files[record.id]
        elif record.deleted is None:
            self.app.store.trash(dossier, record)
        return Reply(204)

    async def _upload(self, call: Call) -> Reply:
        dossier = self.dossier(call, to_write=True)
        if call.media_type != "multipart/form-data":
            raise self.app.refused(415, "Unsupported media type")
        part = await self._part(call)
        name = part.filename or ""
        if not name or len(name) > _LONGEST_NAME or not part.size:
            raise self.app.refused(400, "The file has no content, no name, or too long a name")
        ending = name.rpartition(".")[2].lower()
        if ending == "csv" and self.app.switches.csv == "attributes":
            self.app.store.attributes.append(name)
            return json_reply(200, {"fileIds": [], "processedFileIds": [], "processedAttributes": [name]})
        if ending == "zip" and self.app.switches.zip == "unpacked":
            if part.size > self.app.switches.keep_bytes:
                raise self.app.refused(413, "The package is too large to be unpacked")
            with zipfile.ZipFile(io.BytesIO(bytes(part.content))) as package:
                entries = [(entry.filename, package.read(entry)) for entry in package.infolist() if not entry.is_dir()]
            stored = [self._put(dossier, entry, "application/pdf", content, part) for entry, content in entries]
            return self._uploaded(stored)
        content = bytes(part.content) if part.size <= self.app.switches.keep_bytes else None
        return self._uploaded([self._put(dossier, name, part.media_type, content, part)])

    def _put(self, dossier: Dossier, name: str, media_type: str, content: bytes | None, part: Part) -> Record:
        return self.app.store.put(dossier, name, media_type, content, part.size, part.digest)

    def _uploaded(self, stored: list[Record]) -> Reply:
        ids = [one.id for one in stored]
        match self.app.switches.upload_answer:
            case "fileIds":
                return json_reply(200, {"fileIds": ids, "processedFileIds": ids, "processedAttributes": []})
            case "empty":
                return Reply(200)
            case key:
                return json_reply(200, {key: ids[0]})

    async def _part(self, call: Call) -> Part:
        keep, largest = self.app.switches.keep_bytes, self.app.switches.largest_file
        try:
            parts = await Form(call.header("content-type") or "", keep, largest).read(call)
        except BadFormError as error:
            raise self.app.refused(400, f"Bad form: {error}") from None
        except FileTooLargeError:
            raise self.app.refused(413, "The file is too large") from None
        if len(parts) != 1 or parts[0].name != "file" or parts[0].filename is None:
            raise self.app.refused(400, "Exactly one part named file is needed")
        return parts[0]

    async def components(self, call: Call) -> Reply:
        """Answer what was read from a file."""
        dossier, record = self.file(call)
        early = self.app.switches.early_components
        if record.status != "PROCESSED" and early != "empty":
            raise self.app.refused(int(early), "The file is not processed")
        detailed = call.one("includeDetails") == "true"
        return json_reply(200, self.views.components(dossier, record, detailed=detailed))

    def _included(self, call: Call, archived: float | None, deleted: float | None) -> bool:
        if self.app.switches.unpublished_params == "ignored":
            return deleted is None
        if deleted is not None:
            return call.one("includeDeleted") == "true"
        if archived is not None:
            return call.one("includeArchived") == "true"
        return call.one("includeActive", "true") == "true"

    async def _json(self, call: Call) -> Json:
        if call.media_type != "application/json":
            raise self.app.refused(415, "Unsupported media type")
        try:
            return await call.json()
        except NotJsonError as error:
            raise self.app.refused(400, str(error)) from None
