"""How a document's timeline looks on a terminal: where it is, what it waits for, and everything that is written down about it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.markup import escape

from connectors.shown import shown_line
from flows.output import instant, out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from state.records import Timeline, Transfer

_INTERNAL = {
    "attributes",
    "before",
    "binders",
    "cover",
    "final",
    "missed",
    "refusals",
    "rekeyed",
    "sending",
    "sha256",
    "shown",
    "tags",
    "two-way",
}
"""Journal records that only serve comparisons."""


def show_timeline(transfer: Transfer, timeline: Timeline) -> None:
    """Print everything that is written down about one document. Lines are left whole, so that ids can be copied."""
    say = partial(out.print, soft_wrap=True)
    say(f"[bold]{escape(shown_line(transfer.document_id))}[/] on {escape(transfer.route)}: [bold]{transfer.status}[/]")
    there = transfer.external_id or ("(not complete yet, see below)" if begun(transfer, timeline) else "(nothing yet)")
    say(f"  at the destination  {escape(shown_line(there))}")
    say(f"  key                 {escape(shown_line(transfer.key))}")
    if transfer.origin:
        say(f"  made                at the {transfer.origin} of this route, which is half of a pair")
    if transfer.reason:
        kind = f" [dim]({transfer.reason_class})[/]" if transfer.reason_class else ""
        say(f"  reason              {escape(transfer.reason)}{kind}")
    for word, what in _waiting(transfer, timeline):
        say(f"  {word:<18}  {escape(what)}")
    lines = [(event.at, event.kind, event.detail or "") for event in timeline.events]
    for step in timeline.steps:
        if step.name.partition(":")[0] in _INTERNAL and step.done_at:
            continue
        if step.done_at:
            lines.append((step.done_at, f"· {step.name}", ", ".join((step.result or "").splitlines())))
        else:
            lines.append((step.intent_at, f"· {step.name}", "begun; whether it took effect is looked up next time"))
    lines += [
        (told.owed_at, f"owed to the source: {told.outcome}", f"next try {instant(told.due_at)}")
        for told in timeline.feedback
        if told.done_at is None
    ]
    width = max((len(kind) for _, kind, _ in lines), default=0)
    for at, kind, detail in sorted(lines, key=lambda line: line[0]):
        say(f"[dim]{instant(at)}[/]  {escape(kind)}{' ' * (width - len(kind))}  {escape(shown_line(detail))}".rstrip())


def begun(transfer: Transfer, timeline: Timeline) -> bool:
    """Say whether a first delivery was begun that is not complete: something may be at the destination already."""
    calls = (step.name.partition(":")[0] for step in timeline.steps)
    return transfer.external_id is None and any(call != "feedback" and call not in _INTERNAL for call in calls)


def _waiting(transfer: Transfer, timeline: Timeline) -> Iterator[tuple[str, str]]:
    """Say what a document waits for."""
    if transfer.status == "pending" and timeline.worker:
        yield "claimed", f"by {timeline.worker}, which is running the route"
    elif transfer.status == "pending" and not transfer.reason:
        how = "begun and not finished; the next run goes on" if begun(transfer, timeline) else "not begun yet"
        yield "reason", f"{how}; `docferry status` shows how the last runs ended"
    if transfer.due_at and transfer.status == "rejected":
        yield "tried again", f"unaided, from {instant(transfer.due_at)}"
    elif transfer.due_at:
        yield "due", f"{instant(transfer.due_at)}, {transfer.attempts} attempts so far"
    for told in timeline.feedback[-1:]:
        if told.done_at is None:
            yield "source", f"it is owed '{told.outcome}', next try {instant(told.due_at)}"
        elif told.answer == "refused":
            again = f"docferry retry {transfer.route} {transfer.document_id}"
            yield (
                "source",
                f"it refused to be told '{told.outcome}': {told.said or 'it did not say why'}; once that is mended: {again}",
            )
