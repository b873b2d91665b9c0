"""Zefort contracts as a destination: made once, completed step by step, kept up to date, and watched."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.contract import Outcome, Result, State
from connectors.errors import AccessError, GoneError, RejectedError, UnsettledError
from connectors.zefort import client as paths
from connectors.zefort import models
from connectors.zefort.attributes import FINAL, SENT, Writer, altered, edited, is_ours, keep_shown
from connectors.zefort.files import Files, main_file
from connectors.zefort.filing import Binders, Tags
from connectors.zefort.later import LATER
from connectors.zefort.parties import Parties
from connectors.zefort.payload import read
from connectors.zefort.schemas import CONTRACT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from connectors.contract import Delivery, Fields, Journal
    from connectors.memory import Memory
    from connectors.zefort.client import ZefortClient
    from connectors.zefort.models import Contract
    from connectors.zefort.payload import Wanted

log = logging.getLogger(__name__)

FORBIDDEN = 403
_REVIEWED = frozenset({"done", "archived"})
READ_LAG = timedelta(seconds=5)
"""How long a contract may show itself as it was before a write."""
LISTED = 5
"""How many pages of the trash and of failed contracts `dropped` reads: a cheap hint, `outcome` is the truth."""


class Contracts:
    """The stream `contracts`. `settle` is how long reads may lag behind a write before it is made again."""

    schema = CONTRACT
    later = LATER["contracts"]

    def __init__(self, client: ZefortClient, settle: timedelta, memory: Memory, docai_skip: Sequence[str] = ()) -> None:
        self._client = client
        self._files = Files(client, settle, docai_skip)
        # A contract is read by its id, without an index in between, so that much sooner.
        self._soon = min(settle, READ_LAG)
        self._parties = Parties(client, self._soon, memory)
        self._tags = Tags(client, memory)
        self._binders = Binders(client, settle, memory)
        self._writer = Writer(client)

    def check(self, payload: Fields) -> None:
        """Raise RejectedError if this payload can never become a contract."""
        read(payload)

    async def push(self, delivery: Delivery, journal: Journal) -> str:
        """Make one contract show all of the delivery; go on where an earlier attempt stopped.

        RejectedError: it can never be, or the contract is gone or in the trash, where a person put it.
        """
        wanted = read(delivery.payload)
        if delivery.replaces is None:
            main_file(delivery)
        binders = await self._binders.resolve(wanted.binders)
        contract_id, contract = delivery.replaces, None
        if contract_id is None:
            contract_id, contract = await self._files.contract(delivery, wanted, binders, journal)
        try:
            if contract is None:
                contract = await self._client.contract(contract_id)
            await self._complete(contract, delivery, wanted, binders, journal)
        except GoneError as error:
            if delivery.replaces is None and error.connection == self._client.api.connection:
                # What was only just made may not be readable yet.
                raise UnsettledError(
                    f"contract {contract_id} was made and cannot be read yet: {error}",
                    look_again_at=datetime.now(UTC) + self._soon,
                    connection=error.connection,
                ) from None
            # Not GoneError: that would say that the source's document is gone.
            raise RejectedError(
                f"contract {contract_id} cannot be completed: {error}", connection=error.connection, status=error.status
            ) from error
        except RejectedError as error:
            raise RejectedError(
                f"contract {contract_id} is incomplete: {error}", connection=error.connection, status=error.status
            ) from error
        return contract_id

    async def outcome(self, external_id: str, journal: Journal) -> Outcome:
        """Read the contract and say how it stands. What a person changes after the AI is done is respected."""
        try:
            contract = await self._client.contract(external_id)
        except GoneError:
            return Outcome(State.GONE, "it was deleted, or this key may not see it any more", sure=False)
        if contract.trashed:
            return Outcome(State.GONE, "it was moved to the trash")
        if contract.status == "error":
            words = "Zefort could not process it (status error)"
            return Outcome(State.REFUSED, words, causes={Result.ERROR: None})
        if contract.analysing:
            return Outcome(State.PENDING)
        if contract.status == "limited":
            log.warning("contract %s has status limited: the file is stored, the AI has probably not run", external_id)
        if keys := altered(contract, journal):
            return Outcome(State.ALTERED, f"it does not show what was sent: {', '.join(keys)}")
        if contract.analysed and journal.results(SENT) and not journal.results(FINAL):
            # Seen whole after the AI had finished: whatever is different from now on, a person has changed.
            await journal.record(FINAL, "seen whole after the AI had finished")
        await keep_shown(contract, journal)
        return Outcome(State.ACCEPTED, causes=await self._causes(contract, journal))

    async def dropped(self) -> AsyncIterator[str]:
        """List contracts that lie in the trash or ended in an error, a few pages of each."""
        async for row in self._client.rows(paths.TRASH, most=LISTED):
            yield models.contract(row).id
        async for row in self._client.rows(paths.CONTRACTS, most=LISTED, status="error"):
            yield models.contract(row).id

    async def _causes(self, contract: Contract, journal: Journal) -> dict[Result, str | None]:
        """Say what people have done to it since."""
        causes: dict[Result, str | None] = {}
        if keys := edited(contract, journal):
            causes[Result.EDITED] = f"a person has changed {', '.join(keys)}"
        if contract.status in _REVIEWED and not is_ours(contract, journal):
            causes[Result.ACCEPTED] = None
        if await self._signed(contract):
            causes[Result.SIGNED] = None
        return causes

    async def _signed(self, contract: Contract) -> bool:
        """Say whether a signing request of it is completed. How a contract lists them is not published: as ids, perhaps."""
        for esign_id, status in contract.esigns:
            try:
                shown = status or models.text((await self._client.esign(esign_id)).get("status"))
            except RejectedError:
                continue  # it was removed
            except AccessError as error:
                if error.status != FORBIDDEN:
                    raise
                return False  # this key may not see signing requests
            if shown == "completed":
                return True
        return False

    async def _complete(
        self, contract: Contract, delivery: Delivery, wanted: Wanted, binders: Sequence[str], journal: Journal
    ) -> None:
        """Bring about everything but the contract itself. What is recorded as done is left to the people in Zefort."""
        if contract.trashed:
            raise RejectedError(f"contract {contract.id} is in the trash; restore it in Zefort and retry")
        await self._files.attach(contract.id, delivery, journal)
        await self._parties.bring_about(contract, wanted.parties, journal)
        tags = journal.fingerprint("\n".join(wanted.tags))
        tagged = journal.results("tags").get("tags") == tags
        tasks = {} if tagged else await self._tags.put_on(contract, wanted.tags)
        await self._note(contract.id, delivery.key, wanted.note, journal)
        if journal.results("binders").get("binders") != (in_binders := ",".join(sorted(binders))):
            await self._binders.put_in(contract.id, binders)
            await journal.record("binders", in_binders)
        # Attributes come last: their answer shows the whole contract, and the AI has had the most time to finish.
        await self._writer.write(contract, wanted, journal)
        await self._tags.finish(contract.id, tasks)
        if not tagged:
            await journal.record("tags", tags)

    async def _note(self, contract_id: str, key: str, extra: str | None, journal: Journal) -> None:
        """Add a note with the full source key: the marker in the file name is short, this one people can read."""
        content = f"docferry: {key}" + (f"\n\n{extra}" if extra else "")

        async def add() -> str:
            await self._client.add_note(contract_id, content)
            return "added"

        async def find() -> str | None:
            notes = (await self._client.contract(contract_id)).notes
            return "found" if any(note.split() == content.split() for note in notes) else None

        await journal.once(f"note:{journal.fingerprint(content)}", add, find, settle=self._soon)
