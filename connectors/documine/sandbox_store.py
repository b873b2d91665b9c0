"""Everything the DocuMine sandbox holds, and the way of a file through its analysis."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.documine import sandbox_demo
from connectors.sandbox_pdf import printed

if TYPE_CHECKING:
    from connectors.documine.sandbox_switches import Switches
    from connectors.sandbox_clock import Clock

PATH = ("UNPROCESSED", "PRE_PROCESSING", "OCR_PROCESSING", "VISUAL_LAYOUT_PARSING_ANALYZING", "ANALYSE")
STATUSES = frozenset(
    {
        *PATH,
        "PRE_PROCESSING_QUEUED", "PRE_PROCESSED", "OCR_PROCESSING_QUEUED", "FIGURE_DETECTION_ANALYZING",
        "TABLE_PARSING_ANALYZING", "IMAGE_ANALYZING", "NER_ANALYZING", "AZURE_NER_ANALYZING", "LLM_NER_ANALYZING",
        "SURROUNDING_TEXT_PROCESSING", "FULL_PROCESSING", "PROCESSING", "FULLREPROCESS", "REPROCESS", "INDEXING",
        "PROCESSED", "ERROR", "DELETED",
    }
)  # fmt: skip
WORKFLOW = ("NEW", "UNDER_REVIEW", "UNDER_APPROVAL", "APPROVED")
NOVEL_STATUS = "QUANTUM_ANALYZING"
TRASH_TIME = 96 * 3600.0
"""Seconds until the trash is emptied."""


@dataclass(slots=True, eq=False)
class Template:
    """A dossier template. Bounds of validity are seconds since 1970."""

    id: str
    name: str
    status: str = "ACTIVE"
    valid_from: float | None = None
    valid_to: float | None = None


@dataclass(slots=True, eq=False)
class Record:
    """A file. Moments are seconds since 1970, None for never."""

    id: str
    number: int
    name: str
    media_type: str
    content: bytes | None
    size: int
    sha256: str
    added: float
    uploaded: float
    status: str = "UNPROCESSED"
    workflow: str = "NEW"
    processed: float | None = None
    analyses: int = 0
    approved: float | None = None
    edited: float | None = None
    deleted: float | None = None
    error_code: str | None = None
    components: dict[str, list[str]] = field(default_factory=dict)
    uploads: int = 1
    listed: bool = True
    hidden: bool = False
    round: int = 0

    @property
    def kept(self) -> bool:
        """Whether the bytes can be given out: those of demo files are made when they are asked for."""
        return self.content is not None or not self.sha256


@dataclass(slots=True, eq=False)
class Dossier:
    """A dossier with its files by id."""

    id: str
    name: str
    template: Template
    made: float
    description: str | None = None
    archived: float | None = None
    deleted: float | None = None
    listed: bool = True
    files: dict[str, Record] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Package:
    """A download package of one user."""

    id: str
    file: Record
    dossier: Dossier
    made: float
    types: tuple[str, ...]
    status: str = "QUEUED"


@dataclass(slots=True)
class Store:
    """Everything. Ids are opaque; a file's may survive that it is overwritten."""

    switches: Switches
    clock: Clock
    seed: int
    templates: dict[str, Template] = field(default_factory=dict)
    dossiers: dict[str, Dossier] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    packages_made: int = 0
    attributes: list[str] = field(default_factory=list)
    numbers: int = 0

    def fill(self, documents: int) -> None:
        """Make three templates, four dossiers, and files that are analysed, failed, or still in the works."""
        now = self.clock.now()
        day = 86_400.0
        main = self._template("DocuMine Example", valid_from=now - 900 * day, valid_to=now + 900 * day)
        self._template("Old rules", status="INACTIVE")
        self._template("Expired rules", valid_to=now - day)
        reports, letters = (self.dossier(main, name) for name in ("Reports", "Prüfberichte 2026"))
        self.dossier(main, "Inbox")
        self.dossier(main, "Archive 2024").archived = now - 90 * day
        for number in range(documents):
            place = letters if number % 4 == 3 else reports  # noqa: PLR2004 -- a rhythm of the data, as below
            name = sandbox_demo.file_name(number)
            at = now - (documents - number) * 60.0
            record = self._record(name, "application/pdf", None, at)
            place.files[record.id] = record
            record.workflow = WORKFLOW[3] if number % 3 else WORKFLOW[number % 4]
            self._finish(record, at + 30)
            if number % 19 == 11:  # noqa: PLR2004 -- a rhythm of the sample data
                record.status, record.error_code = "ERROR", "OCR_FAILED"
            elif number % 17 == 9:  # noqa: PLR2004 -- a rhythm of the sample data
                record.status = NOVEL_STATUS if self.switches.novelties else "LLM_NER_ANALYZING"

    def _template(self, name: str, **facts: str | float) -> Template:
        template = Template(self._uuid(f"template {name}"), name)
        for fact, value in facts.items():
            setattr(template, fact, value)
        self.templates[template.id] = template
        return template

    def dossier(self, template: Template, name: str) -> Dossier:
        """Make a dossier."""
        dossier = Dossier(self._uuid(f"dossier {name} {len(self.dossiers)}"), name, template, self.clock.now())
        self.dossiers[dossier.id] = dossier
        return dossier

    def put(
        self, dossier: Dossier, name: str, media_type: str, content: bytes | None, size: int, sha256: str
    ) -> Record:
        """Take a file in; one of the same name is overwritten and analysed anew. No content: it was too large to keep."""
        now = self.clock.now()
        record = next((one for one in dossier.files.values() if one.name == name and one.deleted is None), None)
        if record is None:
            record = self._record(name, media_type, content, now)
            self._list_later(record)
        elif not self.switches.same_file_id:
            del dossier.files[record.id]
            record.id = secrets.token_hex(16)
        record.content, record.size, record.sha256 = content, size, sha256
        record.media_type = media_type
        if record.id in dossier.files:
            record.uploads += 1
        record.uploaded = now
        dossier.files[record.id] = record
        self.analyse(record)
        return record

    def content(self, record: Record) -> bytes:
        """Return the bytes of a file; those of demo files are made when they are asked for."""
        if record.content is None:
            record.content = printed(f"{record.name} {record.id}")
            record.sha256 = hashlib.sha256(record.content).hexdigest()
        return record.content

    def analyse(self, record: Record, first: str = PATH[0]) -> None:
        """Send a file through its analysis, from the start or as a repetition."""
        record.round += 1
        this, step = record.round, self.switches.step
        record.status, record.error_code = first, None
        for place, status in enumerate(PATH[1:], start=1):
            self.clock.after(step * place, lambda status=status: self._proceed(record, this, status))  # type: ignore[misc] # mypy cannot infer a default argument; it binds the status of this turn of the loop
        if self.switches.ends_in != "stuck":
            self.clock.after(step * len(PATH), lambda: self._end(record, this))

    def trash(self, dossier: Dossier, record: Record) -> None:
        """Put a file into the trash, which is emptied some days later."""
        record.deleted, record.status = self.clock.now(), "DELETED"
        self.clock.after(TRASH_TIME, lambda: self._empty(dossier, record))

    def _empty(self, dossier: Dossier, record: Record) -> None:
        if record.deleted is not None:
            dossier.files.pop(record.id, None)

    def _list_later(self, record: Record) -> None:
        record.listed = False
        self.clock.after(self.switches.listing_lag, lambda: setattr(record, "listed", True))

    def _record(self, name: str, media_type: str, content: bytes | None, at: float) -> Record:
        self.numbers += 1
        number = self.numbers - 1
        file_id = hashlib.sha256(f"{self.seed} file {number}".encode()).hexdigest()[:32]
        return Record(file_id, number, name, media_type, content, 1800, "", at, at)

    def _proceed(self, record: Record, this: int, status: str) -> None:
        if record.round == this and record.deleted is None:
            record.status = status

    def _end(self, record: Record, this: int) -> None:
        if record.round != this or record.deleted is not None:
            return
        if self.switches.ends_in == "novel":
            record.status = NOVEL_STATUS
            return
        self._finish(record, self.clock.now())
        if self.switches.ends_in == "ERROR":
            record.status, record.error_code = "ERROR", "OCR_FAILED"

    def _finish(self, record: Record, at: float) -> None:
        record.status, record.processed = "PROCESSED", at
        record.analyses += 1
        record.components = sandbox_demo.components(self.seed, record.number, record.analyses)

    def _uuid(self, what: str) -> str:
        return str(uuid.UUID(bytes=hashlib.sha256(f"{self.seed} {what}".encode()).digest()[:16], version=4))
