"""How Zefort writes contracts and lists down, read so that unknown, missing and differently shaped fields never hurt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from connectors.errors import ConnectorError
from connectors.lists import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Fields


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract as read. `body` is the JSON object itself; the properties are the parts docferry looks at."""

    id: str
    body: Fields

    @property
    def status(self) -> str:
        """Life-cycle state: queued, processing, review, done, archived, error, limited, or one not known yet."""
        return text(self.body.get("status")) or ""

    @property
    def trashed(self) -> bool:
        """Whether it lies in the trash."""
        return self.body.get("trashed") is True

    @property
    def attributes(self) -> Fields:
        """Standard and custom attributes, by key."""
        return _object(self.body.get("attributes"))

    @property
    def parties(self) -> list[Fields]:
        """The parties on the contract, with what a nested register entry says about them."""
        return [{**_object(shown.get("party")), **shown} for shown in objects(self.body.get("parties"))]

    @property
    def filenames(self) -> list[str]:
        """Names of all files; whether `documents` repeats the cover document is not documented."""
        documents = [_object(self.body.get("cover_document")), *objects(self.body.get("documents"))]
        return [name for document in documents if (name := text(document.get("filename")))]

    @property
    def main_names(self) -> list[str]:
        """Name of the main file; the names of all where it does not tell which that is."""
        name = text(_object(self.body.get("cover_document")).get("filename"))
        return [name] if name else self.filenames

    @property
    def notes(self) -> list[str]:
        """The notes' texts."""
        return [content for note in objects(self.body.get("notes")) if (content := text(note.get("content")))]

    @property
    def tags(self) -> set[str]:
        """Names and ids of its tags. The shape of a tagging is not documented, so every likely one is understood."""
        listed = self.body.get("taggings")
        return {word for tagging in (listed if isinstance(listed, list) else []) for word in _words(tagging)}

    @property
    def esigns(self) -> list[tuple[str, str | None]]:
        """The signing requests by id, with their status where it is shown; the shape of their list is not documented."""
        listed = self.body.get("esigns")
        found: list[tuple[str, str | None]] = []
        for entry in listed if isinstance(listed, list) else []:
            row = entry if isinstance(entry, dict) else {"id": entry}
            if (esign_id := identity(row)) is not None:
                found.append((esign_id, text(row.get("status"))))
        return found

    @property
    def received(self) -> datetime:
        """When Zefort received it (UTC); the far future if that cannot be read."""
        return instant(self.body.get("receive_time")) or datetime.max.replace(tzinfo=UTC)

    @property
    def analysing(self) -> bool:
        """Whether the AI is still at work on it or about to start."""
        return (
            self.status in {"queued", "processing"} or self.body.get("cover_document_docai_task_status") == "processing"
        )

    @property
    def analysed(self) -> bool:
        """Whether the AI has delivered its first results."""
        return bool(self.body.get("first_docai_result_time"))

    @property
    def as_made(self) -> bool:
        """Whether this shows all that an attempt to complete it goes by, as the answer to its making does."""
        return self.trashed or (self.whole and "taggings" in self.body and bool(self.status))

    @property
    def whole(self) -> bool:
        """Whether this is a full body and not a trimmed hit or an empty answer."""
        return "attributes" in self.body and "parties" in self.body


@dataclass(frozen=True, slots=True)
class Task:
    """Work that Zefort does later."""

    id: str
    done: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. `count` is the size of the whole list, None where it is not stated."""

    rows: Sequence[Fields]
    last: bool
    count: int | None


def contract(body: object) -> Contract:
    """Read a contract; raise ConnectorError if it is none."""
    fields = _object(body)
    contract_id = identity(fields)
    if contract_id is None:
        raise ConnectorError("zefort answered without a contract id")
    return Contract(contract_id, fields)


def esign(body: object) -> Fields:
    """Read a signing request; raise ConnectorError if it is none. Tokens, which open it for a signer, are left out."""
    fields = _object(body)
    if identity(fields) is None:
        raise ConnectorError("zefort answered without a signing request's id")
    parties = [
        {name: value for name, value in party.items() if name != "token"} for party in objects(fields.get("parties"))
    ]
    return {**fields, "parties": parties}


def task(body: object) -> Task | None:
    """Read a task; None if it is something else. Done with a list of failed contracts is a failure."""
    fields = _object(body)
    task_id, status = text(fields.get("id")), text(fields.get("backend_status"))
    if task_id is None or status is None:
        return None
    failed = status == "failed" or bool(fields.get("failed_contracts"))
    return Task(task_id, status == "done" and not failed, failed)


def listing(body: object, page: int) -> Listing:
    """Read one page. It is the last when `last_page` says so; `next` is optional, a bare array is one page."""
    if isinstance(body, list):
        return Listing(objects(body), last=True, count=len(body))
    envelope = _object(body)
    rows = objects(listed(envelope, "results", "the list that zefort answered with"))
    last_page, count, size = envelope.get("last_page"), envelope.get("count"), envelope.get("page_size")
    if isinstance(last_page, int):
        last = page >= last_page
    elif "next" in envelope:
        last = not envelope["next"]
    elif isinstance(count, int) and isinstance(size, int):
        last = page * size >= count
    else:
        last = False  # nothing tells: the next page does, by being empty or past the end
    return Listing(rows, last or not rows, count if isinstance(count, int) else None)


def text(value: object) -> str | None:
    """Return a non-empty text, None for everything else."""
    return value if isinstance(value, str) and value else None


def identity(row: Fields) -> str | None:
    """Return a row's id as text; some are documented as numbers."""
    found = row.get("id")
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else text(found)


def objects(value: object) -> list[Fields]:
    """Return the JSON objects in a list, an empty list for everything else."""
    return [cast("Fields", item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def reference(value: object) -> str | None:
    """Return the id out of `"bnd_1"` or `{"id": "bnd_1"}`."""
    return text(value) or text(_object(value).get("id"))


def instant(value: object) -> datetime | None:
    """Read an RFC 3339 time leniently: any offset, second 60, no zone meaning UTC. None if it is no time."""
    if not isinstance(value, str):
        return None
    for spelling in (value, value.replace(":60", ":59", 1)):
        try:
            moment = datetime.fromisoformat(spelling)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):  # the year 1 in a zone east of Greenwich is how some write "never"
            continue
    return None


def tags(body: Fields) -> dict[str, str]:
    """Return the ids of the tags on a contract by name, as far as its taggings tell both."""
    listed = objects(body.get("taggings"))
    parts = [(_object(tagging.get("tag")), tagging) for tagging in listed]
    named = [(text(tag.get("tag_name")) or text(tag.get("name")), text(tag.get("id"))) for tag, _ in parts]
    named += [(text(tagging.get("tag_name")), text(tagging.get("tag"))) for _, tagging in parts]
    return {name: tag_id for name, tag_id in named if name and tag_id}


def tag_names(body: Fields) -> list[str]:
    """Return the names of the tags on a contract, sorted. An id stands for a tag whose name is not told."""
    listed = body.get("taggings")
    names: set[str] = set()
    for tagging in listed if isinstance(listed, list) else []:
        fields = _object(tagging)
        tag = _object(fields.get("tag"))
        said = [tagging, *(part.get(name) for part in (tag, fields) for name in ("tag_name", "name"))]
        said += [fields.get("tag"), tag.get("id")]
        if name := next((word for each in said if (word := text(each))), None):
            names.add(name)
    return sorted(names)


def _words(tagging: object) -> set[str]:
    fields = _object(tagging)
    found = {tagging, *(fields.get(name) for name in ("tag_name", "name", "tag"))} if fields == {} else set()
    for part in (fields, _object(fields.get("tag"))):
        found |= {word for name in ("tag_name", "name", "id", "tag") if (word := text(part.get(name)))}
    return {word for word in found if isinstance(word, str)}


def _object(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}
