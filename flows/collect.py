"""Collect: read the source's listing into the ledger and say whether all of it was seen."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.secrets import mask
from flows.context import sleep_or_stop
from flows.marks import Marks
from flows.pool import ASK_AGAIN
from flows.tally import Fate
from state.turns import Turn

if TYPE_CHECKING:
    from flows.context import Context

log = logging.getLogger("docferry")


@dataclass(frozen=True, slots=True)
class Listing:
    """One reading of the listing. `proven` is False if the source's own count says that more was there.

    It is too if part of it was `barred`, which reading again at once does not change. `shared`: another run has read it.
    """

    fresh: int
    seen: int
    proven: bool
    read: bool = True
    barred: bool = False
    shared: bool = False


async def collect(context: Context, *, again: bool) -> Listing:
    """Read the listing once, or let another run of the route read it: then return once that is at its end.

    With `again` it is read although another run has done so since this one began. Should the reader die, this run reads.
    """
    listing = Listing(0, 0, proven=False, read=False)
    try:
        while not context.halted(context.source_name):
            turn = await context.run.turns.take_collect(again=again)
            if turn is Turn.OVER:
                return Listing(0, 0, proven=True, read=False, shared=True)
            if turn is Turn.OURS:
                listing = await _read(context)
                break
            context.news.set()  # the other run may have found something
            await sleep_or_stop(context, ASK_AGAIN)
    finally:
        await context.run.turns.end(read=listing.read)
    return listing


async def _read(context: Context) -> Listing:
    """Read the listing from where the ledger stands. Errors end the reading, not the run's other work.

    Cursor and documents are committed page by page in one transaction each, so a crash resumes in mid-listing.
    """
    opened, run = context.open, context.run
    cursor = await run.cursor(opened.source_stream)
    seen = Marks()
    count, fresh, total, barred = 0, 0, None, False
    async for page in opened.source.changes(cursor):
        if context.halted(context.source_name):
            return Listing(fresh, count, proven=False, read=False)
        remembered = await run.remember(
            opened.source_stream,
            [(change.document_id, run.fingerprint(change.version)) for change in page.changes],
            page.cursor,
            now=datetime.now(UTC),
            relist=opened.draining,
            mapping=opened.route.version,
        )
        due = (*remembered.new, *remembered.changed, *remembered.relisted)
        # What this run has been through already is listed late or was moved by our own feedback: no news.
        fresh += sum(1 for id_ in due if not context.tally.handled(id_))
        context.tally.list((*due, *remembered.pending), Fate.WAITING)
        context.tally.list(remembered.known, Fate.UNCHANGED)
        context.tally.refused.update(remembered.refused)
        for id_ in (*due, *remembered.pending, *remembered.known):
            count += not seen[id_]
            seen[id_] = True
        total = page.total if page.total is not None else total
        if page.unseen is not None:
            barred = True
            _note(context, page.unseen)
        context.got_through(context.source_name)
        if due or remembered.pending:
            context.news.set()
    context.tally.passes += 1
    # A total that fell below what was seen is fine (documents left meanwhile); one above it means some were hidden.
    return Listing(fresh, count, proven=not barred and (total is None or count >= total), barred=barred)


def _note(context: Context, unseen: str) -> None:
    """Say once in a run what the source could not list, however often it is read."""
    note = f"not all of the source could be read: {mask(unseen)}"
    if note not in context.notes:
        log.warning("%s", note)
        context.notes.append(note)
