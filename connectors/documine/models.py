"""How DocuMine writes templates, dossiers, files, components and packages down, read so that missing fields never hurt."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, cast

import msgspec

from connectors import lists
from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Fields
    from connectors.documine.paths import Alternatives, Names

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

Standing = Literal["running", "processed", "failed", "deleted"]
Progress = Literal["running", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class Template:
    """A dossier template. The bounds of its validity are UTC-aware, None where open or not readable."""

    id: str
    name: str
    active: bool
    status: str
    valid_from: datetime | None
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier. An archived one can only be read; a deleted one lies in the trash."""

    id: str
    name: str
    archived: bool
    deleted: bool


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as lists and its own address show it. `analysed` moves with every analysis, `hint` with anything at all.

    `uploaded` is the provider's own word for the moment of the last upload (opaque), `fields` all that was said.
    """

    id: str
    name: str
    media_type: str
    size: int | None
    standing: Standing
    status: str
    approved: bool
    analysed: str
    hint: str
    uploaded: str
    error_code: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class Components:
    """What was extracted: every value of every component, and where each comes from if the provider tells.

    `file` is the id of the file that they are of, None where the answer does not say.
    """

    values: dict[str, list[object]]
    details: Fields
    file: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of names and values; the order of names does not matter."""
        return hashlib.sha256(msgspec.json.encode(self.values, order="sorted")).hexdigest()


@dataclass(frozen=True, slots=True)
class Package:
    """A download package of the calling user, by its files' ids where that is told."""

    id: str
    progress: Progress
    status: str
    files: frozenset[str]
    made_at: datetime | None


class Reading:
    """Reads answers by the table of names. Raises ConnectorError for what cannot be what was asked for."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def rows(self, body: object, listed: Alternatives, what: str) -> list[Fields]:
        """Return the objects of a list. A missing array is an error, not an empty list."""
        array = lists.listed(body, listed[0], what, *listed[1:])
        return [as_object(row, f"an entry of {what}") for row in array]

    def template(self, row: Fields) -> Template:
        """Read a template. One that does not state its status is taken to be active."""
        names = self._names
        status = text(first(row, names.template_status))
        return Template(
            _id(row, names.template_id, "a template"),
            text(first(row, names.name)),
            not status or status in names.active,
            status,
            instant(first(row, names.valid_from)),
            instant(first(row, names.valid_to)),
        )

    def dossier(self, row: Fields) -> Dossier:
        """Read a dossier."""
        names = self._names
        return Dossier(
            _id(row, names.dossier_id, "a dossier"),
            text(first(row, names.name)),
            archived=bool(first(row, names.archived_at)),
            deleted=bool(first(row, names.deleted_at)),
        )

    def file(self, row: Fields) -> StoredFile:
        """Read a file. A status that nobody has documented means that it is still being worked on."""
        names = self._names
        status = text(first(row, names.processing))
        standing: Standing = "running"
        if status in names.deleted or first(row, names.deleted_at):
            standing = "deleted"
        elif status in names.processed:
            standing = "processed"
        elif status in names.failed:
            standing = "failed"
        size = first(row, names.file_size)
        analysed = [_moment(first(row, names.processed_at)), _word(first(row, names.analyses))]
        workflow = text(first(row, names.workflow))
        touched = [_moment(row.get(name)) for name in names.touched]
        return StoredFile(
            _id(row, names.file_id, "a file"),
            text(first(row, names.file_name)),
            text(first(row, names.file_type)),
            size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
            standing,
            status,
            approved=workflow in names.approved,
            analysed="|".join(analysed) if any(analysed) else "",
            hint="|".join([*analysed, workflow, standing, *touched]),
            uploaded=_moment(first(row, names.uploaded_at)),
            error_code=text(first(row, names.error_code)),
            fields={name: _one_spelling(value) for name, value in row.items()},
        )

    def components(self, body: object) -> Components:
        """Read the components of a file. Values are kept as they are, in the provider's order."""
        answer = as_object(body, "the components")
        found = first(answer, self._names.component_map)
        lists.refuse_an_excuse(answer, found, "the components")
        if not isinstance(found, dict):
            raise ConnectorError(f"the components have no `{self._names.component_map[0]}`")
        values = {
            str(name): cast("list[object]", value) if isinstance(value, list) else [] if value is None else [value]
            for name, value in found.items()
        }
        told = first(answer, self._names.component_details)
        details: Fields = {}
        for name, entry in told.items() if isinstance(told, dict) else ():
            held = first(cast("Fields", entry), self._names.component_values) if isinstance(entry, dict) else entry
            details[str(name)] = held if isinstance(held, list) else []
        return Components(values, details, _identity(answer, self._names.component_file) or None)

    def uploaded(self, body: object) -> str:
        """Return the id of the file that was uploaded, empty if the answer does not name it."""
        for name in self._names.uploaded_ids if isinstance(body, dict) else ():
            told = cast("Fields", body).get(name)
            told = told[0] if isinstance(told, list) and told else told
            if found := _word_of_id(told):
                return found
        return ""

    def package(self, body: object) -> Package:
        """Read a package, or what its making was answered with."""
        names = self._names
        row = as_object(body, "the download package")
        status = text(first(row, names.package_status))
        progress: Progress = "running"
        if status in names.package_ready:
            progress = "ready"
        elif status in names.package_failed:
            progress = "failed"
        files = first(row, names.package_files)
        return Package(
            _identity(row, names.package_id),
            progress,
            status,
            frozenset(_word_of_id(one) for one in files) if isinstance(files, list) else frozenset(),
            instant(first(row, names.package_made_at)),
        )


def first(row: Fields, names: Sequence[str]) -> object:
    """Return the value of the first of these names that is there and not null."""
    return next((row[name] for name in names if row.get(name) is not None), None)


def as_object(body: object, what: str) -> Fields:
    """Return a JSON object as a dict; raise ConnectorError if the provider sent something else."""
    if not isinstance(body, dict):
        raise ConnectorError(f"{what} is not a JSON object")
    return cast("Fields", body)


def text(value: object) -> str:
    """Return a text, empty for everything else."""
    return value if isinstance(value, str) else ""


def instant(value: object) -> datetime | None:
    """Read an instant in either of the provider's spellings (`…Z`, `….000+00:00`); None if it is none."""
    try:
        read = datetime.fromisoformat(text(value))
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1 in a zone east of Greenwich is how some write "never"
        return None


def _id(row: Fields, names: Sequence[str], what: str) -> str:
    found = _identity(row, names)
    if not found:
        raise ConnectorError(f"{what} has no `{names[0]}`")
    return found


def _identity(row: Fields, names: Sequence[str]) -> str:
    """Return the first of these that is an id, empty if none is. Ids are opaque text to us, but may be numbers there."""
    return next((found for name in names if (found := _word_of_id(row.get(name)))), "")


def _word_of_id(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)


def _moment(value: object) -> str:
    """Return one spelling for one moment, since two occur."""
    moment = instant(value)
    return _word(value) if moment is None else moment.isoformat()


def _one_spelling(value: object) -> object:
    """Write an instant in one way, so that a document whose instants come in another spelling is still the same."""
    moment = instant(value) if _INSTANT.fullmatch(text(value)) else None
    return value if moment is None else moment.isoformat()


def _word(value: object) -> str:
    return "" if value is None else str(value)
