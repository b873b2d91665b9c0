"""What the ledger may forget of the past, so that it still knows everything that keeps documents from being lost or doubled.

A transfer stays for ever, with its ids, key and versions: a document that is listed again must be known. So do the steps of
its deliveries, which every later push looks at. What goes is what only tells: older events (each document keeps its latest),
runs (each route keeps its latest ones), and messages that the source has been told, with their steps, once it was told the same
outcome of the same document anew. Of every outcome the last message stays: by their numbers the next one is counted, and by what
came of them the source's lists are understood, and what it must still hear.

Nothing that is dropped can be needed again, whatever happens beside it: so runs need not be kept out.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from state.errors import SettingError
from state.models import event, feedback, run, step, transfer
from state.reading import chunks, routes
from state.records import HELD, PENDING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from state.reader import Reader
    from state.writer import Writer

AT_ONCE = 500
"""How many documents are looked at, and tidied up in one transaction."""
RUNS_KEPT = 30
"""How many runs of each route stay, whatever their age: as many as Prefect's page shows in a chart."""
_REST = 0.02
"""Seconds at least between two writes, so that runs get their turn at a file's lock."""


@dataclass(slots=True)
class Past:
    """Rows that may go, or have gone: their ids in the ledger, or (summed up) their numbers."""

    events: list[int] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


@dataclass(slots=True)
class Pruned:
    """How far the pruning is: documents looked at, of how many, and rows dropped (or, on a dry run, to be dropped)."""

    documents: int = 0
    of: int = 0
    events: int = 0
    messages: int = 0
    steps: int = 0
    runs: int = 0


async def prune(
    reader: Reader, writer: Writer, *, before: datetime, route: str | None, dry_run: bool
) -> AsyncIterator[Pruned]:
    """Drop what happened before an instant and is only told, of one route or of all; yield how far it is, batch by batch.

    Each batch is a transaction: it may be ended anywhere and begun again. Raises SettingError if the ledger knows no such
    route, StateError.
    """
    known = await reader.ask(routes)
    if route is not None and route not in known:
        raise SettingError(f"The ledger knows no route '{route}'; it has {', '.join(known) or 'none yet'}")
    done = Pruned(of=await reader.ask(lambda connection: _count(connection, route)))
    last = 0
    while True:
        ids = await reader.ask(partial(_next, route=route, after=last))
        if not ids:
            break
        last = ids[-1]
        found = await reader.ask(partial(_past, ids=ids, before=before))
        if found and not dry_run:
            began = time.monotonic()
            await writer.call(partial(_drop, past=found))
            await asyncio.sleep(max(_REST, time.monotonic() - began))
        done.documents += len(ids)
        done.events += len(found.events)
        done.messages += len(found.messages)
        done.steps += len(found.steps)
        yield done
    old = await reader.ask(lambda connection: _old_runs(connection, before, route))
    if old and not dry_run:
        await writer.call(lambda connection: _drop_runs(connection, old))
    done.runs = len(old)
    yield done


def _count(connection: Connection, route: str | None) -> int:
    query = select(func.count()).select_from(transfer)
    return connection.execute(query if route is None else query.where(transfer.c.route == route)).scalar_one()


def _next(connection: Connection, route: str | None, after: int) -> list[int]:
    query = select(transfer.c.id).where(transfer.c.id > after)
    if route is not None:
        query = query.where(transfer.c.route == route)
    return list(connection.execute(query.order_by(transfer.c.id).limit(AT_ONCE)).scalars())


def _past(connection: Connection, ids: list[int], before: datetime) -> Past:
    """Find what may go of these documents. One that is pending, held or owed keeps everything."""
    owed = select(feedback.c.transfer_id).where(feedback.c.transfer_id.in_(ids), feedback.c.done_at.is_(None))
    at_work = select(transfer.c.id).where(transfer.c.id.in_(ids), transfer.c.status.in_((PENDING, HELD)))
    open_ = {*connection.execute(owed).scalars(), *connection.execute(at_work).scalars()}
    settled = [id_ for id_ in ids if id_ not in open_]
    found = Past()
    if settled:
        latest = select(func.max(event.c.id)).where(event.c.transfer_id.in_(settled)).group_by(event.c.transfer_id)
        old = select(event.c.id).where(event.c.transfer_id.in_(settled), event.c.at < before, event.c.id.not_in(latest))
        found.events = list(connection.execute(old).scalars())
        _add_messages(connection, settled, before, found)
    return found


def _add_messages(connection: Connection, settled: list[int], before: datetime, found: Past) -> None:
    """Find the messages that came before one of the same outcome that was told and has left steps, and the steps of those."""
    steps: defaultdict[tuple[int, int], list[tuple[int, bool]]] = defaultdict(list)
    query = select(step.c.id, step.c.transfer_id, step.c.name, step.c.done_at)
    for row in connection.execute(query.where(step.c.transfer_id.in_(settled), step.c.name.startswith("feedback:"))):
        seq = row.name.split(":")[1]
        if seq.isdigit():
            steps[row.transfer_id, int(seq)].append((row.id, row.done_at is not None))
    names = ("id", "transfer_id", "seq", "outcome", "done_at", "answer", "claim")
    messages = select(*(feedback.c[name] for name in names)).where(feedback.c.transfer_id.in_(settled))
    told_later: set[tuple[int, str]] = set()
    for message in connection.execute(messages.order_by(feedback.c.seq.desc())).all():
        mine = steps.get((message.transfer_id, message.seq), [])
        this = (message.transfer_id, message.outcome)
        # One that was superseded while it is being told has a claim, and what comes after it waits for that.
        if this in told_later and message.done_at < before and message.claim is None:
            found.messages.append(message.id)
            found.steps += [id_ for id_, _ in mine]
        elif message.answer == "told" and any(finished for _, finished in mine):
            told_later.add(this)


def _old_runs(connection: Connection, before: datetime, route: str | None) -> list[str]:
    number = func.row_number().over(partition_by=run.c.route, order_by=(run.c.started_at.desc(), run.c.id)).label("n")
    query = select(run.c.id, run.c.route, run.c.state, run.c.started_at, number).subquery()
    old = select(query.c.id).where(query.c.n > RUNS_KEPT, query.c.started_at < before, query.c.state != "running")
    return list(connection.execute(old if route is None else old.where(query.c.route == route)).scalars())


def _drop(connection: Connection, past: Past) -> None:
    for table, ids in ((step, past.steps), (feedback, past.messages), (event, past.events)):
        _delete(connection, table, ids)


def _drop_runs(connection: Connection, ids: list[str]) -> None:
    _delete(connection, run, ids)


def _delete(connection: Connection, table: Table, ids: list[int] | list[str]) -> None:
    for some in chunks(ids):
        connection.execute(delete(table).where(table.c.id.in_(some)))
