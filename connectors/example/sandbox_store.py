"""The documents of the sandbox in memory: their states, what people do to them, and how they are shown."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from connectors.sandbox_clock import Clock, stamp
from connectors.sandbox_switches import SharedSwitches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATUSES = ("processing", "ready", "exported", "refused", "trashed")


@dataclass
class Switches(SharedSwitches):
    """What is not published, or may be another on another day. Lists state no total and have one order, by id.

    So `total` and the drift `reorder` have nothing to act on; `novelties` brings a field, but no status, since lists are
    asked for by status.
    """

    processing: float = 0.0
    """Seconds that a new document is in the works before it is ready."""
    listing_lag: float = 0.0
    """Seconds by which lists run behind the documents."""
    reference: Literal["exact", "ignored"] = "exact"
    """Whether a list can be asked for a reference, or lists everything instead."""


@dataclass
class StoredFile:
    """A file. `content` is None where it was too large to be kept; `sha256` is hex."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    content: bytes | None


@dataclass
class Stored:
    """One document as it stands."""

    id: str
    fields: dict[str, object]
    reference: str | None
    made: float
    status: str = "processing"
    revision: int = 1
    files: list[StoredFile] = field(default_factory=list)
    export: dict[str, object] = field(default_factory=dict)
    told: int = 0
    told_in_vain: int = 0
    hidden: bool = False


class Store:
    """All documents, by id; ids grow, so that a list by id is one by age."""

    def __init__(self, switches: Switches, clock: Clock) -> None:
        self.documents: dict[str, Stored] = {}
        self.files: dict[str, StoredFile] = {}
        self._made = 0
        self._switches = switches
        self._clock = clock

    def make(self, fields: Mapping[str, object], reference: str | None = None) -> Stored:
        """Take a new document in; it is ready when it has been processed."""
        self._made += 1  # deleted ones keep their number
        document_id = f"d-{self._made:06}"
        made = Stored(document_id, dict(fields), reference, self._clock.now())
        self.documents[document_id] = made
        self._clock.after(self._switches.processing, lambda: self._processed(made))
        return made

    def _processed(self, one: Stored) -> None:
        if one.status == "processing":
            self.change(one, status="ready")

    def change(self, one: Stored, *, status: str | None = None, fields: Mapping[str, object] | None = None) -> None:
        """Change a document, whoever does it: it gets another revision."""
        one.status = status or one.status
        one.fields |= fields or {}
        one.revision += 1

    def attach(self, one: Stored, name: str, media_type: str, content: bytes) -> StoredFile:
        """Add a file that is at hand whole."""
        digest = hashlib.sha256(content).hexdigest()
        return self.keep(one, StoredFile("", name, media_type, len(content), digest, content))

    def keep(self, one: Stored, file: StoredFile) -> StoredFile:
        """Add a file and give it its id."""
        file.id = f"f-{len(self.files) + 1:06}"
        self.files[file.id] = file
        one.files.append(file)
        one.revision += 1
        return file

    def listing(self, status: str | None, reference: str | None, after: str) -> list[Stored]:
        """Return what a list shows, by id."""
        before = self._clock.now() - self._switches.listing_lag
        shown = (one for one in self.documents.values() if not one.hidden and one.made <= before and one.id > after)
        if reference is not None and self._switches.reference == "exact":
            shown = (one for one in shown if one.reference == reference)
        return sorted((one for one in shown if status in (None, one.status)), key=lambda one: one.id)

    def drift(self, served: Sequence[str]) -> None:
        """Let the list change after these were served."""
        for document_id in served:
            match self._switches.drift:
                case "leave":
                    self.documents[document_id].hidden = True
                case "reopen":
                    self.change(self.documents[document_id], status="processing")
                case "enter":
                    self.make({"title": "Came in meanwhile", "amount": None})

    def show(self, one: Stored) -> dict[str, object]:
        """Return a document as the API shows it."""
        novel: dict[str, object] = {"mood": {"score": 0.5}} if self._switches.novelties else {}
        return {
            **novel,
            "id": one.id,
            "revision": one.revision,
            "status": one.status,
            "reference": one.reference,
            "created_at": stamp(one.made),
            "title": one.fields.get("title"),
            "amount": one.fields.get("amount"),
            "export": one.export or None,
            "files": [show_file(file) for file in one.files],
        }


def show_file(file: StoredFile) -> dict[str, object]:
    """Return a file as the API shows it."""
    return {"id": file.id, "name": file.name, "media_type": file.media_type, "size": file.size}
