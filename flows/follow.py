"""Follow: ask the far end how delivered documents are doing, until they are confirmed and for a while after that."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.contract import State
from connectors.errors import ConnectorError, GoneError, NoSuchCallError, RejectedError
from flows.context import is_fatal, where
from flows.ends import Ends
from flows.journal import LedgerJournal
from flows.later import news
from flows.log_lines import about_its_document
from flows.pool import pool
from flows.tally import Fate
from state.errors import StateError
from state.records import CONFIRMED, WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from connectors.contract import Outcome
    from flows.context import Context
    from flows.policy import Policy
    from state.records import Transfer

log = logging.getLogger("docferry")
_BATCH = 200
MISSED = "missed"
"""The step that tells when a document was first not found at the far end: one miss alone may be a passing fault."""


async def follow(context: Context, *, ask_for_dropped: bool = True) -> int:
    """Look at everything whose time has come, and at what the far end itself lists as dropped or refused.

    Returns how many documents were altered at the far end and have become due again.
    """
    if ask_for_dropped:
        await _mark_dropped(context)
    altered: list[int] = []

    async def take(wanted: int, _busy: set[int]) -> list[tuple[int, Awaitable[None]]]:
        due = await context.run.following.claim(wanted, datetime.now(UTC))
        return [(transfer.id, look(context, transfer, altered)) for transfer in due]

    async def idle() -> bool:
        return False

    await pool(
        context.policy.in_flight,
        take,
        idle,
        Ends(context, (context.destination_name,)),
    )
    return len(altered)


async def _mark_dropped(context: Context) -> None:
    """Make everything due for a look that the far end lists as dropped or refused."""
    try:
        dropped: list[str] = []
        async for external_id in context.open.destination.dropped():
            dropped.append(external_id)
            if len(dropped) >= _BATCH:
                await context.run.following.look_now(dropped, datetime.now(UTC))
                dropped.clear()
        await context.run.following.look_now(dropped, datetime.now(UTC))
        context.got_through(context.destination_name)
    except (RejectedError, NoSuchCallError) as error:
        # Not every account may read the trash; the documents' own clocks still cover it, only later.
        log.info("the far end does not list what it dropped: %s", error)
    except StateError as error:
        context.halt(error)
    except ConnectorError as error:
        if is_fatal(error):
            context.halt(error)
        else:
            context.failed(error)
    except Exception as error:  # noqa: BLE001 -- the documents' own clocks still cover it
        log.error("what the far end dropped: unexpected %s", where(error))  # noqa: TRY400 -- see where()


@about_its_document
async def look(context: Context, transfer: Transfer, altered: list[int]) -> None:
    """Ask about one document and write down what is new."""
    now = datetime.now(UTC)
    delivered_at = transfer.delivered_at or now
    try:
        outcome = await context.open.destination.outcome(
            transfer.external_id or "", LedgerJournal(context.run, transfer.id, transfer.steps)
        )
        context.got_through(context.destination_name)
        await _note(context, transfer, outcome, delivered_at)
        if outcome.state is State.ALTERED:
            altered.append(transfer.id)
    except GoneError as error:
        log.info("document %s: %s", transfer.document_id, error)
        await context.run.following.answered(
            transfer.id, at=now, follow_at=context.follow_at(delivered_at, accepted=True)
        )
    except StateError as error:
        context.halt(error)
    except ConnectorError as error:
        if is_fatal(error):
            context.halt(error)
            return
        context.failed(error)
        await context.run.following.answered(
            transfer.id, at=now, follow_at=context.follow_at(delivered_at, accepted=False)
        )
    except Exception as error:  # noqa: BLE001 -- one document's trouble must not stop the others
        log.error("document %s: unexpected %s", transfer.document_id, where(error))  # noqa: TRY400 -- see where()
        await context.run.following.answered(
            transfer.id, at=now, follow_at=context.follow_at(delivered_at, accepted=False)
        )


def _second_look(transfer: Transfer, policy: Policy, now: datetime) -> datetime | None:
    """Say when what was not found is to be looked for again; None once that has been done late enough."""
    missed = transfer.steps.get(MISSED)
    first = now if missed is None else missed.intent_at
    again_at = first + timedelta(seconds=policy.miss_again)
    return again_at if missed is None or now < again_at else None


async def _note(context: Context, transfer: Transfer, outcome: Outcome, delivered_at: datetime) -> None:
    now = datetime.now(UTC)
    run, policy = context.run, context.policy
    doubtful = outcome.state is State.GONE and not outcome.sure and transfer.status != WITHDRAWN
    if doubtful and (again_at := _second_look(transfer, policy, now)):
        if MISSED not in transfer.steps:
            run.done(transfer.id, MISSED, "", now)
        await run.following.answered(
            transfer.id, at=now, follow_at=again_at, event="not found at the far end", detail="it is looked for again"
        )
        return
    if MISSED in transfer.steps:
        await run.forget(transfer.id, MISSED)
    match outcome.state:
        case State.PENDING:
            await run.following.answered(transfer.id, at=now, follow_at=context.follow_at(delivered_at, accepted=False))
        case State.ALTERED:
            await run.following.answered(
                transfer.id,
                at=now,
                status="pending",
                follow_at=None,
                due_at=now,
                event="altered at the far end",
                detail=outcome.reason,
            )
            context.tally.decide(transfer.id, Fate.WAITING)
            context.news.set()
        case _:
            await _stands(context, transfer, outcome, delivered_at)


async def _stands(context: Context, transfer: Transfer, outcome: Outcome, delivered_at: datetime) -> None:
    """Write down that the far end holds it, or has dropped it, and what is new about that."""
    held = outcome.state is State.ACCEPTED
    found = news(outcome, transfer.standing, context.open.route.feedback)
    await context.run.following.answered(
        transfer.id,
        at=datetime.now(UTC),
        status=CONFIRMED if held else WITHDRAWN,
        # What the far end has dropped it may still take back.
        follow_at=context.follow_at(delivered_at, accepted=True),
        event=found.event,
        detail=_detail(outcome),
        reason=None if held or found.event is None else outcome.reason,
        tell=found.tell,
        standing=found.standing,
    )
    if not held and transfer.status != WITHDRAWN:
        context.tally.withdrawn += 1
        context.tally.explain(transfer.document_id, Fate.WITHDRAWN, outcome.reason or "the destination did not say why")


def _detail(outcome: Outcome) -> str | None:
    sentences = [outcome.reason, *outcome.causes.values()]
    return "; ".join(each for each in sentences if each) or None
