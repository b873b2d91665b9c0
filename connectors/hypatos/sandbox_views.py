"""How the Hypatos sandbox shows things: which fields an answer carries, and which are left out."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from connectors.sandbox_clock import stamp

if TYPE_CHECKING:
    from connectors.hypatos.sandbox_store import Record, Store
    from connectors.hypatos.sandbox_switches import Switches

_DONE = ("done", "doneAutomatically", "transferred", "transferFailed", "rejected")

_TOLD = frozenset({"transferred", "transferFailed", "rejected"})
_PROMISED = frozenset({"id", "state", "title", "createdAt", "createdBy", "externalId", "externalData"})


def document(store: Store, record: Record, *, in_list: bool = False) -> dict[str, object]:
    """Show a document. Only id, createdAt, createdBy, state and title are always there."""
    files = store.files(record)
    view: dict[str, object] = {
        "id": record.id,
        "projectId": record.project,
        "state": record.listed if in_list else record.state,
        "title": record.title or (files[0].name or "scan" if files else "scan"),
        "createdAt": stamp(record.created),
        "createdBy": "user-1",
    }
    if record.updated is not None:
        view["updatedAt"] = stamp(record.updated)
        view["updatedBy"] = "user-2"
    if record.state in _DONE:
        view["completedAt"] = stamp(record.created + 240)
        if record.state != "doneAutomatically":
            view["completedBy"] = "user-2"
    if files:
        view["fileId"] = next(file.id for file in files if file.main)
        view["files"] = [{"id": file.id, "type": file.role, "mainFile": file.main} for file in files]
    if record.external_id is not None:
        view["externalId"] = record.external_id
    if record.external_data:
        view["externalData"] = record.external_data
    if not in_list or store.switches.list_entities:
        view["entities"] = _entities(store, record)
    if store.switches.thin_once_told and record.state in _TOLD:
        view = {name: value for name, value in view.items() if name in _PROMISED}
    if store.switches.novelties:
        view["caseId"] = f"0b7c1b52-{record.id[:4]}-4a11-8d5c-{record.id[:12]}"
        view["robotConfidence"] = {"level": "high", "history": [0.25, None]}
    return view


def _entities(store: Store, record: Record) -> dict[str, object]:
    if store.switches.restless:
        return {**store.entities(record), "preview": f"https://files.invalid/?sig={secrets.token_hex(8)}"}
    return store.entities(record)


def states(store: Store, record: Record) -> list[dict[str, str]]:
    """Show the states so far, newest first for a change: the order is not promised."""
    return [{"state": state, "updatedAt": stamp(moment)} for state, moment in reversed(store.history(record))]


def page(
    switches: Switches, items: list[dict[str, object]], *, offset: int, limit: int, total: int
) -> dict[str, object]:
    """Wrap a page of a listing, with the count that the switch `total` asks for."""
    view: dict[str, object] = {"data": items, "limit": limit, "offset": offset}
    if switches.total != "omitted":
        view["totalCount"] = {"grand": total, "low": total // 2}.get(switches.total, len(items))
    return view


def company(company_id: str, name: str) -> dict[str, object]:
    """Show a company."""
    return {"id": company_id, "name": name, "active": True, "createdAt": "2024-02-29T15:46:19.384990Z"}


def project_schema() -> dict[str, object]:
    """Show the data schema of a project: what is extracted, some of which no document has."""
    points = (
        ("documentType", "string", "Document type"),
        ("number", "string", "Number"),
        ("issuedAt", "date", "Issued on"),
        ("dueAt", "date", "Due on"),
        ("totalAmount", "number", "Total amount"),
        ("costCenter", "string", "Cost center"),
        ("supplier", "group", "Supplier"),
    )
    named = [{"internalName": name, "displayName": title, "type": kind} for name, kind, title in points]
    return {"version": 3, "dataPoints": named, "features": {"derivation": False}}


def project(switches: Switches, project_id: str, name: str) -> dict[str, object]:
    """Show a project with the settings that matter here."""
    return {
        "id": project_id,
        "name": name,
        "ocr": {"engine": "google", "features": []},
        "extractionModelId": "model-1",
        "createdAt": "2025-11-03T09:00:00Z",
        "createdBy": "user-1",
        "updatedAt": "2025-11-03T09:00:00Z",
        "updatedBy": "user-1",
        "completion": switches.completion,
        "duplicates": switches.duplicates,
        "members": {"allow": "all"},
        "retentionDays": 180,
        "isLive": True,
    }
