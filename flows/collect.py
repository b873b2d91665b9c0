"""Collect: read the source's listing into the ledger and say what of it was not seen."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.secrets import mask
from flows.context import sleep_or_stop
from flows.keepable import only_keepable
from flows.marks import Marks
from flows.pool import ASK_AGAIN
from flows.proof import Lack, hidden
from flows.tally import Fate
from state.turns import Turn

if TYPE_CHECKING:
    from connectors.contract import Page
    from flows.context import Context

log = logging.getLogger("docferry")
_VERDICT = "reading"


@dataclass(frozen=True, slots=True)
class Listing:
    """One reading of the listing. `lack` is what was missing in it by what the source itself states or the ledger knows.

    `fresh` counts documents that have to be worked on, `news` those that no earlier reading of this run has shown.
    `barred`: a part of it could not be read, which reading again at once does not change. `again`: reading it once more
    may show what is lacking. `shared`: another run has read it, and its verdict counts.
    """

    fresh: int = 0
    news: int = 0
    lack: Lack = field(default_factory=Lack)
    read: bool = True
    barred: bool = False
    again: bool = False
    shared: bool = False

    @property
    def proven(self) -> bool:
        """Whether all of it was seen."""
        return self.read and not self.barred and self.lack.nothing


async def collect(context: Context, *, again: bool) -> Listing:
    """Read the listing once, or let another run of the route read it: then return once that is at its end.

    With `again` it is read although another run has done so since this one began. Should the reader die, or be in doubt
    that another reading may settle, this run reads.
    """
    listing = Listing(read=False)
    try:
        while not context.halted(context.source_name):
            turn = await context.run.turns.take_collect(again=again)
            if turn is Turn.OVER:
                return Listing(read=False, shared=True)
            if turn is Turn.OURS:
                listing = await _judged(context, await _read(context))
                break
            context.news.set()  # the other run may have found something
            await sleep_or_stop(context, ASK_AGAIN)
    finally:
        # What reading again may settle is not over: whoever asks next reads, so that nobody ends on a doubt that passes.
        await context.run.turns.end(read=listing.read and not listing.again)
    return listing


async def _judged(context: Context, listing: Listing) -> Listing:
    """Judge a reading in the light of the ones before; beside other runs, keep the verdict for those that do not read."""
    if not listing.read:
        return listing
    if not listing.barred:
        listing = replace(listing, again=context.proof.read_again(listing.lack, news=listing.news > 0))
    if context.open.route.draft.runs == "shared":
        doubts = [*context.unseen, context.proof.words(context.source_name)]
        await context.shared.keep(_VERDICT, "; ".join(filter(None, doubts)))
    return listing


async def verdict(context: Context) -> str:
    """Return what the last reading of a route that runs share has left in doubt, "" if nothing."""
    return await context.shared.recall(_VERDICT) or ""


async def _read(context: Context) -> Listing:
    """Read the listing from where the ledger stands. Errors end the reading, not the run's other work.

    Cursor and documents are committed page by page in one transaction each, so a crash resumes in mid-listing.
    """
    opened, listed = context.open, context.tally.listed
    cursor = await context.run.cursor(opened.source_stream)
    if context.to_sweep:
        cursor = opened.source.rewind(cursor, context.asked.since)
    seen, still = Marks(), set[str]()
    count, stale, fresh, total, barred, whole = 0, 0, 0, None, False, False
    doubts = set[str]()
    async for listed_page in opened.source.changes(cursor):
        page = only_keepable(listed_page)
        if context.halted(context.source_name):
            return Listing(fresh, context.tally.listed - listed, read=False)
        kept, new = await _remember(context, page)
        fresh += new
        for id_ in kept:
            count += not seen[id_]
            stale += context.drained[id_] and not seen[id_]
            seen[id_] = True
        total = page.total if page.total is not None else total
        still.update(page.still)
        whole = whole or page.whole
        if page.doubt is not None:
            doubts.add(mask(page.doubt))
        if page.unseen is not None:
            barred = True
            _note(context, page.unseen)
        context.got_through(context.source_name)
    context.tally.passes += 1
    if whole and not barred and (there := await hidden(context, seen, still)):
        doubts.add(there)
    if context.proof.counts_out(total, sum(1 for _ in context.drained.items())):
        count -= stale
    # A total that fell below what was seen is fine (documents left meanwhile); one above it means some were hidden.
    return Listing(fresh, context.tally.listed - listed, Lack(total, count, frozenset(doubts)), barred=barred)


async def _remember(context: Context, page: Page) -> tuple[list[int], int]:
    """Write a page down; return the transfer ids of everything on it, and how many are due that this run has yet to see."""
    opened, run = context.open, context.run
    remembered = await run.remember(
        opened.source_stream,
        [(change.document_id, run.fingerprint(change.version)) for change in page.changes],
        page.cursor,
        now=datetime.now(UTC),
        relist=opened.draining,
        mapping=opened.route.version,
    )
    due = [*remembered.new, *remembered.changed, *remembered.relisted]
    kept = [*due, *remembered.pending, *remembered.known]
    # What this run has been through already is listed late or was moved by our own feedback: no news.
    fresh = sum(1 for id_ in due if not context.tally.handled(id_))
    context.tally.list((*due, *remembered.pending), Fate.WAITING)
    context.tally.list(remembered.known, Fate.UNCHANGED)
    context.tally.refused.update(remembered.refused)
    # What the ledger did not keep of a page counts as listed, and no fate makes up for it.
    context.tally.listed += len({change.document_id for change in page.changes}) - len(set(kept))
    if due or remembered.pending:
        context.news.set()
    return kept, fresh


def _note(context: Context, unseen: str) -> None:
    """Say once in a run what the source could not list, however often it is read."""
    note = f"not all of the source could be read: {mask(unseen)}"
    if note not in context.unseen:
        log.warning("%s", note)
        context.unseen.append(note)
        context.notes.append(note)
