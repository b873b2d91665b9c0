"""Download packages of the DocuMine sandbox: asked for, built after a while, fetched as a ZIP, removed."""

from __future__ import annotations

import io
import secrets
import zipfile
from typing import TYPE_CHECKING

from connectors.documine.sandbox_store import Package
from connectors.sandbox_http import Call, Reply, json_reply

if TYPE_CHECKING:
    from connectors.documine.sandbox import DocumineSandbox
    from connectors.documine.sandbox_store import Dossier, Record

_F = "/api/dossier-templates/{}/dossiers/{}/files/{}"
_TYPES = frozenset({"ORIGINAL", "PREVIEW", "DELTA_PREVIEW", "REDACTED", "ANNOTATED", "FLATTEN"})


class Packages:
    """Answers the calls."""

    def __init__(self, app: DocumineSandbox) -> None:
        self.app = app
        app.route("GET", _F + "/download", self._direct)
        app.route("POST", _F + "/create-download", self._create)
        app.route("GET", "/api/downloads", self._list)
        app.route("GET", "/api/downloads/{}", self._read)
        app.route("DELETE", "/api/downloads/{}", self._delete)
        app.route("GET", "/api/downloads/{}/download", self._fetch)

    async def _direct(self, call: Call) -> Reply:
        if not self.app.switches.direct_original:
            return self.app.nowhere(call)
        _, record = self._file(call)
        headers = [("content-type", record.media_type), ("content-disposition", 'attachment; filename="original"')]
        return self.app.file(self.app.store.content(record), headers)

    async def _create(self, call: Call) -> Reply:
        dossier, record = self._file(call)
        if call.media_type != "application/json":
            raise self.app.refused(415, "Unsupported media type")
        body = await call.json()
        types = body.get("downloadFileTypes", [])
        if (
            not isinstance(types, list)
            or set(map(str, types)) - _TYPES
            or not isinstance(body.get("reportTemplateIds", []), list)
        ):
            raise self.app.refused(400, "reportTemplateIds and downloadFileTypes must be arrays of known values")
        store, switches = self.app.store, self.app.switches
        package = Package(f"{secrets.token_hex(8)}/{record.id}.zip", record, dossier, self.app.clock.now(), (*types,))
        store.packages[package.id] = package
        store.packages_made += 1
        half = switches.package_time / 2
        self.app.clock.after(half, lambda: setattr(package, "status", "GENERATING"))
        self.app.clock.after(2 * half, lambda: setattr(package, "status", switches.package_end))
        return json_reply(200, {switches.package_key: package.id})

    async def _list(self, call: Call) -> Reply:
        if not self.app.switches.packages_listed:
            return self.app.nowhere(call)
        return json_reply(200, {"downloads": [self.app.views.package(one) for one in self.app.store.packages.values()]})

    async def _read(self, call: Call) -> Reply:
        return json_reply(200, self.app.views.package(self._package(call)))

    async def _delete(self, call: Call) -> Reply:
        del self.app.store.packages[self._package(call).id]
        return Reply(204)

    async def _fetch(self, call: Call) -> Reply:
        package = self._package(call)
        if package.status != "READY":
            raise self.app.refused(409, "The package is not ready")
        record = package.file
        content = self.app.store.content(record)
        if self.app.switches.package_form == "bare":
            return self.app.file(content, [("content-type", record.media_type)])
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            if self.app.switches.package_form == "folders":
                packed.writestr("Reports/report.csv", b"a;b\n")
                packed.writestr(f"Preview/{record.name}", b"%PDF-1.4 preview")
                packed.writestr(f"Original/{record.name}", content)
            elif "ORIGINAL" in package.types:
                packed.writestr(record.name, content)
        headers = [("content-type", "application/zip"), ("content-disposition", 'attachment; filename="dossier.zip"')]
        return self.app.file(out.getvalue(), headers, packed=record.name)

    def _file(self, call: Call) -> tuple[Dossier, Record]:
        dossier, record = self.app.dossiers.file(call)
        if not record.kept:
            raise self.app.refused(409, "The sandbox has not kept this file: it was too large")
        return dossier, record

    def _package(self, call: Call) -> Package:
        package = self.app.store.packages.get(call.ids[0])
        if package is None:
            raise self.app.refused(404, "Download not found")
        return package
