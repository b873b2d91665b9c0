"""What has changed since the last report of a route: causes of rejections that are new or gone, alerts, and the pace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.markdown import code, text
from flows.output import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.run_history import History, Standpoint
    from flows.tally import Report
    from state.records import RunRow

_SHOWN = 10
"""How many causes are told at most, of those that are new and of those that are gone."""
_NOTABLE = 1.5
"""From this factor on a rate counts as another."""
_ENOUGH = 20
"""Documents that a run must have settled for its rate to say anything."""


def changes(report: Report, history: History) -> list[str]:
    """Return one Markdown line for each change; none if nothing has changed or there is nothing to compare with."""
    lines: list[str] = []
    if history.before is not None and history.now is not None:
        lines += _causes(history.before, history.now)
    lines += _alerts(report)
    previous = history.previous(report.run_id)
    if previous is not None and (words := _rate(report, previous)):
        lines.append(words)
    return lines


def compared_with(report: Report, history: History) -> str:
    """Say in Markdown what the changes are counted from, "" if there is nothing."""
    if history.before is not None:
        return f"since the report of run {code(history.before.run_id)}, {instant(history.before.at)}"
    previous = history.previous(report.run_id)
    return f"since run {code(previous.id)}, {instant(previous.started_at)}" if previous else ""


def _causes(before: Standpoint, now: Standpoint) -> Iterator[str]:
    new = [(name, count) for name, count in now.causes.items() if name not in before.causes and not before.cut]
    gone = [(name, count) for name, count in before.causes.items() if name not in now.causes and not now.cut]
    yield from (f"new: {text(name)} ({_documents(count)})" for name, count in new[:_SHOWN])
    yield from _more(len(new) - _SHOWN, "new")
    yield from (f"gone: {text(name)} ({_documents(count)} then)" for name, count in gone[:_SHOWN])
    yield from _more(len(gone) - _SHOWN, "gone")
    both = [name for name in now.causes if name in before.causes and now.causes[name] != before.causes[name]]
    yield from (f"{before.causes[name]:,} → {now.causes[name]:,}: {text(name)}" for name in both[:_SHOWN])
    yield from _more(len(both) - _SHOWN, "changed in number")


def _more(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f"… and {count:,} more that are {what}"


def _alerts(report: Report) -> Iterator[str]:
    for alert in report.alerts:
        name = f"{text(alert.connection)} ({alert.cause})"
        if alert.over is not None:
            yield f"alert over: {name}, it lasted since {instant(alert.since)}"
        elif alert.since >= report.started:
            yield f"alert begun: {name}, {instant(alert.since)}"


def _rate(report: Report, previous: RunRow) -> str:
    """Compare documents per second, where both runs carried enough for that."""
    if previous.ended_at is None:
        return ""
    then = _per_second(_carried(previous.counts), (previous.ended_at - previous.started_at).total_seconds())
    now = _per_second(report.delivered + report.updated + report.rejected + report.failed, report.seconds)
    if not then or not now or 1 / _NOTABLE < now / then < _NOTABLE:
        return ""
    return f"{'faster' if now > then else 'slower'}: {then:.3g} → {now:.3g} documents a second"


def _carried(counts: object) -> int:
    known = counts if isinstance(counts, dict) else {}
    return sum(known.get(name, 0) for name in ("delivered", "updated", "rejected", "failed"))


def _per_second(documents: int, seconds: float) -> float:
    return documents / seconds if documents >= _ENOUGH and seconds > 0 else 0.0


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count:,} documents"
