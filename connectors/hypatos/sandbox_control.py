"""What the Hypatos sandbox does behind its own API: drift, what people do to documents, and what it shows of itself."""

from __future__ import annotations

import secrets
from collections import Counter
from typing import TYPE_CHECKING, cast

from connectors.hypatos.sandbox_documents import PROJECTS, DemoFile
from connectors.hypatos.sandbox_store import NOVEL_STATE, STATES, Record, Upload
from connectors.sandbox_control import CannotActError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.hypatos.sandbox import HypatosSandbox
    from connectors.hypatos.sandbox_store import Store

_KINDS = ("transfer", "reject", "external-id", "external-data", "title")


def drift(app: HypatosSandbox, page: Sequence[Record]) -> None:
    """Let the listing change after a page of it was served."""
    served = app.drifting([record.id for record in page])
    records = [app.store.records[document_id] for document_id in served]
    match app.switches.drift:
        case "leave":
            for record in records:
                app.store.hide(record)
        case "reopen":
            for record in records:
                record.accepted = "inCompletion"
                app.store.move(record, "inCompletion")
        case "enter":
            # they were created before everything that is there: behind the offset of whoever pages by createdAt
            first = min(record.created for record in app.store.records.values())
            for number in range(len(records)):
                _add(app, {"created": first - 60.0 * (number + 1)})
        case "reorder" if served:
            app.salt += 1
        case _:
            pass


def show(app: HypatosSandbox) -> dict[str, object]:
    """Return documents with their states and feedback, counts, and the requests."""
    store = app.store
    documents = {record.id: _shown(store, record) for record in store.records.values()}
    return {
        "documents": documents,
        "counts": dict(Counter(record.state for record in store.records.values())),
        "uploads": {upload.id: upload.size for upload in store.uploads.values()},
        "enriched": {resource: list(kept.values()) for resource, kept in store.enriched.items()},
        "deleted_records": store.deleted_records,
        "tokens": len(app.tokens),
        "requests": app.traffic(),
    }


def _shown(store: Store, record: Record) -> dict[str, object]:
    feedback = record.feedback or []
    counts = {}
    for kind in _KINDS:
        effective = sum(1 for entry in feedback if entry["kind"] == kind and entry["effective"])
        repeated = sum(1 for entry in feedback if entry["kind"] == kind and not entry["effective"])
        counts[kind] = {"effective": effective, "repeated": repeated}
    return {
        "number": record.number,
        "state": record.state,
        "title": record.title,
        "project": record.project,
        "shown_external_data": record.external_data or {},
        "accepted_state": record.accepted,
        "listed_state": record.listed,
        "type": store.entities(record).get("documentType"),
        "files": [file.id for file in store.files(record)],
        "sha256": [store.uploads[file.id].sha256 for file in store.files(record) if file.id in store.uploads],
        "external_id": record.sent_id,
        "external_data": record.sent_data or {},
        "feedback": feedback,
        "counts": counts,
    }


def act(app: HypatosSandbox, what: dict[str, object]) -> object:
    """Do one of these; everything else in the object belongs to it.

    `{"reopen": id, "state": "done", "entities": {…}}`: a person changes the data (merged) and completes it again.
    `{"edit": id, "entities": {…}}`: a person changes the data (merged), the state stays.
    `{"status": id, "state": "…"}`: the document is in another state. `{"delete": id}`: retention takes it.
    `{"hide": id}`: it leaves the listings. `{"add": {…}}`: a new document with entities, state, content, name.
    `{"advance": seconds}`: time passes. `{"revoke_tokens": true}`: no token works any more.
    """
    result: dict[str, object] = {}
    if "add" in what:
        result["id"] = _add(app, _dict(what["add"])).id
    elif "advance" in what:
        app.clock.advance(float(cast("float", what["advance"])))
        app.clock.settle()
    elif "revoke_tokens" in what:
        app.tokens.clear()
    elif "reopen" in what:
        record = _record(app, what["reopen"])
        record.entities = {**app.store.entities(record), **_dict(what.get("entities", {}))}
        _set_state(app, record, str(what.get("state", "done")))
    elif "edit" in what:
        record = _record(app, what["edit"])
        record.entities = {**app.store.entities(record), **_dict(what.get("entities", {}))}
        record.updated = app.clock.now()
    elif "status" in what:
        _set_state(app, _record(app, what["status"]), str(what.get("state")))
    elif "delete" in what:
        app.store.delete(_record(app, what["delete"]))
    elif "hide" in what:
        app.store.hide(_record(app, what["hide"]))
    else:
        raise CannotActError("there are reopen, edit, status, delete, hide, add, advance and revoke_tokens")
    return result


def _add(app: HypatosSandbox, what: dict[str, object]) -> Record:
    """Make a document as the demo set would have it, but for what is said."""
    store = app.store
    number = len(store.records)
    state = str(what.get("state", "done"))
    _check(state)
    created = float(cast("float", what.get("created", app.clock.now())))
    record = Record(secrets.token_hex(12), PROJECTS[0][0], state, created, number, updated=app.clock.now())
    if "entities" in what:
        record.entities = _dict(what["entities"])
    role, name = "invoice", str(what.get("name", f"added {number + 1}.pdf"))
    record.files = [DemoFile(secrets.token_hex(12), role, name, main=True)]
    if "content" in what:
        file_id, content = record.files[0].id, str(what["content"]).encode()
        store.uploads[file_id] = Upload(file_id, content, "application/pdf", name)
    store.add(record)
    return record


def _set_state(app: HypatosSandbox, record: Record, state: str) -> None:
    _check(state)
    record.accepted = state
    app.store.move(record, state)


def _check(state: str) -> None:
    if state not in STATES and state != NOVEL_STATE:
        raise CannotActError(f"{state} is not a state")


def _record(app: HypatosSandbox, document_id: object) -> Record:
    record = app.store.records.get(str(document_id))
    if record is None:
        raise CannotActError(f"there is no document {document_id}")
    return record


def _dict(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise CannotActError("an object was expected")
    return cast("dict[str, object]", value)
