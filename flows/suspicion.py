"""A refusal by an end that lets nobody through: the fault may be everybody's, so it is held back until that is known.

A destination that takes nothing may mean a wrong route, a source that shows nothing a proxy that refuses everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError
from flows.settling import explain, settle_rejected
from flows.tally import Fate

if TYPE_CHECKING:
    from flows.context import Context
    from flows.settling import Seen
    from state.records import Transfer


@dataclass(frozen=True, slots=True)
class Suspect:
    """A refusal that is held back, with what would be written down about it."""

    transfer: Transfer
    connection: str
    reason_class: str
    reason: str
    seen: Seen


def suspect(context: Context, transfer: Transfer, by: str, reason_class: str, reason: str, seen: Seen) -> None:
    """Hold a refusal back while the connection `by` has let nobody through: else the whole queue would be rejected."""
    context.suspects[transfer.id] = Suspect(transfer, by, reason_class, reason, seen)
    explain(context, transfer, Fate.WAITING, reason)
    if len(_held(context, by)) >= context.policy.suspects:
        _accuse(context, by)


def _held(context: Context, *connections: str) -> list[Suspect]:
    return [one for one in context.suspects.values() if one.connection in connections]


def _accuse(context: Context, connection: str) -> None:
    held = _held(context, connection)
    context.halt(
        ConnectorError(
            f"{connection} refused all {len(held)} documents that were tried, so the route or "
            f"the account is suspected; nothing was reported to the source. Correct it and run again. "
            f"First: {held[0].reason}",
            connection=connection,
        )
    )


async def acquit(context: Context, *connections: str) -> None:
    """Settle the refusals by these connections that were held back: they do let others through."""
    for held in _held(context, *connections):
        if context.suspects.pop(held.transfer.id, None) is not None:
            await settle_rejected(context, held.transfer, held.reason_class, held.reason, held.seen)


async def cleared(context: Context) -> bool:
    """Settle a few refusals that were held back, since nothing else is under way. False if they are too many for that."""
    ends = _ends(context)
    if any(len(_held(context, end)) >= context.policy.circuit for end in ends):
        return False
    await acquit(context, *ends)
    return True


async def judge(context: Context) -> None:
    """Decide about what was held back once nothing more comes: a few are the documents' fault, many are the route's."""
    for end in _ends(context):
        if len(_held(context, end)) >= context.policy.circuit and not context.halted(end):
            _accuse(context, end)
        if not context.halted(end):
            await acquit(context, end)
    for held in context.suspects.values():
        attempts = held.transfer.attempts + 1
        fault = ConnectorError(held.reason, connection=held.connection)
        await context.run.postpone(
            held.transfer.id,
            due_at=context.policy.retry_at(
                attempts, fault, others_succeed=False
            ),  # so that others come first next time
            attempts=attempts,
            reason_class=held.reason_class,
            reason=held.reason,
            at=datetime.now(UTC),
        )


def _ends(context: Context) -> set[str]:
    return {context.source_name, context.destination_name}
