"""How Hypatos writes documents down, read so that unknown and missing fields never hurt, and the 13 document states."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, cast

import msgspec

from connectors.contract import Change, Document, Fields, File
from connectors.errors import ConnectorError, TransientError
from connectors.lists import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

Kind = Literal["in progress", "waiting for a person", "ready to export", "over"]

STATES: Mapping[str, Kind] = MappingProxyType(
    {
        "new": "in progress",
        "processing": "in progress",
        "extracted": "waiting for a person",
        "inCompletion": "waiting for a person",
        "reviewRequired": "waiting for a person",
        "done": "ready to export",
        "doneAutomatically": "ready to export",
        "transferred": "over",
        "transferFailed": "over",
        "rejected": "over",
        "failed": "over",
        "junk": "over",
        "split": "over",
    }
)
"""Every state of API version 2. The rendered reference shows ten; split, transferFailed and transferred are folded away."""

_CONTENT = ("entities", "fileId", "projectId")
"""What a new version is made of. The state, times, ids and title that our own feedback may touch are not content."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One answer of the document list. `limit` and `total` are as stated by the provider, None where it states none."""

    rows: Sequence[Change]
    limit: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Made:
    """A row of a list, as far as it tells what a document was made from. `created` is as stated, empty if it is not."""

    id: str
    created: str
    files: frozenset[str]
    main_file: str | None
    external_id: str | None


@dataclass(frozen=True, slots=True)
class MadePage:
    """One page of documents to look through. `total`: how many the whole list holds, None if that is not stated for certain."""

    rows: Sequence[Made]
    total: int | None


def made(body: object, offset: int = 0) -> MadePage:
    """Read one page of documents to look for those that were made from our files."""
    rows = listed(body, "data", "the document list", "documents")
    if not rows and offset == 0 and _count(cast("Fields", body).get("totalCount")):
        # What is not shown is not proven absent, and a look-up that finds nothing makes the call again.
        raise TransientError("the document list counts documents and shows none", arrived="no")
    found: list[Made] = []
    for fields in [row for row in rows if isinstance(row, dict)]:
        if document_id := text(fields.get("id")):
            of = frozenset(file.id for file in files(fields))
            main = next((file.id for file in files(fields) if file.main), None)
            created = text(fields.get("createdAt")) or ""
            found.append(Made(document_id, created, of, main, text(fields.get("externalId"))))
    total = _count(cast("Fields", body).get("totalCount"))
    return MadePage(found, grand_total(total, offset, len(rows)))


def projects(body: object) -> dict[str, str]:
    """Read one page of projects: their names by id."""
    rows = [row for row in listed(body, "data", "the project list") if isinstance(row, dict)]
    return {project_id: text(row.get("name")) or "" for row in rows if (project_id := text(row.get("id")))}


def data_points(body: object) -> list[tuple[str, str, str]]:
    """Read the data schema of a project: (name in entities, kind, what people call it) of every data point."""
    rows = as_object(body, "the schema of a project").get("dataPoints")
    points = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    told = [[text(point.get(key)) or "" for key in ("internalName", "type", "displayName")] for point in points]
    return [(name, kind, title) for name, kind, title in told if name]


def required_id(body: object, key: str, what: str) -> str:
    """Return the id in an answer; TransientError if there is none, since the call may have worked."""
    found = text(body.get(key)) if isinstance(body, dict) else None
    if found is None:
        raise TransientError(f"hypatos answered {what} without `{key}`", arrived="maybe")
    return found


def optional_id(body: object) -> str | None:
    """Return the id in an answer, None if there is none."""
    return text(body.get("id")) if isinstance(body, dict) else None


def as_object(body: object, what: str) -> Fields:
    """Return a JSON object as a dict; raise ConnectorError if the provider sent something else."""
    if not isinstance(body, dict):
        raise ConnectorError(f"{what} is not a JSON object")
    return cast("Fields", body)


def text(value: object) -> str | None:
    """Return a non-empty text, None for everything else."""
    return value if isinstance(value, str) and value else None


def listing(body: object) -> Listing:
    """Read one page of `GET /documents`. The key is `data`; an older specification calls it `documents`."""
    page = as_object(body, "the document list")
    rows = listed(page, "data", "the document list", "documents")
    return Listing([_change(row) for row in rows], _count(page.get("limit")), _count(page.get("totalCount")))


def grand_total(total: int | None, offset: int, count: int) -> int | None:
    """Return the stated total if it can only mean the whole list; some servers put the number of a page's rows there.

    `count` is how many rows the page that states it has.
    """
    return None if total is None or total < offset + count or (total == count and count > 0) else total


def document(body: object, exportable: Collection[str]) -> Document:
    """Read `GET /documents/{id}`. A state outside `exportable`, known or not, makes the document not ready."""
    fields = as_object(body, "the document")
    document_id = text(fields.get("id"))
    if document_id is None:
        raise ConnectorError("the document has no id")
    state = fields.get("state")
    not_ready = None
    if state not in exportable:
        kind = STATES.get(state) if isinstance(state, str) else None
        not_ready = f"state is {state!r}" + (f" ({kind})" if kind else "")
    return Document(
        document_id,
        content_digest(fields),
        fields,
        files(fields),
        not_ready,
        acknowledged=state in ("transferred", "transferFailed", "rejected"),  # a tuple: it may be any JSON
    )


def files(fields: Fields) -> list[File]:
    """List a document's files, the main one first. Real names and types are known only once a file is opened."""
    listed = fields.get("files")
    main_id = text(fields.get("fileId"))
    found: list[File] = []
    for entry in listed if isinstance(listed, list) else []:
        file_id = text(entry.get("id")) if isinstance(entry, dict) else None
        if file_id is None:
            continue
        main = entry.get("mainFile") is True or file_id == main_id
        found.append(_file(fields, file_id, text(entry.get("type")), main=main))
    if main_id is not None and not any(file.id == main_id for file in found):
        found.append(_file(fields, main_id, None, main=True))
    return sorted(found, key=lambda file: not file.main)


def content_digest(fields: Fields) -> str:
    """Return the SHA-256 (hex) of a document's content. Order of keys and of files does not matter.

    Of a file only its id and role count: entries may carry addresses that differ with every answer.
    """
    content = {name: fields[name] for name in _CONTENT if name in fields}
    listed = fields.get("files")
    if isinstance(listed, list):
        entries = [entry for entry in listed if isinstance(entry, dict)]
        content["files"] = sorted(f"{entry.get('id')} {entry.get('type')}" for entry in entries)
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def history(body: object) -> list[str]:
    """Read `GET /documents/{id}/states`: every state the document has been in, in no promised order."""
    entries = body if isinstance(body, list) else []
    return [state for entry in entries if isinstance(entry, dict) and (state := text(entry.get("state")))]


def _change(row: object) -> Change:
    fields = as_object(row, "a row of the document list")
    document_id = text(fields.get("id"))
    if document_id is None:
        raise ConnectorError("a row of the document list has no id")
    # Any of these may be absent, so all of them count. Our own feedback moves some: that costs one more look.
    parts = [text(fields.get(name)) or "" for name in ("completedAt", "updatedAt", "state")]
    parts.append(content_digest(fields)[:16] if "entities" in fields else "")
    return Change(document_id, "|".join(parts))


def _file(fields: Fields, file_id: str, role: str | None, *, main: bool) -> File:
    title = text(fields.get("title"))
    guess = title if main and title else f"{role or 'file'}-{file_id}"
    media_type, _ = mimetypes.guess_type(guess)
    if media_type is None:
        guess, media_type = f"{guess}.pdf", "application/pdf"
    return File(file_id, guess, media_type, None, main)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
