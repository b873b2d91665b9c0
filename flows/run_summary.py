"""A run's report as Markdown: what a person should do, what became of every document, what took how long, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.markdown import code, table, text
from flows.next_steps import next_steps
from flows.output import instant, lags, span
from flows.reject_rows import groups, section
from flows.run_history import History
from flows.since_last import changes, compared_with
from flows.tally import Fate

if TYPE_CHECKING:
    from flows.tally import Report

_FATES = (Fate.DELIVERED, Fate.UPDATED, Fate.UNCHANGED, Fate.SKIPPED, Fate.REJECTED, Fate.FAILED, Fate.WAITING)
_RARE = (Fate.HELD, Fate.ELSEWHERE)
_NO_HISTORY = History()
_MOST_NOTES = 50
_LONGEST = 2000


def summary(report: Report, history: History = _NO_HISTORY) -> str:
    """Return the report as Markdown, of bounded size. `history` is what the ledger knows beside it."""
    lines = [f"# {text(report.route)}{' (dry run)' if report.dry_run else ''}", "", _first_line(report), ""]
    if report.stopped:
        lines += [f"**Stopped:** {text(report.stopped, _LONGEST)}", ""]
    if report.interrupted:
        lines += ["**Interrupted:** what was under way was finished; the next run goes on from here.", ""]
    lines += ["## What a person should do now", "", *_numbered(next_steps(report)), ""]
    lines += ["## Documents", *_documents(report)]
    lines += section(report, groups(report), history.external_ids)
    if not report.dry_run:
        lines += ["## Messages to the source", "", *_messages(report), ""]
        lines += _changes(report, history)
    lines += _times(report)
    if report.notes:
        lines += ["## Notes", "", *(f"- {text(note, _LONGEST)}" for note in report.notes[:_MOST_NOTES]), ""]
    lines += _alerts(report)
    return "\n".join(lines)


def _first_line(report: Report) -> str:
    verdict = "Every document is accounted for." if report.complete else "Not everything is accounted for yet."
    if report.dry_run:
        verdict = "This is what a run would do."
    waited = ""
    if report.quota_wait >= 1:
        waited = f", which waited {span(report.quota_wait)} for quotas and repeats (summed over requests)"
    begun = f"begun {instant(report.started)}, {span(report.seconds)}"
    return f"Run {code(report.run_id)}, {begun}, {report.requests:,} requests{waited}. **{verdict}**"


def _numbered(steps: list[str]) -> list[str]:
    return [f"{number}. {step}." for number, step in enumerate(steps, 1)] or ["Nothing."]


def _documents(report: Report) -> list[str]:
    shown = [*_FATES, *(fate for fate in _RARE if getattr(report, fate.value))]
    sign = "=" if report.adds_up else "≠ (please report this)"
    cells = [f"{report.listed} + {report.resumed}", sign, *(str(getattr(report, fate.value)) for fate in shown)]
    lines = table(("listed + resumed", "", *(fate.value for fate in shown)), [cells])
    if report.woken:
        lines += [f"Of the resumed, {report.woken:,} were woken because the mapping has changed.", ""]
    if report.passes > 1:
        lines += [f"The source was read {report.passes} times, until it had nothing new.", ""]
    return lines


def _messages(report: Report) -> list[str]:
    lag = f" ({words})" if (words := lags(report)) else ""
    oldest = f", the oldest for {span(report.oldest_owed)}" if report.oldest_owed is not None else ""
    return [
        f"- Acknowledged to the source: {report.acknowledged:,}{lag}",
        f"- Still owed: {report.owed_feedback:,}{oldest}",
        f"- Refused by the source: {report.refused_feedback:,}",
        f"- Withdrawn at the destination since delivery: {report.withdrawn:,}",
        *([f"- Changed on both sides: {report.conflicts:,}"] if report.conflicts else []),
    ]


def _changes(report: Report, history: History) -> list[str]:
    since = compared_with(report, history)
    found = changes(report, history)
    if not since and not found:
        return []
    heading = ["## What has changed", "", f"Counted {since}." if since else "There is no earlier report.", ""]
    standing = sum(history.now.causes.values()) if history.now else 0
    rest = [f"Rejected, failed or held at the end of this run, from whatever run: {standing:,}", ""] if standing else []
    return [*heading, *(f"- {line}" for line in found or ["nothing"]), "", *rest]


def _times(report: Report) -> list[str]:
    if not report.phases:
        return []
    rows = [(text(name), f"{seconds:.1f} s") for name, seconds in report.phases.items()]
    words = "Collecting, delivering and reporting run beside each other, so these do not add up to the whole."
    return ["## Time by phase", *table(("phase", "time"), rows), words, ""]


def _alerts(report: Report) -> list[str]:
    """Return what is or was wrong with the connections: the cause, since when, what it said, and what to do next."""
    if not report.alerts:
        return []
    rows = [
        [
            text(alert.cause),
            text(alert.connection),
            instant(alert.since),
            str(alert.count),
            text(alert.first),
            f"over since {instant(alert.over)}" if alert.over else text(alert.next),
        ]
        for alert in report.alerts
    ]
    return ["## Alerts", *table(("cause", "connection", "since", "times", "at first", "next"), rows)]
