"""Hypatos documents as a destination: each file stored once, processed once, and watched until it is done."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from connectors.contract import Outcome, Result, State
from connectors.errors import GoneError, RejectedError, TransientError, UnsettledError
from connectors.hypatos import intake, models, titles
from connectors.hypatos.later import LATER
from connectors.hypatos.making import CASE, MADE, Making, case_print
from connectors.hypatos.projects import Projects
from connectors.hypatos.schemas import INTAKE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from connectors.contract import Attachment, Delivery, Document, Fields, Journal
    from connectors.hypatos.client import HypatosClient
    from connectors.hypatos.intake import Wanted

log = logging.getLogger(__name__)

_GLANCES = (0.0, 0.4, 1.0, 2.0)
_LISTED = 2
_LIMIT = 50
REFUSED: Mapping[str, str] = {
    "failed": "Hypatos could not process it (state failed; that is also what becomes of a file the project has already)",
    "rejected": "it was rejected in Hypatos",
    "junk": "it was marked as junk in Hypatos",
    "transferFailed": "Hypatos could not transfer it to its own target system (state transferFailed)",
}
"""The states that end badly, in words."""
_PEOPLES = frozenset({"rejected", "junk"})
"""Those of them that are a person's verdict."""
_COMPLETED = frozenset({"done", "doneAutomatically", "transferred"})


SOON = timedelta(seconds=5)
"""When a document that was made and cannot be read yet is looked at again."""


class Intake:
    """The stream `documents` as a destination. With `cases` several files of a delivery are processed as one case."""

    schema = INTAKE
    later = LATER["documents"]

    def __init__(
        self, client: HypatosClient, project: str | None, settle: timedelta, watch: timedelta, *, cases: bool = False
    ) -> None:
        self._client = client
        self._projects = Projects(client, project)
        self._making = Making(client, settle, watch)
        self._settle = settle
        self._watch = watch
        self._cases = cases

    def check(self, payload: Fields) -> None:
        """Raise RejectedError if this payload can never become a document. AccessError: no project is set for any."""
        self._projects.named(payload, intake.read(payload).project)

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Make one document of the main file (and one of each further file), once; go on where an attempt stopped.

        What was made before cannot get other content: RejectedError if its main file or project is another one now, if
        it ended badly, or if it is gone. Title and external data are brought up to date.
        """
        wanted = intake.read(delivery.payload)
        main, others = _main_first(delivery.files)
        project = await self._projects.resolve(self._projects.named(delivery.payload, wanted.project))
        document_id = ""
        try:
            if delivery.replaces is None:
                document_id = await self._made(delivery, wanted, main, others, project, journal)
            else:
                document_id = delivery.replaces
                await self._may_update(document_id, [main, *others], project, journal)
            if not self._cases:
                for other in others:
                    await self._making.further(delivery.key, wanted, other, project, document_id, journal)
            await self._title(document_id, wanted.title or _better_name(main), journal)
            await self._external_data(document_id, delivery, wanted, journal)
        except GoneError as error:
            if error.connection != self._client.api.connection:
                raise
            if delivery.replaces is None and document_id:
                # Made by ourselves just now: what is not visible yet is waited for, it is no verdict on the document.
                raise UnsettledError(
                    f"a document was made and cannot be read yet: {error}",
                    look_again_at=datetime.now(UTC) + SOON,
                    connection=error.connection,
                ) from None
            # Not GoneError: that would say that the source's document is gone.
            raise RejectedError(str(error), connection=error.connection, status=error.status) from error
        return document_id

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:
        """Say how the document stands, and those of its further files: the worst of them counts."""
        found = [await self._stands(external_id)]
        for document_id in dict.fromkeys(journal.results("document:").values()):
            if document_id != external_id:
                one = await self._stands(document_id)
                reason = f"document {document_id} of a further file: {one.reason}" if one.reason else None
                found.append(Outcome(one.state, reason, one.sure, one.causes))
        order = (State.REFUSED, State.GONE, State.PENDING, State.ACCEPTED)
        # What was accepted in part is not accepted yet.
        return min(found, key=lambda one: (order.index(one.state), len(one.causes)))

    async def dropped(self) -> AsyncIterator[str]:
        """List the newest documents that ended badly, a few pages of them."""
        for page in range(_LISTED):
            rows = (await self._client.in_project("", list(REFUSED), page * _LIMIT, _LIMIT)).rows
            for row in rows:
                yield row.id
            if len(rows) < _LIMIT:
                return

    async def _made(
        self,
        delivery: Delivery,
        wanted: Wanted,
        main: Attachment,
        others: Sequence[Attachment],
        project: str,
        journal: Journal,
    ) -> str:
        if self._cases and others:
            return await self._making.case(delivery.key, [main, *others], project, journal)
        return await self._making.main(delivery.key, wanted, main, project, journal)

    async def _may_update(self, document_id: str, files: Sequence[Attachment], project: str, journal: Journal) -> None:
        document = await self._read(document_id)
        state = document.fields.get("state")
        if state in REFUSED:
            raise RejectedError(
                f"document {document_id} is in state {state!r}; it is not sent again, since its file would count as a "
                "duplicate. Reopen it in Hypatos",
                connection=self._client.api.connection,
            )
        made_of = journal.fingerprint(f"{project} {files[0].file.id}")
        case = case_print(files, journal)
        if journal.results(MADE).get(MADE, made_of) != made_of or journal.results(CASE).get(CASE, case) != case:
            raise RejectedError(
                f"document {document_id} was made of other files or in another project, and Hypatos can change neither; "
                "reject it there and let a new source document be made",
                connection=self._client.api.connection,
            )

    async def _read(self, document_id: str) -> Document:
        try:
            return await self._client.document(document_id)
        except GoneError as error:
            raise RejectedError(
                f"document {document_id} is gone from Hypatos (its retention may be over); it is not sent again",
                connection=error.connection,
                status=error.status,
            ) from error

    async def _stands(self, document_id: str) -> Outcome:
        try:
            document = await self._client.document(document_id)
        except GoneError:
            return Outcome(State.GONE, "it was deleted, or its retention is over", sure=False)
        state = document.fields.get("state")
        if isinstance(state, str) and state in REFUSED:
            cause = Result.REFUSED if state in _PEOPLES else Result.ERROR
            return Outcome(State.REFUSED, REFUSED[state], causes={cause: None})
        if state == "split":
            return Outcome(State.ACCEPTED, "it was split into other documents")
        kind = models.STATES.get(state) if isinstance(state, str) else None
        if kind in (None, "in progress"):
            return Outcome(State.PENDING)
        waits = f"{state}: waiting for a person" if kind == "waiting for a person" else None
        return Outcome(State.ACCEPTED, waits, causes={Result.ACCEPTED: None} if state in _COMPLETED else {})

    async def _title(self, document_id: str, title: str | None, journal: Journal) -> None:
        """Set the title once; from then on it is the people's."""
        if title is not None:
            send = partial(self._client.set_title, document_id, title)
            print_ = journal.fingerprint(title)

            def shows(fields: Fields) -> bool:
                return titles.shows(fields.get("title"), title)

            await self._set("title", print_, document_id, send, shows, journal)

    async def _external_data(self, document_id: str, delivery: Delivery, wanted: Wanted, journal: Journal) -> None:
        """Bring our pairs about and leave those of others alone, although every call replaces them all."""
        pairs = intake.own_pairs(wanted, delivery.key)
        ours = {
            *journal.results(intake.KEYS_SENT).get(intake.KEYS_SENT, "").split(","),
            *intake.keys_of(pairs).split(","),
        }

        async def send() -> None:
            shown = (await self._client.document(document_id)).fields.get("externalData")
            listed = shown.items() if isinstance(shown, dict) else ()
            theirs = {str(key): str(value) for key, value in listed if str(key).casefold() not in ours}
            await journal.record(intake.KEYS_SENT, ",".join(sorted(ours - {""})))
            await self._client.set_external_data(document_id, {**theirs, **pairs})

        print_ = intake.pairs_print(pairs, journal)
        await self._set(intake.PAIRS, print_, document_id, send, partial(_has, pairs), journal)

    async def _set(
        self,
        step: str,
        print_: str,
        document_id: str,
        send: Callable[[], Awaitable[None]],
        shows: Callable[[Fields], bool],
        journal: Journal,
    ) -> None:
        """Set a value and see it, unless it is the one that we set last; `print_` is what is written down of it.

        A value that was taken and does not show in the settle time is done: the server may keep it in another spelling,
        and sending it for ever would hold the document up. The log names it.
        """
        taken_at = f"{step}, taken at"
        last = journal.results(step).get(step)
        if last == print_:
            return
        if last is not None:
            await journal.forget(step)
            await journal.forget(taken_at)

        async def find() -> str | None:
            return print_ if await self._look(document_id, shows) else None

        async def do() -> str:
            await send()
            if not journal.results(taken_at):
                await journal.record(taken_at, datetime.now(UTC).isoformat())
            if await find() is not None:
                return print_
            taken = journal.results(taken_at)[taken_at]
            if datetime.now(UTC) < datetime.fromisoformat(taken) + self._settle:
                raise TransientError(
                    f"document {document_id} does not show its {step} yet", connection=self._client.api.connection
                )
            log.warning("document %s took its %s and does not show it; please look at it there", document_id, step)
            return print_

        await journal.once(step, do, find)

    async def _look(self, document_id: str, shows: Callable[[Fields], bool]) -> str | None:
        """Read the document until it shows something: a 202 takes effect later."""
        for pause in _GLANCES:
            await asyncio.sleep(min(pause, self._watch.total_seconds()))
            if shows((await self._client.document(document_id)).fields):
                return "seen"
        return None


def _has(pairs: Mapping[str, str], fields: Fields) -> bool:
    shown = fields.get("externalData")
    folded = {str(key).casefold(): str(value) for key, value in shown.items()} if isinstance(shown, dict) else {}
    return all(folded.get(key.casefold()) == value for key, value in pairs.items())


def _main_first(files: Sequence[Attachment]) -> tuple[Attachment, list[Attachment]]:
    if not files:
        raise RejectedError("the document has no file, and Hypatos makes documents from files only")
    main = next((each for each in files if each.file.main), files[0])
    return main, [each for each in files if each is not main]


def _better_name(main: Attachment) -> str | None:
    """Return the file's name as a title where the header could not carry it as it is."""
    name = main.file.name
    return None if intake.readable(name) else titles.tidy(name)[: titles.LONGEST].strip() or None
