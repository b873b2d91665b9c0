"""What the Contract.fit sandbox lets clients do: upload, change a status, give feedback, reprocess, delete and move."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

from connectors.contractfit import sandbox_views
from connectors.contractfit.sandbox_store import STATES
from connectors.sandbox_http import Reply, json_reply
from connectors.sandbox_upload import BadFormError, FileTooLargeError, Form, Part

if TYPE_CHECKING:
    from connectors.contractfit.sandbox import ContractfitSandbox
    from connectors.contractfit.sandbox_store import Record
    from connectors.sandbox_http import Call

_TAKEN = frozenset({
    "application/pdf", "image/png", "image/jpeg", "image/tiff", "message/rfc822", "application/octet-stream",
})  # fmt: skip
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_FLAGS = frozenset({"file", "sync", "key_value_flag", "experimental"})
_RIGHTS = {
    ("reject", True): "reject_document",
    ("escalate", True): "escalate_document",
    ("escalate", False): "de_escalate_document",
}
_STATUS_KEYS = frozenset({*STATES, "status_data", "timings", "last_version", "opened_by"})
_COORDINATES = 6


def add_routes(app: ContractfitSandbox) -> None:
    """Serve the calls that change something."""
    desk = _Desk(app)
    app.route("POST", "/documents/{}", desk.upload)
    app.route("DELETE", "/documents/{}", desk.delete)
    app.route("POST", "/documents/{}/status_data", desk.status)
    app.route("POST", "/documents/{}/feedback", desk.feedback)
    app.route("POST", "/documents/{}/reprocess", desk.reprocess)
    app.route("PATCH", "/documents/{}/move_inbox", desk.move)


class _Desk:
    """Does what clients ask for, after checking it."""

    def __init__(self, app: ContractfitSandbox) -> None:
        self.app = app

    async def upload(self, call: Call) -> Reply:
        app, switches = self.app, self.app.switches
        app.allow("upload")
        inbox, _ = app.inbox(call.ids[0])
        try:
            parts = await Form(call.header("content-type") or "", switches.keep_bytes, switches.largest_file).read(call)
        except BadFormError as error:
            raise app.invalid("file", f"Missing required parameter in an uploaded file ({error})") from None
        except FileTooLargeError:
            raise app.refused(413, "The data value transmitted exceeds the capacity limit.") from None
        file = self._file(parts)
        content = bytes(file.content) if file.size <= switches.keep_bytes else None
        record = app.store.receive(inbox, file.filename or "", file.media_type, content, file.size, file.digest)
        return self._reply(record)

    def _file(self, parts: list[Part]) -> Part:
        fields = {part.name: bytes(part.content).decode("utf-8", "replace") for part in parts if part.filename is None}
        files = [part for part in parts if part.filename is not None]
        for name, value in fields.items():
            if name not in _FLAGS:
                raise self.app.invalid(name, "Unknown argument")
            if value.lower() not in _BOOLEANS:
                raise self.app.invalid(name, "Invalid literal for boolean(): " + value)
        if len(files) != 1 or files[0].name != "file" or not files[0].filename or not files[0].size:
            raise self.app.invalid("file", "Missing required parameter in an uploaded file")
        if _BOOLEANS[fields.get("sync", "true").lower()]:
            # stricter than the provider, which answers after the work is done, or never
            raise self.app.invalid("sync", "the sandbox takes files with sync=false only")
        if files[0].media_type not in _TAKEN:
            raise self.app.refused(415, "Image Recognition Error")
        return files[0]

    def _reply(self, record: Record) -> Reply:
        answers: dict[str, object] = {
            "id": {"id": record.id},
            "document_id": {"document_id": record.id, "status": "queued"},
            "_id": {"_id": record.id},
            "oid": {"_id": {"$oid": record.id}},
            "string": record.id,
            "document": sandbox_views.document(record, self.app.switches),
            "list": [{"id": record.id}],
            "nothing": {"message": "accepted"},
        }
        if self.app.switches.reply == "text":
            return Reply(200, record.id.encode(), [("content-type", "text/plain; charset=utf-8")])
        return json_reply(200, answers[self.app.switches.reply])

    async def delete(self, call: Call) -> Reply:
        self.app.allow("edit_documents")
        record = self.app.record(call.ids[0])
        how = call.one("how")
        if how not in ("FULL", "SOURCE_FILES"):
            raise self.app.invalid("how", "how is one of FULL, SOURCE_FILES")
        if how == "FULL":
            self.app.store.delete(record)
        else:
            record.archived = True
        return json_reply(200, {})

    async def status(self, call: Call) -> Reply:
        app = self.app
        app.allow("review")
        record = app.record(call.ids[0])
        body = await self._json(call)
        if len(body) != 1 or not set(body) <= _STATUS_KEYS:
            raise app.invalid("payload", "the sandbox takes exactly one documented change per call")
        ((name, given),) = body.items()
        inner = cast("dict[str, object]", given) if isinstance(given, dict) else {}
        flag = "archived" if name == "status_data" else "value"
        value = inner.get(flag)
        if set(inner) != {flag} or not isinstance(value, bool) or name not in (*STATES, "status_data"):
            raise app.invalid(
                name, f"an object with `{flag}` (true or false) was expected; user and time cannot be set"
            )
        if (right := _RIGHTS.get((name, value))) is not None:
            app.allow(right)
        change = "archived" if name == "status_data" else name
        record.calls.append(f"{change}={str(value).lower()}")
        before = record.archived if change == "archived" else record.states[change].value is True
        record.heard["repeated" if before is value else "effective"] += change not in app.switches.without_effect
        if change in app.switches.without_effect:
            pass
        elif change == "archived":
            record.archived = value
        else:
            app.store.set_state(record, change, value=value)
        if app.switches.status_answer == "empty":
            return Reply(200)
        shown: object = sandbox_views.document(record, app.switches)
        return json_reply(200, "OK" if app.switches.status_answer == "word" else shown)

    async def feedback(self, call: Call) -> Reply:
        app = self.app
        app.allow("submit")
        record = app.record(call.ids[0])
        body = await self._json(call)
        for values in _values(body.get("annotations")):
            if not isinstance(values, list):
                raise app.invalid("annotations", "a list of values was expected")
            for value in values:
                self._value(value, "annotations")
        for rows in _values(body.get("lines")):
            for row in rows if isinstance(rows, list) else []:
                for value in _values(row):
                    self._value(value, "lines")
        name = "submitted" if app.switches.feedback_name == "submitted" else str(body.get("name") or "submitted")
        data = {key: body.get(key) or empty for key, empty in (("annotations", {}), ("lines", {}), ("sections", []))}
        record.calls.append(f"feedback={name}")
        digest = hashlib.sha256(repr(body).encode()).hexdigest()
        record.heard["repeated" if digest in record.reviews else "effective"] += 1
        record.reviews.add(digest)
        evaluated = body.get("evaluate", True) is True
        app.clock.after(
            app.switches.feedback_lag, lambda: app.store.add_version(record, name, data, evaluated=evaluated)
        )
        return json_reply(200, {})

    def _value(self, value: object, place: str) -> None:
        given = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        coordinates = given.get("textual_coord")
        whole = isinstance(coordinates, list) and all(isinstance(one, int) for one in coordinates)
        if not {"gold", "text"} <= set(given) or not whole or len(cast("list[object]", coordinates)) != _COORDINATES:
            raise self.app.invalid(place, "'gold', 'text' and 'textual_coord' (6 integers) are required properties")

    async def reprocess(self, call: Call) -> Reply:
        self.app.allow("upload")
        record = self.app.record(call.ids[0])
        self.app.store.reprocess(record, call.one("name") or "reprocessed")
        return json_reply(200, sandbox_views.document(record, self.app.switches))

    async def move(self, call: Call) -> Reply:
        self.app.allow("review")
        inbox, _ = self.app.inbox(call.ids[0])
        body = await self._json(call)
        ids = body.get("document_ids")
        records = [self.app.record(str(one)) for one in ids] if isinstance(ids, list) else []
        if not records or any(record.inbox == inbox for record in records):
            raise self.app.invalid("document_ids", "source and target must be different inboxes")
        for record in records:
            record.inbox = inbox
        return json_reply(200, {})

    async def _json(self, call: Call) -> dict[str, object]:
        if call.media_type != "application/json":
            raise self.app.refused(
                415, "Did not attempt to load JSON data because the request Content-Type was not JSON."
            )
        return await call.json()


def _values(value: object) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else []
