"""Zefort's activities (deadlines of contracts) as a read-only source: what is due soon, overdue, or has been completed since."""

from __future__ import annotations

from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from connectors.contract import Change, Document, Page
from connectors.errors import GoneError
from connectors.zefort import models
from connectors.zefort.contents import digest
from connectors.zefort.esigns import refuse
from connectors.zefort.listing import by_status
from connectors.zefort.schemas import ACTIVITY
from connectors.zefort.spared import ITS_OWN, Spared

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
    from datetime import datetime

    from connectors.contract import Download, Feedback, Fields, File, Journal
    from connectors.zefort.client import ZefortClient


class Activities:
    """The stream `activities`: one document per deadline. `days` is how far ahead deadlines are looked for."""

    schema = ACTIVITY
    feedback_actions: Mapping[str, str] = MappingProxyType({})
    drains: Collection[str] = frozenset()

    def __init__(self, client: ZefortClient, days: int) -> None:
        self._client = client
        self._days = days

    def check_feedback(self, actions: Mapping[str, object]) -> None:
        """Raise RejectedError for any action: there is nothing to be told."""
        refuse(actions)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """List the deadlines of every contract that has a pending one up to `days` ahead, overdue ones too.

        The cursor names the contracts of the time before: one that has left the list had its deadlines completed or
        moved, and is read once more.
        """
        listed: dict[str, None] = {}
        spared, count, missing = Spared(), 0, 0
        for reading in by_status(self._client, {"pending_activities_times": f"-today+{self._days}d"}):
            async for rows in reading.rows():
                fresh = [name for row in rows if (name := models.contract(row).id) not in listed]
                listed |= dict.fromkeys(fresh)
                for name in fresh:
                    found = await self._of(name, spared)
                    count += len(found)
                    yield Page(found, None)
            missing += reading.missing
        before = _names(cursor)
        for name in before:
            if name not in listed:
                found = await self._of(name, spared)
                count += len(found)
                yield Page(found, None)
        spared.unless_all()
        # Whoever was not read stays, and so does everybody where a list hides some: they are read once too often.
        kept = {*listed, *(before if missing else spared.ids)}
        total = count + missing if missing else None
        yield Page([], msgspec.json.encode(sorted(kept)).decode(), total, spared.unseen)

    def rewind(self, cursor: str | None, to: datetime | None) -> str | None:  # noqa: ARG002 -- pending ones are listed whole
        """Return the cursor: all pending deadlines are listed each time, and it names the contracts that had some."""
        return cursor

    async def fetch(self, document_id: str) -> Document:
        """Read one deadline, with its contract's id as `contract`. Raises GoneError if the contract has it no more."""
        contract_id, _, _ = document_id.partition("/")
        for row in await self._client.activities(contract_id):
            if _id(contract_id, row) == document_id:
                fields = {**row, "contract": contract_id}
                return Document(document_id, digest(fields), fields, [])
        raise GoneError(
            f"contract {contract_id} has no such activity any more", connection=self._client.api.connection, status=404
        )

    @asynccontextmanager
    async def open(self, file: File) -> AsyncGenerator[Download, None]:
        """Raise GoneError: a deadline has no files."""
        raise GoneError(f"an activity has no file {file.id}", connection=self._client.api.connection, status=404)
        yield  # makes this a generator, as the contract asks

    async def report(self, feedback: Feedback, journal: Journal) -> None:
        """Do nothing, for nothing can be told: RejectedError if there is anything."""
        del journal
        refuse(feedback.actions)

    async def _of(self, contract_id: str, spared: Spared) -> list[Change]:
        try:
            rows = await self._client.activities(contract_id)
        except GoneError:  # the contract went away between two calls
            return []
        except ITS_OWN as error:
            spared.pass_over(contract_id, error)
            return []
        spared.was_read()
        return [Change(_id(contract_id, row), digest(row)[:32]) for row in rows]


def _id(contract_id: str, row: Fields) -> str:
    # The items of this list are not published: one without an id is known by what it says.
    own = models.identity(row) or digest([row.get("title"), row.get("time"), row.get("description")])[:16]
    return f"{contract_id}/{own}"


def _names(cursor: str | None) -> list[str]:
    try:
        found: object = msgspec.json.decode(cursor or "[]")
    except ValueError:
        return []
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
