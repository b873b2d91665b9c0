"""The rows of runs: one is begun with its lease, told as interrupted if it ends without a word, finished, and read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from state import totals
from state.instants import database_now
from state.lease import over
from state.models import lease, run
from state.owner import words
from state.records import RunRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Select


_RUN = select(
    run.c.id,
    run.c.route,
    run.c.state,
    run.c.started_at,
    run.c.ended_at,
    run.c.complete,
    run.c.counts,
    run.c.note,
    run.c.asked,
    run.c.flow_run,
)


def begin(
    connection: Connection, route: str, run_id: str, *, started_at: datetime, asked: str | None, flow_run: str | None
) -> bool:
    """Enter a run, and tell those of the route that hold no lease any more as interrupted.

    Returns whether the run before this one was interrupted.
    """
    here = run.c.route == route
    living = select(lease.c.name).where(lease.c.route == route)
    ended = here & (run.c.state == "running") & run.c.id.not_in(living)
    died = connection.execute(update(run).where(ended).values(state="interrupted")).rowcount
    totals.add(connection, route, {totals.DIED: died})
    before = select(run.c.state).where(here, run.c.state != "running").order_by(run.c.started_at.desc()).limit(1)
    interrupted = connection.execute(before).scalar() == "interrupted"
    row = {"id": run_id, "route": route, "state": "running", "started_at": started_at}
    connection.execute(insert(run).values({**row, "asked": asked, "flow_run": flow_run}))
    return interrupted


def end(connection: Connection, route: str, run_id: str) -> None:
    """Tell a run as interrupted, unless it is finished."""
    unfinished = update(run).where(run.c.id == run_id, run.c.state == "running")
    died = connection.execute(unfinished.values(state="interrupted", ended_at=datetime.now(UTC))).rowcount
    totals.add(connection, route, {totals.DIED: died})


def finish(
    connection: Connection, run_id: str, *, at: datetime, counts: Mapping[str, int], complete: bool, note: str | None
) -> None:
    """Close a run's row: it has gone to its end."""
    values = {"ended_at": at, "complete": complete, "counts": json.dumps(dict(counts)), "note": note}
    connection.execute(update(run).where(run.c.id == run_id).values(state="finished", **values))


def latest(connection: Connection, route: str, limit: int) -> list[RunRow]:
    """Read the latest runs of a route, the newest first."""
    query = _RUN.where(run.c.route == route).order_by(run.c.started_at.desc(), run.c.id).limit(limit)
    return _read(connection, query)


def run_of(connection: Connection, flow_run: str) -> RunRow | None:
    """Return the latest run that its orchestrator calls so, None if there is none."""
    query = _RUN.where(run.c.flow_run == flow_run).order_by(run.c.started_at.desc()).limit(1)
    return next(iter(_read(connection, query)), None)


def _read(connection: Connection, query: Select[Any]) -> list[RunRow]:
    found = connection.execute(query).all()
    # A lease is read as any worker reads it: over, too, once its process is known to be dead.
    leases = select(lease, database_now().label("now")).where(lease.c.name.in_([row.id for row in found]))
    held = {row.name: (words(row.owner), row.until) for row in connection.execute(leases) if not over(row)}
    return [
        RunRow(
            row.id,
            row.route,
            row.state,
            row.started_at,
            row.ended_at,
            row.complete,
            json.loads(row.counts) if row.counts else {},
            row.note,
            row.asked,
            row.flow_run,
            *held.get(row.id, (None, None)),
        )
        for row in found
    ]
