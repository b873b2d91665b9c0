"""The types every connector speaks: what a source gives, what a destination takes, and the journal between them.

Everything is async and immutable. Instants are UTC-aware, money is Decimal, ids are opaque text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime, timedelta

    from connectors.browser_login import BrowserLogin
    from connectors.fields import JsonSchema
    from connectors.learning import Declaration
    from connectors.traffic import Traffic

Fields = dict[str, object]
"""Plain JSON-like data: dict, list, str, int, bool, None, and Decimal for every number with a fraction."""


@dataclass(frozen=True, slots=True)
class Change:
    """A document that is new or may have changed: enough to remember it, not to read it.

    `version` is a cheap hint from the listing. A different hint makes the engine read the document;
    whether anything really changed is decided by `Document.version`.
    """

    document_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a listing. `cursor` is where to resume once these changes are remembered (opaque text).

    `total` is the provider's own count of the whole listing at that moment, None where it states none. `unseen` says
    what could not be read and why (one folder of many is closed to this user), None if nothing was left out: the run
    goes on with the rest, tells it, and is not complete. `doubt` says what in the listing contradicts itself (it states
    fewer rows than it shows), None if nothing does: the listing is read again, and what stays so is told.

    `whole` says that with this page everything was shown that there is, however old: what the ledger knows and no page
    named can then only be gone. `still` names what was shown and is no news now, since somebody is at work on it.
    """

    changes: Sequence[Change]
    cursor: str | None
    total: int | None = None
    unseen: str | None = None
    doubt: str | None = None
    whole: bool = False
    still: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A file of a document. `size` is in bytes, None where the provider does not say. `main` marks the leading file.

    `version` is whatever the provider shows that moves when other bytes are put under the same id (opaque), empty where
    bytes never change under an id or nothing shows it. Another one makes the engine push the document again.
    """

    id: str
    name: str
    media_type: str
    size: int | None = None
    main: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A source document as mappings see it.

    `version` covers the content only: our own feedback must not change it. `not_ready` says in words why the
    document must not be exported now (it left the work queue), None if it may. `acknowledged` says that it left by
    a message such as ours (transferred, rejected …), not because somebody is working on it.
    """

    id: str
    version: str
    fields: Fields
    files: Sequence[File]
    not_ready: str | None = None
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """An open file: its bytes in chunks, and what the provider said about it. `size` is in bytes."""

    chunks: AsyncIterator[bytes]
    size: int | None = None
    name: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on its way. `open()` starts a fresh stream each time it is called; content is never held whole."""

    file: File
    open: Callable[[], AbstractAsyncContextManager[Download]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a destination is asked to hold. `key` never changes for one source document on one route.

    `replaces` is the id at the far end when the same source document was delivered before.
    """

    key: str
    payload: Fields
    files: Sequence[Attachment] = ()
    replaces: str | None = None


class Result(StrEnum):
    """What became of a document, as told to its source: at first, and later on at the far end."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # trashed, refused or error, where the route does not tell these apart
    CONFIRMED = "confirmed"
    EDITED = "edited"
    ACCEPTED = "accepted"
    SIGNED = "signed"
    TRASHED = "trashed"
    REFUSED = "refused"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One message to the source. `actions` is the route's `feedback:` entry for this result, already filled in.

    Its keys must be in the source's `feedback_actions`. `seq` counts the messages about one document from 1.
    `judged` tells whether a `Document.version` is the one that the message is about. `before` is what the source was
    told last, and took: a document that was rejected may have been cured, and is delivered although it left the queue.
    """

    document_id: str
    result: Result
    external_id: str | None
    reason: str | None
    actions: Mapping[str, object] = field(default_factory=dict)
    seq: int = 1
    judged: Callable[[str], bool] = lambda version: bool(version)  # noqa: PLW0108 -- any version will do
    before: Result | None = None


class State(StrEnum):
    """How a delivered document stands at the far end."""

    PENDING = "pending"  # the far end is still working on it: ask again soon
    ACCEPTED = "accepted"  # it is there and whole: ask again rarely, a person may still drop it
    ALTERED = "altered"  # the far end overwrote what we sent: send it again
    REFUSED = "refused"  # the far end ended in an error or refused it in review
    GONE = "gone"  # it was trashed or deleted


@dataclass(frozen=True, slots=True)
class Outcome:
    """A state and, for everything but PENDING and ACCEPTED, why (fit to be shown to a person).

    `sure` is False where GONE may be a passing fault (a single 404): then it takes a second look some time later.
    `causes` says what is behind it, each with a sentence or None: of ACCEPTED any of EDITED, ACCEPTED and SIGNED, as long as
    they hold; of REFUSED either REFUSED (a person's verdict) or ERROR (the far end could not process it). GONE is TRASHED.
    """

    state: State
    reason: str | None = None
    sure: bool = True
    causes: Mapping[Result, str | None] = field(default_factory=dict)


class Journal(Protocol):
    """The one door for calls that must not happen twice. One journal belongs to one source document on one route."""

    async def once(
        self,
        step: str,
        do: Callable[[], Awaitable[str]],
        find: Callable[[], Awaitable[str | None]],
        *,
        notes: Mapping[str, str] | None = None,
        settle: timedelta | None = None,
    ) -> str:
        """Run `do` at most once over all runs and return its result, now or as recorded.

        The intent is committed before `do` starts, and in the same commit `notes`: results as `record` takes them, such as
        what the call is made with. If an intent without a result is met (a crash, a lost answer),
        `find` is asked first: it returns the result of the earlier call if its effect can be seen, else None.
        Only when `find` still sees nothing `settle` after the intent (default: at once) is `do` called again;
        before that `UnsettledError` is raised. `settle` is how long the provider's reads may lag behind its writes.
        """
        ...

    @property
    def forgotten_since(self) -> datetime | None:
        """Return since when (UTC) calls may have been made of which there is no record; None: all are recorded.

        It is stated where the ledger was put back from a backup. `find` is asked before anything is done then, and what it
        looks for may have been made at any time since.
        """
        ...

    async def forget(self, step: str) -> None:
        """Drop the record of a step whose effect was undone on purpose, so that it may be done again."""
        ...

    def results(self, prefix: str) -> Mapping[str, str]:
        """Return the recorded results of finished steps whose name starts with `prefix`, by name."""
        ...

    async def record(self, step: str, result: str) -> None:
        """Write down a result that needs no intent (a repeatable call's fingerprint, for example).

        Called inside `do` it is on the disk when it returns; elsewhere it goes to the disk with the next write.
        """
        ...

    def fingerprint(self, value: str) -> str:
        """Return what may be written down of a document's value: equal for equal values, telling nothing else.

        Whatever names or results of steps are made from values goes through here.
        """
        ...


@runtime_checkable
class Source(Protocol):
    """Where documents come from."""

    feedback_actions: Mapping[str, str]
    """The actions a route's `feedback:` may use, with one line of help each."""
    drains: Collection[str]
    """The feedback actions that take a document out of the listing, if the listing is a work queue; empty otherwise.

    A work queue is read again until nothing new shows, and a document that is listed although such an action took
    effect was put back by somebody who wants it carried again.
    """

    @property
    def schema(self) -> JsonSchema:
        """What the fields of documents look like. It excludes nothing: unknown fields and values are normal."""
        ...

    def check_feedback(self, actions: Mapping[str, object]) -> None:
        """Raise RejectedError if a filled-in `feedback:` entry can never be taken; called when a route is opened."""
        ...

    def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """List what is new or may have changed since `cursor`. May repeat, must not skip."""
        ...

    def rewind(self, cursor: str | None, to: datetime | None) -> str | None:
        """Return a cursor that lists whatever came in at or after `to` (UTC; None: all there is), known or not.

        It also lists what `cursor` would. Where every listing is a whole one, that is `cursor` itself.
        """
        ...

    async def fetch(self, document_id: str) -> Document:
        """Read one document. Raises GoneError if it is not there any more."""
        ...

    def open(self, file: File) -> AbstractAsyncContextManager[Download]:
        """Stream one file."""
        ...

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Tell the source, and return only when reading back shows that it took effect.

        Where a message takes the document off the listing, the document is read first: OvertakenError if it is not the
        one that was `judged`, since no listing would ever show that change; a message that already took effect is not
        sent. What an earlier rejection of ours (`Feedback.before`) has made impossible for good is left out, not refused. Raises RejectedError if the source will never take it, TransientError if it should be tried later.
        """
        ...


@runtime_checkable
class Destination(Protocol):
    """Where documents go."""

    later: Mapping[str, str]
    """What a document can come to there after it was delivered, as its outcomes show it (Result), with a sentence each.

    Where that is `confirmed` alone, `outcome` is asked only by routes that tell it: it has nothing else to say.
    """

    @property
    def schema(self) -> JsonSchema:
        """What payloads look like: required fields, types, allowed values, lengths, with a description of each."""
        ...

    def check(self, payload: Fields) -> None:
        """Raise RejectedError if this payload can never be accepted; called before anything is sent.

        What the schema says is part of it, so `fit(schema, payload)` is where it begins.
        """
        ...

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Make the far end hold this delivery, completely, once. Return its id there.

        Resumable: called again after any failure or crash it goes on where it stopped.
        """
        ...

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:
        """Say how a delivered document stands at the far end now."""
        ...

    def dropped(self) -> AsyncIterator[str]:
        """List ids that the far end has dropped or refused lately, as far as it can be asked cheaply (maybe nothing)."""
        ...


@dataclass(frozen=True, slots=True)
class Connection:
    """A named account, opened: its roles by stream name and how to close and check it."""

    name: str
    sources: Mapping[str, Source]
    destinations: Mapping[str, Destination]
    check: Callable[[], Awaitable[str]]
    """Make one cheap call with the credentials; return a sentence of what was seen, raise ConnectorError if it fails."""
    close: Callable[[], Awaitable[None]]
    traffic: Traffic
    """The requests that go through it: its `Api`, or an `Unpaced`."""
    login: BrowserLogin | None = None
    """How a person logs this account in, None where settings alone suffice."""
    declares: Callable[[Collection[str]], AsyncIterator[Declaration]] | None = None
    """Ask what the account itself says of its fields (given the streams that routes use), None where it says nothing."""
    page_url: str | None = None
    """Where a person looks at a document of this account, with `{id}` for its id; None where nobody has said."""
