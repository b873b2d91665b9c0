"""Documents that half of a pair of routes has not carried yet: new ones, and copies that the other half has only just made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.markers import delivery_marker, markers
from flows.fitting import content
from flows.tally import Fate
from flows.turns import wait
from state.records import COPY, PENDING

if TYPE_CHECKING:
    from connectors.contract import Document
    from flows.context import Context
    from flows.pairing import Pair
    from state.records import Transfer

_AMONG = "two-way:among"
"""The step that keeps who may have made a document: those that were at it when it was first met."""


async def is_new(context: Context, transfer: Transfer, document: Document) -> bool:
    """Say whether a document was made at this route's source. If not, or if that is not known yet, it is seen to.

    Whoever makes a copy has written down that it is about to. So what nobody has written of was not made by the other route.
    """
    pair = context.open.pair
    if pair is None or transfer.external_id is not None:
        return True
    met = transfer.steps.get(_AMONG)
    among = None if met is None else [int(id_) for id_ in (met.result or "").split(",") if id_]
    kin = await context.run.pairs.relatives(pair.route.name, transfer.document_id, among)
    if kin.parent is not None:
        await _take_in(context, pair, transfer, document, kin.parent, made=kin.made)
        return False
    carrying = [id_ for id_, key, _ in kin.open if _carries(document, delivery_marker(key))]
    begun = [id_ for id_, _, status in kin.open if status == PENDING]
    if begun:
        if met is None:
            ids = ",".join(str(id_) for id_, _, _ in kin.open)
            context.run.done(transfer.id, _AMONG, ids, datetime.now(UTC))
        await wait(
            context, transfer, f"it may be a copy that {pair.route.name} is making; that is known after its next run"
        )
        return False
    if carrying:
        await _leave_out(context, pair, transfer)
        return False
    return True


async def _take_in(
    context: Context, pair: Pair, transfer: Transfer, document: Document, parent: Transfer, *, made: bool
) -> None:
    """Deal with a copy: one that is being made is waited for, one that was made before there was a pair becomes half of it."""
    if parent.status == PENDING:
        await wait(context, transfer, f"it is a copy that {pair.route.name} is at work on")
    elif made:
        await _leave_out(context, pair, transfer)
    else:
        await _adopt(context, transfer, document, parent)


async def _adopt(context: Context, transfer: Transfer, document: Document, parent: Transfer) -> None:
    """Take both sides for the same as they are: which of them was changed before they were a pair, nobody can tell."""
    now, route, print_ = datetime.now(UTC), context.open.route, context.run.fingerprint
    mapped, problems = route.attempt(document.fields)
    known = not problems and mapped.skipped is None
    await context.run.settle(
        transfer.id,
        status="confirmed",
        at=now,
        content_version=print_(document.version),
        external_id=parent.document_id,
        mapping_version=route.version,
        payload_digest=print_(content(mapped.payload, ())) if known else None,
        follow_at=context.follow_at(now, accepted=True),
        event="paired",
        detail=f"it is the copy that {parent.route} has made of {parent.document_id}",
        beside=[context.run.pairs.copied(transfer.id), context.run.pairs.born(parent.id)],
    )
    context.tally.decide(transfer.id, Fate.UNCHANGED)


async def _leave_out(context: Context, pair: Pair, transfer: Transfer) -> None:
    reason = f"it is a copy that {pair.route.name} has left unfinished; what stopped it there is told by its own status"
    await context.run.settle(
        transfer.id,
        status="skipped",
        at=datetime.now(UTC),
        reason_class=COPY,
        reason=reason,
        event="skipped",
        detail=reason,
    )
    context.tally.decide(transfer.id, Fate.SKIPPED)
    context.tally.explain(transfer.document_id, Fate.SKIPPED, reason)


def _carries(document: Document, marker: str) -> bool:
    """Say whether a document shows the marker that travelled in the call by which a copy is made."""
    return marker in markers(file.name for file in document.files) or _holds(document.fields, marker)


def _holds(value: object, marker: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(each, marker) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each, marker) for each in value)
    return isinstance(value, str) and marker in value.lower()
