"""What a person should do after a run: concrete steps, each with its command and its place on Prefect's page; none if none."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from flows.markdown import code, text
from flows.output import span
from flows.run_names import artifact_key
from flows.tally import Fate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.tally import Report

_LONG_OWED = 86_400.0
"""Seconds after which a message that is still owed is a person's business. Until then the runs' own retries are."""


def next_steps(report: Report) -> list[str]:
    """Return Markdown sentences, the most urgent first. What the next run does by itself is not among them."""
    if report.dry_run:
        return list(_after_a_dry_run(report))
    return [*_faults(report), *_connections(report), *_documents(report), *_messages(report)]


def _faults(report: Report) -> Iterator[str]:
    if not report.adds_up:
        yield (
            "The counts do not add up, which is a fault of docferry: report it, and look the documents up with "
            f"{code(f'docferry status {report.route}')}"
        )


def _connections(report: Report) -> Iterator[str]:
    lasting = [alert for alert in report.alerts if alert.over is None]
    for alert in lasting:
        if alert.cause in ("access", "unexpected"):
            yield (
                f"{text(alert.connection)}: {text(alert.next)}. Whether it helped says "
                f"{code(f'docferry check {report.route}')} (or *check* in Prefect)"
            )
    if report.stopped and not lasting:
        yield f"The run stopped, see above: correct that, try {code(f'docferry check {report.route}')}, then run again"


def _documents(report: Report) -> Iterator[str]:
    where = f"the artifact {code(artifact_key(report.route, 'rejects'))}"
    if report.rejected:
        yield (
            f"Rejected, {report.rejected:,}: {where} has the causes. Correct the documents at "
            f"{text(report.source or 'the source')} or the mapping, both of which the next run notices by itself; "
            f"{_explain(report, Fate.REJECTED)}. If neither changes, {_again(report)}"
        )
    if report.failed:
        yield (
            f"Failed, {report.failed:,}: {where} has the causes; {_explain(report, Fate.FAILED)}. "
            f"Once the cause is gone, {_again(report)}"
        )
    if report.held:
        yield (
            f"Changed on both sides, {report.held:,}: decide which side is kept; {code(f'docferry status {report.route}')} "
            "has the `docferry retry` for either, after which the next run of that side's route carries it"
        )
    if report.withdrawn:
        yield (
            f"Dropped at {text(report.destination or 'the destination')} after delivery, {report.withdrawn:,}: if that "
            f"was a mistake, restore it there (a row or a file is written anew), after which "
            f"{code(f'docferry retry {report.route} ID')} has the next run bring it up to date and tell the source; "
            f"{_explain(report, Fate.WITHDRAWN)}"
        )


def _messages(report: Report) -> Iterator[str]:
    source = text(report.source or "the source")
    if report.refused_feedback:
        yield (
            f"{source} refused to be told of {report.refused_feedback:,} documents: correct the route's `feedback:`, "
            f"which the next run notices by itself, or the documents there; then {_again(report)}"
        )
    if report.oldest_owed is not None and report.oldest_owed >= _LONG_OWED:
        yield (
            f"{source} has not taken a message for {span(report.oldest_owed)}: {code('docferry state doctor')} names "
            f"the documents, and {code('docferry explain ID')} what it answers. Once the cause is gone, "
            f"{code(f'docferry retry {report.route}')} has the next run tell it at once"
        )


def _after_a_dry_run(report: Report) -> Iterator[str]:
    if report.stopped:
        yield f"The dry run stopped, see above: correct that, and try {code(f'docferry check {report.route}')}"
    elif report.delivered or report.updated:
        yield (
            f"Nothing was written. To carry them: {code(f'docferry run {report.route}')}, or run the deployment "
            f"{code(report.route)} in Prefect"
        )


def _explain(report: Report, fate: Fate) -> str:
    found = next((problem.document_id for problem in report.problems if problem.fate is fate), None)
    asked = shlex.quote(found) if found else "ID"
    return f"all about one says {code(f'docferry explain {asked}')} (or *explain* in Prefect)"


def _again(report: Report) -> str:
    return (
        f"{code(f'docferry retry {report.route}')} has the next run try them again; at once with "
        f"{code(f'docferry run {report.route}')}, or in Prefect with the deployment `retry`"
    )
