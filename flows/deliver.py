"""Deliver: bring what is due from the source through the mapping to the destination, and write down how it went."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from connectors.contract import Attachment, Delivery, Document
from connectors.errors import AccessError, ConnectorError, GoneError, RejectedError, TransientError
from connectors.secrets import mask
from flows.context import is_fatal, pool, sleep_or_stop, where
from flows.journal import LedgerJournal
from flows.redact import redact
from flows.tally import Fate
from mappings.language import MappingError
from state.errors import StateError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Sequence

    from flows.context import Context
    from mappings.language import Mapped
    from state.records import Transfer

log = logging.getLogger("docferry")
_canonical = msgspec.json.Encoder(decimal_format="number", order="deterministic")


async def deliver(context: Context, listed: asyncio.Event) -> None:
    """Deliver everything that is due; return when nothing is and `listed` says that nothing more will come."""

    async def take(wanted: int, busy: set[int]) -> list[tuple[int, Awaitable[None]]]:
        if context.limit is not None:
            wanted = min(wanted, context.limit - context.started)
        if wanted <= 0:
            return []
        context.news.clear()
        due = await context.run.claim(wanted, datetime.now(UTC), exclude=busy, only=context.only)
        context.started += len(due)
        return [(transfer.id, carry(context, transfer)) for transfer in due]

    waited = 0.0

    async def idle() -> bool:
        nonlocal waited
        if not context.may_begin:
            return False
        if not listed.is_set():
            await context.news.wait()
            return True
        next_due = await context.run.next_due(only=context.only)
        if next_due is None:
            return False
        wait = max((next_due - datetime.now(UTC)).total_seconds(), 0.0)
        if waited + wait > context.policy.patience:
            return False
        if wait > 1:
            log.info("waiting %.0f s for documents that are to be tried again", wait)
        waited += wait
        await sleep_or_stop(context, wait + 0.01)
        return not context.stop.is_set()

    await pool(
        context.policy.in_flight,
        take,
        idle,
        lambda: context.halted(context.source_name, context.destination_name),
    )


async def carry(context: Context, transfer: Transfer) -> None:
    """Bring one document as far as it gets. Only a fault of the state itself is raised."""
    values: list[object] = []
    try:
        await _carry(context, transfer, values)
    except MappingError as error:
        await _settle_rejected(context, transfer, "data", str(error), values)
    except RejectedError as error:
        context.got_through(error.connection)
        class_ = "source" if error.connection == context.source_name else "destination"
        await _settle_rejected(context, transfer, class_, str(error), values)
    except StateError as error:
        context.halt(error)
    except ConnectorError as error:
        if is_fatal(error):
            context.halt(error)  # the document stays due: it is not its fault
        else:
            await _try_later(context, transfer, error, values)
    except Exception as error:  # noqa: BLE001 -- one document's trouble must not stop the others
        # A fault of ours on one document must not stop the others; what it says may contain document values.
        log.error("document %s: unexpected %s", transfer.document_id, where(error))  # noqa: TRY400 -- see where()
        fault = TransientError(f"unexpected {type(error).__name__} in docferry itself; see the log of this run")
        await _try_later(context, transfer, fault, values)


async def _carry(context: Context, transfer: Transfer, values: list[object]) -> None:
    opened = context.open
    try:
        document = await opened.source.fetch(transfer.document_id)
    except GoneError as error:
        await _leave(context, transfer, "gone", str(error))
        return
    context.got_through(context.source_name)
    values.append(document.fields)
    ended = _ended_by_us(transfer, document)
    if document.not_ready is not None and not (
        _restores(transfer, document) or (ended and _asked_for(context, transfer))
    ):
        await _leave(context, transfer, "not ready", document.not_ready, ended=ended)
        return
    mapped = opened.route.apply(document.fields)
    if mapped.skipped is not None:
        await _skip(context, transfer, document, mapped)
        return
    values.append(mapped.payload)
    opened.destination.check(mapped.payload)
    files = [
        Attachment(file, partial(opened.source.open, file))
        for file in document.files
        if opened.route.files == "all" or (opened.route.files == "main" and file.main)
    ]
    digest = hashlib.sha256(_canonical.encode([mapped.payload, [item.file.id for item in files]])).hexdigest()
    journal = LedgerJournal(context.run, transfer.id, transfer.steps)
    if transfer.external_id is not None:
        sending = journal.results("sending").get("sending", digest)
        if transfer.payload_digest == digest == sending:
            await _settle_sent(context, transfer, document, digest, transfer.external_id, Fate.UNCHANGED)
            return
        # Whoever compares digests after a crash must know that the far end may hold this one in part.
        await journal.keep("sending", digest)
    delivery = Delivery(transfer.key, mapped.payload, files, replaces=transfer.external_id)
    external_id = await opened.destination.push(delivery, journal)
    context.got_through(context.destination_name)
    fate = Fate.DELIVERED if transfer.external_id is None else Fate.UPDATED
    await _settle_sent(context, transfer, document, digest, external_id, fate, mapped.reviews)


async def _settle_sent(
    context: Context,
    transfer: Transfer,
    document: Document,
    digest: str,
    external_id: str,
    fate: Fate,
    reviews: Sequence[str] = (),
) -> None:
    to_review = f"to review: {'; '.join(reviews)}" if reviews else ""
    now = datetime.now(UTC)
    news, first = fate is not Fate.UNCHANGED, fate is Fate.DELIVERED
    # Listed again with nothing new in it: the source wants to hear once more, if hearing takes it off its list.
    words = context.open.route.feedback if news else context.open.draining
    await context.run.settle(
        transfer.id,
        status="delivered",
        at=now,
        content_version=document.version,
        external_id=external_id,
        mapping_version=context.open.route.version,
        payload_digest=digest,
        follow_at=context.policy.follow_at(now, accepted=False),
        # A source that has let go of the document need not hear that the far end had to be put right.
        tell="delivered" if "delivered" in words and (document.not_ready is None or first) else None,
        tell_again=news,
        event=fate.value,
        detail=f"{external_id}, {to_review}" if to_review else external_id,
    )
    context.tally.decide(transfer.id, fate)
    if to_review:
        context.tally.explain(transfer.document_id, fate, to_review)
    else:
        context.tally.clear(transfer.document_id)


async def _settle_rejected(
    context: Context, transfer: Transfer, reason_class: str, text: str, values: list[object]
) -> None:
    reason = redact(mask(text), values)
    await context.run.settle(
        transfer.id,
        status="rejected",
        at=datetime.now(UTC),
        reason_class=reason_class,
        reason=reason,
        mapping_version=context.open.route.version,
        tell="rejected" if "rejected" in context.open.route.feedback else None,
        event="rejected",
        detail=reason,
    )
    _explain(context, transfer, Fate.REJECTED, reason)


async def _skip(context: Context, transfer: Transfer, document: Document, mapped: Mapped) -> None:
    await context.run.settle(
        transfer.id,
        status="skipped",
        at=datetime.now(UTC),
        content_version=document.version,
        reason_class="rule",
        reason=mapped.skipped,
        mapping_version=context.open.route.version,
        event="skipped",
        detail=mapped.skipped,
    )
    _explain(context, transfer, Fate.SKIPPED, mapped.skipped or "")


def _restores(transfer: Transfer, document: Document) -> bool:
    """Say whether this only brings back to the far end what it was given before; the source's state is no bar to that."""
    was_there = transfer.external_id is not None and transfer.payload_digest is None
    return was_there and transfer.content_version == document.version


def _ended_by_us(transfer: Transfer, document: Document) -> bool:
    """Say whether it was our own rejection that took the document off the source's queue."""
    told = any(step.result and name.startswith("feedback:") for name, step in transfer.steps.items())
    return document.acknowledged and told and transfer.external_id is None


def _asked_for(context: Context, transfer: Transfer) -> bool:
    """Say whether a person made the document due again, and not a listing that is behind the times."""
    return context.only is not None or transfer.id not in context.tally.listed


async def _leave(context: Context, transfer: Transfer, reason_class: str, reason: str, *, ended: bool = False) -> None:
    """Settle a document that left the source's queue before it could be read, so that its return is noticed.

    One that we have `ended` ourselves stays what it was.
    """
    status = "skipped"
    class_: str | None = reason_class
    why: str | None = reason
    follow_at = None
    now = datetime.now(UTC)
    if transfer.external_id is not None:
        status, class_, why = "delivered", None, None
        follow_at = context.policy.follow_at(transfer.delivered_at or now, accepted=True)
    elif ended and transfer.reason_class is not None:
        status = "failed" if transfer.reason_class == "transient" else "rejected"
        class_, why = transfer.reason_class, transfer.reason
    context.left.add(transfer.id)
    await context.run.settle(
        transfer.id,
        status=status,
        at=now,
        version="",  # whatever hint it comes back with is a change
        follow_at=follow_at,
        reason_class=class_,
        reason=why,
        event="skipped" if status == "skipped" else "left the source",
        detail=reason,
    )
    if status == "skipped":
        _explain(context, transfer, Fate.SKIPPED, reason)
    else:
        context.tally.decide(transfer.id, Fate.UNCHANGED)


def _explain(context: Context, transfer: Transfer, fate: Fate, reason: str) -> None:
    context.tally.decide(transfer.id, fate)
    context.tally.explain(transfer.document_id, fate, reason)


async def _try_later(context: Context, transfer: Transfer, error: ConnectorError, values: list[object]) -> None:
    reason = redact(mask(str(error)), values)
    context.failed(error, reason)
    attempts = transfer.attempts + 1
    others = context.others_succeed(error.connection)
    reason_class = "auth" if isinstance(error, AccessError) else "transient"
    if attempts >= context.policy.attempts and others and reason_class != "auth":
        await context.run.settle(
            transfer.id,
            status="failed",
            at=datetime.now(UTC),
            reason_class=reason_class,
            reason=f"given up after {attempts} attempts: {reason}",
            mapping_version=context.open.route.version,
            tell="failed" if "failed" in context.open.route.feedback else None,
            event="failed",
            detail=reason,
        )
        _explain(context, transfer, Fate.FAILED, reason)
        return
    await context.run.postpone(
        transfer.id,
        due_at=context.policy.retry_at(attempts, error, others_succeed=others),
        attempts=attempts,
        reason_class=reason_class,
        reason=reason,
        at=datetime.now(UTC),
    )
    _explain(context, transfer, Fate.WAITING, reason)
