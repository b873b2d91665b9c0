"""What the Contract.fit sandbox does behind its own API: drift, what people do to documents, and what it shows of itself."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from typing import TYPE_CHECKING, cast

from connectors.contractfit.sandbox_documents import INBOXES
from connectors.contractfit.sandbox_store import STATES, Record, Version
from connectors.sandbox_control import CannotActError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contractfit.sandbox import ContractfitSandbox

_PERSON = "65f0c0ffee0000000000e002"


def drift(app: ContractfitSandbox, page: Sequence[Record]) -> None:
    """Let the listing change after a page of it was served."""
    served = app.drifting([record.id for record in page])
    records = [app.store.records[document_id] for document_id in served]
    match app.switches.drift:
        case "leave":
            for record in records:
                record.hidden = True
        case "reopen":
            for record in records:
                record.fed_back = None
                app.store.set_state(record, "submitted", value=False, by=_PERSON)
        case "enter":
            # moved in from another inbox, with the receive times they always had
            for number, record in enumerate(records):
                _add(app, {"inbox": record.inbox, "received": record.received - number / 7})
        case "reorder" if served:
            app.salt += 1
        case _:
            pass


def show(app: ContractfitSandbox) -> dict[str, object]:
    """Return documents with what was done to them, counts, and the requests."""
    documents = {record.id: _shown(record) for record in app.store.records.values()}
    return {
        "documents": documents,
        "count": len(documents),
        "by_inbox": dict(Counter(record.inbox for record in app.store.records.values())),
        "tokens": len(app.tokens),
        "requests": app.traffic(),
    }


def _shown(record: Record) -> dict[str, object]:
    return {
        "number": record.number,
        "inbox": record.inbox,
        "name": record.name,
        "media_type": record.media_type,
        "size": record.size,
        "sha256": record.sha256,
        "received": record.received,
        "started": record.started,
        "done": record.done,
        "success": record.success,
        "flag_for_review": record.flag,
        "states": {name: state.value is True for name, state in record.states.items()},
        "feedback": record.fed_back is not None,
        "archived": record.archived,
        "hidden": record.hidden,
        "versions": [version.name for version in record.versions],
        "calls": list(record.calls),
        "heard": {kind: record.heard[kind] for kind in ("effective", "repeated")},
    }


def act(app: ContractfitSandbox, what: dict[str, object]) -> object:
    """Do one of these; everything else in the object belongs to it.

    `{"add": {…}}`: a new document with life (any status), inbox (id or name), name, content, received (seconds since
    1970, or a negative number of seconds before now), annotations. `{"finish": id, "ends_in": "processed"}`: the work
    on it ends. `{"review": id, "annotations": {field: text}}`: a person corrects it, which makes it done.
    `{"set": id, "state": "lock", "value": true}`: a person sets a state. `{"reopen": id}`: a person takes it back.
    `{"reprocess": id}`, `{"archive": id}`, `{"hide": id}`, `{"delete": id}`, `{"move": id, "inbox": …}`.
    `{"advance": seconds}`: time passes. `{"revoke_tokens": true}`: no token works any more.
    """
    if "add" in what:
        return {"id": _add(app, _dict(what["add"])).id}
    if "advance" in what:
        app.clock.advance(float(cast("float", what["advance"])))
        app.clock.settle()
        return {}
    if "revoke_tokens" in what:
        app.tokens.clear()
        return {}
    for name, do in _DEEDS.items():
        if name in what:
            do(app, _record(app, what[name]), what)
            return {}
    raise CannotActError(f"there are add, advance, revoke_tokens and {', '.join(_DEEDS)}")


def _finish(app: ContractfitSandbox, record: Record, what: dict[str, object]) -> None:
    app.store.finish(record, str(what.get("ends_in", "processed")))


def _review(app: ContractfitSandbox, record: Record, what: dict[str, object]) -> None:
    data = dict(record.versions[-1].data) if record.versions else {}
    data["annotations"] = {**_dict(data.get("annotations", {})), **_annotations(what.get("annotations", {}))}
    app.store.add_version(record, "submitted", data, evaluated=True)


def _set(app: ContractfitSandbox, record: Record, what: dict[str, object]) -> None:
    state = str(what.get("state"))
    if state not in STATES:
        raise CannotActError(f"there are the states {', '.join(STATES)}")
    app.store.set_state(record, state, value=what.get("value", True) is True, by=_PERSON)


def _reopen(app: ContractfitSandbox, record: Record, _what: dict[str, object]) -> None:
    record.fed_back = None
    app.store.set_state(record, "submitted", value=False, by=_PERSON)


def _reprocess(app: ContractfitSandbox, record: Record, what: dict[str, object]) -> None:
    app.store.reprocess(record, str(what.get("name", "reprocessed")))


def _archive(_app: ContractfitSandbox, record: Record, _what: dict[str, object]) -> None:
    record.archived = True


def _hide(_app: ContractfitSandbox, record: Record, _what: dict[str, object]) -> None:
    record.hidden = True


def _delete(app: ContractfitSandbox, record: Record, _what: dict[str, object]) -> None:
    app.store.delete(record)


def _move(_app: ContractfitSandbox, record: Record, what: dict[str, object]) -> None:
    record.inbox = _inbox(what.get("inbox"))


_DEEDS = {
    "finish": _finish, "review": _review, "set": _set, "reopen": _reopen, "reprocess": _reprocess, "archive": _archive,
    "hide": _hide, "delete": _delete, "move": _move,
}  # fmt: skip


def _add(app: ContractfitSandbox, what: dict[str, object]) -> Record:
    """Make a document as the demo set would have it, but for what is said."""
    store = app.store
    received = float(cast("float", what.get("received", -3600.0)))
    received = app.clock.now() + received if received < 0 else received
    number, name = len(store.records), str(what.get("name", f"added {len(store.records) + 1}.pdf"))
    content = str(what.get("content", f"%PDF-1.4 added {secrets.token_hex(8)}")).encode()
    record = Record(
        secrets.token_hex(12),
        _inbox(what.get("inbox", INBOXES[0][0])),
        name,
        "application/pdf",
        received,
        None,
        content,
    )
    record.size, record.sha256 = len(content), hashlib.sha256(content).hexdigest()
    store.records[record.id] = record
    record.number = number
    store.bring_to(record, str(what.get("life", "processed")))
    record.number = None
    if "annotations" in what and record.versions:
        data = {**record.versions[-1].data, "annotations": _annotations(what["annotations"])}
        record.versions[-1] = Version(record.versions[-1].name, "machine", received, data)
    return record


def _annotations(values: object) -> dict[str, object]:
    place = [0, 1, 2, 0, 1, 9]
    return {
        name: [{"gold": value, "text": str(value), "textual_coord": place}] for name, value in _dict(values).items()
    }


def _inbox(wanted: object) -> str:
    for inbox, name in INBOXES:
        if wanted in (inbox, name):
            return inbox
    raise CannotActError("there is no such inbox")


def _record(app: ContractfitSandbox, document_id: object) -> Record:
    record = app.store.records.get(str(document_id))
    if record is None:
        raise CannotActError(f"there is no document {document_id}")
    return record


def _dict(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise CannotActError("an object was expected")
    return cast("dict[str, object]", value)
