"""What the DocuMine sandbox does behind its own API: drift, what people do, and what it shows of itself."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

from connectors.documine.sandbox_store import STATUSES, WORKFLOW
from connectors.sandbox_control import CannotActError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.documine.sandbox import DocumineSandbox
    from connectors.documine.sandbox_store import Dossier, Record


def drift(app: DocumineSandbox, dossier: Dossier, records: Sequence[Record]) -> None:
    """Let a dossier change after its list was served."""
    served = app.drifting([record.id for record in records])
    for number, file_id in enumerate(served):
        match app.switches.drift:
            case "leave":
                dossier.files[file_id].hidden = True
            case "reopen":
                app.store.analyse(dossier.files[file_id], "REPROCESS")
            case "enter":
                _add(app, dossier, f"entered meanwhile {app.store.numbers} {number}.pdf", b"%PDF-1.4 entered")
            case _:
                app.salt += 1
                break


def show(app: DocumineSandbox) -> dict[str, object]:
    """Return dossiers with their files and components, packages, logins, and the requests."""
    store, login = app.store, app.login
    return {
        "documents": {
            record.id: {**_shown(record), "dossier": dossier.name}
            for dossier in store.dossiers.values()
            for record in dossier.files.values()
        },
        "dossiers": {
            one.id: {"name": one.name, "archived": one.archived is not None, "files": list(one.files)}
            for one in store.dossiers.values()
        },
        "templates": {one.id: {"name": one.name, "status": one.status} for one in store.templates.values()},
        "packages": {one.id: one.status for one in store.packages.values()},
        "packages_made": store.packages_made,
        "attributes": list(store.attributes),
        "tokens": {
            "log": [list(entry) for entry in login.log],
            "sessions": len(login.sessions),
            "refreshes": sum(session.refreshes for session in login.sessions),
        },
        "requests": app.traffic(),
    }


def _shown(record: Record) -> dict[str, object]:
    return {
        "name": record.name,
        "status": record.status,
        "workflow": record.workflow,
        "analyses": record.analyses,
        "uploads": record.uploads,
        "components": record.components,
        "media_type": record.media_type,
        "size": record.size,
        "sha256": record.sha256,
        "trashed": record.deleted is not None,
    }


def act(app: DocumineSandbox, what: dict[str, object]) -> object:
    """Do one of these; everything else in the object belongs to it.

    `{"add": dossier name, "name": …, "content": …}`, `{"reprocess": id}` (a new analysis begins),
    `{"status": id, "to": "ERROR"}`, `{"workflow": id, "to": "APPROVED"}`, `{"edit": id, "components": {…}}`,
    `{"trash": id}`, `{"purge": id}`, `{"restore": id}`, `{"archive": dossier name}`, `{"drop_tokens": "access"|"all"}`,
    `{"template": name, "status": "INACTIVE"}`, `{"advance": seconds}` (time passes).
    """
    if "advance" in what:
        app.clock.advance(float(cast("float", what["advance"])))
        app.clock.settle()
        return {}
    if "drop_tokens" in what:
        app.login.access.clear()
        if what["drop_tokens"] == "all":
            app.login.refresh.clear()
        return {}
    if "template" in what:
        for template in app.store.templates.values():
            if template.name == what["template"]:
                template.status = str(what.get("status"))
        return {}
    if "archive" in what:
        _dossier(app, what["archive"]).archived = app.clock.now()
        return {}
    if "add" in what:
        content = str(what.get("content", "%PDF-1.4 added")).encode()
        record = _add(app, _dossier(app, what["add"]), str(what.get("name", f"added {app.store.numbers}.pdf")), content)
        return {"id": record.id}
    return _act_on_file(app, what)


def _act_on_file(app: DocumineSandbox, what: dict[str, object]) -> object:
    verbs = ("reprocess", "status", "workflow", "edit", "trash", "purge", "restore")
    verb = next((one for one in verbs if one in what), None)
    if verb is None:
        raise CannotActError(f"there are add, archive, template, drop_tokens, advance, {', '.join(verbs)}")
    dossier, record = _file(app, what[verb])
    match verb:
        case "reprocess":
            app.store.analyse(record, "REPROCESS")
        case "status" if what.get("to") in STATUSES:
            record.status = str(what["to"])
        case "workflow" if what.get("to") in WORKFLOW:
            record.workflow = str(what["to"])
            record.approved = app.clock.now() if record.workflow == "APPROVED" else None
        case "edit" if isinstance(what.get("components"), dict):
            record.components = {**record.components, **cast("dict[str, list[str]]", what["components"])}
            record.edited = app.clock.now()
        case "trash":
            app.store.trash(dossier, record)
        case "purge":
            del dossier.files[record.id]
        case "restore":
            record.deleted, record.status = None, "PROCESSED"
        case _:
            raise CannotActError(f"{verb} needs another value beside it")
    return {}


def _add(app: DocumineSandbox, dossier: Dossier, name: str, content: bytes) -> Record:
    sha256 = hashlib.sha256(content).hexdigest()
    return app.store.put(dossier, name, "application/pdf", content, len(content), sha256)


def _dossier(app: DocumineSandbox, name: object) -> Dossier:
    found = next((one for one in app.store.dossiers.values() if name in (one.name, one.id)), None)
    if found is None:
        raise CannotActError(f"there is no dossier {name}")
    return found


def _file(app: DocumineSandbox, file_id: object) -> tuple[Dossier, Record]:
    for dossier in app.store.dossiers.values():
        if file_id in dossier.files:
            return dossier, dossier.files[str(file_id)]
    raise CannotActError(f"there is no file {file_id}")
