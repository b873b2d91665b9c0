"""A refusal by the destination while it takes nothing: the fault may be everybody's, so it is held back until that is known."""

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
    reason_class: str
    reason: str
    seen: Seen


def suspect(context: Context, transfer: Transfer, reason_class: str, reason: str, seen: Seen) -> None:
    """Hold a refusal back while the destination has taken nothing: a wrong route would reject the whole queue."""
    context.suspects[transfer.id] = Suspect(transfer, reason_class, reason, seen)
    explain(context, transfer, Fate.WAITING, reason)
    if len(context.suspects) >= context.policy.suspects:
        _accuse(context)


def _accuse(context: Context) -> None:
    first = next(iter(context.suspects.values())).reason
    context.halt(
        ConnectorError(
            f"{context.destination_name} refused all {len(context.suspects)} documents that were tried, so the route or "
            f"the account is suspected; nothing was reported to the source. Correct it and run again. First: {first}",
            connection=context.destination_name,
        )
    )


async def acquit(context: Context) -> None:
    """Settle the refusals that were held back: the destination does take others."""
    while context.suspects:
        _, held = context.suspects.popitem()
        await settle_rejected(context, held.transfer, held.reason_class, held.reason, held.seen)


async def cleared(context: Context) -> bool:
    """Settle a few refusals that were held back, since nothing else is under way. False if they are too many for that."""
    if len(context.suspects) >= context.policy.circuit:
        return False
    await acquit(context)
    return True


async def judge(context: Context) -> None:
    """Decide about what was held back once nothing more comes: a few are the documents' fault, many are the route's."""
    if len(context.suspects) >= context.policy.circuit and not context.halted(context.destination_name):
        _accuse(context)
    if not context.halted(context.destination_name):
        await acquit(context)
    for held in context.suspects.values():
        attempts = held.transfer.attempts + 1
        fault = ConnectorError(held.reason, connection=context.destination_name)
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
