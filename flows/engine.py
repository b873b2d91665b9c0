"""One run of one route: collect, deliver, follow and report, in an order that loses nothing. Knows no Prefect.

    heal       ledger → mapping → ledger                        what does a changed mapping make of what was judged?
    collect    source → ledger                                  what is new or changed?
    deliver    ledger → source, mapping, destination → ledger   bring what is due
    follow     ledger → destination → ledger                    has the far end finished, refused or dropped it since?
    report     ledger → source                                  tell the source what became of it

Collect and deliver overlap. Report never runs while the listing is read: acknowledged documents leave a work queue,
and what is behind them would slip past the reader. A work queue is read again until a reading shows nothing new.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors import fence
from connectors.errors import ConnectorError
from flows.again import try_again
from flows.collect import Listing, collect, verdict
from flows.context import Context, where
from flows.deliver import deliver
from flows.feedback import tell_all
from flows.follow import follow
from flows.heal import heal
from flows.log_lines import about
from flows.memory import LedgerMemory
from flows.phases import Phase, plainly, timed
from flows.policy import Policy
from flows.reporting import Before, report_on
from flows.selection import ALL_DUE
from flows.tally import Fate, Report, Tally
from state.errors import StateError

if TYPE_CHECKING:
    from flows.routes import OpenRoute
    from flows.selection import Selection
    from state.ledger import Ledger

log = logging.getLogger("docferry")
_LAST_LOOKS = 10
"""How often in the end of a run beside others it is looked whether they owe the source something that nobody tells yet."""


async def sync(
    opened: OpenRoute,
    ledger: Ledger,
    *,
    policy: Policy | None = None,
    tally: Tally | None = None,
    asked: Selection = ALL_DUE,
    stop: asyncio.Event | None = None,
    phase: Phase = plainly,
) -> Report:
    """Run a route once and return what became of every document it touched.

    `asked` says which documents are carried. Errors of providers and of the state end the run in an orderly way and are told in the report;
    raises RouteBusyError (state.errors) if another run of the route is active and the two do not share the work.
    """
    policy = policy or Policy()
    shared = opened.route.draft.runs == "shared"
    async with ledger.run(
        opened.route.name, ttl=policy.lease, shared=shared, asked=asked.as_text(), flow_run=asked.flow_run
    ) as run:
        context = Context(
            open=opened,
            run=run,
            shared=LedgerMemory(ledger, f"route {opened.route.name}"),
            policy=policy,
            tally=tally or Tally(),
            asked=asked,
            stop=stop or asyncio.Event(),
        )
        with fence.held_by(run.hold), about(route=opened.route.name, run=run.id):
            return await _run(context, ledger, timed(phase, context.phases), shared=shared)


async def _run(context: Context, ledger: Ledger, phase: Phase, *, shared: bool) -> Report:
    began, run, opened = time.monotonic(), context.run, context.open
    if run.previous:
        context.notes.append("the run before this one did not end by itself; its work was taken over")
    before = Before(opened.requests(), opened.waited(), opened.held())
    proven = False
    try:
        ends = context.source_name, context.destination_name
        await context.alerts.recall({name: LedgerMemory(ledger, name) for name in ends})
        if back := await run.set_right(datetime.now(UTC)):
            minutes = back.total_seconds() / 60
            context.notes.append(f"the clock was set back by about {minutes:.0f} min; what waited is tried at once")
        await run.recording.renew()
        await ledger.credentials.renew()
        if not context.asked.listing:
            await _choose(context)
        if not opened.draining:
            # A work queue lists what it was not told; elsewhere only the ledger knows what the source refused.
            context.tally.refused.update(
                await run.outbox.owe_again(opened.route.feedback, opened.route.version, datetime.now(UTC))
            )
        async with context.alerts.kept():
            await _heal(context, phase)
            await try_again(context)
            proven = await _passes(context, phase)
            if shared:
                await _leave_to_others(context)
            await run.recording.prune(datetime.now(UTC))
            owed = await _owed(context, phase, shared=shared)
            context.tally.behind = await _behind(context)
            context.oldest_owed_at = await run.outbox.oldest_owed() if owed else None
        context.conclude()
        await context.alerts.keep()
    except StateError as error:
        context.halt(error)
        owed = 0
    context.unheard.conclude()
    report = report_on(context, proven=proven, owed=owed, seconds=time.monotonic() - began, before=before)
    try:
        await run.finish(
            at=datetime.now(UTC),
            counts=report.counts(),
            complete=report.complete and context.only is None,
            grown=report.grown(),
            note=report.stopped or "; ".join(report.notes) or None,
        )
    except StateError as error:
        context.halt(error)
        report = report_on(context, proven=False, owed=owed, seconds=time.monotonic() - began, before=before)
    return report


async def _choose(context: Context) -> None:
    """Make due what a person has chosen, and nothing else this run's business."""
    asked, run, now = context.asked, context.run, datetime.now(UTC)
    if asked.rejected:
        wanted = await run.wanting.refused(asked.since, now, asked.why)
    else:
        wanted = await run.wanting.these(asked.documents, now, asked.why)
    context.only = frozenset((*wanted.new, *wanted.changed))
    context.tally.list(context.only, Fate.WAITING)
    if not context.only:
        since = f" since {asked.since:%Y-%m-%d %H:%M} UTC" if asked.since else ""
        context.notes.append(f"no document of this route was rejected or failed{since}, so nothing was tried again")


async def _heal(context: Context, phase: Phase) -> None:
    """Try what earlier versions of the mapping have judged.

    Not if that was done, if another run is at it, or if only some documents are asked for.
    """
    route, turns = context.open.route, context.run.turns
    tried = await context.run.waking.use(route.version, route.bundle(), datetime.now(UTC))
    if tried or context.only is not None or not await turns.take_heal():
        return
    try:
        await phase("heal", lambda: heal(context))
    finally:
        await turns.end()


async def _passes(context: Context, phase: Phase) -> bool:
    """Repeat the four phases until a reading of the source brings nothing new; return whether all of it was seen."""
    proven, read = False, False
    for number in range(1, context.policy.passes + 1):
        listing = await _one_pass(context, phase, again=read or context.to_sweep)
        read = listing.read
        first = number == 1 and not listing.shared
        altered = await phase("follow", lambda: follow(context, ask_for_dropped=first))  # noqa: B023 -- awaited at once
        proven = listing.proven or context.only is not None
        again = listing.again or (listing.fresh > 0 and bool(context.open.source.drains) and context.only is None)
        if context.halted(context.source_name, context.destination_name) or not context.may_begin:
            break
        if not again and not altered:
            break
        if number == context.policy.passes:
            context.notes.append(f"the source still had something new after {number} readings; the next run goes on")
            proven = False
    done = asyncio.Event()
    done.set()
    await phase("report", lambda: tell_all(context, done, done))
    if await _overtaken(context):
        await phase("deliver", lambda: deliver(context, done))
        await phase("report", lambda: tell_all(context, done, done))
    if not read and listing.shared:
        context.notes.append("another run of the route has read the source; this one carried what was due")
        if doubts := await verdict(context):
            context.notes.append(doubts)
        return not doubts
    if words := context.proof.words(context.source_name):
        log.warning("%s", words)
        context.notes.append(words)
    return proven


async def _overtaken(context: Context) -> bool:
    """Say whether a document that changed before the source was told can still be carried in this run."""
    if not context.overtaken or context.halted(context.source_name, context.destination_name) or not context.may_begin:
        return False
    due = await context.run.next_due(only=context.overtaken.keys())
    return due is not None and due <= datetime.now(UTC)


async def _behind(context: Context) -> int:
    """Count what the ledger has to deliver and this run did not come to: not listed any more, and not due yet."""
    if context.only is not None:
        return 0
    return max(0, await context.run.pending_count() - context.tally.counts()[Fate.WAITING])


async def _owed(context: Context, phase: Phase, *, shared: bool) -> int:
    """Count what the source is still owed; beside other runs, what one of them leaves at this very moment is told first."""
    outbox, done = context.run.outbox, asyncio.Event()
    done.set()
    owed = await outbox.owed_count()
    for _ in range(_LAST_LOOKS if shared else 0):
        if not owed or context.halted(context.source_name) or context.stop.is_set():
            break
        due = await outbox.next_owed()
        if due is not None and due > datetime.now(UTC):
            break
        if due is not None:
            await phase("report", lambda: tell_all(context, done, done))
        owed = await outbox.owed_count()
    return owed


async def _leave_to_others(context: Context) -> None:
    """Of what this run listed and did not carry, count for its own only what no other run has taken.

    What was asked for here and nobody has is told here, whoever has looked.
    """
    waiting = context.tally.waiting()
    ours = await context.run.claims.ours(waiting)
    for id_ in waiting:
        if id_ not in ours:
            context.tally.decide(id_, Fate.ELSEWHERE)
    for one in await context.run.wanting.strangers(context.only or ()):
        context.tally.decide(one.id, Fate.FAILED)
        context.tally.explain(one.document_id, Fate.FAILED, one.reason or "")


async def _one_pass(context: Context, phase: Phase, *, again: bool) -> Listing:
    """Read the listing while delivering, then report while delivering goes on."""
    listed, delivered = asyncio.Event(), asyncio.Event()

    async def collecting() -> Listing:
        try:
            if context.only is not None:
                return Listing(read=False)
            return await phase("collect", lambda: collect(context, again=again))
        except ConnectorError as error:
            # What is already in the ledger is still delivered and reported as far as the source lets us.
            context.unread(error)
            return Listing(read=False)
        except StateError as error:
            context.halt(error)
            return Listing(read=False)
        except Exception as error:  # noqa: BLE001 -- what a list brings must not keep what is known from being carried
            log.error("the listing: unexpected %s", where(error))  # noqa: TRY400 -- see where()
            words = f"unexpected {type(error).__name__} in docferry itself while the listing was read; see the log of this run"
            context.halt(ConnectorError(words, connection=context.source_name))
            return Listing(read=False)
        finally:
            listed.set()
            context.news.set()

    async def delivering() -> None:
        try:
            await phase("deliver", lambda: deliver(context, listed))
        except StateError as error:
            context.halt(error)
        finally:
            delivered.set()
            context.run.outbox.news.set()

    async def reporting() -> None:
        try:
            await phase("report", lambda: tell_all(context, listed, delivered))
        except StateError as error:
            context.halt(error)

    async with asyncio.TaskGroup() as group:
        listing = group.create_task(collecting())
        group.create_task(delivering())
        group.create_task(reporting())
    return listing.result()
