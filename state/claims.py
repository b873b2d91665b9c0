"""Work is claimed before it is done: a row names the lease of the run that works on it, and no other run touches it then.

A claim lasts as long as the lease does, or until what came of the work is written down, in the same write. Looking comes
before claiming, so that asking in vain writes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import bindparam, exists, select, update

from state import reading
from state.lease import anchor, others, over, revoke
from state.models import feedback, step, transfer
from state.reading import FOLLOWABLE, TRANSFER, chunks, free, living, steps_of, transfers
from state.records import PENDING, Owed
from state.turns import COLLECT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select, Table

    from state.lease import Lease
    from state.reader import Reader
    from state.records import Step, Transfer
    from state.writer import Writer

    Query = Select[*tuple[Any, ...]]

T = TypeVar("T")
_OWED = (
    feedback.c.id,
    feedback.c.transfer_id,
    feedback.c.seq,
    feedback.c.outcome,
    feedback.c.reason,
    feedback.c.owed_at,
    feedback.c.due_at,
    feedback.c.attempts,
    transfer.c.document_id,
    transfer.c.external_id,
    transfer.c.key,
    transfer.c.content_version,
)
_CLAIM = {
    table.name: update(table).where(table.c.id.in_(bindparam("those", expanding=True))).values(claim=bindparam("by"))
    for table in (transfer, feedback)
}


def due_transfers(route: str, now: datetime, only: Collection[int] | None = None) -> Query:
    """Select what is due (of `only`) and free, the longest-due first."""
    query = select(*TRANSFER).where(
        transfer.c.route == route,
        transfer.c.status == PENDING,
        transfer.c.due_at <= now,
        free(transfer.c.claim, route),
    )
    if only is not None:
        query = query.where(transfer.c.id.in_(only))
    return query.order_by(transfer.c.due_at, transfer.c.id)


def due_looks(route: str, now: datetime) -> Query:
    """Select what the far end has to be asked about and is free, the longest-due first."""
    query = select(*TRANSFER).where(
        transfer.c.route == route,
        transfer.c.follow_at <= now,
        transfer.c.status.in_(FOLLOWABLE),
        free(transfer.c.claim, route),
    )
    return query.order_by(transfer.c.follow_at, transfer.c.id)


def due_messages(route: str, now: datetime) -> Query:
    """Select the messages that are due, none before an earlier one about the same document is answered.

    Nor one while another about the document is being told, which may be one that was superseded meanwhile.
    """
    other = feedback.alias("other")
    told = (
        select(other.c.outcome)
        .where(other.c.transfer_id == feedback.c.transfer_id, other.c.answer == "told")
        .order_by(other.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    before = other.c.done_at.is_(None) & (other.c.seq < feedback.c.seq)
    return (
        select(*_OWED, told)
        .join(transfer, transfer.c.id == feedback.c.transfer_id)
        .where(
            feedback.c.route == route,
            feedback.c.done_at.is_(None),
            feedback.c.due_at <= now,
            # It is being delivered again: what comes of that supersedes the message.
            transfer.c.status != PENDING,
            free(feedback.c.claim, route),
            ~exists().where(
                other.c.transfer_id == feedback.c.transfer_id,
                other.c.id != feedback.c.id,
                before | other.c.claim.in_(living(route)),
            ),
        )
        .order_by(feedback.c.due_at, feedback.c.id)
    )


class Claims:
    """The claims of one run. Claiming fails as the run's writes do."""

    def __init__(self, held: Lease, writer: Writer, reader: Reader) -> None:
        self._held = held
        self._writer = writer
        self._reader = reader

    async def transfers(self, due: Query, limit: int) -> list[Transfer]:
        """Claim up to `limit` of the transfers that a query selects, and return them with their steps."""

        def claim(connection: Connection) -> list[Transfer]:
            _settled(connection, self._held)
            found = transfers(connection, due.limit(limit).with_for_update(of=transfer, skip_locked=True))
            _mark(connection, self._held, transfer, [one.id for one in found])
            return found

        return await self._claim(due, claim)

    async def messages(self, due: Query, limit: int) -> list[Owed]:
        """Claim up to `limit` of the messages that a query selects; none while another run reads the listing."""

        def claim(connection: Connection) -> list[Owed]:
            if any(row.turn == COLLECT for row in _settled(connection, self._held)):
                return []
            locked = due.limit(limit).with_for_update(of=feedback, skip_locked=True)
            found = [Owed(*row) for row in connection.execute(locked)]
            _mark(connection, self._held, feedback, [one.id for one in found])
            steps = steps_of(connection, [one.transfer_id for one in found], step.c.name.startswith("feedback:"))
            return [replace(one, steps=_about(one, steps.get(one.transfer_id, {}))) for one in found]

        return await self._claim(due, claim)

    async def ours(self, transfer_ids: Sequence[int]) -> set[int]:
        """Return those of these transfers that are still to be delivered and that no other run works on."""
        route, me = self._held.route, self._held.name
        return await self._reader.ask(lambda connection: reading.ours(connection, route, me, transfer_ids))

    async def _claim(self, due: Query, claim: Callable[[Connection], list[T]]) -> list[T]:
        def worth_it(connection: Connection) -> bool:
            if connection.execute(due.limit(1)).first() is not None:
                return True
            return any(over(row) for row in others(connection, self._held.route, self._held.name))

        if not await self._reader.ask(worth_it):
            return []
        return await self._writer.call(claim, self._held)


def _about(message: Owed, steps: Mapping[str, Step]) -> dict[str, Step]:
    start = f"feedback:{message.seq}:"
    return {name: entry for name, entry in steps.items() if f"{name}:".startswith(start)}


def _settled(connection: Connection, held: Lease) -> Sequence[Any]:
    """Settle who lives before anything is claimed; return the other runs. Nobody begins until the transaction ends."""
    anchor(connection, held.route, shared=True)
    return revoke(connection, held.route, held.name)


def _mark(connection: Connection, held: Lease, table: Table, ids: Sequence[int]) -> None:
    for some in chunks(ids):
        connection.execute(_CLAIM[table.name], {"those": list(some), "by": held.name})
