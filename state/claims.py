"""Work is claimed before it is done: a row names the lease of the run that works on it, and no other run touches it then.

A claim lasts as long as the lease does, or until what came of the work is written down, in the same write. Looking comes
before claiming, so that asking in vain writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Integer, bindparam, exists, or_, select, update

from state import reading
from state.dialect import among
from state.instants import Instant
from state.lease import anchor, others, over, revoke
from state.models import feedback, step, transfer
from state.prepared import ask, carry_out
from state.reading import FOLLOWABLE, STEPS, TRANSFER, free, living, steps_of, with_steps
from state.records import PENDING, Owed
from state.texts import Text
from state.turns import COLLECT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select, Table

    from state.lease import Lease
    from state.reader import Reader
    from state.records import Step, Transfer
    from state.writer import Writer

    Query = Select[Any]

T = TypeVar("T")
_route, _now = bindparam("route", type_=Text()), bindparam("now", type_=Instant())
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
    table.name: update(table).where(among(table.c.id, "those")).values(claim=bindparam("by", type_=Text()))
    for table in (transfer, feedback)
}
_STEPS_OF_TELLING = STEPS.where(step.c.name.startswith("feedback:"))


class _Kind:
    """Rows of one table that may be claimed, in the order in which that is done: looked at, and locked."""

    def __init__(self, table: Table, query: Query) -> None:
        self.table = table
        self.first = query.limit(1)
        most = bindparam("most", type_=Integer())
        self.locked = query.limit(most).with_for_update(of=table, skip_locked=True)


_TRANSFERS = (
    select(*TRANSFER)
    .where(transfer.c.route == _route, transfer.c.status == PENDING, transfer.c.due_at <= _now)
    .where(free(transfer.c.claim, _route))
    .order_by(transfer.c.due_at, transfer.c.id)
)
_DUE = _Kind(transfer, _TRANSFERS)
_DUE_OF_THESE = _Kind(transfer, _TRANSFERS.where(among(transfer.c.id, "only")))
_LOOKS = _Kind(
    transfer,
    select(*TRANSFER)
    .where(transfer.c.route == _route, transfer.c.follow_at <= _now)
    .where(or_(*(transfer.c.status == status for status in FOLLOWABLE)), free(transfer.c.claim, _route))
    .order_by(transfer.c.follow_at, transfer.c.id),
)


def _messages() -> Query:
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
            feedback.c.route == _route,
            feedback.c.done_at.is_(None),
            feedback.c.due_at <= _now,
            # It is being delivered again: what comes of that supersedes the message.
            transfer.c.status != PENDING,
            free(feedback.c.claim, _route),
            ~exists().where(
                other.c.transfer_id == feedback.c.transfer_id,
                other.c.id != feedback.c.id,
                before | other.c.claim.in_(living(_route)),
            ),
        )
        .order_by(feedback.c.due_at, feedback.c.id)
    )


_MESSAGES = _Kind(feedback, _messages())


@dataclass(frozen=True, slots=True)
class Due:
    """What of a kind is due and free, the longest-due first."""

    kind: _Kind
    values: Mapping[str, object]


def due_transfers(route: str, now: datetime, only: Collection[int] | None = None) -> Due:
    """Return what is to be delivered (of `only`)."""
    if only is None:
        return Due(_DUE, {"route": route, "now": now})
    return Due(_DUE_OF_THESE, {"route": route, "now": now, "only": only})


def due_looks(route: str, now: datetime) -> Due:
    """Return what the far end has to be asked about."""
    return Due(_LOOKS, {"route": route, "now": now})


def due_messages(route: str, now: datetime) -> Due:
    """Return the messages that are due, none before an earlier one about the same document is answered.

    Nor one while another about the document is being told, which may be one that was superseded meanwhile.
    """
    return Due(_MESSAGES, {"route": route, "now": now})


class Claims:
    """The claims of one run. Claiming fails as the run's writes do."""

    def __init__(self, held: Lease, writer: Writer, reader: Reader) -> None:
        self._held = held
        self._writer = writer
        self._reader = reader

    async def transfers(self, due: Due, limit: int) -> list[Transfer]:
        """Claim up to `limit` of the transfers that are due, and return them with their steps."""

        def claim(connection: Connection) -> list[Transfer]:
            _settled(connection, self._held)
            found = ask(connection, due.kind.locked, **due.values, most=limit)
            _mark(connection, self._held, due, [row.id for row in found])
            return with_steps(connection, found)

        return await self._claim(due, claim)

    async def messages(self, due: Due, limit: int) -> list[Owed]:
        """Claim up to `limit` of the messages that are due; none while another run reads the listing."""

        def claim(connection: Connection) -> list[Owed]:
            if any(row.turn == COLLECT for row in _settled(connection, self._held)):
                return []
            found = ask(connection, due.kind.locked, **due.values, most=limit)
            _mark(connection, self._held, due, [row.id for row in found])
            steps = steps_of(connection, [row.transfer_id for row in found], _STEPS_OF_TELLING)
            return [Owed(*(*row, _about(row.seq, steps.get(row.transfer_id, {})))) for row in found]

        return await self._claim(due, claim)

    async def ours(self, transfer_ids: Sequence[int]) -> set[int]:
        """Return those of these transfers that are still to be delivered and that no other run works on."""
        route, me = self._held.route, self._held.name
        return await self._reader.ask(lambda connection: reading.ours(connection, route, me, transfer_ids))

    async def _claim(self, due: Due, claim: Callable[[Connection], list[T]]) -> list[T]:
        def worth_it(connection: Connection) -> bool:
            if ask(connection, due.kind.first, **due.values):
                return True
            return any(over(row) for row in others(connection, self._held.route, self._held.name))

        if not await self._reader.ask(worth_it):
            return []
        return await self._writer.call(claim, self._held)


def _about(seq: int, steps: Mapping[str, Step]) -> dict[str, Step]:
    start = f"feedback:{seq}:"
    return {name: entry for name, entry in steps.items() if f"{name}:".startswith(start)}


def _settled(connection: Connection, held: Lease) -> Sequence[Any]:
    """Settle who lives before anything is claimed; return the other runs. Nobody begins until the transaction ends."""
    anchor(connection, held.route, shared=True)
    return revoke(connection, held.route, held.name)


def _mark(connection: Connection, held: Lease, due: Due, ids: Sequence[int]) -> None:
    carry_out(connection, _CLAIM[due.kind.table.name], those=ids, by=held.name)
