"""How documents are written down by the provider, read so that unknown and missing fields never hurt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from connectors.errors import ConnectorError, TransientError
from connectors.lists import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Fields

PROCESSING, READY, EXPORTED, REFUSED, TRASHED = "processing", "ready", "exported", "refused", "trashed"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as a document lists it. `size` is in bytes, None where it is not told."""

    id: str
    name: str
    media_type: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """A document as it stands. `revision` is another after any change, our own included; `fields` is the whole body."""

    id: str
    revision: str
    status: str
    reference: str | None
    external_id: str | None
    message: str | None
    files: Sequence[StoredFile]
    fields: Fields


def records(body: object) -> list[Record]:
    """Read one page of a list. Raises ConnectorError if it is not one."""
    return [record(row) for row in listed(body, "documents", "the list of documents")]


def record(body: object) -> Record:
    """Read one document. Raises ConnectorError if what nothing works without is missing: id, revision, status."""
    fields = cast("Fields", body) if isinstance(body, dict) else {}
    document_id, revision, status = text(fields.get("id")), fields.get("revision"), text(fields.get("status"))
    if document_id is None or not isinstance(revision, int) or status is None:
        raise ConnectorError("a document came without its id, revision or status")
    export = fields.get("export")
    told = export if isinstance(export, dict) else {}
    listed = fields.get("files")
    return Record(
        document_id,
        str(revision),
        status,
        text(fields.get("reference")),
        text(told.get("external_id")),
        text(told.get("message")),
        [_file(entry) for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else [],
        fields,
    )


def new_id(body: object) -> str:
    """Return the id in the answer of a call that made something; TransientError if there is none: it may have worked."""
    found = text(body.get("id")) if isinstance(body, dict) else None
    if found is None:
        raise TransientError("the answer to a call that makes something has no id", arrived="maybe")
    return found


def text(value: object) -> str | None:
    """Return a non-empty text, None for everything else."""
    return value if isinstance(value, str) and value else None


def _file(entry: Fields) -> StoredFile:
    file_id, size = text(entry.get("id")), entry.get("size")
    if file_id is None:
        raise ConnectorError("a file came without its id")
    name = text(entry.get("name")) or file_id
    media_type = text(entry.get("media_type")) or "application/octet-stream"
    return StoredFile(file_id, name, media_type, size if isinstance(size, int) else None)
