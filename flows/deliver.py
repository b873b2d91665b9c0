"""Deliver: bring what is due from the source through the mapping to the destination, and write down how it went."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from connectors.contract import Attachment, Delivery, Document
from connectors.errors import ConnectorError, GoneError, RejectedError, TransientError
from flows.again import DESTINATION, is_another, unaided
from flows.context import is_fatal, sleep_or_stop, where
from flows.ends import Ends
from flows.fitting import UnfitError, content, fit, travelling
from flows.journal import LedgerJournal
from flows.keepable import WHY, keepable
from flows.log_lines import about_its_document
from flows.newcomers import is_new
from flows.pool import pool
from flows.recorded import unpack
from flows.settling import (
    ANOTHER,
    Seen,
    confirm_verdict,
    leave,
    settle_rejected,
    settle_sent,
    skip,
    try_later,
)
from flows.suspicion import acquit, cleared, judge, suspect
from flows.tally import Fate
from flows.turns import taking_turns
from flows.two_way import brought, may_push
from flows.verdicts import ended_by_us, restores, stands
from mappings.language import MappingError
from state.errors import StateError
from state.records import DATA, NOT_READY

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Sequence

    from flows.context import Context
    from flows.turns import Turn
    from mappings.language import FieldProblem, Mapped
    from state.records import Transfer

log = logging.getLogger("docferry")


async def deliver(context: Context, listed: asyncio.Event) -> None:
    """Deliver everything that is due; return when nothing is and `listed` says that nothing more will come."""

    async def take(wanted: int, _busy: set[int]) -> list[tuple[int, Awaitable[None]]]:
        if context.asked.limit is not None:
            wanted = min(wanted, context.asked.limit - context.started)
        if wanted <= 0:
            return []
        context.news.clear()
        due = await context.run.claim(wanted, datetime.now(UTC), only=context.only)
        context.started += len(due)
        return [(transfer.id, carry(context, transfer)) for transfer in due]

    idle = _Idle(context, listed)
    await pool(
        context.policy.in_flight,
        take,
        idle,
        Ends(context, (context.source_name, context.destination_name)),
    )
    await judge(context)


class _Idle:
    """What happens when nothing is due and nothing under way: wait for more, or end."""

    def __init__(self, context: Context, listed: asyncio.Event) -> None:
        self._context = context
        self._listed = listed
        self._waited = 0.0

    async def __call__(self) -> bool:
        """Return False if nothing more comes in this run."""
        context, patience = self._context, self._context.policy.patience
        ends = context.source_name, context.destination_name
        if not context.may_begin:
            return False
        if not context.room(1, *ends):
            listed = self._listed.is_set()
            waited = await context.recovering(patience - self._waited if listed else inf, *ends)
            self._waited += waited if listed else 0.0
            return not context.halted(*ends)
        if not self._listed.is_set():
            await context.news.wait()
            return True
        next_due = await context.run.next_due(only=context.only) if await cleared(context) else None
        if next_due is None:
            return False
        wait = max((next_due - datetime.now(UTC)).total_seconds(), 0.0)
        if self._waited + wait > patience or not (context.worth_waiting or context.lingers(wait)):
            return False
        if wait > 1:
            log.info("waiting %.0f s for documents that are to be tried again", wait)
        self._waited += wait
        await sleep_or_stop(context, wait + 0.01)
        return not context.stop.is_set()


@about_its_document
async def carry(context: Context, transfer: Transfer) -> None:
    """Bring one document as far as it gets. Only a fault of the state itself is raised."""
    seen = Seen()
    context.worth_waiting.discard(transfer.id)
    try:
        async with taking_turns(context, transfer) as turn:
            if turn is not None:
                await _carry(context, turn, seen)
                context.progress_at = time.monotonic()
    except MappingError as error:
        await settle_rejected(context, transfer, DATA, seen.cleared(error), seen)
    except RejectedError as error:
        context.got_through(error.connection)
        class_ = "source" if error.connection == context.source_name else DESTINATION
        class_ = DATA if isinstance(error, UnfitError) else class_
        by, through = context.destination_name, context.delivered
        if class_ == "source":
            by, through = context.source_name, context.shown
        # What was refused before and is again says nothing about the route.
        if not through and not unaided(context, transfer):
            suspect(context, transfer, by, class_, seen.cleared(error), seen)
        else:
            await settle_rejected(context, transfer, class_, seen.cleared(error), seen)
    except StateError as error:
        context.halt(error)
    except ConnectorError as error:
        if is_fatal(error):
            context.halt(error)  # the document stays due: it is not its fault
        else:
            await try_later(context, transfer, error, seen)
    except Exception as error:  # noqa: BLE001 -- one document's trouble must not stop the others
        # A fault of ours on one document must not stop the others; what it says may contain document values.
        log.error("document %s: unexpected %s", transfer.document_id, where(error))  # noqa: TRY400 -- see where()
        fault = TransientError(f"unexpected {type(error).__name__} in docferry itself; see the log of this run")
        await try_later(context, transfer, fault, seen)


async def _carry(context: Context, turn: Turn, seen: Seen) -> None:
    opened, transfer = context.open, turn.transfer
    document = await _read(context, transfer, seen)
    if document is None or not await is_new(context, transfer, document):
        return
    ended = ended_by_us(transfer, document)
    if document.not_ready is not None and not (restores(context, transfer, document) or (ended and transfer.asked)):
        await leave(context, transfer, NOT_READY, document.not_ready, ended=ended)
        return
    if await stands(context, transfer, seen):
        await confirm_verdict(context, transfer)
        return
    if is_another(context, transfer, seen, ended=ended):
        await confirm_verdict(context, transfer, ANOTHER, for_good=True)
        return
    document, mapped = await _mapped(context, transfer, document, seen, ended=ended)
    if mapped.skipped is not None:
        await skip(context, transfer, document, mapped)
        return
    files = travelling(opened.route, document.files, transfer.origin)
    digest = context.run.fingerprint(content(mapped.payload, files))
    journal = seen.journal = LedgerJournal(context.run, transfer.id, transfer.steps)
    sending = journal.results("sending").get("sending", digest)
    if transfer.external_id is not None and transfer.payload_digest == digest == sending:
        await settle_sent(context, transfer, document, digest, transfer.external_id, Fate.UNCHANGED)
    elif await may_push(context, turn, document, mapped.payload, digest, journal):
        if transfer.external_id is not None:
            # Whoever compares digests after a crash must know that the far end may hold this one in part.
            await journal.keep("sending", digest)
        attached = [Attachment(file, partial(opened.source.open, file)) for file in files]
        delivery = Delivery(transfer.key, mapped.payload, attached, replaces=transfer.external_id)
        await _push(context, turn, document, delivery, digest, mapped.reviews, journal)


async def _read(context: Context, transfer: Transfer, seen: Seen) -> Document | None:
    """Read a document at its source; None if it is gone, which is written down."""
    try:
        document = await context.open.source.fetch(transfer.document_id)
    except GoneError as error:
        await leave(context, transfer, "gone", str(error))
        return None
    context.got_through(context.source_name)
    context.shown = True
    if context.suspects:
        await acquit(context, context.source_name)
    seen.take(document, context.run.fingerprint(document.version))
    if not all(keepable(file.id) for file in document.files):
        raise RejectedError(f"a file of it has {WHY}", connection=context.source_name)
    return document


async def _push(
    context: Context,
    turn: Turn,
    document: Document,
    delivery: Delivery,
    digest: str,
    reviews: Sequence[FieldProblem],
    journal: LedgerJournal,
) -> None:
    external_id = await context.open.destination.push(delivery, journal)
    context.got_through(context.destination_name)
    context.delivered = True
    if context.suspects:
        await acquit(context, context.source_name, context.destination_name)
    fate = Fate.DELIVERED if delivery.replaces is None else Fate.UPDATED
    beside = await brought(context, turn, external_id, journal)
    await settle_sent(context, turn.transfer, document, digest, external_id, fate, reviews, beside)


async def _mapped(
    context: Context, transfer: Transfer, document: Document, seen: Seen, *, ended: bool
) -> tuple[Document, Mapped]:
    """Map and check a document.

    Of one that our own message has ended its source may show less than before: then it is taken as it was judged.
    """
    try:
        mapped = fit(context.open, document, seen.values)
    except (MappingError, UnfitError):
        judged = await _recorded(context, transfer) if ended else None
        if judged is None:
            raise
    else:
        judged = await _recorded(context, transfer) if ended and mapped.skipped is not None else None
        if judged is None:
            return document, mapped
    document = replace(judged, not_ready=document.not_ready, acknowledged=True)
    seen.take(document, context.run.fingerprint(document.version))
    return document, fit(context.open, document, seen.values)


async def _recorded(context: Context, transfer: Transfer) -> Document | None:
    """Return a document as it was last judged; None if it is not recorded, or another one stands in its row."""
    content = await context.run.recording.latest(transfer.id)
    found = None if content is None else unpack(content)
    return found if found is not None and found.id == transfer.document_id else None
