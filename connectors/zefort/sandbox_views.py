"""How the Zefort sandbox shows things: contracts, files, parties, binders, tags, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from connectors.sandbox_clock import stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.zefort.sandbox_records import Contract, Esign, Link, Named, Note, Party, StoredFile
    from connectors.zefort.sandbox_store import Store

USER = {"id": "user_sandbox", "name": "Gateway", "email": "gateway@example.com"}


def _esign(one: Esign, *, ids: bool) -> object:
    return one.id if ids else {"id": one.id, "status": one.status}


def contract(store: Store, one: Contract) -> dict[str, object]:
    """Show a contract with all that hangs on it."""
    documents = [document(file, place) for place, file in enumerate(one.files)]
    view: dict[str, object] = {
        "id": one.id,
        "status": one.status,
        "attributes": {"title": None, **one.attributes},
        "cover_document": documents[0] if documents else None,
        "cover_document_docai_task_status": "processing" if one.status in ("queued", "processing") else "idle",
        "documents": documents if store.switches.cover_listed else documents[1:],
        "parties": [party(link.party, link) for link in one.parties],
        "notes": [note(one, each) for each in one.notes],
        "taggings": [{"id": f"tgg_{tag_.id[4:]}", "tag": {"id": tag_.id, "tag_name": tag_.name}} for tag_ in one.tags],
        "activities": [{"id": each.id, "completed": each.completed} for each in one.activities],
        "esigns": [
            _esign(each, ids=store.switches.esigns_listed == "ids")
            for each in store.esigns.values()
            if each.contract is one
        ],
        "emails": [],
        "related_contracts": [],
        "duplicates": one.duplicates,
        "is_duplicate": bool(one.duplicates),
        "incomplete": store.incomplete(one.attributes),
        "owner": USER if one.owner == USER["id"] else {"id": one.owner, "name": "Somebody", "email": "s@example.com"},
        "permission": "full",
        "receive_time": stamp(one.received),
        "last_modified": stamp(one.modified),
        "first_docai_result_time": None if one.ai_done is None else stamp(one.ai_done),
        "trashed": one.trashed,
        "num_files": len(one.files),
        "num_emails": 0,
        "num_users": 1,
        "num_binders": len(one.binders),
        "num_signed_documents": 0,
        "docai_skip": one.skip,
        "allow_emails": False,
        "rated": False,
        "form": None,
        "favorite_of": [],
        "matches": None,
        "unverified_docai_attributes": "",
    }
    if store.switches.novelties:
        view["risk_radar"] = {"score": 0.25, "flags": [None]}
    return view


def trimmed(one: Contract) -> dict[str, object]:
    """Show a contract in the reduced form of `minimal`."""
    return {"id": one.id, "attributes": {"title": one.attributes.get("title")}}


def document(file: StoredFile, place: int) -> dict[str, object]:
    """Show a file."""
    return {
        "id": file.id,
        "content_type": file.media_type,
        "role": "contract" if place == 0 else "attachment",
        "status": "complete",
        "num_pages": 1,
        "filename": file.name,
        "receive_time": stamp(file.received),
        "taggings": [],
        "ordinal": place + 1,
        "text_available": True,
        "valid_signature": None,
        "is_signable": True,
        "signatures": [],
    }


def party(one: Party, link: Link | None = None) -> dict[str, object]:
    """Show a party, in its role if it is on a contract."""
    view: dict[str, object] = {"id": one.id, "org_id": None, "external_id": None, **one.fields}
    if link is not None:
        view["role"] = link.role
        view["docai_value_verified"] = link.verified
    return view


def note(one: Contract, each: Note) -> dict[str, object]:
    """Show a note."""
    return {
        "id": each.id,
        "contract_id": one.id,
        "timestamp": stamp(each.moment),
        "set_by": USER,
        "content": each.content,
        "document": None,
        "highlight": None,
    }


def membership(binder_: Named, moment: float) -> dict[str, object]:
    """Show that a contract is in a binder."""
    return {"binder": {"id": binder_.id, "name": binder_.name}, "date_added": stamp(moment), "added_by": USER}


def binder(one: Named) -> dict[str, object]:
    """Show a binder."""
    return {
        "id": one.id,
        "name": one.name,
        "permission": "full",
        "granted_permission": "full",
        "path": one.name,
        "num_contracts": len(one.contracts),
        "num_children": 0,
        "inherit_permissions": True,
        "is_esign_target": False,
    }


def tag(one: Named) -> dict[str, object]:
    """Show a tag."""
    return {"id": one.id, "tag_name": one.name, "active": one.active, "num_contracts": len(one.contracts)}


def page(
    items: Sequence[object], *, number: int, size: int, total: int, address: str, params: Sequence[tuple[str, str]]
) -> dict[str, object]:
    """Wrap a page; `next` and `previous` are whole addresses."""
    last = max(1, -(-total // size))
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in params if name != "page")
    joint = f"{address}?{query}{'&' if query else ''}page="
    return {
        "count": total,
        "page": number,
        "page_size": size,
        "last_page": last,
        "next": f"{joint}{number + 1}" if number < last else None,
        "previous": f"{joint}{number - 1}" if number > 1 else None,
        "results": items,
    }
