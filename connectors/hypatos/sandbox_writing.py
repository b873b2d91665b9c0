"""What the Hypatos sandbox lets clients write: uploads, processing, and the feedback about a document."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
import uuid
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from connectors.hypatos.sandbox_documents import PROJECTS, DemoFile
from connectors.hypatos.sandbox_store import Record, Upload
from connectors.sandbox_http import Call, Reply, TooLargeError, as_object, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.hypatos.sandbox import HypatosSandbox

_UPLOADS = frozenset({"application/pdf", "image/jpeg", "image/png", "image/tiff", "application/xml"})
_TITLE, _KEY, _PAIRS, _ID = 256, 50, 20, 100
_KEPT: Mapping[str, Callable[[str], str]] = {
    "as sent": lambda text: text,
    "decomposed": lambda text: f" {unicodedata.normalize('NFD', text)} ",
    "cut": lambda text: text[:200],
}
_READY = ("done", "doneAutomatically")


def add_routes(app: HypatosSandbox) -> None:
    """Serve the calls that change something."""
    desk = _Desk(app)
    app.route("POST", "/files", desk.upload)
    app.route("POST", "/documents/process-file", desk.process)
    app.route("POST", "/cases/process-file-batch", desk.process_case)
    app.route("POST", "/documents/{}/transfer", desk.transfer)
    app.route("POST", "/documents/{}/reject", desk.reject)
    app.route("POST", "/documents/{}/external-id", desk.external_id)
    app.route("POST", "/documents/{}/external-data", desk.external_data)
    app.route("POST", "/documents/{}/title", desk.title)


class _Desk:
    """Takes in what clients send."""

    def __init__(self, app: HypatosSandbox) -> None:
        self.app = app

    async def upload(self, call: Call) -> Reply:
        if call.media_type not in _UPLOADS:
            raise self.app.refused(400, "Content type not supported", "This content type cannot be uploaded")
        given = call.header("x-hy-filename") or ""
        if len(given) > _TITLE:
            raise self.app.refused(400, "Request validation error", "X-Hy-Filename is longer than 256 characters")
        name = unicodedata.normalize("NFC", unquote(given) if self.app.switches.file_names == "decoded" else given)
        taken, size, digest = bytearray(), 0, hashlib.sha256()
        async for chunk in call.chunks():
            size += len(chunk)
            digest.update(chunk)
            if size <= self.app.switches.keep_bytes:
                taken += chunk
        if size > self.app.switches.largest_file:
            raise TooLargeError
        if not size:
            raise self.app.refused(400, "Request validation error", "The file is empty")
        file_id = str(uuid.uuid4())
        content = bytes(taken) if size <= self.app.switches.keep_bytes else None
        name = name or f"{file_id}.bin"
        self.app.store.uploads[file_id] = Upload(file_id, content, call.media_type, name, size, digest.hexdigest())
        return json_reply(201, {"id": file_id})

    async def process(self, call: Call) -> Reply:
        app = self.app
        body = await self._json(call, {"fileId", "projectId", "externalId", "externalData"})
        file_id, project = body.get("fileId"), body.get("projectId")
        if not isinstance(file_id, str) or not isinstance(project, str):
            raise app.refused(400, "Request validation error", "fileId and projectId are needed")
        uploads = self._uploads([file_id], project)
        external_id = self._short_text(body.get("externalId"), "externalId")
        pairs = self._pairs(body.get("externalData") or {})
        record = self._begin(uploads, project, external_id, pairs)
        return json_reply(202, {"documentId": record.id, "fileId": file_id, "projectId": project})

    async def process_case(self, call: Call) -> Reply:
        """Take several files as one case. The answer says nothing but that it was understood."""
        switches = self.app.switches
        body = await self._json(call, {"fileIds", "projectId"})
        file_ids, project = body.get("fileIds"), body.get("projectId")
        if not isinstance(file_ids, list) or not file_ids or not isinstance(project, str):
            raise self.app.refused(400, "Request validation error", "fileIds and projectId are needed")
        uploads = self._uploads([str(file_id) for file_id in file_ids], project)
        if switches.case_main == "last":
            uploads.reverse()
        groups = [uploads] if switches.case_merges else [[upload] for upload in uploads]
        for group in groups:
            self.app.clock.after(switches.case_lag, partial(self._begin_case, group, project))
        return Reply(int(switches.case_answer))

    def _uploads(self, file_ids: list[str], project: str) -> list[Upload]:
        status = int(self.app.switches.unknown_project)
        if project not in {known for known, _ in PROJECTS}:
            raise self.app.refused(status, "Project does not exist", "No project has this id")
        found = [upload for file_id in file_ids if (upload := self.app.store.uploads.get(file_id))]
        if len(found) < len(file_ids):
            raise self.app.refused(status, "File not found", "No file has this id")
        return found

    def _begin_case(self, uploads: list[Upload], project: str) -> None:
        self._begin(uploads, project, None, {})

    def _begin(self, uploads: list[Upload], project: str, external_id: str | None, pairs: dict[str, str]) -> Record:
        """Make a document of files; the first one is its main file."""
        app, store, now = self.app, self.app.store, self.app.clock.now()
        record = Record(secrets.token_hex(12), project, "new", now, title=uploads[0].name)
        record.files = [DemoFile(upload.id, "invoice", upload.name, main=upload is uploads[0]) for upload in uploads]
        record.external_id = record.sent_id = external_id
        record.external_data = record.sent_data = pairs
        end = "doneAutomatically" if app.switches.completion == "automatic" else "extracted"
        if app.switches.duplicates == "fail" and self._known(uploads[0], project):
            end = "failed"
        record.history = [("new", now)]
        store.add(record)
        steps = ((app.switches.processing / 5, "processing"), (app.switches.processing, end))
        for seconds, state in steps:
            app.clock.after(seconds, lambda state=state: self._proceed(record, state))  # type: ignore[misc] # mypy cannot type the default
        return record

    async def transfer(self, call: Call) -> Reply:
        body = await self._json(call, {"successful", "message"})
        successful, message = body.get("successful"), body.get("message")
        if not isinstance(successful, bool) or not isinstance(message, str | None):
            raise self.app.refused(400, "Request validation error", "successful is a boolean, message a text")
        target = "transferred" if successful else "transferFailed"
        allowed = (*_READY, "transferFailed") if successful else _READY
        return self._move(call, "transfer", target, allowed, {"successful": successful, "message": message})

    async def reject(self, call: Call) -> Reply:
        raw = await call.body()
        body = await self._json(call, {"message"}, raw) if raw else {}
        message = body.get("message")
        if not isinstance(message, str | None):
            raise self.app.refused(400, "Request validation error", "message is a text")
        return self._move(call, "reject", "rejected", _READY, {"message": message})

    def _move(self, call: Call, kind: str, target: str, allowed: tuple[str, ...], value: object) -> Reply:
        app = self.app
        record = app.record(call.ids[0])
        if record.accepted == target:
            app.store.note(record, kind, value, effective=False)
            return Reply(202)
        if record.accepted not in allowed:
            if app.switches.wrong_state == "ignored":
                app.store.note(record, kind, value, effective=False)
                return Reply(202)
            raise app.refused(400, "Document state does not allow this", f"The document is {record.accepted}")
        record.accepted = target
        app.store.note(record, kind, value, effective=True)
        app.clock.after(app.switches.applied_after, lambda: self._apply_state(record, target))
        return Reply(202)

    def _apply_state(self, record: Record, state: str) -> None:
        if record.accepted == state:  # a person may have taken the document back in between
            self.app.store.move(record, state)

    async def external_id(self, call: Call) -> Reply:
        record = self.app.record(call.ids[0])
        text = self._short_text(await self._text(call), "externalId")
        self.app.store.note(record, "external-id", text, effective=record.sent_id != text)
        record.sent_id = text

        def apply() -> None:
            record.external_id = text
            self.app.store.touch(record)

        self.app.clock.after(self.app.switches.applied_after, apply)
        return Reply(202)

    async def external_data(self, call: Call) -> Reply:
        record = self.app.record(call.ids[0])
        pairs = self._pairs(await self._json(call, None))
        self.app.store.note(record, "external-data", pairs, effective=(record.sent_data or {}) != pairs)
        record.sent_data = pairs

        def apply() -> None:
            record.external_data = pairs
            self.app.store.touch(record)

        self.app.clock.after(self.app.switches.applied_after, apply)
        return Reply(202)

    async def title(self, call: Call) -> Reply:
        record = self.app.record(call.ids[0])
        text = await self._text(call)
        if not 1 <= len(text) <= _TITLE:
            raise self.app.refused(400, "Request validation error", "A title has 1 to 256 characters")
        self.app.store.note(record, "title", text, effective=record.title != text)

        def apply() -> None:
            record.title = _KEPT[self.app.switches.titles](text)
            self.app.store.touch(record)

        self.app.clock.after(self.app.switches.applied_after, apply)
        return Reply(202)

    def _proceed(self, record: Record, state: str) -> None:
        if record.accepted == record.state:
            record.accepted = state
            self.app.store.move(record, state, by_software=True)

    def _known(self, upload: Upload, project: str) -> bool:
        """Say whether the project has a document made from the same bytes."""
        for record in self.app.store.records.values():
            if record.project != project:
                continue
            for file in record.files or ():
                other = self.app.store.uploads.get(file.id)
                if other is not None and other.sha256 == upload.sha256:
                    return True
        return False

    async def _text(self, call: Call) -> str:
        if call.media_type != "text/plain":
            raise self.app.refused(400, "Content type not supported", "A text/plain body is needed")
        try:
            return (await call.body()).decode()
        except UnicodeDecodeError:
            raise self.app.refused(400, "Request validation error", "The text is not UTF-8") from None

    async def _json(self, call: Call, known: set[str] | None, raw: bytes | None = None) -> dict[str, object]:
        """Read a JSON object. Anything but the known keys is refused, so that a misspelt one cannot go unnoticed."""
        if call.media_type != "application/json":
            raise self.app.refused(400, "Content type not supported", "An application/json body is needed")
        body = await call.json() if raw is None else as_object(raw)
        if known is not None and (unknown := sorted(set(body) - known)):
            raise self.app.refused(400, "Request validation error", f"Unknown property: {', '.join(unknown)}")
        return body

    def _short_text(self, text: object, what: str) -> str | None:
        if text is None:
            return None
        if not isinstance(text, str) or not 1 <= len(text) <= _ID or any(letter.isspace() for letter in text):
            raise self.app.refused(
                400, "Request validation error", f"{what} has 1 to 100 characters, none of them blank"
            )
        return text

    def _pairs(self, pairs: object) -> dict[str, str]:
        """Check external data: at most 20 texts; over-long keys are dropped in silence, keys do not differ by case."""
        if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
            raise self.app.refused(400, "Request validation error", "externalData is a map of texts")
        if len(pairs) > _PAIRS:
            raise self.app.refused(400, "Request validation error", "externalData has more than 20 pairs")
        by_key = {str(key).lower(): (str(key), value) for key, value in pairs.items() if len(str(key)) <= _KEY}
        return dict(by_key.values())
