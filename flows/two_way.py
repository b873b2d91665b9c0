"""Pairs of routes: what one has carried is no news to the other, and a far end that was changed is not overwritten silently.

Each of the two transfers of a document keeps, as the content it was last judged by, what its side showed when both were
the same. Another content is a change, whoever notices it. The two routes take turns on a document (see `state.pairs`).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.errors import GoneError, RejectedError, TransientError
from flows.conflicts import ours_wins
from flows.context import sleep_or_stop
from flows.settling import settle_sent
from flows.tally import Fate
from flows.traces import Traces, looked, shows, traces
from flows.turns import wait
from state.records import AT_DESTINATION, DELIVERED, FAILED, HELD, PENDING, REJECTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.contract import Document, Fields
    from flows.context import Context
    from flows.journal import LedgerJournal
    from flows.pairing import Pair
    from flows.turns import Turn
    from state.records import Transfer
    from state.writer import Line

log = logging.getLogger("docferry")

TRACES = "two-way"
"""The step that keeps what the last delivery has done to the far end (see `Traces`)."""
STALE = timedelta(minutes=2)
"""How long a provider may show a document as it was before we have written to it."""
_GLANCES = (0.0, 0.4, 1.0, 2.0)
"""Pauses in seconds before each look at what was just brought about."""
_OUT_OF_STEP = frozenset({REJECTED, FAILED, HELD})
"""Statuses in which the content that was judged last has not reached the other side."""


async def may_push(
    context: Context, turn: Turn, document: Document, payload: Fields, digest: str, journal: LedgerJournal
) -> bool:
    """Look at the far end and say whether this delivery may go there; if not, what becomes of it is written down.

    Raises RejectedError if the far end's document is gone: nothing is made anew in its place.
    """
    pair, mine, print_ = context.open.pair, turn.transfer, context.run.fingerprint
    if pair is None:
        return True
    if mine.external_id is None:
        turn.traces = traces(payload, {}, "", print_)
        turn.beside.append(context.run.pairs.born(mine.id))
        return True
    if await _is_echo(context, turn, document, digest):
        return False
    theirs = await _other_side(context, pair, mine.external_id)
    sent = traces(payload, {}, "", print_).sent
    shown, old = looked(pair.route, theirs, sent, print_), print_(theirs.version)
    if turn.peer is not None and _changed(context, pair, turn.peer, theirs, old):
        earlier = _traces(mine)
        if earlier is not None and earlier.done and earlier.old == old and _lately(mine):
            await wait(
                context, mine, f"{context.open.route.destination} still shows it as it was before the last delivery"
            )
            return False
        # What an attempt has left that was broken off is nobody's change.
        ours = earlier is not None and not earlier.done and not earlier.odd(shown)
        if not ours and not await _weigh(context, pair, turn, document, theirs, payload, digest):
            return False
    turn.traces = traces(payload, shown, old, print_)
    await journal.keep(TRACES, turn.traces.text())
    return True


async def brought(context: Context, turn: Turn, external_id: str, journal: LedgerJournal) -> Sequence[Line]:
    """Read back what a delivery has brought about, and return what is to be written down of it on the other route.

    Raises TransientError if the far end does not show the document yet.
    """
    pair, left, print_ = context.open.pair, turn.traces, context.run.fingerprint
    if pair is None or left is None:
        return ()
    theirs, shown = None, dict[str, str]()
    for pause in _GLANCES:
        await sleep_or_stop(context, pause)
        try:
            theirs = await pair.source.fetch(external_id)
        except GoneError:
            continue
        shown = looked(pair.route, theirs, left.sent, print_)
        if not left.unseen(shown) or left.odd(shown):
            break
    if theirs is None:
        words = f"document {external_id} cannot be read back yet"
        raise TransientError(words, connection=context.destination_name)
    await journal.record(TRACES, replace(left, done=True, seen=not left.unseen(shown)).text())
    odd = left.odd(shown)
    if odd:
        log.info("document %s shows more than what was sent; %s looks at it", external_id, pair.route.name)
    return [*turn.beside, *_in_step(context, pair, turn, external_id, theirs, edited=bool(odd))]


def _in_step(
    context: Context, pair: Pair, turn: Turn, external_id: str, theirs: Document, *, edited: bool
) -> list[Line]:
    """Return what is written down on the other route once both sides are the same but for what somebody `edited` there."""
    print_, now, peer = context.run.fingerprint, datetime.now(UTC), turn.peer
    content = pair.content(theirs, peer.origin if peer is not None else AT_DESTINATION)
    lines = context.run.pairs.entered(
        pair.route.name,
        external_id,
        turn.transfer.document_id,
        content_version=print_(theirs.version),
        payload_digest=None if content is None else print_(content),
        mapping_version=pair.route.version,
        edited=edited,
        follow_at=context.follow_at(now, accepted=True),
        at=now,
    )
    return lines if peer is None or edited else [*lines, *context.run.pairs.forget(peer, "sending", TRACES)]


async def _other_side(context: Context, pair: Pair, external_id: str) -> Document:
    try:
        theirs = await pair.source.fetch(external_id)
    except GoneError as error:
        # Not GoneError: that would say that the source's document is gone.
        words = f"document {external_id}, its other side, is gone and is not made anew: {error}"
        raise RejectedError(words, connection=context.destination_name, status=error.status) from error
    context.got_through(context.destination_name)
    return theirs


def _changed(context: Context, pair: Pair, peer: Transfer, theirs: Document, version: str) -> bool:
    """Say whether the far end shows what it did not when both sides were last the same."""
    if peer.content_version is None:
        return False  # carried before the routes were a pair: taken for the same until it changes
    if version == peer.content_version and peer.status not in _OUT_OF_STEP:
        return False
    content = pair.content(theirs, peer.origin)
    return content is None or peer.payload_digest is None or context.run.fingerprint(content) != peer.payload_digest


async def _is_echo(context: Context, turn: Turn, document: Document, digest: str) -> bool:
    """Deal with a change of this side that the other route has made, or may yet be seen to have made."""
    mine, peer = turn.transfer, turn.peer
    left, version = _traces(peer), context.run.fingerprint(document.version)
    if peer is None or left is None or mine.asked or version == mine.content_version or mine.external_id is None:
        return False
    odd = left.odd(looked(context.open.route, document, left.sent, context.run.fingerprint))
    if left.done and not left.seen and not odd and _lately(peer) and left.old != version:
        await settle_sent(context, mine, document, digest, mine.external_id, Fate.UNCHANGED)
        return True
    reason = _not_at_rest(peer, left, version, odd)
    if reason is not None:
        await wait(context, mine, reason)
    return reason is not None


def _not_at_rest(peer: Transfer, left: Traces, version: str, odd: Sequence[str]) -> str | None:
    """Say why what this side shows may still be the doing of the other route, None if it is somebody else's."""
    if not left.done:
        return f"{peer.route} has not come to its end with it" if peer.status == PENDING and not odd else None
    if _lately(peer) and left.old == version:
        return f"it still shows what it did before {peer.route} has written to it"
    if peer.status == DELIVERED and peer.follow_at is not None:
        return f"{peer.route} has not seen yet that what it wrote here has come to rest"
    return None


async def _weigh(
    context: Context, pair: Pair, turn: Turn, document: Document, theirs: Document, payload: Fields, digest: str
) -> bool:
    """Decide about a document whose far end was changed as well; return whether this side is to be carried."""
    mine, peer = turn.transfer, turn.peer
    same = context.run.fingerprint(document.version) == mine.content_version
    if peer is None or (mine.payload_digest is None and not mine.asked and same):
        return True  # what the far end's own machine has overwritten is put right
    if theirs.not_ready is not None and not theirs.acknowledged:
        await wait(context, mine, f"its other side was changed, and {theirs.not_ready}")
        return False
    back = pair.payload(theirs)
    if back is not None and shows(theirs, payload) and shows(document, back) and mine.external_id is not None:
        # A person has made both sides the same, or an attempt was broken off when all was done.
        lines = [*turn.beside, *_in_step(context, pair, turn, mine.external_id, theirs, edited=False)]
        await settle_sent(context, mine, document, digest, mine.external_id, Fate.UNCHANGED, beside=lines)
        return False
    if same and not mine.asked and mine.status not in _OUT_OF_STEP:
        # Only the mapping is another one: what a person has changed over there comes first.
        await context.run.pairs.write(context.run.pairs.due(peer, datetime.now(UTC)))
        await wait(context, mine, f"its other side was changed, and {pair.route.name} carries that first")
        return False
    return await ours_wins(context, pair, mine, peer, document, theirs, digest)


def _traces(transfer: Transfer | None) -> Traces | None:
    step = transfer.steps.get(TRACES) if transfer is not None else None
    return Traces.parse(step.result) if step is not None else None


def _lately(transfer: Transfer) -> bool:
    """Say whether the last delivery was so lately that reads may be behind it."""
    done_at = transfer.steps[TRACES].done_at
    return done_at is not None and datetime.now(UTC) - done_at < STALE
