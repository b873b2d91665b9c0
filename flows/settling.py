"""What became of a delivery, written down: sent, rejected, skipped, left the source, or to be tried later."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import AccessError, ConnectorError, UnsettledError
from flows.again import DESTINATION, Refused, refused, still_waits
from flows.recorded import pack
from flows.redact import told, unnamed
from flows.tally import Fate
from state.records import NEVER_LISTED, NOT_READY, WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Document
    from flows.context import Context
    from flows.journal import LedgerJournal
    from mappings.language import FieldProblem, Mapped
    from state.records import Transfer
    from state.writer import Line


_SAME = "nothing in it that counts as content has changed"
ANOTHER = "the source shows it otherwise since it was told of the rejection; docferry retry carries it as it is now"


@dataclass(slots=True)
class Seen:
    """What an attempt has read: the document and its version (a fingerprint), and values that no sentence may show."""

    values: list[object] = field(default_factory=list)
    version: str | None = None
    document: Document | None = None
    journal: LedgerJournal | None = None
    """What has been done for it at the far end; None if the attempt did not come to that."""
    _read: list[Document] = field(default_factory=list)

    def take(self, document: Document, version: str) -> None:
        """Go by this document from here on. What an earlier one shows is kept out of sentences all the same."""
        self.document, self.version = document, version
        self._read.append(document)

    def got_further(self, transfer: Transfer) -> bool:
        """Say whether a call has taken effect in this attempt that never had before."""
        before = {name for name, step in transfer.steps.items() if step.result is not None}
        return self.journal is not None and not before.issuperset(self.journal.results(""))

    def cleared(self, error: Exception) -> str:
        """Return what an error says, without secrets and values."""
        return told(error, [*self.values, *(unnamed(document.fields) for document in self._read)])


def _snapshot(context: Context, document: Document | None) -> bytes | None:
    return pack(document) if document is not None and context.run.recording.on else None


async def settle_sent(
    context: Context,
    transfer: Transfer,
    document: Document,
    digest: str,
    external_id: str,
    fate: Fate,
    reviews: Sequence[FieldProblem] = (),
    beside: Sequence[Line] = (),
) -> None:
    """Write down that the destination holds the document, and owe the source the news; `beside` goes along."""
    to_review = f"to review: {'; '.join(map(str, reviews))}" if reviews else ""
    now = datetime.now(UTC)
    news, first = fate is not Fate.UNCHANGED, fate is Fate.DELIVERED
    # Listed again with nothing new in it: the source wants to hear once more, if hearing takes it off its list.
    words = context.open.route.feedback if news else context.open.draining
    # What the source refused under another version of the route may be another message now; what it is still owed, and may
    # have been told in part, is not.
    other = transfer.mapping_version != context.open.route.version
    # A source that has let go of the document need not hear that the far end had to be put right.
    tell = "delivered" if "delivered" in words and (document.not_ready is None or first) else None
    await context.run.settle(
        transfer.id,
        status="delivered",
        at=now,
        content_version=context.run.fingerprint(document.version),
        external_id=external_id,
        mapping_version=context.open.route.version,
        payload_digest=digest,
        follow_at=context.follow_at(now, accepted=False),
        tell=tell,
        anew=news or (tell is not None and other),
        tell_again=news,
        despite_refusal=other,
        event=fate.value,
        detail=f"{external_id}, {to_review}" if to_review else external_id,
        snapshot=_snapshot(context, document),
        beside=beside,
    )
    context.tally.decide(transfer.id, fate)
    if to_review:
        context.tally.explain(transfer.document_id, fate, to_review)
    else:
        context.tally.clear(transfer.document_id)


async def settle_rejected(context: Context, transfer: Transfer, reason_class: str, reason: str, seen: Seen) -> None:
    """Write down that the document is refused for what it contains, and owe the source the reason, if that is news."""
    now = datetime.now(UTC)
    there = reason_class == DESTINATION
    verdict = refused(context, transfer, seen, reason, now) if there else Refused(news=True, due_at=None, detail=reason)
    await context.run.settle(
        transfer.id,
        status="rejected",
        at=now,
        content_version=seen.version,
        reason_class=reason_class,
        reason=reason,
        mapping_version=context.open.route.version,
        due_at=verdict.due_at,
        tell="rejected" if verdict.news and "rejected" in context.open.route.feedback else None,
        event="rejected",
        detail=verdict.detail,
        snapshot=_snapshot(context, seen.document),
        beside=verdict.beside,
    )
    if verdict.news:
        context.tally.reject_classes[reason_class] += 1
        explain(context, transfer, Fate.REJECTED, reason)
    else:
        context.tally.decide(transfer.id, Fate.UNCHANGED)


async def confirm_verdict(context: Context, transfer: Transfer, why: str = _SAME, *, for_good: bool = False) -> None:
    """Leave a document that was made due refused or withdrawn as it was, and tell nobody again; `for_good`: no unaided try."""
    withdrawn = transfer.reason_class == WITHDRAWN
    await context.run.settle(
        transfer.id,
        status=WITHDRAWN if withdrawn else "rejected",
        at=datetime.now(UTC),
        # Put off each time the source shows a change, the next look at the far end might never come.
        follow_at=transfer.follow_at if withdrawn else None,
        due_at=None if withdrawn or for_good else still_waits(context, transfer),
        reason_class=None if withdrawn else transfer.reason_class,
        reason=transfer.reason,
        event="unchanged",
        detail=why,
    )
    context.tally.decide(transfer.id, Fate.UNCHANGED)


async def skip(context: Context, transfer: Transfer, document: Document, mapped: Mapped) -> None:
    """Write down that the route does not want the document."""
    await context.run.settle(
        transfer.id,
        status="skipped",
        at=datetime.now(UTC),
        content_version=context.run.fingerprint(document.version),
        reason_class="rule",
        reason=mapped.skipped,
        mapping_version=context.open.route.version,
        event="skipped",
        detail=mapped.skipped,
        snapshot=_snapshot(context, document),
    )
    explain(context, transfer, Fate.SKIPPED, mapped.skipped or "")


async def leave(context: Context, transfer: Transfer, reason_class: str, reason: str, *, ended: bool = False) -> None:
    """Settle a document that left the source's queue before it could be read, so that its return is noticed.

    One that we have `ended` ourselves stays what it was. One that a person has asked for and that nothing ever showed is
    failed, whichever run comes to it, and forgotten when that ends (see `state.strangers`).
    """
    status = "skipped"
    class_: str | None = reason_class
    why: str | None = reason
    follow_at = None
    now = datetime.now(UTC)
    new_to_us = transfer.external_id is None and transfer.content_version is None
    strange = reason_class == "gone" and transfer.version == NEVER_LISTED and new_to_us
    asked_for = strange or (reason_class == "gone" and context.only is not None and transfer.external_id is None)
    if asked_for:
        status, why = "failed", f"not at the source: {reason}"
    # In a work queue whatever hint it comes back with is a change. Elsewhere the hint tells the state it was listed in; a
    # list may be behind the document, or before it, so it is looked at twice before the hint is believed.
    again = transfer.reason_class == NOT_READY and transfer.reason == reason
    noticed = reason_class == "gone" or bool(context.open.source.drains) or (transfer.external_id is None and not again)
    if transfer.external_id is not None:
        withdrawn = transfer.reason_class == WITHDRAWN
        status, class_, why = (WITHDRAWN, None, transfer.reason) if withdrawn else ("delivered", None, None)
        follow_at = transfer.follow_at or context.follow_at(transfer.delivered_at or now, accepted=True)
        if not withdrawn and (soon := context.follow_at(transfer.delivered_at or now, accepted=False)):
            # It may have been due when it left, and nobody has seen since whether the far end has come to rest.
            follow_at = min(follow_at or soon, soon)
    elif ended and transfer.reason_class is not None:
        status = "failed" if transfer.reason_class == "transient" else "rejected"
        class_, why = transfer.reason_class, transfer.reason
    await context.run.settle(
        transfer.id,
        status=status,
        at=now,
        version="" if noticed and not strange else None,
        follow_at=follow_at,
        due_at=still_waits(context, transfer) if status == "rejected" else None,
        reason_class=class_,
        reason=why,
        event="skipped" if status == "skipped" else "left the source",
        detail=reason,
    )
    if asked_for and why is not None:
        context.tally.reject_classes[reason_class] += 1
        explain(context, transfer, Fate.FAILED, why)
    elif status == "skipped":
        explain(context, transfer, Fate.SKIPPED, reason)
    else:
        context.tally.decide(transfer.id, Fate.UNCHANGED)


def explain(context: Context, transfer: Transfer, fate: Fate, reason: str) -> None:
    """Count what became of a document, and keep why."""
    context.tally.decide(transfer.id, fate)
    context.tally.explain(transfer.document_id, fate, reason)


async def try_later(context: Context, transfer: Transfer, error: ConnectorError, seen: Seen) -> None:
    """Leave the document due at a later time, or give it up where others get through and it never does."""
    reason = seen.cleared(error)
    context.failed(error, reason)
    others = context.others_succeed(error.connection)
    # What fails with everything else is not counted against a document, nor what a quota has kept back: a small one refuses
    # most of what is under way, each time it is used up.
    counts = others and not error.held_back
    # Many calls make a document, and where many are lost no attempt makes them all: what gets further is not given up.
    attempts = counts + (0 if seen.got_further(transfer) else transfer.attempts)
    if not others or isinstance(error, UnsettledError):
        context.worth_waiting.add(transfer.id)
    reason_class = "auth" if isinstance(error, AccessError) else "transient"
    if attempts >= context.policy.attempts and counts and reason_class != "auth":
        await context.run.settle(
            transfer.id,
            status="failed",
            at=datetime.now(UTC),
            content_version=seen.version,
            reason_class=reason_class,
            reason=f"given up after {attempts} attempts: {reason}",
            mapping_version=context.open.route.version,
            tell="failed" if "failed" in context.open.route.feedback else None,
            event="failed",
            detail=reason,
            snapshot=_snapshot(context, seen.document),
        )
        context.tally.reject_classes[reason_class] += 1
        explain(context, transfer, Fate.FAILED, reason)
        return
    await context.run.postpone(
        transfer.id,
        due_at=context.policy.retry_at(attempts, error, others_succeed=others),
        attempts=attempts,
        reason_class=reason_class,
        reason=reason,
        at=datetime.now(UTC),
    )
    explain(context, transfer, Fate.WAITING, reason)
