"""Whether what was decided about a document before still holds when it is due again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from state.records import DATA, WITHDRAWN

if TYPE_CHECKING:
    from connectors.contract import Document
    from flows.context import Context
    from flows.settling import Seen
    from state.records import Transfer

_VERDICTS = frozenset({DATA, "source", "destination", WITHDRAWN})
"""The reason classes of what was judged by its content."""


async def stands(context: Context, transfer: Transfer, seen: Seen) -> bool:
    """Say whether a refusal or withdrawal still holds: nothing that counts as content has changed, nor has the route.

    What our own feedback wrote (a note, a tag) makes some sources list a document as changed. A work queue is another
    matter: there a document that is listed again is one that somebody has put back, unless it never left because nothing
    that we have told took it off.
    """
    verdict = transfer.reason_class in _VERDICTS and not transfer.asked
    same = transfer.content_version == seen.version and transfer.mapping_version == context.open.route.version
    if not context.open.source.drains or not (verdict and same):
        return verdict and same
    withdrawn = transfer.reason_class == WITHDRAWN
    return withdrawn and not await context.run.outbox.has_told(transfer.id, context.open.draining)


def restores(context: Context, transfer: Transfer, document: Document) -> bool:
    """Say whether this only brings back to the far end what it was given before; the source's state is no bar to that."""
    was_there = transfer.external_id is not None and transfer.payload_digest is None
    return was_there and transfer.content_version == context.run.fingerprint(document.version)


def ended_by_us(transfer: Transfer, document: Document) -> bool:
    """Say whether it was our own message that took the document off the source's queue."""
    told = any(step.result and name.startswith("feedback:") for name, step in transfer.steps.items())
    return document.acknowledged and told
