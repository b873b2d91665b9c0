"""What the Hypatos sandbox lets clients read: listings in pages, documents, files, projects and companies."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from connectors.hypatos import sandbox_control, sandbox_views
from connectors.hypatos.sandbox_documents import COMPANY, PROJECTS
from connectors.hypatos.sandbox_store import STATES
from connectors.sandbox_http import Call, Reply, json_reply

if TYPE_CHECKING:
    from connectors.hypatos.sandbox import HypatosSandbox

_SORTS = frozenset({"createdAt", "-createdAt", "+createdAt", "updatedAt", "-updatedAt", "+updatedAt"})
_MOST = 50


def add_routes(app: HypatosSandbox) -> None:
    """Serve the calls that change nothing."""
    desk = _Desk(app)
    app.route("GET", "/documents", desk.documents)
    app.route("GET", "/documents/{}", desk.document)
    app.route("GET", "/documents/{}/states", desk.states)
    app.route("GET", "/files/{}", desk.file)
    app.route("GET", "/companies", desk.companies)
    app.route("GET", "/companies/{}", desk.company)
    app.route("GET", "/projects", desk.projects)
    app.route("GET", "/projects/{}", desk.project)
    app.route("GET", "/projects/{}/schema", desk.project_schema)


class _Desk:
    """Shows what clients ask for."""

    def __init__(self, app: HypatosSandbox) -> None:
        self.app = app

    async def document(self, call: Call) -> Reply:
        return json_reply(200, sandbox_views.document(self.app.store, self.app.record(call.ids[0])))

    async def states(self, call: Call) -> Reply:
        return json_reply(200, sandbox_views.states(self.app.store, self.app.record(call.ids[0])))

    async def documents(self, call: Call) -> Reply:
        offset, limit = self._paging(call)
        sort = call.one("sort", "-createdAt") or ""
        if sort not in _SORTS:
            raise self.app.refused(
                400, "Limit out of range", "Limit is out of range"
            )  # the wording the page prints here
        states = frozenset(call.many("state"))
        if states - STATES:
            raise self.app.refused(400, "Request validation error", f"state is not one of {', '.join(sorted(STATES))}")
        projects = frozenset(call.many("projectId"))
        if projects - {project for project, _ in PROJECTS}:
            raise self.app.refused(400, "Provided project identifier is invalid", "A projectId value is not valid")
        found = self.app.store.listing(states, projects, sort.replace("+", ""), self.app.salt)
        if (file_id := call.one("fileId")) is not None:
            found = [
                one for one in found if any(file.main and file.id == file_id for file in self.app.store.files(one))
            ]
        if self.app.switches.past_end == "400" and offset and offset >= len(found):
            raise self.app.refused(400, "Offset out of range", "The offset is outside the allowed range")
        self.app.pages_served += 1
        start = offset
        if self.app.switches.repeat_page == self.app.pages_served:
            start = max(0, offset - limit)
        size = max(1, limit // 2) if self.app.switches.short_pages else limit
        page = found[start : start + size]
        items = [sandbox_views.document(self.app.store, record, in_list=True) for record in page]
        answer = sandbox_views.page(self.app.switches, items, offset=offset, limit=limit, total=len(found))
        if file_id is None:
            sandbox_control.drift(self.app, page)
        return json_reply(200, answer)

    def _paging(self, call: Call) -> tuple[int, int]:
        try:
            offset, limit = int(call.one("offset") or 0), int(call.one("limit") or 20)
        except ValueError:
            raise self.app.refused(400, "Limit out of range", "offset and limit are whole numbers") from None
        if offset < 0:
            raise self.app.refused(400, "Offset out of range", "The offset is outside the allowed range")
        if limit < 1 or (limit > _MOST and self.app.switches.over_limit == "400"):
            raise self.app.refused(400, "Limit out of range", "The limit is outside the allowed range")
        return offset, min(limit, _MOST)

    async def file(self, call: Call) -> Reply:
        store = self.app.store
        if (upload := store.uploads.get(call.ids[0])) is not None:
            if upload.content is None:
                raise self.app.refused(501, "Not kept", "The sandbox keeps only name, size and digest of large files")
            content, media_type, name = upload.content, upload.media_type, upload.name
        elif call.ids[0] in store.demo_files:
            number, file = store.demo_files[call.ids[0]]
            content, media_type, name = store.demo.content(number, file), "application/pdf", file.name or ""
        else:
            raise self.app.refused(404, "File not found", "No file has this id")
        headers = [("content-type", media_type), ("etag", f'"{hashlib.sha256(content).hexdigest()[:16]}"')]
        if name:
            headers.append(("x-hy-filename", name if _is_latin(name) else quote(name)))
        return self.app.file(content, headers)

    async def companies(self, _call: Call) -> Reply:
        items = [sandbox_views.company(*COMPANY)]
        return json_reply(200, {"data": items, "limit": 50, "offset": 0, "totalCount": len(items)})

    async def company(self, call: Call) -> Reply:
        if call.ids[0] != COMPANY[0]:
            raise self.app.refused(404, "Company does not exist", "No company has this id")
        return json_reply(200, sandbox_views.company(*COMPANY))

    async def projects(self, call: Call) -> Reply:
        status = int(self.app.switches.projects_list)
        if status != 200:  # noqa: PLR2004 -- HTTP's own number
            raise self.app.refused(status, "Forbidden", "Projects cannot be listed")
        offset, limit = self._paging(call)
        sort = call.one("sort", "-createdAt")
        if sort not in ("-createdAt", "+createdAt"):
            raise self.app.refused(
                422, "Request validation error", "sort is -createdAt or +createdAt (a plus is sent as %2B)"
            )
        text = (call.one("search") or "").lower()
        found = [project for project in PROJECTS if text in project[0] or text in project[1].lower()]
        if sort == "-createdAt":
            found.reverse()
        items = [sandbox_views.project(self.app.switches, *project) for project in found[offset : offset + limit]]
        return json_reply(
            200, sandbox_views.page(self.app.switches, items, offset=offset, limit=limit, total=len(found))
        )

    async def project_schema(self, call: Call) -> Reply:
        status = int(self.app.switches.projects_list)
        if status != 200:  # noqa: PLR2004 -- HTTP's own number
            raise self.app.refused(status, "Forbidden", "Projects cannot be read")
        if all(project[0] != call.ids[0] for project in PROJECTS):
            raise self.app.refused(404, "Project does not exist", "No project has this id")
        return json_reply(200, sandbox_views.project_schema())

    async def project(self, call: Call) -> Reply:
        for project in PROJECTS:
            if project[0] == call.ids[0]:
                return json_reply(200, sandbox_views.project(self.app.switches, *project))
        raise self.app.refused(404, "Project does not exist", "No project has this id")


def _is_latin(text: str) -> bool:
    return all(32 <= ord(letter) < 256 for letter in text)  # noqa: PLR2004 -- the range of Latin-1
