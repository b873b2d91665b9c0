"""What a contract is as a source document: its fields, its files, and what counts as a change of it."""

from __future__ import annotations

import hashlib
import mimetypes
from typing import TYPE_CHECKING

import msgspec

from connectors.contract import Change, Document, File
from connectors.zefort import models
from connectors.zefort.attributes import plain

if TYPE_CHECKING:
    from collections.abc import Collection

    from connectors.contract import Fields
    from connectors.zefort.models import Contract

_PARTY = ("name", "org_id", "external_id", "country", "role", "contact", "group", "previous_names")
_PARTY_MORE = ("extra_text_field_1", "extra_text_field_2")
_BESIDE = ("esigns", "activities", "emails", "related_contracts")
"""Lists of a contract whose items are not published: of each only id, status and time are compared."""
_READY = frozenset({"review", "done", "archived", "limited"})
_OPEN = {"queued": "it is still waiting to be processed", "processing": "it is still being processed"}


def change(contract: Contract) -> Change:
    """Return a contract as a listing shows it. Whether `last_modified` moves with everything is not published, so more counts."""
    parts = [models.text(contract.body.get("last_modified")) or "", contract.status, str(contract.trashed).lower()]
    if "attributes" in contract.body:  # some lists leave most of it out
        beside = {name: [_outline(item) for item in models.objects(contract.body.get(name))] for name in _BESIDE}
        beside["notes"] = [digest(note) for note in contract.notes]
        beside["owner"] = [models.reference(contract.body.get("owner")) or ""]
        parts.append(digest([version(contract), beside])[:16])
    return Change(contract.id, "|".join(parts))


def document(
    contract: Contract,
    own_attributes: Collection[str] = (),
    own_tags: Collection[str] = (),
    own_notes: Collection[str] = (),
) -> Document:
    """Return a contract as mappings see it: its body, with tags as names, whole parties, and the roles that occur.

    `own_attributes`, `own_tags` and `own_notes` are what our own feedback writes: it does not make a version, and tags and
    notes are not shown, so that what was mapped does not change by being told about.
    """
    roles = {role for party in contract.parties if (role := models.text(party.get("role")))}
    fields: Fields = {
        **contract.body,
        "attributes": contract.attributes,
        "parties": _parties(contract),
        "tags": [name for name in models.tag_names(contract.body) if name not in own_tags],
        "notes": [note for note in models.objects(contract.body.get("notes")) if note.get("content") not in own_notes],
        "roles": sorted(roles),
    }
    return Document(
        contract.id,
        version(contract, own_attributes, own_tags),
        fields,
        files(contract),
        _not_ready(contract),
    )


def files(contract: Contract) -> list[File]:
    """List a contract's files, the cover document first. Whether `documents` repeats it is not published.

    A file's id is `contract/document`, since it is not known whether a download needs both.
    """
    cover = contract.body.get("cover_document")
    cover_id = models.identity(entries([cover])[0])
    listed: dict[str, Fields] = {}
    for entry in (*entries([cover]), *entries(contract.body.get("documents"))):
        if file_id := models.identity(entry):
            listed.setdefault(file_id, entry)
    if cover_id is None and listed:
        cover_id = min(listed, key=lambda each: (listed[each].get("role") != "contract", list(listed).index(each)))
    found = [_file(contract, file_id, entry, main=file_id == cover_id) for file_id, entry in listed.items()]
    return sorted(found, key=lambda file: not file.main)


def entries(value: object) -> list[Fields]:
    """Return the documents of a list, each with its `id` where it can be told: as objects, as bare ids, or under `document`."""
    found: list[Fields] = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            inner = item.get("document")
            told = {name: each for name, each in item.items() if each is not None}
            shown: Fields = {**inner, **told} if isinstance(inner, dict) else told
            found.append(shown if models.identity(shown) else {**shown, "id": inner})
        else:
            found.append({"id": item})
    return found


def _parties(contract: Contract) -> list[Fields]:
    """Return the parties, each under the id of the register's entry where the row names one."""
    found: list[Fields] = []
    for shown in contract.parties:
        register_id = models.reference(shown.get("party"))
        found.append({**shown, "id": register_id} if register_id else shown)
    return found


def version(contract: Contract, own_attributes: Collection[str] = (), own_tags: Collection[str] = ()) -> str:
    """Return the SHA-256 (hex) of the content. Status, notes, times, rights and what feedback writes are not content."""
    attributes = {
        key: plain(value) for key, value in contract.attributes.items() if key not in own_attributes and plain(value)
    }
    parties = sorted(
        [models.identity(party) or "", *(plain(party.get(name)) for name in (*_PARTY, *_PARTY_MORE))]
        for party in contract.parties
    )
    tags = [name for name in models.tag_names(contract.body) if name not in own_tags]
    return digest([attributes, parties, tags, [file.id for file in sorted(files(contract), key=lambda each: each.id)]])


def digest(value: object) -> str:
    """Return the SHA-256 (hex) of plain data. Order of keys does not matter."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()


def _file(contract: Contract, file_id: str, entry: Fields, *, main: bool) -> File:
    name = models.text(entry.get("filename"))
    media_type = models.text(entry.get("content_type")) or (mimetypes.guess_type(name)[0] if name else None)
    media_type = media_type or "application/pdf"
    name = name or f"{file_id}{mimetypes.guess_extension(media_type) or ''}"
    return File(f"{contract.id}/{file_id}", name, media_type, None, main)


def _not_ready(contract: Contract) -> str | None:
    if contract.trashed:
        return "it is in the trash"
    if contract.status == "error":
        return "Zefort could not process it (status error)"
    if contract.analysing:
        return _OPEN.get(contract.status, "the AI is still at work on it")
    if contract.status not in _READY:
        return f"its status {contract.status!r} is one that docferry does not know"
    return None


def _outline(item: Fields) -> str:
    return "|".join(plain(item.get(name)) for name in ("id", "status", "status_saved_at", "time", "completed", "type"))
