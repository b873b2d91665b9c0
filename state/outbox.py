"""The outbox to the source as one run sees it: what is owed, and what came of telling it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from state import reading, retelling
from state import statements as sql
from state.claims import due_messages
from state.lease import anchor

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from state.claims import Claims
    from state.lease import Lease
    from state.reader import Reader
    from state.records import Owed
    from state.writer import Line, Writer


class Outbox:
    """Messages about the documents of a run's route. Writes return once they are on the disk, and fail as the run's do."""

    def __init__(self, run_id: str, lease: Lease, writer: Writer, reader: Reader, claims: Claims) -> None:
        self._run_id = run_id
        self._route = lease.route
        self._lease = lease
        self._writer = writer
        self._reader = reader
        self._claims = claims
        self.news = asyncio.Event()
        """Set whenever the source has come to be owed something because a document was settled."""

    async def claim(self, limit: int, now: datetime) -> list[Owed]:
        """Claim up to `limit` due messages, about one document in their order; none while another run reads the listing.

        A message waits while its document is to be delivered again: what comes of that supersedes it.
        """
        return await self._claims.messages(due_messages(self._route, now), limit)

    async def owed_count(self) -> int:
        """Count the messages the source is still owed, due or not, without those that other runs are telling."""
        return await self._reader.ask(lambda connection: reading.owed_count(connection, self._route, self._lease.name))

    async def oldest_owed(self) -> datetime | None:
        """Say since when the source has been owed what it has been owed longest, None if it is owed nothing."""
        return await self._reader.ask(lambda connection: reading.oldest_owed(connection, self._route))

    async def next_owed(self) -> datetime | None:
        """Say when the next message that nobody is telling is due (maybe in the past), None if none may be told now."""
        return await self._reader.ask(lambda connection: reading.next_owed(connection, self._route))

    async def has_told(self, transfer_id: int, outcomes: Collection[str]) -> bool:
        """Say whether the source has taken a message about a document with one of these outcomes."""
        asked = tuple(outcomes)
        return await self._reader.ask(lambda connection: retelling.has_told(connection, transfer_id, asked))

    async def owe_again(self, outcomes: Collection[str], mapping: str, now: datetime) -> list[int]:
        """Owe anew what was refused under another version of the route, if it is one of these outcomes.

        Return the transfers whose last message the source has refused and is not told again.
        """
        kept = tuple(outcomes)

        def again(connection: Connection) -> list[int]:
            anchor(connection, self._route)  # or two runs would owe it both
            return retelling.owe_again(connection, self._route, self._run_id, kept, mapping, now)

        return await self._writer.call(again, self._lease)

    async def told(self, feedback_id: int, *, at: datetime, detail: str | None = None) -> None:
        """Write down that the source took a message."""
        await self._answered(feedback_id, "told", at, detail, None)

    async def refused(self, feedback_id: int, *, at: datetime, reason: str) -> None:
        """Write down that the source will never take a message."""
        await self._answered(feedback_id, "refused", at, reason, reason)

    async def gone(self, feedback_id: int, *, at: datetime, reason: str) -> None:
        """Write down that the source has nobody any more who could be told, so that nothing is left to be done."""
        await self._answered(feedback_id, "gone", at, reason, reason)

    async def owe_later(self, feedback_id: int, *, due_at: datetime, attempts: int, reason: str, at: datetime) -> None:
        """Keep a message owed until `due_at`."""
        values: dict[str, object] = {"this": feedback_id, "to_due": due_at, "to_attempts": attempts}
        await self._writer.lines(
            ((sql.OWE_LATER, values), self._event(feedback_id, at, retelling.POSTPONED, reason)), self._lease
        )

    async def _answered(
        self, feedback_id: int, answer: str, at: datetime, detail: str | None, said: str | None
    ) -> None:
        values: dict[str, object] = {"this": feedback_id, "now": at, "to_answer": answer, "to_said": said}
        await self._writer.lines(((sql.ANSWERED, values), self._event(feedback_id, at, answer, detail)), self._lease)

    def _event(self, feedback_id: int, at: datetime, kind: str, detail: str | None) -> Line:
        return sql.FEEDBACK_EVENT, {"this": feedback_id, "now": at, "by": self._run_id, "what": kind, "words": detail}
