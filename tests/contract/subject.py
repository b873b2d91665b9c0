"""What the contract suite has to know of a connector: one subject for each stream, written by whoever writes the connector.

A new connector adds `tests/contract/subjects/<provider>.py` with `SUBJECTS = (…,)`. The suite opens sandboxes and
connections itself; a subject only says how documents come into being, change and vanish at its provider, and what its
sandbox holds. Endpoints are written as sandboxes log them: `GET /documents/{}`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.contract import Document, Fields
    from connectors.sandbox_app import SandboxApp

NOTHING: Mapping[str, str] = MappingProxyType({})


class Subject(ABC):
    """One stream of one provider."""

    provider: ClassVar[str]
    stream: ClassVar[str]
    role: ClassVar[str]
    settings: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """Settings beside `base_url` and the sandbox's credentials: whatever makes waiting short; settle times 0.2 seconds."""
    waivers: ClassVar[Mapping[str, str]] = NOTHING
    """Promises (names of test functions) that are not kept, and why. They count as not kept, and must really fail."""
    exempt: ClassVar[Mapping[str, str]] = NOTHING
    """Promises that cannot be asked of this provider at all, and why. They count neither way."""

    @property
    def name(self) -> str:
        """How it is called in reports."""
        return f"{self.provider}.{self.stream}.{self.role}"

    @abstractmethod
    def sandbox(self) -> SandboxApp:
        """Build a sandbox that holds no document, has no quota and takes no time to change states."""


@dataclass(frozen=True)
class Wanted:
    """A document to be put at the source. The content is of one file."""

    content: bytes = b"%PDF-1.7 one"
    name: str = "one.pdf"
    amount: Decimal = Decimal("10.50")


@dataclass(frozen=True)
class Told:
    """What a source has heard about one document: how many calls changed something, and how many were repeats.

    Where a repeat can do nothing, because a value is set to what it is already, it need not be counted.
    """

    effective: int
    repeated: int


class SourceSubject(Subject):
    """A source of documents."""

    role = "source"

    listing: ClassVar[str]
    """The endpoint that lists documents."""
    reading: ClassVar[str]
    """The endpoint that reads one document."""
    download: ClassVar[str]
    """The endpoint that gives a file's bytes."""
    needed: ClassVar[frozenset[str]]
    """Top-level fields that the provider always fills, in a row and in a document; all others may be null or absent."""
    state: ClassVar[str]
    """The top-level field whose values are an enum that may grow."""
    ordering: ClassVar[str] = ""
    """The endpoint whose 404 says that a file is gone, where that is another one than `download`."""
    puts_off: ClassVar[bool] = False
    """Whether a document that is in the works is put off (TransientError) rather than not ready: so it must be where
    the listing may show it under the same version when it is ready again."""
    page: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """The settings that make pages small (ten rows), if they are not small anyway."""
    late: ClassVar[float] = 1.5
    """Days (less than its windows overlap by) after which a document may show up under the time it had then."""
    sweeping: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """The settings with which every listing is a sweep: one that also finds what changed long after it came."""
    empty_tells: ClassVar[frozenset[str]] = frozenset()
    """Instants that are not made empty, since being empty means something: a `done_time` that the work is not done."""

    @abstractmethod
    def add(self, app: SandboxApp, wanted: Wanted) -> str:
        """Put one document there, ready to be exported, and return its id."""

    @abstractmethod
    def edit(self, app: SandboxApp, document_id: str) -> None:
        """Let a person change what the document says; it stays ready."""

    @abstractmethod
    def remove(self, app: SandboxApp, document_id: str) -> None:
        """Let it vanish for good."""

    def throw_away(self, app: SandboxApp, document_id: str) -> None:
        """Let somebody throw it away, in a way that may be undone if there is one."""
        self.remove(app, document_id)

    @abstractmethod
    def take_away(self, app: SandboxApp, document_id: str) -> None:
        """Let somebody take it back to work, so that it must not be exported now."""

    @abstractmethod
    def put_back(self, app: SandboxApp, document_id: str) -> None:
        """Let somebody change it and make it ready again, whatever was told about it before."""

    @abstractmethod
    def rows(self, answer: object) -> list[dict[str, object]]:
        """Return the rows in the JSON of a listing answer: the very list, so that the suite can change it."""

    def carried(self, content: bytes) -> bytes:
        """Return what the bytes of `Wanted.content` are when they are read: the same, unless something is added there."""
        return content

    def around(self, size: int) -> tuple[bytes, bytes]:  # noqa: ARG002 -- for those whose downloads wrap the file up
        """Return what stands before and after a file of so many zero bytes in the answer of `download`."""
        return b"", b""

    @abstractmethod
    def amount(self, document: Document) -> object:
        """Return `Wanted.amount` as the connector read it (text that is a number may be made one, a float may not)."""

    @abstractmethod
    def delivered(self, external_id: str) -> Mapping[str, object]:
        """Return the feedback actions a route would use for a delivered document."""

    @abstractmethod
    def rejected(self, reason: str) -> Mapping[str, object]:
        """Return the feedback actions a route would use for a rejected document."""

    @abstractmethod
    def impossible(self) -> Mapping[str, object]:
        """Return feedback that can never be taken."""

    @abstractmethod
    def told(self, app: SandboxApp, document_id: str) -> Told:
        """Count what was told about a document."""


@dataclass(frozen=True)
class HeldFile:
    """A file at the far end. `sha256` is hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Held:
    """One record at the far end. `whole` is everything about it that must not change without a reason, ids included.

    `parts` are all things hanging on it that could be there twice by mistake (parties, tags, notes …), each as text.
    """

    id: str
    title: str
    amount: object
    files: Sequence[HeldFile]
    whole: object
    parts: Sequence[str] = field(default=())


class DestinationSubject(Subject):
    """A place where documents go."""

    role = "destination"

    reading: ClassVar[str]
    """The endpoint that reads one record."""
    creating: ClassVar[str]
    """The endpoint whose call makes the record."""
    files: ClassVar[int] = 3
    """How many files one delivery may carry; 0 if none at all."""
    amounts: ClassVar[bool] = True
    """Whether a record has an amount at all; where not, `Held.amount` is None."""
    amends: ClassVar[bool] = True
    """Whether a record can be changed later at all; if not, an update leaves it as it was sent first."""
    renames: ClassVar[bool] = True
    """Whether an update can give a record another title; where not, one brings other bytes for the same title."""
    takes_files_away: ClassVar[bool] = False
    """Whether an update removes the files that it brings no more; where not, they must all stay."""
    writes_again: ClassVar[bool] = False
    """Whether a push that is repeated writes again what is there, which changes nothing; where not, it sends nothing."""
    optional: ClassVar[str]
    """A field of the payload that may be null."""
    busy: ClassVar[Mapping[str, object]] = MappingProxyType({})
    """The sandbox's switches with which its work on a record takes half a minute."""
    pieces: ClassVar[int] = 0
    """How many `Held.parts` a delivery of one file makes."""
    learns: ClassVar[int] = 0
    """How many requests the first check may take to learn what the far end looks like; later ones take none."""

    @abstractmethod
    def payload(self, title: str, amount: Decimal) -> Fields:
        """Return a payload with as much in it as a route might send, so that a push takes every kind of call."""

    def addressed(self, payload: Fields, key: str) -> Fields:
        """Return a payload with what it must have to itself, where records are told apart by what is in them: an id, say."""
        del key
        return payload

    @abstractmethod
    def refused(self) -> tuple[Fields, str]:
        """Return a payload that `check` must refuse, and the name of the field that its message must contain."""

    def shown(self, title: str) -> str:
        """Return how a title stands at the far end: as it is, unless all it can be there is part of a file's name."""
        return title

    @abstractmethod
    def held(self, app: SandboxApp) -> list[Held]:
        """Return every record the sandbox holds, trashed ones included."""

    @abstractmethod
    def finish(self, app: SandboxApp) -> None:
        """Let the far end finish whatever it does after a push."""

    def refuse(self, app: SandboxApp, external_id: str) -> None:
        """Let the far end refuse a record after all."""
        raise NotImplementedError

    def add_to(self, app: SandboxApp, external_id: str) -> str:
        """Let a person add something to a record, and return what `Held.parts` shows of it."""
        raise NotImplementedError

    @abstractmethod
    def trash(self, app: SandboxApp, external_id: str) -> None:
        """Let a person drop a record."""

    @abstractmethod
    def lag(self, app: SandboxApp, seconds: float) -> None:
        """Let lists and searches run behind by so much, by the sandbox's clock (`app.act({"advance": …})` moves it)."""
