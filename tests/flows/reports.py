"""Reports and rows of runs for the tests of what is made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flows.run_history import History, Standpoint
from flows.tally import Report
from state.records import RunRow

BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def report(**fields):
    """Return a report of a run that has carried nothing, but for these fields."""
    usual = {
        "route": "a_to_b",
        "run_id": "r2",
        "started": BEGAN,
        "source": "alpha",
        "destination": "beta",
        "complete": True,
    }
    return Report(**(usual | fields))


def run(number, *, seconds=10.0, state="finished", **counts):
    """Return the row of the run that began `number` hours after the others' beginning."""
    started = BEGAN + timedelta(hours=number)
    ended = started + timedelta(seconds=seconds) if state == "finished" else None
    return RunRow(f"r{number}", "a_to_b", state, started, ended, True, counts, None)


def history(before=None, now=None, *, runs=(), external_ids=None):
    """Return a history of these standing causes."""
    return History(
        runs,
        None if now is None else Standpoint("r2", BEGAN, now),
        None if before is None else Standpoint("r1", BEGAN - timedelta(hours=1), before),
        external_ids or {},
    )
