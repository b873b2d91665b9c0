"""What a run says for itself in the end: what became of every document it touched, and why it stopped if it did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from connectors.errors import AccessError, TransientError
from flows.redact import told
from flows.tally import Fate, Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flows.context import Context


_MISCOUNTED = (
    "the counts of this run do not add up, so it does not say what became of every document; "
    "that is a fault of docferry, please report it, and look the documents up with `docferry status` and `docferry explain`"
)


@dataclass(frozen=True, slots=True)
class Before:
    """What the connections' traffic was when the run began: requests, seconds waited, and held by connection (`OpenRoute.held`)."""

    requests: int
    waited: float
    held: Mapping[str, float]


def report_on(context: Context, *, proven: bool, owed: int, seconds: float, before: Before) -> Report:
    """Put together what a run has to say for itself. `seconds` is its time."""
    tally, counts = context.tally, context.tally.counts()
    interrupted = context.stop.is_set()
    stopped = "; ".join(_what_to_do(error) for error in context.halts.values()) or None
    limited = context.asked.limit is not None and not context.may_begin and not tally.tried
    if context.asked.limit is not None and not context.may_begin:
        counted = "1 document" if context.asked.limit == 1 else f"{context.asked.limit} documents"
        context.notes.append(f"stopped after {counted} as asked; the rest stays due")
    waiting = counts[Fate.WAITING] + tally.behind
    report = Report(
        route=context.open.route.name,
        run_id=context.run.id,
        started=context.run.started_at,
        listed=tally.listed,
        resumed=tally.resumed + tally.behind,
        delivered=counts[Fate.DELIVERED],
        updated=counts[Fate.UPDATED],
        unchanged=counts[Fate.UNCHANGED],
        rejected=counts[Fate.REJECTED],
        failed=counts[Fate.FAILED],
        skipped=counts[Fate.SKIPPED],
        waiting=waiting,
        held=counts[Fate.HELD],
        conflicts=tally.conflicts,
        reject_classes=dict(tally.reject_classes),
        elsewhere=counts[Fate.ELSEWHERE],
        withdrawn=tally.withdrawn,
        woken=tally.woken,
        acknowledged=tally.told,
        owed_feedback=owed,
        refused_feedback=len(tally.refused),
        feedback_lag_p50=tally.lags.quantile(0.5),
        feedback_lag_p95=tally.lags.quantile(0.95),
        oldest_owed=_age(context.oldest_owed_at),
        requests=context.open.requests() - before.requests,
        quota_wait=context.open.waited() - before.waited,
        quota_held={name: seconds - before.held[name] for name, seconds in context.open.held().items()},
        phases=dict(context.phases),
        passes=tally.passes,
        seconds=seconds,
        complete=proven and not stopped and not interrupted and not waiting and not owed,
        limited=limited,
        interrupted=interrupted,
        stopped=stopped,
        notes=tuple(context.notes),
        problems=tuple(tally.problems.values()),
        alerts=tuple(context.alerts.all()),
        source=context.source_name,
        destination=context.destination_name,
        pages=context.open.pages(),
    )
    if report.adds_up:
        return report
    return replace(report, complete=False, notes=(*report.notes, _MISCOUNTED))


def _age(since: datetime | None) -> float | None:
    return None if since is None else max(0.0, (datetime.now(UTC) - since).total_seconds())


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
