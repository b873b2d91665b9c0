"""Deliver: bring what is due from the source through the mapping to the destination, and write down how it went."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from connectors.contract import Attachment, Delivery, Document
from connectors.errors import ConnectorError, GoneError, RejectedError, TransientError
from flows.context import is_fatal, pool, sleep_or_stop, where
from flows.fitting import UnfitError, content, fit, travelling
from flows.journal import LedgerJournal
from flows.redact import unnamed
from flows.settling import (
    Seen,
    acquit,
    cleared,
    confirm_verdict,
    judge,
    leave,
    settle_rejected,
    settle_sent,
    skip,
    suspect,
    try_later,
)
from flows.tally import Fate
from mappings.language import MappingError
from state.errors import StateError
from state.records import DATA, NOT_READY, WITHDRAWN

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable

    from flows.context import Context
    from state.records import Transfer

log = logging.getLogger("docferry")
VERDICTS = frozenset({DATA, "source", "destination", WITHDRAWN})
"""The reason classes of what was judged by its content."""


async def deliver(context: Context, listed: asyncio.Event) -> None:
    """Deliver everything that is due; return when nothing is and `listed` says that nothing more will come."""

    async def take(wanted: int, busy: set[int]) -> list[tuple[int, Awaitable[None]]]:
        if context.limit is not None:
            wanted = min(wanted, context.limit - context.started)
        if wanted <= 0:
            return []
        context.news.clear()
        excluded = busy | context.suspects.keys() | context.acquitted
        due = await context.run.claim(wanted, datetime.now(UTC), exclude=excluded, only=context.only)
        context.started += len(due)
        return [(transfer.id, carry(context, transfer)) for transfer in due]

    idle = _Idle(context, listed)
    await pool(
        context.policy.in_flight,
        take,
        idle,
        lambda: context.halted(context.source_name, context.destination_name),
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
        context = self._context
        if not context.may_begin:
            return False
        if not self._listed.is_set():
            await context.news.wait()
            return True
        next_due = await context.run.next_due(only=context.only) if await cleared(context) else None
        if next_due is None:
            return False
        wait = max((next_due - datetime.now(UTC)).total_seconds(), 0.0)
        if self._waited + wait > context.policy.patience:
            return False
        if wait > 1:
            log.info("waiting %.0f s for documents that are to be tried again", wait)
        self._waited += wait
        await sleep_or_stop(context, wait + 0.01)
        return not context.stop.is_set()


async def carry(context: Context, transfer: Transfer) -> None:
    """Bring one document as far as it gets. Only a fault of the state itself is raised."""
    seen = Seen()
    try:
        await _carry(context, transfer, seen)
    except MappingError as error:
        await settle_rejected(context, transfer, DATA, seen.cleared(error), seen)
    except RejectedError as error:
        context.got_through(error.connection)
        class_ = "source" if error.connection == context.source_name else "destination"
        class_ = DATA if isinstance(error, UnfitError) else class_
        if class_ != "source" and not context.delivered:
            suspect(context, transfer, class_, seen.cleared(error), seen)
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


async def _carry(context: Context, transfer: Transfer, seen: Seen) -> None:
    opened = context.open
    try:
        document = await opened.source.fetch(transfer.document_id)
    except GoneError as error:
        await leave(context, transfer, "gone", str(error))
        return
    context.got_through(context.source_name)
    seen.values.append(unnamed(document.fields))
    seen.document, seen.version = document, context.run.fingerprint(document.version)
    ended = _ended_by_us(transfer, document)
    if document.not_ready is not None and not (_restores(context, transfer, document) or (ended and transfer.asked)):
        await leave(context, transfer, NOT_READY, document.not_ready, ended=ended)
        return
    if _stands(context, transfer, seen):
        await confirm_verdict(context, transfer)
        return
    mapped = fit(opened, document, seen.values)
    if mapped.skipped is not None:
        await skip(context, transfer, document, mapped)
        return
    files = travelling(opened.route, document.files)
    digest = context.run.fingerprint(content(mapped.payload, files))
    journal = LedgerJournal(context.run, transfer.id, transfer.steps)
    if transfer.external_id is not None:
        sending = journal.results("sending").get("sending", digest)
        if transfer.payload_digest == digest == sending:
            await settle_sent(context, transfer, document, digest, transfer.external_id, Fate.UNCHANGED)
            return
        # Whoever compares digests after a crash must know that the far end may hold this one in part.
        await journal.keep("sending", digest)
    attached = [Attachment(file, partial(opened.source.open, file)) for file in files]
    delivery = Delivery(transfer.key, mapped.payload, attached, replaces=transfer.external_id)
    external_id = await opened.destination.push(delivery, journal)
    context.got_through(context.destination_name)
    context.delivered = True
    await acquit(context)
    fate = Fate.DELIVERED if transfer.external_id is None else Fate.UPDATED
    await settle_sent(context, transfer, document, digest, external_id, fate, mapped.reviews)


def _stands(context: Context, transfer: Transfer, seen: Seen) -> bool:
    """Say whether a refusal or withdrawal still holds: nothing that counts as content has changed, nor has the route.

    What our own feedback wrote (a note, a tag) makes some sources list a document as changed. A work queue is another
    matter: there a document that is listed again is one that somebody has put back.
    """
    verdict = transfer.reason_class in VERDICTS and not transfer.asked and not context.open.source.drains
    same = transfer.content_version == seen.version and transfer.mapping_version == context.open.route.version
    return verdict and same


def _restores(context: Context, transfer: Transfer, document: Document) -> bool:
    """Say whether this only brings back to the far end what it was given before; the source's state is no bar to that."""
    was_there = transfer.external_id is not None and transfer.payload_digest is None
    return was_there and transfer.content_version == context.run.fingerprint(document.version)


def _ended_by_us(transfer: Transfer, document: Document) -> bool:
    """Say whether it was our own message that took the document off the source's queue."""
    told = any(step.result and name.startswith("feedback:") for name, step in transfer.steps.items())
    return document.acknowledged and told
