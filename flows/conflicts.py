"""A document that was changed on both sides of a pair of routes: the declared rule decides, and both timelines tell it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows.tally import Fate
from mappings.language import HOLD, NEWEST
from state.records import AT_DESTINATION, CONFIRMED, CONFLICT, HELD, PENDING

if TYPE_CHECKING:
    from connectors.contract import Document
    from flows.context import Context
    from flows.pairing import Pair
    from state.records import Transfer

_KIND = "conflict"
_HELD_AT = "two-way:held"
"""The step that keeps which two contents are held, so that it is told once however often the two are listed."""


async def ours_wins(
    context: Context, pair: Pair, mine: Transfer, peer: Transfer, document: Document, theirs: Document, digest: str
) -> bool:
    """Apply the rule and write down what it said, before anything is overwritten. True if this side is to be carried."""
    rule = pair.here.conflict.text
    if _chosen(mine) or _chosen(peer):
        ours, why = _chosen(mine), "as a person has decided"
    elif rule == HOLD:
        return await _hold(context, pair, mine, peer, document, theirs, "it waits for a person")
    elif rule == NEWEST:
        later = pair.later(document, theirs)
        if later is None:
            why = "it cannot be told which was changed last"
            return await _hold(context, pair, mine, peer, document, theirs, why)
        ours, why = later, rule
    else:
        ours, why = mine.origin != AT_DESTINATION, rule
    route = context.open.route
    context.tally.conflicts += 1
    words = f"changed on both sides; {route.source if ours else route.destination} counts, {why}"
    await (_win if ours else _lose)(context, mine, peer, document, digest, words)
    return ours


def _chosen(transfer: Transfer) -> bool:
    """Say whether a person wants this side to be carried as it is."""
    return transfer.status == PENDING and transfer.asked and transfer.payload_digest is None


async def _win(context: Context, mine: Transfer, peer: Transfer, _document: Document, _digest: str, words: str) -> None:
    pairs, now = context.run.pairs, datetime.now(UTC)
    await pairs.write(pairs.event(mine, now, _KIND, words), pairs.event(peer, now, _KIND, words))


async def _lose(context: Context, mine: Transfer, peer: Transfer, document: Document, digest: str, words: str) -> None:
    """Let the other route overwrite this side: what it shows now counts as seen."""
    pairs, now = context.run.pairs, datetime.now(UTC)
    await context.run.settle(
        mine.id,
        status=CONFIRMED,
        at=now,
        content_version=context.run.fingerprint(document.version),
        mapping_version=context.open.route.version,
        payload_digest=digest,
        follow_at=context.follow_at(mine.delivered_at or now, accepted=True),
        event=_KIND,
        detail=words,
        beside=[pairs.due(peer, now), pairs.event(peer, now, _KIND, words)],
    )
    context.tally.decide(mine.id, Fate.UNCHANGED)


async def _hold(
    context: Context, pair: Pair, mine: Transfer, peer: Transfer, document: Document, theirs: Document, why: str
) -> bool:
    """Leave both sides as they are until a person has decided."""
    pairs, now, route, print_ = context.run.pairs, datetime.now(UTC), context.open.route, context.run.fingerprint
    here, there = print_(document.version), print_(theirs.version)
    before = mine.steps.get(_HELD_AT)
    known = before is not None and before.result == f"{here} {there}"
    reason = (
        f"changed on both sides: {why}. To keep what {route.source} shows: docferry retry {route.name} {mine.document_id}; "
        f"what {route.destination} shows: docferry retry {pair.route.name} {peer.document_id}"
    )
    marks = [pairs.step(mine, _HELD_AT, f"{here} {there}", now), pairs.step(peer, _HELD_AT, f"{there} {here}", now)]
    told = [] if known else [pairs.event(peer, now, _KIND, reason), *marks]
    await context.run.settle(
        mine.id,
        status=HELD,
        at=now,
        reason_class=CONFLICT,
        reason=reason,
        event="unchanged" if known else _KIND,
        detail="it is still held" if known else reason,
        beside=[pairs.held(peer, reason), *told],
    )
    context.tally.conflicts += not known
    context.tally.decide(mine.id, Fate.HELD)
    context.tally.explain(mine.document_id, Fate.HELD, reason)
    return False
