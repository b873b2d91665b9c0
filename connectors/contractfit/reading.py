"""What a mapping sees of a Contract.fit document: the data that counts now, flattened, and the files."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, cast

from connectors.contract import Document, File
from connectors.contractfit import models
from connectors.contractfit.choice import newest
from connectors.contractfit.status import Status, archived, status_of
from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Collection

    from connectors.contract import Fields

CUSTOM_OUTPUT = ":custom_output"
"""What the id of the file ends with that is not the original but the vendor's output; before it stands the document's."""
_PASSING = frozenset({"timestamp", "evaluated", "is_evaluated", "id", "feedback_time"})
"""Members of a version that are not content."""
_MOMENTS = ("receive_time", "start_time", "done_time", "feedback_time", "submit_time")
_BINARY = "application/octet-stream"


def document(fields: Fields, current: Fields, usable: Collection[Status], *, custom_output: bool) -> Document:
    """Make the document. `current` is the version that counts; a status outside `usable` makes it not ready."""
    document_id = models.text(fields.get("id"))
    if document_id is None:
        raise ConnectorError("the document has no id")
    status = status_of(fields)
    prediction = models.part(fields, "prediction")
    timings = models.part(fields, "timings")
    seen: Fields = {
        **fields,
        "status": str(status),
        "filename": models.text(fields.get("original_filename")),
        "archived": archived(fields),
        "timings": {**timings, **{name: _moment(timings.get(name)) for name in _MOMENTS}},
        "received": _moment(timings.get("receive_time")),
        "document_type": _document_type(current),
        "fields": {name: value(given) for name, given in models.part(current, "annotations").items()},
        "annotations": models.part(current, "annotations"),
        "lines": {name: _rows(table) for name, table in models.part(current, "lines").items()},
        "sections": current.get("sections") or [],
    }
    not_ready = None if status in usable else f"its status is {status}"
    # Our own messages change states, times and versions of ours; none of that is content.
    content = {name: given for name, given in current.items() if name not in _PASSING}
    version = models.digest([newest(fields), content, prediction])
    ended = status in {Status.REJECTED, Status.DONE, Status.SUBMITTED}
    files = _files(document_id, seen, custom_output=custom_output)
    return Document(document_id, version, seen, files, not_ready, acknowledged=ended and not_ready is not None)


def value(given: object) -> object:
    """Return what a field holds: of several readings the first, of one the corrected value, else the printed text."""
    if isinstance(given, list):
        return value(given[0]) if given else None
    if isinstance(given, dict):
        reading = cast("Fields", given)
        return next((reading[name] for name in ("gold", "text", "value") if reading.get(name) is not None), None)
    return given


def _rows(table: object) -> list[Fields]:
    rows = table if isinstance(table, list) else []
    return [{name: value(cell) for name, cell in row.items()} for row in rows if isinstance(row, dict)]


def _document_type(current: Fields) -> str | None:
    sections = current.get("sections")
    first = sections[0] if isinstance(sections, list) and sections else None
    return models.text(first.get("document_type")) if isinstance(first, dict) else None


def _moment(given: object) -> str | None:
    moment = models.instant(given)
    return None if moment is None else models.written(moment)


def _files(document_id: str, seen: Fields, *, custom_output: bool) -> list[File]:
    """List the original file, unless it was removed, and the vendor's output where it is wanted."""
    files: list[File] = []
    if not seen["archived"]:
        name = models.text(seen["filename"]) or f"document-{document_id}"
        files.append(File(document_id, name, mimetypes.guess_type(name)[0] or _BINARY, main=True))
    if custom_output:
        files.append(File(document_id + CUSTOM_OUTPUT, f"custom-output-{document_id}", _BINARY))
    return files
