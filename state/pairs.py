"""A pair of routes in the ledger: the two transfers of one document, whose turn it is, and what counts as seen on both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select, update

from state import pair_statements as sql
from state.lease import revoke
from state.models import lease as lease_table
from state.models import step, transfer
from state.reading import TRANSFER, transfers
from state.records import CONFLICT, FAILED, HELD, PENDING, REJECTED, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from state.lease import Lease
    from state.reader import Reader
    from state.records import Transfer
    from state.writer import Line, Writer

_UNFINISHED = (PENDING, REJECTED, FAILED, SKIPPED, HELD)
_OTHERS = ("feedback:", "two-way")
"""How steps begin that make nothing at the far end."""


@dataclass(frozen=True, slots=True)
class Grip:
    """A transfer whose turn it is, as it is now, and that of the other route about the same two documents, if it is known.

    `mark` is the transfer whose row says that somebody is at work.
    """

    transfer: Transfer
    peer: Transfer | None
    mark: int


@dataclass(frozen=True, slots=True)
class Relatives:
    """What the other route may have to do with a document that this one has not carried yet.

    `parent` holds it as its copy, or has `made` it and not come to its end. `open` are transfers (id, key, status) that
    were about to make something, and do not know whether they did.
    """

    parent: Transfer | None = None
    made: bool = False
    open: tuple[tuple[int, str, str], ...] = ()


class Pairs:
    """The other route's transfers as a run of one half of a pair sees and writes them. Writes fail as the run's do."""

    def __init__(self, run_id: str, lease: Lease, writer: Writer, reader: Reader) -> None:
        self._run_id = run_id
        self._route = lease.route
        self._lease = lease
        self._writer = writer
        self._reader = reader

    async def engage(self, transfer_id: int, other: str) -> Grip | None:
        """Take the turn on both sides of a document that the far end holds; None if a run of the other route has it.

        The turn ends with `release`, or with the lease of the run.
        """
        return await self._writer.call(lambda connection: self._engage(connection, transfer_id, other), self._lease)

    def release(self, grip: Grip) -> None:
        """Let go of both sides, soon."""
        self._writer.post([(sql.RELEASE, {"this": grip.mark, "by": self._lease.name})], self._lease)

    def pass_over(self, transfer_id: int) -> None:
        """Give back, soon, the claim on a transfer that the other route has settled meanwhile."""
        self._writer.post([(sql.PASS_OVER, {"this": transfer_id, "by": self._lease.name})], self._lease)

    async def relatives(self, other: str, document_id: str, among: Collection[int] | None) -> Relatives:
        """Look for what the other route has to do with a document that is new here.

        With `among`, only these transfers count as open: what has begun since cannot have made the document.
        """
        return await self._reader.ask(lambda connection: _relatives(connection, other, document_id, among))

    async def write(self, *lines: Line) -> None:
        """Write lines of this class together."""
        await self._writer.lines(lines, self._lease)

    # Lines, to be written together with what became of the run's own transfer

    def born(self, transfer_id: int) -> Line:
        """Remember that the document was made at this route's source, unless it is known where."""
        return sql.BORN, {"this": transfer_id}

    def copied(self, transfer_id: int) -> Line:
        """Remember that the document was made at this route's destination."""
        return sql.COPIED, {"this": transfer_id}

    def entered(  # noqa: PLR0913 -- one row's facts, all named
        self,
        other: str,
        document_id: str,
        external_id: str,
        *,
        content_version: str | None,
        payload_digest: str | None,
        mapping_version: str,
        edited: bool,
        follow_at: datetime | None,
        at: datetime,
    ) -> list[Line]:
        """Enter, or renew, the other route's transfer of a document that this one has just brought up to date.

        `content_version` and `payload_digest` are of what the document shows now: that is no news to the other route. If
        it shows what somebody else has written meanwhile (`edited`) the transfer is due, and they stay as they were.
        """
        values: dict[str, object] = {
            "route": other,
            "document_id": document_id,
            "external_id": external_id,
            "key": f"{other}:{document_id}",
            "content_version": "" if edited else content_version,
            "payload_digest": None if edited else payload_digest,
            "mapping_version": mapping_version,
            "status": PENDING if edited else "confirmed",
            "due_at": at if edited else None,
            "follow_at": follow_at,
            "delivered_at": at,
            "version": "",
            "attempts": 0,
            "asked": False,
            "origin": "destination",
        }
        return [(sql.ENTER_EDITED if edited else sql.ENTER, values)]

    def due(self, peer: Transfer, at: datetime) -> Line:
        """Have the other route carry its side."""
        return sql.DUE, {"this": peer.id, "now": at}

    def held(self, peer: Transfer, reason: str) -> Line:
        """Have the other route wait for a person, too."""
        return sql.HOLD, {"this": peer.id, "why": reason, "class": CONFLICT}

    def event(self, peer: Transfer, at: datetime, kind: str, detail: str) -> Line:
        """Tell the other route's timeline."""
        return sql.EVENT, {"transfer_id": peer.id, "at": at, "run_id": self._run_id, "kind": kind, "detail": detail}

    def step(self, transfer: Transfer, name: str, result: str, at: datetime) -> Line:
        """Keep a record with one of the two transfers."""
        values = {"transfer_id": transfer.id, "name": name, "intent_at": at, "done_at": at, "result": result}
        return sql.STEP, values

    def forget(self, peer: Transfer, *names: str) -> list[Line]:
        """Drop records of the other route that what was just brought about has made untrue."""
        return [(sql.FORGET, {"this": peer.id, "what": name}) for name in names if name in peer.steps]

    def _engage(self, connection: Connection, transfer_id: int, other: str) -> Grip | None:
        mine = transfers(connection, select(*TRANSFER).where(transfer.c.id == transfer_id))[0]
        query = select(*TRANSFER).where(transfer.c.route == other, transfer.c.document_id == mine.external_id)
        found = transfers(connection, query) if mine.external_id is not None else []
        peer = found[0] if found else None
        mark = min(mine.id, peer.id) if peer is not None else mine.id
        here = transfer.c.id == mark
        before = connection.execute(select(transfer.c.engaged).where(here)).scalar_one()
        if before is not None and before != self._lease.name:
            # A run whose lease is over has no turn any more, and can write nothing either once it was taken away.
            for route in (self._route, other):
                revoke(connection, route, self._lease.name)
            if connection.execute(select(lease_table.c.name).where(lease_table.c.name == before)).first() is not None:
                return None
        unchanged = transfer.c.engaged.is_not_distinct_from(before)
        taken = connection.execute(update(transfer).where(here, unchanged).values(engaged=self._lease.name))
        return Grip(mine, peer, mark) if taken.rowcount else None


def _relatives(connection: Connection, other: str, document_id: str, among: Collection[int] | None) -> Relatives:
    holding = select(*TRANSFER).where(transfer.c.route == other, transfer.c.external_id == document_id)
    if found := transfers(connection, holding):
        return Relatives(found[0])
    query = (
        select(transfer.c.id, transfer.c.key, transfer.c.status, step.c.result)
        .join(step, step.c.transfer_id == transfer.c.id)
        .where(transfer.c.route == other, transfer.c.status.in_(_UNFINISHED))
        .where(*(~step.c.name.startswith(name) for name in _OTHERS))
        .where(or_(step.c.done_at.is_(None), step.c.result == document_id))
        .order_by(transfer.c.id)
    )
    rows = connection.execute(query).all()
    made = next((row.id for row in rows if row.result == document_id), None)
    if made is not None:
        return Relatives(transfers(connection, select(*TRANSFER).where(transfer.c.id == made))[0], made=True)
    begun = dict.fromkeys((row.id, row.key, row.status) for row in rows if among is None or row.id in among)
    return Relatives(open=tuple(begun))
