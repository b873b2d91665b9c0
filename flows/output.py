"""How reports, summaries and timelines look on a terminal. Tables and text go to stdout, everything else to stderr."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from rich.markup import escape
from rich.table import Table

from connectors.secrets import mask
from connectors.shown import shown_json, shown_line
from flows.causes import cause
from flows.certify import LEVELS, NOT_KEPT
from flows.log_lines import logs_json
from flows.showing import ShowingConsole
from flows.tally import Fate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flows.certify import Score
    from flows.tally import Problem, Report

out = ShowingConsole(highlight=False)
err = ShowingConsole(stderr=True, highlight=False)
_SHOWN = 20
_ROOM = 44
"""Letters of a line that the table of causes needs beside an id, so that a reason is in words and not in slivers of three."""
_EXACT = msgspec.json.Encoder(decimal_format="number")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_ROWS = (
    (Fate.DELIVERED, "delivered", "green", "new at the destination"),
    (Fate.UPDATED, "updated", "green", "changed at the source, brought up to date"),
    (Fate.UNCHANGED, "unchanged", "dim", "nothing to do"),
    (Fate.SKIPPED, "skipped", "dim", "the route does not want them, or they left the queue"),
    (Fate.REJECTED, "rejected", "yellow", "refused for what they contain; see the reasons"),
    (Fate.FAILED, "failed", "red", "not at the source, or given up after many attempts"),
    (Fate.HELD, "held", "yellow", "changed on both sides; a person has to decide"),
    (Fate.WAITING, "waiting", "yellow", "to be tried again, or not begun"),
    (Fate.ELSEWHERE, "elsewhere", "dim", "carried by another run of this route"),
)


_printed: list[bool] = []


def begin() -> None:
    """Begin a command, which has printed no object yet."""
    _printed.clear()


def json_printed() -> bool:
    """Return True if an object was printed, so that no second one follows."""
    return bool(_printed)


def print_json(data: object) -> None:
    """Print one JSON object on stdout and nothing else; in ASCII if stdout's encoding does not know all its letters."""
    _print(json.dumps(data, default=str, ensure_ascii=False, indent=2))


def print_exact(data: object) -> None:
    """Print one JSON object that holds documents' values: as `print_json`, and a Decimal as a number with all its digits."""
    _print(msgspec.json.format(_EXACT.encode(data), indent=2).decode())


def _print(text: str) -> None:
    text = shown_json(text)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = _NOT_ASCII.sub(lambda found: json.dumps(found.group())[1:-1], text)
    _printed.append(True)
    sys.stdout.write(text + "\n")


def complain(message: str) -> None:
    """Say on stderr why a command ends."""
    if logs_json():
        logging.getLogger("docferry").error("%s", message)
        return
    err.print(f"[red]docferry:[/] {escape(mask(message))}", soft_wrap=True)


def show_report(report: Report) -> None:
    """Print what became of every document of a run."""
    title = (
        f"{report.route}: dry run (what a run would do)" if report.dry_run else f"{report.route}: run {report.run_id}"
    )
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(style="dim")
    times = f", in {report.passes} readings" if report.passes > 1 else ""
    table.add_row(str(report.listed), "[bold]listed[/]", f"by the source{times}")
    if report.resumed:
        table.add_row(str(report.resumed), "[bold]resumed[/]", "due from earlier runs")
    if report.woken:
        table.add_row(
            str(report.woken), "[bold]woken[/]", "among the resumed: the changed mapping makes something else of them"
        )
    for fate, name, style, meaning in _ROWS:
        count = getattr(report, fate.value)
        if count or fate is Fate.DELIVERED:
            table.add_row(str(count), f"[{style}]{name}[/]", meaning)
    sign, word = ("=", "the counts add up") if report.adds_up else ("≠", "the counts do NOT add up: please report this")
    total = report.listed + report.resumed
    table.add_row("", "", "")
    table.add_row(str(total), sign, word)
    if not report.dry_run:
        _add_feedback(table, report)
    out.print(table)
    show_problems(report.problems)
    waited = f", waiting {span(report.quota_wait)} for quotas and repeats" if report.quota_wait >= 1 else ""
    out.print(f"[dim]{report.requests} requests{waited}, {report.seconds:.1f} s[/]")
    for note in report.notes:
        out.print(f"[dim]note:[/] {escape(note)}")
    for alert in report.alerts:
        now = f"over since {alert.over:%Y-%m-%d %H:%M} UTC" if alert.over else alert.next
        times = "once" if alert.count == 1 else f"{alert.count} times"
        since = f"since {alert.since:%Y-%m-%d %H:%M} UTC, {times}"
        out.print(f"[yellow]{alert.cause}:[/] {escape(alert.connection)} {since}; {now}")
    if report.stopped:
        out.print(f"[red]stopped:[/] {escape(report.stopped)}")
    if report.interrupted:
        out.print("[yellow]interrupted:[/] what was under way was finished; run again to go on")


def _add_feedback(table: Table, report: Report) -> None:
    lag = lags(report)
    told = f"the source was told, and it took effect{f'; {lag}' if lag else ''}"
    table.add_row(str(report.acknowledged), "acknowledged", told)
    if report.conflicts:
        table.add_row(str(report.conflicts), "[yellow]conflicts[/]", "changed on both sides; the route's rule decides")
    if report.withdrawn:
        table.add_row(str(report.withdrawn), "[yellow]withdrawn[/]", "dropped at the destination since delivery")
    if report.refused_feedback:
        table.add_row(str(report.refused_feedback), "[yellow]refused[/]", "messages the source does not take")
    if report.owed_feedback:
        oldest = f"; the oldest is owed for {span(report.oldest_owed)}" if report.oldest_owed is not None else ""
        table.add_row(str(report.owed_feedback), "[yellow]owed[/]", f"messages the source has not taken yet{oldest}")


def lags(report: Report) -> str:
    """Say how long the source's messages had been owed when it had taken them, nothing if there were none."""
    half, most = report.feedback_lag_p50, report.feedback_lag_p95
    if half is None or most is None:
        return ""
    return f"half of it within {span(half)}, 95 % within {span(most)}"


def show_problems(found: Iterable[Problem], examples: int = 1) -> None:
    """Print which documents were not delivered, grouped by cause, most frequent first, with so many ids of each."""
    groups: dict[tuple[Fate, str], list[Problem]] = {}
    for problem in found:
        groups.setdefault((problem.fate, cause(problem.reason)), []).append(problem)
    if not groups:
        return
    order = sorted(groups.items(), key=lambda item: (item[0][0] is Fate.SKIPPED, -len(item[1])))
    rows = []
    for (fate, reason), problems in order[:_SHOWN]:
        alike = len({problem.reason for problem in problems}) == 1
        why = problems[0].reason if alike else reason
        ids = [shown_line(problem.document_id) for problem in problems[:examples]]
        more = ["…"] if examples > 1 and len(problems) > examples else []
        rows.append((fate.value, str(len(problems)), why, [*ids, *more]))
    _print_problems(rows)
    if len(order) > _SHOWN:
        out.print(f"[dim]… and {len(order) - _SHOWN} more reasons; --json lists them all[/]")


def _print_problems(rows: Sequence[tuple[str, str, str, Sequence[str]]]) -> None:
    """Print fate, count, reason and ids of each cause: as a table, or below each other where its columns would be cut."""
    longest = max(len(id_) for *_, ids in rows for id_ in ids)
    if out.width < longest + _ROOM:
        for fate, count, why, ids in rows:
            out.print(f"{fate} {count}  {escape(why)}", soft_wrap=True)
            for id_ in ids:
                out.print(f"  [dim]{escape(id_)}[/]", soft_wrap=True)
        return
    table = Table(title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column("what")
    table.add_column("count", justify="right")
    table.add_column("why", overflow="fold")
    table.add_column("for example", no_wrap=True, style="dim")  # an id is there to be copied
    for fate, count, why, ids in rows:
        table.add_row(fate, count, escape(why), "\n".join(escape(id_) for id_ in ids))
    out.print(table)


def instant(at: datetime) -> str:
    """Show an instant in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def span(seconds: float) -> str:
    """Show a length of time in a unit of which it has at least two, or else in seconds."""
    unit, name = next((one for one in ((86400, "days"), (3600, "h"), (60, "min")) if seconds >= 2 * one[0]), (1, "s"))
    return f"{seconds / unit:.3g} {name}"


def ago(at: datetime | None) -> str:
    """Show how long ago an instant was."""
    if at is None:
        return "?"
    seconds = int((datetime.now(UTC) - at).total_seconds())
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} seconds"


def show_scores(scores: Iterable[Score]) -> None:
    """Print which promises each connector keeps, and what it does not."""
    table = Table(box=None, pad_edge=False)
    for heading in ("connector", "level", *LEVELS):
        table.add_column(heading)
    remarks = []
    for score in scores:
        counts = ("{} of {}".format(*score.kept(level)) for level in LEVELS)
        table.add_row(escape(score.connector), escape(score.label), *counts)
        for result, words in NOT_KEPT.items():
            remarks += [f"{score.connector}, {words}: {one.sentence} {one.reason}" for one in score.having(result)]
    out.print(table)
    for remark in remarks:
        out.print(escape(remark.rstrip()), soft_wrap=True)
