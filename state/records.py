"""What the ledger hands out: immutable copies of its rows. Every instant is UTC-aware."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

PENDING = "pending"  # to be delivered, now or at due_at
DELIVERED = "delivered"  # the far end has it and may still be working on it
CONFIRMED = "confirmed"  # the far end has it and is done with it
REJECTED = "rejected"  # refused for what it contains
FAILED = "failed"  # could not be brought there
SKIPPED = "skipped"  # the route does not want it
WITHDRAWN = "withdrawn"  # it was there and was dropped at the far end
HELD = "held"  # changed on both sides of a pair of routes, and waits for a person
DATA = "data"  # the reason class of what the mapping, or the check of what it made, has refused
NOT_READY = "not ready"  # the reason class of what the source showed and must not be exported
CONFLICT = "conflict"  # the reason class of what is held
NEVER_LISTED = "?"  # the version of what was asked for by its id, as long as no listing has shown it
COPY = "copy"  # the reason class of what the other route of a pair has left unfinished
LATER = (WITHDRAWN, "confirmed", "edited", "accepted", "signed", "trashed", "refused", "error")
"""The outcomes that are told of a delivery after it was made."""
SETTLED = (DELIVERED, CONFIRMED, REJECTED, FAILED, SKIPPED, WITHDRAWN, HELD)

AT_SOURCE, AT_DESTINATION = "source", "destination"
"""Where a document of a pair of routes was made, seen from one of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One journal entry. Without `done_at` it is an intent whose effect has to be looked up."""

    name: str
    intent_at: datetime
    done_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One source document on one route.

    `version` is the listing's hint when last seen (or `NEVER_LISTED`), `content_version` the content that was last judged.
    `due_at` is None unless it is pending, or rejected and to be tried again unaided; `follow_at` is when the far end is to be
    asked again (None: never).
    `asked`: a person, or a change at the source, wants it carried although the source let go of it.
    `key` never changes; `external_id` is the id at the far end. `mapping_version` is what it was last judged by,
    `tried_under` the version under which it was last tried without being judged anew (see state.waking). `standing` are the
    words for what the far end has shown of this delivery, parted by blanks, None as long as it has shown nothing.
    `origin` is at which end of the route the document was made, None where the route is not one of a pair.
    """

    id: int
    route: str
    document_id: str
    version: str
    content_version: str | None
    status: str
    attempts: int
    due_at: datetime | None
    asked: bool
    key: str
    external_id: str | None
    reason_class: str | None
    reason: str | None
    mapping_version: str | None
    tried_under: str | None
    payload_digest: str | None
    follow_at: datetime | None
    delivered_at: datetime | None
    standing: str | None = None
    origin: str | None = None
    steps: Mapping[str, Step] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Owed:
    """One message that the source is still owed, the `seq`-th about its document (from 1).

    `content_version` is the content that was last judged, `told` the outcome that the source was told last, and took;
    `steps` are those of its transfer whose names start with `feedback:<seq>:`.
    """

    id: int
    transfer_id: int
    seq: int
    outcome: str
    reason: str | None
    owed_at: datetime
    due_at: datetime
    attempts: int
    document_id: str
    external_id: str | None
    key: str
    content_version: str | None
    told: str | None
    steps: Mapping[str, Step] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a page meant, as transfer ids.

    Never seen; changed; listed again after its feedback was told (or to be judged anew by another mapping); known and
    still pending; known and settled; of these, whose last feedback the source refused.
    """

    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    relisted: tuple[int, ...] = ()
    pending: tuple[int, ...] = ()
    known: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a document's timeline. `run_id` is None for what a person did."""

    at: datetime
    kind: str
    detail: str | None
    run_id: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """One message to the source in a timeline. `answer` is `told`, `refused`, `gone` or `superseded`, None while it is owed.

    `said` is why the source refused it.
    """

    seq: int
    outcome: str
    reason: str | None
    owed_at: datetime
    due_at: datetime
    attempts: int
    done_at: datetime | None
    answer: str | None
    said: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document about which the source has refused its last message, the one with this outcome, and why."""

    document_id: str
    outcome: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything that is written down about one transfer, oldest first."""

    events: Sequence[Event]
    steps: Sequence[Step]
    feedback: Sequence[Told]
    worker: str | None = None
    """Who has the transfer claimed at the moment."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a route. `state` is running, finished or interrupted; `complete` whether every listing was read whole.

    `asked` is what a person asked it for, as it was written down; None: nothing in particular. `flow_run` is what its
    orchestrator calls it; None: nobody orchestrates it.

    `worker` is who holds the run's lease, until `lease_until` without another sign of life; None if nobody holds it any more.
    """

    id: str
    route: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    complete: bool | None
    counts: Mapping[str, int]
    note: str | None
    asked: str | None = None
    flow_run: str | None = None
    worker: str | None = None
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """How a route stands: counts by status and by reason class, what the source is owed or has refused, when it goes on."""

    route: str
    statuses: Mapping[str, int]
    reason_classes: Mapping[str, int]
    owed: int
    refused: int
    oldest_owed_at: datetime | None
    next_due_at: datetime | None
    runs: Sequence[RunRow]
