"""Objects of a declared API as a destination: made once, set to what is delivered, and looked at."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from connectors.contract import Outcome, State
from connectors.errors import ConnectorError, GoneError, NoSuchCallError, RejectedError, TransientError, UnsettledError
from connectors.fitting import fit
from connectors.http import quote
from connectors.later import ANY
from connectors.rest import schemas
from connectors.rest.bodies import body
from connectors.rest.files import Files
from connectors.rest.finding import Finder
from connectors.rest.later import LATER
from connectors.rest.paths import one
from connectors.settings import variable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from connectors.contract import Delivery, Fields, Journal
    from connectors.http import Answer, Api
    from connectors.rest.bodies import Body
    from connectors.rest.declared import ApiStream

_CONFLICT = 409
_MADE_WITH = "made with"
"""The step that keeps the fingerprint of the body an object was made with: the document may change before we know the id."""
_SENT = "sent at"
"""The step that keeps when a creating call with an idempotency header first left, since the API forgets those."""
HOLD = timedelta(days=1)
"""How long a document that waits for a person is left alone before it says so again."""


class Objects:
    """One stream. `settle` is how long the look-up may lag behind a call; `checked` is what people have looked up."""

    def __init__(
        self, api: Api, declared: ApiStream, settle: timedelta, checked: Mapping[str, str | None] | None = None
    ) -> None:
        self._api = api
        self._declared = declared
        self._settle = settle
        self._checked = checked or {}
        self.schema = schemas.payload(declared)
        shown = ("confirmed", "trashed") if declared.read else ("confirmed",)
        self.later: Mapping[str, str] = {word: LATER[ANY][word] for word in shown}
        self._finder = Finder(api, declared.find) if declared.find else None
        self._files = Files(api, declared.file, settle, self._checked, self._held) if declared.file else None

    def check(self, payload: Fields) -> None:
        """Raise RejectedError if this payload cannot be written as the declared body."""
        self._body(payload, "key")

    async def look_for_nobody(self) -> bool:
        """Look up a key that nobody has, or only see that somebody answers; say whether there was a look-up.

        Raises ConnectorError if the look-up finds something, AccessError if it is refused.
        """
        if self._finder is not None:
            await self._finder.prove()
            return True
        try:
            await self._api.call("GET", "")
        except (RejectedError, NoSuchCallError):
            return False  # nothing is at the base address, but somebody said so
        return False

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Make one object show the delivery. Return its id.

        UnsettledError: an answer was lost and nothing can tell whether the call took effect; a person has to look.
        """
        if delivery.files and self._files is None:
            raise RejectedError(
                f"{self._api.connection}: this stream declares no file call; declare one or write `files: none`",
                connection=self._api.connection,
            )
        object_id = await self._object(delivery, journal)
        if self._files is not None:
            await self._files.add(object_id, delivery, journal)
        return object_id

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:  # noqa: ARG002 -- part of the contract
        """Say that the object is there if it can be read, or if the stream does not declare how."""
        if self._declared.read is not None:
            try:
                await self._api.call("GET", self._declared.read.path.replace("{id}", quote(external_id)))
            except GoneError:
                return Outcome(State.GONE, "it is not there any more, or may not be seen any more", sure=False)
        return Outcome(State.ACCEPTED)

    async def dropped(self) -> AsyncIterator[str]:
        """List nothing: whether an object is still there is only known by reading it."""
        return
        yield

    def _body(self, payload: Fields, key: str) -> Body:
        fit(self.schema, payload, self._api.connection)
        return body(self._declared, payload, key, self._api.connection)

    async def _object(self, delivery: Delivery, journal: Journal) -> str:
        """Return the object that shows the payload, made or changed for that."""
        if delivery.replaces is not None and self._declared.update is not None:
            await self._update(delivery.replaces, delivery)
            return delivery.replaces
        if delivery.replaces is not None and self._declared.changed == "refuse":
            raise self._unchangeable(delivery.replaces)
        after = delivery.replaces
        while True:
            object_id, same = await self._create(delivery, after, journal)
            if same:
                return object_id
            # An earlier attempt made it, and the document has changed since.
            if self._declared.update is not None:
                await self._update(object_id, delivery)
                return object_id
            if self._declared.changed == "refuse":
                raise self._unchangeable(object_id)
            after = object_id

    async def _update(self, object_id: str, delivery: Delivery) -> None:
        update = self._declared.update
        if update is None:
            raise AssertionError("only asked for where it is declared")
        sent = self._body(delivery.payload, delivery.key)
        try:
            await self._api.call(update.method, update.path.replace("{id}", quote(object_id)), **sent, repeatable=True)
        except GoneError as error:
            # Not GoneError: that would say that the source's document is gone.
            raise RejectedError(
                f"object {object_id} cannot be changed: {error}", connection=error.connection, status=error.status
            ) from error

    def _unchangeable(self, object_id: str) -> RejectedError:
        return RejectedError(
            f"{self._api.connection}: object {object_id} cannot be changed, this stream declares no update",
            connection=self._api.connection,
        )

    async def _create(self, delivery: Delivery, after: str | None, journal: Journal) -> tuple[str, bool]:
        """Make the object once. Return its id, and whether it was made with this payload.

        One that takes the place of another has a key of its own, or that other one would be found.
        """
        key = delivery.key if after is None else f"{delivery.key}#{after}"
        step = "create" if after is None else f"create after {after}"
        header = self._declared.idempotency_header
        sent = self._body(delivery.payload, key)
        shown = journal.fingerprint(sent["content"].decode())
        sent_at, made_with = f"{step}, {_SENT}", f"{step}, {_MADE_WITH}"

        notes = {made_with: shown}
        if header is not None and not journal.results(sent_at):
            notes[sent_at] = datetime.now(UTC).isoformat()

        async def do() -> str:
            return await self._make(sent, key)

        async def find() -> str | None:
            if key in self._checked:
                return self._checked[key]
            if self._finder is not None:
                found = await self._finder.find(key)
                if found is None and await self._finder.lists_others():
                    raise self._held("its creation", key, "the look-up lists others, whatever key it is asked for")
                return found
            if header is not None and self._remembered(journal.results(sent_at)):
                try:
                    return await self._make(sent, key)
                except RejectedError as error:  # such as: known under this header, but with another body
                    raise self._held("its creation", key) from error
            raise self._held("its creation", key)

        settle = self._settle if self._finder else timedelta(0)
        object_id = await journal.once(step, do, find, notes=notes, settle=settle)
        there = journal.results(made_with).get(made_with)
        return object_id, there == shown or (there is None and self._declared.update is None)

    async def _make(self, sent: Body, key: str) -> str:
        create, name = self._declared.create, self._declared.idempotency_header
        if name is not None:
            # most APIs want a UUID here; this one is always the same for a key
            sent["headers"][name] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"docferry:{key}"))
        try:
            answer = await self._api.call(create.method, create.path, **sent, repeatable=name is not None)
        except GoneError as error:
            # The path names no object: it is the declaration that is wrong, not the document.
            raise ConnectorError(
                f"{error}; correct create.path or the base address", connection=error.connection, status=error.status
            ) from error
        except RejectedError as error:
            if error.status != _CONFLICT:
                raise
            return await self._conflict(error, key)
        found = _id(answer, create.id)
        if found is None:
            where = "Location header" if create.id is None else create.id
            raise TransientError(
                f"{answer.asked} answered {answer.status} without an id ({where})",
                connection=self._api.connection,
                arrived="maybe",
            )
        return found

    async def _conflict(self, error: RejectedError, key: str) -> str:
        """Judge a 409, which may say that this very object is there already, or that its first call is still under way."""
        if self._finder is not None and (found := await self._finder.find(key)) is not None:
            return found
        if self._declared.idempotency_header is not None:
            raise TransientError(
                str(error), connection=error.connection, status=error.status, arrived="maybe"
            ) from error
        raise error

    def _remembered(self, sent: Mapping[str, str]) -> bool:
        """Say whether the API still knows the idempotency header of a call that was sent then."""
        first = min((datetime.fromisoformat(at) for at in sent.values()), default=None)
        return first is not None and datetime.now(UTC) - first < timedelta(hours=self._declared.idempotency_hours)

    def _held(self, what: str, key: str, why: str = "it cannot be looked up") -> UnsettledError:
        setting = variable(self._api.connection, "checked")
        return UnsettledError(
            f"{self._api.connection}: the answer to {what} was lost and {why}; look for {key} there, then set "
            f"{setting}={key}=<its id> if it is there, or {setting}={key} if it is not",
            look_again_at=datetime.now(UTC) + HOLD,
            connection=self._api.connection,
        )


def _id(answer: Answer, path: str | None) -> str | None:
    if path is not None:
        return one(answer.json(), path)
    return unquote(urlsplit(answer.headers.get("location", "")).path.rstrip("/").rpartition("/")[2]) or None
