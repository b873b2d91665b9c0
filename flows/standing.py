"""How routes stand: counts, the last runs, and which documents need a person and why. What `docferry status` shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.markup import escape

from flows.meant import ADVICE
from flows.output import ago, instant, out, show_problems
from flows.renamed import without_file
from flows.selection import as_asked, in_words
from flows.tally import INTERRUPTED, Fate, Problem, not_heard, not_taken
from mappings.language import RouteError, load_route
from state.records import DATA, PENDING, REJECTED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from state.ledger import Ledger
    from state.records import Refusal, RunRow, Summary, Transfer

_REJECTS = 1000
"""How many documents of a route are told of each kind, of the rejected and failed ones the latest; the counts have all."""
_EXAMPLES = 10
"""How many ids are shown beside a reason where one route is asked about."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A route's counts, its documents that were rejected or failed and still are, and those that keep failing."""

    summary: Summary
    rejects: Sequence[Transfer]
    waiting: Sequence[Transfer]
    """The documents that have been tried without success and are tried again."""
    withdrawn: Sequence[Transfer]
    """What the destination has dropped since it was delivered."""
    refusals: Sequence[Refusal]
    """The messages that the source refused, and why."""
    postponed: Sequence[Refusal]
    """The messages that the source is owed and has not taken so far, and why."""
    has_file: bool
    """Whether the folder of the routes has a file of that name: else nothing carries its documents."""
    version: str | None = None
    """The version of the mapping in that file, None if there is none that can be read."""

    def overtaken(self, transfer: Transfer) -> bool:
        """Say whether a transfer was refused for its data, and is to be tried by the next run: as it came due, or by another mapping."""
        if transfer.reason_class != DATA:
            return False
        other = self.version not in {None, transfer.mapping_version, transfer.tried_under}
        return transfer.status == PENDING or (transfer.status == REJECTED and other)

    def why(self, transfer: Transfer) -> str:
        """Return the reason of a transfer, said to be an earlier one if it was overtaken."""
        reason = transfer.reason or ""
        if not self.overtaken(transfer):
            return reason
        if transfer.status == PENDING:
            return f"due again, and not tried since it was said: {reason}"
        return f"the next run tries it with the changed mapping; an earlier one said: {reason}"


async def standing_of(ledger: Ledger, route: str, folder: Path) -> Standing:
    """Read how a route stands that may have a file in this folder."""
    return Standing(
        await ledger.summary(route),
        await ledger.rejects(route, _REJECTS),
        await ledger.waiting(route, _REJECTS),
        await ledger.withdrawn(route, _REJECTS),
        await ledger.refusals(route, _REJECTS),
        await ledger.postponed(route, _REJECTS),
        has_file=not without_file([route], folder),
        version=_version(folder / f"{route}.yaml"),
    )


def _version(file: Path) -> str | None:
    try:
        return load_route(file).version
    except RouteError:
        return None


def as_json(standing: Standing) -> dict[str, object]:
    """Return how a route stands as one object."""
    told = ("document_id", "status", "reason_class", "reason")
    more = "attempts", "due_at"
    rejects, waiting = (
        [{**{name: getattr(each, name) for name in names}, "overtaken": standing.overtaken(each)} for each in those]
        for those, names in ((standing.rejects, told), (standing.waiting, (*told, *more)))
    )
    withdrawn = [{name: getattr(each, name) for name in (*told, "external_id")} for each in standing.withdrawn]
    refusals = [asdict(each) for each in standing.refusals]
    runs = [{**asdict(run), "asked": as_asked(run.asked)} for run in standing.summary.runs]
    return {
        **asdict(standing.summary),
        "runs": runs,
        "has_file": standing.has_file,
        "rejects": rejects,
        "waiting": waiting,
        "withdrawn": withdrawn,
        "refusals": refusals,
        "postponed": [asdict(each) for each in standing.postponed],
    }


def show_standings(standings: Sequence[Standing]) -> None:
    """Print how routes stand, and what needs a person."""
    for standing in standings:
        summary = standing.summary
        out.print(f"[bold]{escape(summary.route)}[/]")
        if not standing.has_file:
            out.print(f"  file       none has this name, so nothing runs it; {ADVICE}", soft_wrap=True)
        counts = (
            ", ".join(f"{count} {status}" for status, count in sorted(summary.statuses.items())) or "no documents yet"
        )
        out.print(f"  documents  {counts}")
        if summary.reason_classes:
            why = ", ".join(f"{count} {name}" for name, count in sorted(summary.reason_classes.items()))
            out.print(f"  reasons    {why}")
        owed = f"{summary.owed} (oldest since {ago(summary.oldest_owed_at)})" if summary.owed else "nothing"
        out.print(f"  owed       {owed}")
        if standing.postponed:
            out.print(f"             once the cause below is gone: docferry retry {summary.route}")
        if summary.refused:
            out.print(
                f"  refused    {summary.refused} documents the source refused to hear of; once the cause below is gone: "
                f"docferry retry {summary.route}"
            )
        if summary.next_due_at:
            out.print(f"  next due   {instant(summary.next_due_at)}")
        for run in summary.runs:
            out.print(f"  run        {_run_line(run)}", soft_wrap=True)
        show_problems(
            [
                *(Problem(each.document_id, Fate(each.status), standing.why(each)) for each in standing.rejects),
                *(Problem(each.document_id, Fate.WAITING, standing.why(each)) for each in standing.waiting),
                *(Problem(each.document_id, Fate.WITHDRAWN, each.reason or "") for each in standing.withdrawn),
                *(Problem(each.document_id, *not_heard(each.outcome, each.reason)) for each in standing.refusals),
                *(Problem(each.document_id, *not_taken(each.outcome, each.reason)) for each in standing.postponed),
            ],
            examples=_EXAMPLES if len(standings) == 1 else 1,
        )
    if any(one.rejects or one.waiting or one.withdrawn or one.refusals or one.postponed for one in standings):
        out.print("[dim]docferry explain DOCUMENT tells all about one of them[/]")


def _run_line(run: RunRow) -> str:
    counts = ", ".join(f"{run.counts[name]} {name}" for name in ("listed", *Fate) if run.counts.get(name))
    left = run.counts.get("exit_code") == INTERRUPTED or run.state == "interrupted"
    why = f" (asked for: {escape(in_words(run.asked))})" if run.asked else ""
    if run.state == "running":
        # With a full disk, too: nothing could be written of that, and the ledger is all that there is to ask.
        now = "ended without a word (killed, switched off, or the disk was full: its log says which), or asleep: the next run takes over"
        if run.worker and run.lease_until:
            now = f"running: {run.worker}; without a sign of life it gives its work up at {instant(run.lease_until)}"
        return f"{instant(run.started_at)}  {escape(now)}{why}"
    ended = f"{(run.ended_at - run.started_at).total_seconds():.1f} s" if run.ended_at else ""
    note = f" — {escape(run.note)}" if run.note else ""
    shown = counts or ("before anything was listed" if left else "nothing listed")
    return f"{instant(run.started_at)}  {ended}{' interrupted' if left else ''}  {shown}{why}{note}"
