"""Report: tell the source what became of its documents, in order per document, until it took effect."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from connectors.contract import Feedback, Result
from connectors.errors import ConnectorError, GoneError, OvertakenError, RejectedError, TransientError, UnsettledError
from flows.context import is_fatal, sleep_or_stop, where
from flows.ends import Ends
from flows.journal import LedgerJournal
from flows.log_lines import about_its_document
from flows.pool import ASK_AGAIN, pool
from flows.redact import told
from flows.tally import Fate, not_heard
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from flows.context import Context
    from state.records import Owed

log = logging.getLogger("docferry")
_GATHER = 0.05
"""Seconds for which what is owed is gathered while nothing is being told, since asking for each message would cost more."""
MOST_OVERTAKEN = 2
"""How often in one run a document is carried again because it changed before the source was told."""


async def tell_all(context: Context, listed: asyncio.Event, delivered: asyncio.Event) -> None:
    """Send what is owed to the source; return when nothing is due and `delivered` says that nothing more will come.

    Nothing leaves before `listed`, nor while another run of the route reads the listing: acknowledgements take documents
    out of it.
    """
    await listed.wait()

    async def take(wanted: int, _busy: set[int]) -> list[tuple[int, Awaitable[None]]]:
        owed = await context.run.outbox.claim(wanted, datetime.now(UTC))
        return [(item.id, tell(context, item)) for item in owed]

    waited = 0.0

    async def idle() -> bool:
        nonlocal waited
        if not context.room(1, context.source_name):
            waited += await context.recovering(context.policy.patience - waited, context.source_name)
            return not context.halted(context.source_name)
        if not delivered.is_set():
            await _news(context)
            if not delivered.is_set():
                await sleep_or_stop(context, _GATHER)
            return True
        next_owed = await context.run.outbox.next_owed()
        if next_owed is None:
            return False
        wait = (next_owed - datetime.now(UTC)).total_seconds()
        if wait <= 0:
            # Due, but not now: another run reads the listing, or what was said before about the document is still under way.
            wait = ASK_AGAIN
        elif not (context.worth_waiting or context.lingers(wait)):
            return False
        if waited + wait > context.policy.patience:
            return False
        waited += wait
        await sleep_or_stop(context, wait + 0.01)
        return not context.stop.is_set()

    await pool(
        context.policy.acknowledging,
        take,
        idle,
        Ends(context, (context.source_name,)),
    )


async def _news(context: Context) -> None:
    """Wait until this run has come to owe something, but not for ever: other runs, too, leave what is to be told."""
    with suppress(TimeoutError):
        async with asyncio.timeout(ASK_AGAIN):
            await context.run.outbox.news.wait()
    context.run.outbox.news.clear()


@about_its_document
async def tell(context: Context, owed: Owed) -> None:
    """Send one message. Refused ones are settled with the reason; what may pass later stays owed."""
    context.worth_waiting.discard(owed.transfer_id)
    route = context.open.route
    said: list[object] = []
    try:
        actions = route.feedback_actions(
            owed.outcome,
            {
                "external_id": owed.external_id,
                "reason": owed.reason,
                "document_id": owed.document_id,
                "key": owed.key,
                "route": route.name,
                "version": route.version,
            },
        )
        said.append(dict(actions))
        feedback = Feedback(
            owed.document_id,
            Result(owed.outcome),
            owed.external_id,
            owed.reason,
            actions,
            seq=owed.seq,
            before=Result(owed.told) if owed.told else None,
            judged=partial(_judged, context, owed),
        )
        await context.open.source.report(feedback, LedgerJournal(context.run, owed.transfer_id, owed.steps))
        now = datetime.now(UTC)
        await context.run.outbox.told(owed.id, at=now, detail=owed.outcome)
        context.tally.told += 1
        if owed.outcome in context.open.draining:
            context.drained[owed.transfer_id] = True
        context.progress_at = time.monotonic()
        context.tally.lags.add((now - owed.owed_at).total_seconds())
        context.tally.refused.discard(owed.transfer_id)
        context.got_through(context.source_name)
    except OvertakenError:
        await _carry_first(context, owed)
    except RejectedError as error:
        reason = told(error, said)
        context.unheard.note(owed.document_id, reason)
        # Nobody is left to be told where it is gone; what is refused is counted until it is told after all.
        answered = context.run.outbox.gone if isinstance(error, GoneError) else context.run.outbox.refused
        await answered(owed.id, at=datetime.now(UTC), reason=reason)
        context.tally.refused.add(owed.transfer_id)
        context.tally.explain_further(owed.document_id, *not_heard(owed.outcome, reason))
    except StateError as error:
        context.halt(error)
    except ConnectorError as error:
        if is_fatal(error):
            context.halt(error)
        else:
            await _later(context, owed, error, said)
    except Exception as error:  # noqa: BLE001 -- one document's trouble must not stop the others
        log.error("document %s: unexpected %s", owed.document_id, where(error))  # noqa: TRY400 -- see where()
        await _later(
            context,
            owed,
            TransientError(f"unexpected {type(error).__name__} in docferry itself; see the run's log"),
            [],
        )


def _judged(context: Context, owed: Owed, version: str) -> bool:
    """Say whether a version of the document is the one that the message is about."""
    if context.overtaken[owed.transfer_id] >= MOST_OVERTAKEN:
        return True  # its content is never twice the same, and it must come to rest
    return owed.content_version in {None, context.run.fingerprint(version)}


async def _carry_first(context: Context, owed: Owed) -> None:
    """Make a document due again that has changed since it was judged; the message waits for what comes of that."""
    context.overtaken[owed.transfer_id] += 1
    if await context.run.overtaken(owed.transfer_id, owed.id, at=datetime.now(UTC)):
        log.info("document %s has changed before the source was told; it is carried again first", owed.document_id)
        context.tally.decide(owed.transfer_id, Fate.WAITING)
        context.news.set()


async def _later(context: Context, owed: Owed, error: ConnectorError, said: list[object]) -> None:
    reason = told(error, said)
    context.failed(error, reason, telling=True)
    attempts = owed.attempts + (not error.held_back)
    others = context.others_succeed(error.connection)
    if not others or isinstance(error, UnsettledError):
        context.worth_waiting.add(owed.transfer_id)
    due_at = context.policy.retry_at(attempts, error, others_succeed=others)
    await context.run.outbox.owe_later(owed.id, due_at=due_at, attempts=attempts, reason=reason, at=datetime.now(UTC))
