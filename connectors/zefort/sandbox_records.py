"""What a contract is made of in the Zefort sandbox: files, parties, notes, tags and binders."""

from __future__ import annotations

from dataclasses import dataclass, field

STATUSES = frozenset({"queued", "processing", "review", "done", "archived", "error", "limited"})
NOVEL_STATUS = "triage"
"""A status no documentation knows, used when the switch `novelties` is on."""


@dataclass(slots=True)
class StoredFile:
    """A file of a contract. `content` is None where it was too large to keep."""

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    received: float
    content: bytes | None
    looks_like_pdf: bool


@dataclass(slots=True)
class Party:
    """An entry of the party register. `fields` are name, org_id, external_id, country and the like."""

    id: str
    fields: dict[str, object]
    text: str = ""
    """What a search looks at, in lower case."""

    def __post_init__(self) -> None:
        self.text = " ".join(map(str, self.fields.values())).lower()


@dataclass(slots=True)
class Link:
    """A party on a contract, in a role."""

    party: Party
    role: str | None
    verified: bool = False
    by_ai: bool = False


@dataclass(slots=True)
class Note:
    """A note on a contract."""

    id: str
    content: str
    moment: float


@dataclass(slots=True)
class Named:
    """A tag or a binder. `contracts` are the ids it holds, in the order they came."""

    id: str
    name: str
    parent: str | None = None
    active: bool = True
    contracts: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Activity:
    """A deadline on a contract. `time` is its moment."""

    id: str
    title: str
    description: str
    time: float
    completed: bool = False
    reason: str | None = None


@dataclass(slots=True)
class Contract:
    """A contract. `listed` is False until the search index has it; `hidden` takes it out of lists for good.

    `effective` counts the calls of clients that changed it, `repeated` those that said again what was said before.
    """

    id: str
    received: float
    status: str
    modified: float
    attributes: dict[str, object]
    skip: list[str]
    files: list[StoredFile] = field(default_factory=list)
    parties: list[Link] = field(default_factory=list)
    tags: list[Named] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    binders: list[tuple[Named, float]] = field(default_factory=list)
    trashed: bool = False
    listed: bool = False
    hidden: bool = False
    ai_done: float | None = None
    duplicates: list[str] = field(default_factory=list)
    round: int = 0
    activities: list[Activity] = field(default_factory=list)
    owner: str = "user_sandbox"
    effective: int = 0
    repeated: int = 0

    def heard(self, *, effective: bool) -> None:
        """Count a call of a client."""
        self.effective += effective
        self.repeated += not effective


@dataclass(slots=True)
class Esign:
    """A signing request on a contract. `secret` opens it for its signer."""

    id: str
    title: str
    contract: Contract
    created: float
    status: str = "draft"
    activated: float | None = None
    saved: float | None = None
    hidden: bool = False
    secret: str = "sign-here-5c1e"  # noqa: S105 -- opens nothing
