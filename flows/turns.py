"""Whose turn a document is, on a pair of routes: one attempt of one of them, or waiting for the other."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.errors import TransientError
from flows.tally import Fate
from state.records import HELD, PENDING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from flows.context import Context
    from flows.traces import Traces
    from state.pairs import Grip
    from state.records import Transfer
    from state.writer import Line

_BEYOND = 0.01


@dataclass(slots=True)
class Turn:
    """One attempt at a document. `grip` is None where no other route has to do with it, or not yet.

    `traces` are what the delivery is going to leave at the far end, `beside` lines that are written with its settling.
    """

    transfer: Transfer
    grip: Grip | None = None
    traces: Traces | None = None
    beside: list[Line] = field(default_factory=list)

    @property
    def peer(self) -> Transfer | None:
        """The other route's transfer of the same two documents."""
        return self.grip.peer if self.grip is not None else None


@asynccontextmanager
async def taking_turns(context: Context, transfer: Transfer) -> AsyncIterator[Turn | None]:
    """Have a document to ourselves on both routes of a pair, as it stands now; None if it is not our turn, or done with."""
    pair = context.open.pair
    if pair is None or transfer.external_id is None:
        yield Turn(transfer)
        return
    grip = await context.run.pairs.engage(transfer.id, pair.route.name)
    if grip is None:
        await wait(context, transfer, f"{pair.route.name} is at work on it", soon=True)
        yield None
        return
    try:
        if grip.transfer.status == PENDING:
            yield Turn(grip.transfer, grip)
        else:
            # The other route has settled it between our claim and our turn.
            context.run.pairs.pass_over(transfer.id)
            context.tally.decide(transfer.id, Fate.HELD if grip.transfer.status == HELD else Fate.UNCHANGED)
            yield None
    finally:
        context.run.pairs.release(grip)


async def wait(context: Context, transfer: Transfer, reason: str, *, soon: bool = False) -> None:
    """Leave a document to the next run, because the other route comes first; `soon` if that is at work on it just now.

    It is never given up for that.
    """
    now, attempts = datetime.now(UTC), transfer.attempts + 1
    # Later than this run would wait for: what is waited for are runs of the other route.
    due_at = now + timedelta(seconds=context.policy.patience + _BEYOND)
    if soon:
        due_at = context.policy.retry_at(attempts, TransientError(reason), others_succeed=True)
    await context.run.postpone(
        transfer.id, due_at=due_at, attempts=attempts, reason_class="transient", reason=reason, at=now
    )
    context.tally.decide(transfer.id, Fate.WAITING)
    context.tally.explain(transfer.document_id, Fate.WAITING, reason)
