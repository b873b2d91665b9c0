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
from typing import TYPE_CHECKING, Protocol, TypeVar

from connectors.errors import AccessError, ConnectorError, TransientError
from flows.collect import Listing, collect
from flows.context import Context
from flows.deliver import deliver
from flows.feedback import tell_all
from flows.follow import follow
from flows.heal import heal
from flows.memory import LedgerMemory
from flows.policy import Policy
from flows.redact import told
from flows.tally import Fate, Report, Tally
from state.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from flows.routes import OpenRoute
    from state.ledger import Ledger

log = logging.getLogger("docferry")
T = TypeVar("T")
_UNPROVEN_READINGS = 3


class Phase(Protocol):
    """Runs one phase; Prefect makes a task run of it, everybody else just awaits it."""

    async def __call__(self, name: str, work: Callable[[], Awaitable[T]], /) -> T:
        """Await `work()` under this name and return its result."""
        ...


async def plainly(name: str, work: Callable[[], Awaitable[T]], /) -> T:
    """Run a phase without any ado."""
    log.debug("phase %s", name)
    return await work()


async def sync(
    opened: OpenRoute,
    ledger: Ledger,
    *,
    policy: Policy | None = None,
    tally: Tally | None = None,
    limit: int | None = None,
    documents: Sequence[str] = (),
    stop: asyncio.Event | None = None,
    phase: Phase = plainly,
) -> Report:
    """Run a route once and return what became of every document it touched.

    `documents` restricts the run to these source ids, whatever became of them before; `limit` is the most documents
    that are begun. Errors of providers and of the state end the run in an orderly way and are told in the report;
    raises RouteBusyError (state.errors) if another run of the route is active.
    """
    async with ledger.run(opened.route.name) as run:
        began = time.monotonic()
        context = Context(
            open=opened,
            run=run,
            policy=policy or Policy(),
            tally=tally or Tally(),
            limit=limit,
            stop=stop or asyncio.Event(),
        )
        if run.previous:
            context.notes.append("the run before this one did not end by itself; its work was taken over")
        requests = opened.requests()
        proven = False
        try:
            ends = (context.source_name, context.destination_name)
            await context.alerts.recall({name: LedgerMemory(ledger, name) for name in ends})
            if back := await run.set_right(datetime.now(UTC)):
                minutes = back.total_seconds() / 60
                context.notes.append(f"the clock was set back by about {minutes:.0f} min; what waited is tried at once")
            await run.recording.renew()
            if documents:
                wanted = await run.want(documents, datetime.now(UTC))
                context.only = frozenset((*wanted.new, *wanted.changed))
                context.tally.list(context.only, Fate.WAITING)
            if not opened.draining:
                # A work queue lists what it was not told; elsewhere only the ledger knows what the source refused.
                context.tally.refused.update(
                    await run.outbox.owe_again(opened.route.feedback, opened.route.version, datetime.now(UTC))
                )
            await _heal(context, phase)
            proven = await _passes(context, phase)
            await run.recording.prune(datetime.now(UTC))
            owed = await run.outbox.owed_count()
            context.conclude()
            await context.alerts.keep()
        except StateError as error:
            context.halt(error)
            owed = 0
        report = _report(context, proven=proven, owed=owed, seconds=time.monotonic() - began, requests=requests)
        try:
            await run.finish(
                at=datetime.now(UTC),
                counts={key: value for key, value in report.as_json().items() if type(value) is int},
                complete=report.complete,
                note=report.stopped or "; ".join(report.notes) or None,
            )
        except StateError as error:
            context.halt(error)
            report = _report(context, proven=False, owed=owed, seconds=time.monotonic() - began, requests=requests)
        return report


async def _heal(context: Context, phase: Phase) -> None:
    """Try what earlier versions of the mapping have judged, unless that was done or only some documents are asked for."""
    route = context.open.route
    tried = await context.run.waking.use(route.version, route.bundle(), datetime.now(UTC))
    if not tried and context.only is None:
        await phase("heal", lambda: heal(context))


async def _passes(context: Context, phase: Phase) -> bool:
    """Repeat the four phases until a reading of the source brings nothing new; return whether all of it was seen."""
    proven, unproven = False, 0
    for number in range(1, context.policy.passes + 1):
        listing = await _one_pass(context, phase)
        first = number == 1
        altered = await phase("follow", lambda: follow(context, ask_for_dropped=first))  # noqa: B023 -- awaited at once
        proven = listing.proven
        again = listing.fresh > 0 and bool(context.open.source.drains) and context.only is None
        if listing.read and not proven and not listing.barred:
            unproven += 1
            again = unproven < _UNPROVEN_READINGS
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
    if not proven and unproven >= _UNPROVEN_READINGS:
        context.notes.append(
            f"the source says it lists more documents than it showed in {unproven} readings; "
            "nothing is lost, but what it hides cannot be carried"
        )
    return proven


async def _overtaken(context: Context) -> bool:
    """Say whether a document that changed before the source was told can still be carried in this run."""
    if not context.overtaken or context.halted(context.source_name, context.destination_name) or not context.may_begin:
        return False
    due = await context.run.next_due(only=context.overtaken.keys())
    return due is not None and due <= datetime.now(UTC)


async def _one_pass(context: Context, phase: Phase) -> Listing:
    """Read the listing while delivering, then report while delivering goes on."""
    listed, delivered = asyncio.Event(), asyncio.Event()

    async def collecting() -> Listing:
        try:
            if context.only is not None:
                return Listing(0, len(context.only), proven=True, read=False)
            return await phase("collect", lambda: collect(context))
        except ConnectorError as error:
            # What is already in the ledger is still delivered and reported as far as the source lets us.
            context.unread(error)
            return Listing(0, 0, proven=False, read=False)
        except StateError as error:
            context.halt(error)
            return Listing(0, 0, proven=False, read=False)
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


def _report(context: Context, *, proven: bool, owed: int, seconds: float, requests: int) -> Report:
    tally, counts = context.tally, context.tally.counts()
    interrupted = context.stop.is_set()
    stopped = "; ".join(_what_to_do(error) for error in context.halts.values()) or None
    limited = context.limit is not None and not context.may_begin and not tally.tried
    if context.limit is not None and not context.may_begin:
        context.notes.append(f"stopped after {context.limit} documents as asked; the rest stays due")
    return Report(
        route=context.open.route.name,
        run_id=context.run.id,
        started=context.run.started_at,
        listed=tally.listed,
        resumed=tally.touched - tally.listed,
        delivered=counts[Fate.DELIVERED],
        updated=counts[Fate.UPDATED],
        unchanged=counts[Fate.UNCHANGED],
        rejected=counts[Fate.REJECTED],
        failed=counts[Fate.FAILED],
        skipped=counts[Fate.SKIPPED],
        waiting=counts[Fate.WAITING],
        withdrawn=tally.withdrawn,
        woken=tally.woken,
        acknowledged=tally.told,
        owed_feedback=owed,
        refused_feedback=len(tally.refused),
        requests=context.open.requests() - requests,
        passes=tally.passes,
        seconds=seconds,
        complete=proven and not stopped and not interrupted and not counts[Fate.WAITING] and not owed,
        limited=limited,
        interrupted=interrupted,
        stopped=stopped,
        notes=tuple(context.notes),
        problems=tuple(tally.problems.values()),
        alerts=tuple(context.alerts.all()),
    )


def _what_to_do(error: Exception) -> str:
    """Add the next step to an error that ended the run, where the error itself does not know it."""
    text = told(error, []).rstrip(".")
    if isinstance(error, AccessError):
        # Without a status it is no answer of a server: a setting, a folder or a table is at fault, as the error says.
        remedy = "Correct that" if error.status is None else "Renew the credentials or grant the right"
        return f"{text}. {remedy}, try `docferry check`, then run again"
    if isinstance(error, TransientError):
        return f"{text}. Nothing is lost; run again later"
    return text
