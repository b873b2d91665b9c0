"""Again: what the destination refused is brought there again unaided, since the cause may have been mended there.

It happens a few times and ever more rarely (`Policy.refused`). The same refusal once more is no news: the source is told
nothing, and the document stays what it was. What carries such a document is what was judged, or nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from state.retrying import Refusals

if TYPE_CHECKING:
    from connectors.contract import Document
    from flows.context import Context
    from flows.settling import Seen
    from state.records import Transfer
    from state.writer import Line

log = logging.getLogger("docferry")
DESTINATION = "destination"
"""The reason class of what the destination has refused."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What a refusal comes to: whether it is news, when it is tried again (None: a person must ask), and what keeps that."""

    news: bool
    due_at: datetime | None
    beside: tuple[Line, ...] = ()
    detail: str = ""


async def try_again(context: Context) -> None:
    """Make due what the time has come for; nothing while the destination is known to be in trouble."""
    if context.only is not None or context.halted() or context.alerts.lasting(context.destination_name):
        return
    woken = await context.run.retrying.wake(context.policy.refused_at_once, datetime.now(UTC))
    if woken:
        log.info("%d documents that the destination has refused are tried again", woken)


def unaided(context: Context, transfer: Transfer) -> bool:
    """Say whether the destination has refused a document before, and neither the mapping is another one nor has anybody asked."""
    return transfer.mapping_version == context.open.route.version and Refusals.of(transfer) is not None


def is_another(context: Context, transfer: Transfer, seen: Seen, *, ended: bool) -> bool:
    """Say whether a source shows another document than the refused one, now that our rejection has taken it off the queue.

    It may show less of those. No listing would show a change of it either, so nobody has asked for this one.
    """
    return ended and seen.version != transfer.content_version and unaided(context, transfer)


def refused(context: Context, transfer: Transfer, seen: Seen, reason: str, now: datetime) -> Refused:
    """Judge a refusal by the destination in the light of the ones before."""
    same = unaided(context, transfer) and transfer.content_version == seen.version
    # What stands on the queue now was put back by somebody, and leaves it by being told.
    back = "rejected" in context.open.draining and _ready(seen.document)
    before = Refusals.of(transfer) if same and not back else None
    words = context.run.fingerprint(reason)
    here = Refusals(before.count + 1 if before else 1, words, now)
    due_at = context.policy.refused_until(here.count, now)
    most = len(context.policy.refused)
    then = (
        f"tried again from {due_at:%Y-%m-%d %H:%M} UTC, {here.count} of {most}" if due_at else "not tried again unaided"
    )
    return Refused(
        news=before is None or before.words != words,
        due_at=due_at,
        beside=(here.line(transfer.id),),
        detail=f"{reason} ({then})",
    )


def still_waits(context: Context, transfer: Transfer) -> datetime | None:
    """Return when a refused document whose verdict stands is to be tried again: as if nothing had been looked at."""
    last = Refusals.of(transfer)
    if last is None or transfer.reason_class != DESTINATION:
        return None
    return context.policy.refused_until(last.count, last.at)


def _ready(document: Document | None) -> bool:
    return document is not None and document.not_ready is None
