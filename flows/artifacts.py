"""What a run leaves on Prefect's page: a summary that adds up, a table of rejects, and live progress."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from prefect.artifacts import acreate_markdown_artifact, acreate_progress_artifact, acreate_table_artifact
from prefect.artifacts import aupdate_progress_artifact as update_progress

from flows.output import instant, lags

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from flows.tally import Report, Tally

_EVERY = 2.0  # seconds between two updates of the progress artifact


async def leave_artifacts(report: Report) -> None:
    """Leave the summary and, if anything did not go through, the table of reasons."""
    slug = report.route.replace("_", "-").lower()
    await acreate_markdown_artifact(
        key=f"{slug}-summary", markdown=summary(report), description=f"What became of every document of {report.route}"
    )
    rows: list[dict[str, object]] = [
        {"document": item.document_id, "what": item.fate.value, "why": item.reason}
        for item in report.problems
        if item.fate.value != "skipped"
    ]
    if rows:
        await acreate_table_artifact(
            key=f"{slug}-rejects", table=rows, description=f"Documents of {report.route} that did not go through"
        )


def summary(report: Report) -> str:
    """Return the report as Markdown."""
    sign = "=" if report.adds_up else "≠ (please report this)"
    verdict = "Every document is accounted for." if report.complete else "Not everything is accounted for yet."
    fates = (report.delivered, report.updated, report.unchanged, report.skipped, report.rejected, report.failed)
    cells = [f"{report.listed} + {report.resumed}", sign, *map(str, fates), str(report.waiting)]
    lag = f" ({words})" if (words := lags(report)) else ""
    lines = [
        f"# {report.route}{' (dry run)' if report.dry_run else ''}",
        "",
        f"Run `{report.run_id}`, {report.seconds:.1f} s, {report.requests} requests. {verdict}",
        "",
        "| listed + resumed | | delivered | updated | unchanged | skipped | rejected | failed | waiting |",
        "|---|---|---|---|---|---|---|---|---|",
        "| " + " | ".join(cells) + " |",
        "",
        f"- Acknowledged to the source: {report.acknowledged}{lag}; still owed: {report.owed_feedback}",
        f"- Refused by the source: {report.refused_feedback} messages",
        f"- Withdrawn at the destination since delivery: {report.withdrawn}",
    ]
    lines += [f"- {note}" for note in report.notes]
    if report.stopped:
        lines += ["", f"**Stopped:** {report.stopped}"]
    lines += _alerts(report)
    return "\n".join(lines)


def _alerts(report: Report) -> list[str]:
    """Return what is or was wrong with the connections: the cause, since when, what it said, and what to do next."""
    if not report.alerts:
        return []
    rows = [
        [
            alert.cause,
            alert.connection,
            instant(alert.since),
            str(alert.count),
            alert.first,
            f"over since {instant(alert.over)}" if alert.over else alert.next,
        ]
        for alert in report.alerts
    ]
    return [
        "",
        "## Alerts",
        "",
        "| cause | connection | since | times | at first | next |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(map(_cell, row)) + " |" for row in rows),
    ]


def _cell(text: str) -> str:
    """Return a text as a cell of a Markdown table: what a provider says may hold what ends a cell, or a tag."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


@contextlib.asynccontextmanager
async def progress_artifact(route: str, tally: Tally) -> AsyncIterator[None]:
    """Keep a progress artifact up to date while the block is active."""
    artifact = await acreate_progress_artifact(progress=0.0, description=f"{route}: documents settled")

    async def keep() -> None:
        while True:
            await asyncio.sleep(_EVERY)
            await update_progress(artifact, progress=_percent(tally))

    keeper = asyncio.ensure_future(keep())
    try:
        yield
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
    await update_progress(artifact, progress=100.0)


def _percent(tally: Tally) -> float:
    return 100.0 * tally.settled / tally.touched if tally.touched else 0.0
